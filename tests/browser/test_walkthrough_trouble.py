"""The walkthrough page when things go wrong: killed server, lost connection, second tab, hostile files, big volumes."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Hand, Visit
    from playwright.sync_api import FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SERVER = Path(__file__).parent / "world_server.py"
APPROVE = "Let me approve or change the plan"
Starter = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def start(port: int, tmp_path: Path) -> Iterator[Starter]:
    """Start the server, as often as it is asked for; all of them end with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def started() -> subprocess.Popen[bytes]:
        made = subprocess.Popen([sys.executable, str(SERVER), str(port), str(tmp_path), "6"])
        running.append(made)
        for _ in range(1200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5):
                    return made
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    yield started
    for process in running:
        process.kill()
        process.wait()


def killed(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_server_killed_while_a_plan_waits_asks_again_after_its_restart(
    visit: Visit, hand: Hand, start: Starter, port: int
) -> None:
    from playwright.sync_api import expect

    first = start()
    page = visit(f"http://127.0.0.1:{port}")
    hand.give(page)
    hand.choose(page, APPROVE)
    hand.run(page)
    page.get_by_role("button", name="Approve", exact=True).wait_for()
    hand.name(page)
    killed(first)
    page.locator("#cg-offline").wait_for()
    start()
    page.locator("#cg-offline").wait_for(state="hidden")
    expect(page.get_by_label("Your name, for what you approve and sign")).to_have_value("Dr A")
    hand.press(page, "Approve")
    hand.done(page)


def test_a_server_killed_in_the_middle_of_a_tool_goes_on_after_its_restart(
    visit: Visit, hand: Hand, start: Starter, port: int
) -> None:
    first = start()
    page = visit(f"http://127.0.0.1:{port}")
    hand.give(page)
    hand.run(page)
    page.locator(".cg-timeline").get_by_text("segment", exact=True).wait_for()
    killed(first)
    start()
    page.reload()
    hand.done(page)
    assert "Taken up again" in page.locator(".cg-timeline").inner_text()


def test_a_lost_connection_is_said_and_the_page_catches_up(visit: Visit, hand: Hand, start: Starter, port: int) -> None:
    start()
    page = visit(f"http://127.0.0.1:{port}")
    hand.give(page)
    hand.run(page)
    page.locator(".cg-timeline").get_by_text("segment", exact=True).wait_for()
    page.context.set_offline(True)
    page.locator("#cg-offline").wait_for()
    page.wait_for_timeout(8000)  # the run ends meanwhile
    page.context.set_offline(False)
    page.locator("#cg-offline").wait_for(state="hidden")
    hand.done(page)


def test_a_second_tab_shows_the_same_case_and_its_answer_counts_once(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    hand.choose(page, APPROVE)
    hand.run(page)
    page.get_by_role("button", name="Approve", exact=True).wait_for()
    second = page.context.new_page()
    second.set_default_timeout(60_000)
    second.goto(page.url)
    second.get_by_role("button", name="Approve", exact=True).wait_for()
    hand.name(second)
    hand.press(second, "Approve")
    hand.done(second)
    hand.done(page)
    assert page.locator(".cg-timeline").inner_text().count("approve") == 1
    assert not page.get_by_role("button", name="Approve", exact=True).is_visible()


def scripted_dicom() -> FilePayload:
    """Return a DICOM photograph with markup in its tags."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, VLPhotographicImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = VLPhotographicImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.Modality = "OP"
    for tag in ("PatientName", "StudyDescription", "SeriesDescription", "ImageComments", "ManufacturerModelName"):
        setattr(made, tag, "<img src=x onerror=alert(1)><script>alert(2)</script>")
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 48:] = 200
    made.Rows, made.Columns, made.SamplesPerPixel, made.PlanarConfiguration = 64, 96, 3, 0
    made.PhotometricInterpretation = "RGB"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = pixels.tobytes()
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return {"name": "a<img src=x onerror=alert(3)>.dcm", "mimeType": "application/dicom", "buffer": buffer.getvalue()}


def test_scripts_in_dicom_tags_file_names_and_questions_stay_text(visit: Visit, hand: Hand) -> None:
    page = visit()
    fired: list[str] = []
    page.on("dialog", lambda dialog: fired.append(dialog.message))
    hand.give(page, "Is there a thing? <img src=x onerror=alert(4)>", scripted_dicom())
    hand.run(page)
    hand.done(page)
    for tab in ("Claims", "Plots", "Report", "Compare", "Image"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(400)
    page.get_by_label("Your question about the report").fill("<img src=x onerror=alert(5)>")
    page.keyboard.press("Enter")
    page.get_by_text("The report holds nothing on this").wait_for()
    page.reload()
    hand.done(page)
    assert fired == []
    inside = [frame.locator("img[src=x], script:has-text('alert(')").count() for frame in page.frames]
    assert inside == [0] * len(inside)


def volume() -> FilePayload:
    """Return 300 slices of 96 x 96, each with its own brightness."""
    import nibabel as nib

    grid = np.add.outer(np.arange(96), np.arange(96)).astype(np.int16)
    stack = np.stack([grid + 10 * z for z in range(300)], axis=2)
    made = nib.Nifti1Image(stack, np.diag([1.0, 1.0, 1.0, 1.0]))
    return {"name": "volume.nii", "mimeType": "application/octet-stream", "buffer": made.to_bytes()}


def test_slices_of_a_volume_of_300_are_fetched_as_they_are_looked_at(visit: Visit, hand: Hand) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/images/" in r.url else None)
    hand.give(page, "What does the volume show?", volume())
    hand.run(page)
    hand.done(page)
    slider = page.locator("#cg-viewer [data-c=slice]")
    assert slider.get_attribute("max") == "299"
    for at in range(0, 300, 3):
        slider.fill(str(at))
    wait_for_slice(page, 297)
    assert len([url for url in asked if "at=297" in url]) == 1
    assert len(asked) < 60  # 100 places were passed; what lay between was never asked for
    slider.focus()
    page.keyboard.press("Home")
    wait_for_slice(page, 0)
    page.keyboard.press("ArrowRight")
    wait_for_slice(page, 1)


def wait_for_slice(page: Page, at: int) -> None:
    page.wait_for_function(
        "at => { const i = document.querySelector('#cg-viewer .cg-stage img');"
        " return i && i.complete && i.naturalWidth > 0 && new URL(i.src).searchParams.get('at') === String(at); }",
        arg=at,
    )
