"""Decoders warn about files, not about code: what matters of it becomes a note or a refusal here."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_FILTERS = threading.RLock()
"""``warnings.catch_warnings`` changes process-wide filters; overlapping use from two threads would lose them."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of decoding libraries while a file is read.

    A lock keeps two threads from restoring each other's filters, so files of one process are decoded one at a time.
    """
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
