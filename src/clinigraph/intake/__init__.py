"""Files -> ``Case``: PNG, JPEG, TIFF, DICOM, NIfTI and case folders.

Importing this package loads no decoder; each is imported when a file of its kind is read.
"""

from clinigraph.intake.digest import case_digest
from clinigraph.intake.display import to_display
from clinigraph.intake.reader import read_case

__all__ = ["case_digest", "read_case", "to_display"]
