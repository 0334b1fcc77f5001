"""Small files of every kind, made on the fly; nothing here is patient data."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from clinigraph.artifacts import ArtifactStore
from clinigraph.intake import read_case
from clinigraph.models.case import Case
from clinigraph.settings import Settings


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "case"
    path.mkdir()
    return path


@pytest.fixture
def read(store: ArtifactStore) -> Callable[..., Case]:
    def call(*paths: Path, settings: Settings | None = None, **kwargs: Any) -> Case:
        return read_case(paths, artifacts=store, settings=settings or Settings(), **kwargs)

    return call


@pytest.fixture
def picture(folder: Path) -> Callable[..., Path]:
    """Save an array (or a PIL image) under a name; the suffix chooses the format."""

    def save(content: Any, name: str = "a.png", **options: Any) -> Path:
        path = folder / name
        image = content if isinstance(content, PilImage.Image) else PilImage.fromarray(content)
        image.save(path, **options)
        return path

    return save


@pytest.fixture
def gradient() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.tile(np.arange(0, 240, 10, dtype=np.uint8), (16, 1))


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    """Make a DICOM image object from stored values, with identifying values that must not leave it."""

    def make(pixels: np.ndarray[Any, Any], **tags: Any) -> Dataset:
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(tags)])
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, ds.file_meta.MediaStorageSOPInstanceUID
        ds.PatientName, ds.PatientID, ds.InstitutionName = "Doe^Jane", "ID-4711", "St. Elsewhere"
        ds.StudyDate, ds.PatientBirthDate, ds.StudyDescription = "20200102", "19500101", "told a secret"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3.4", "1.2.3.4.5"
        ds.Modality = "CT"
        colour = pixels.ndim >= 3 and pixels.shape[-1] == 3
        sides = pixels.shape[:-1] if colour else pixels.shape
        ds.Rows, ds.Columns = sides[-2:]
        if len(sides) == 3:
            ds.NumberOfFrames = sides[0]
        ds.SamplesPerPixel = 3 if colour else 1
        ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
        if colour:
            ds.PlanarConfiguration = 0
        bits = pixels.dtype.itemsize * 8
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
        ds.PixelRepresentation = int(pixels.dtype.kind == "i")
        ds.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
        for keyword, value in tags.items():
            if value is None:
                del ds[keyword]
            else:
                setattr(ds, keyword, value)
        return ds

    return make


@pytest.fixture
def dicom(folder: Path, dataset: Callable[..., Dataset]) -> Callable[..., Path]:
    """Make and save a DICOM file."""

    def save(pixels: np.ndarray[Any, Any], name: str = "a.dcm", **tags: Any) -> Path:
        path = folder / name
        dataset(pixels, **tags).save_as(path, enforce_file_format=True)
        return path

    return save


@pytest.fixture
def nifti(folder: Path) -> Callable[..., Path]:
    """Save an array in NIfTI order (i, j, k) with an RAS affine."""
    import nibabel as nib

    def save(values: np.ndarray[Any, Any], affine: Any = None, name: str = "v.nii", **header: Any) -> Path:
        image = nib.Nifti1Image(values, np.eye(4) if affine is None else affine)
        image.header.set_xyzt_units("mm")
        for key, value in header.items():
            image.header[key] = value
        raw = image.to_bytes()
        path = folder / name
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return save


@pytest.fixture
def png_bytes(gradient: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    PilImage.fromarray(gradient).save(out, "PNG")
    return out.getvalue()
