"""The walkthrough page in a real browser, over doubles that answer at once: a person's path, a reload, two people."""

from __future__ import annotations

import io
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.session import Session
from clinigraph.settings import Settings
from clinigraph.testing.world import World
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.server import create_app, guarded, with_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    folder = tmp_path_factory.mktemp("walkthrough")
    world = World(folder / "world")

    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    hub = Hub(Settings(state_dir=folder / "state"), make, shared=world.session())
    app = guarded(with_page(create_app(hub), hub), "127.0.0.1", None)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    for _ in range(600):
        if server.started:
            break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join(15)


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[[], Page]]:
    """Open the page as somebody new."""
    contexts = []

    def opened() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(address)
        page.wait_for_selector("#cg-run")
        page.wait_for_timeout(1000)
        return page

    yield opened
    for context in contexts:
        context.close()


def picture() -> FilePayload:
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 48:] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return {"name": "eye.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def give(page: Page, question: str = "Is there a thing?") -> None:
    page.locator("input[type=file]").first.set_input_files(picture())
    page.get_by_label("Question", exact=True).fill(question)
    page.wait_for_timeout(500)


def run(page: Page) -> None:
    page.locator("#cg-run").click()


def done(page: Page) -> None:
    page.wait_for_selector(".cg-status.cg-good")
    page.wait_for_selector("#cg-viewer img")


def test_a_person_walks_a_case_from_upload_to_signature_and_export(visit: Callable[[], Page], tmp_path: Path) -> None:
    page = visit()
    give(page)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Let me approve or change the plan").check()
    page.get_by_label("Let me sign the claims").check()
    run(page)
    page.get_by_role("button", name="Approve").wait_for()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("needs a name").wait_for()
    page.get_by_label("Your name, for what you approve and sign").fill("Dr A")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Sign", exact=True).wait_for()
    page.get_by_role("button", name="Sign", exact=True).click()
    done(page)
    assert "Dr A: approve" in page.locator(".cg-timeline").inner_text()
    page.get_by_role("tab", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    saved = tmp_path / "report.pdf"
    download.value.save_as(saved)
    assert saved.read_bytes().startswith(b"%PDF")


def test_an_outline_is_corrected_by_a_drawn_box_and_the_runs_are_compared(visit: Callable[[], Page]) -> None:
    page = visit()
    give(page)
    run(page)
    done(page)
    page.get_by_role("button", name="Correct an outline").click()
    stage = page.locator(".cg-stage").bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + stage["width"] * 0.25, stage["y"] + stage["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.75, stage["y"] + stage["height"] * 0.75, steps=4)
    page.mouse.up()
    box = page.get_by_label("Box in pixels: left, top, right, bottom")
    page.wait_for_function("e => e.value !== ''", arg=box.element_handle())
    numbers = [float(n) for n in box.input_value().split(",")]
    assert numbers == pytest.approx([24, 16, 72, 48], abs=1.5)
    page.get_by_role("button", name="Run again with this box").click()
    page.get_by_text("Run 2 is done").wait_for()
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("box thing").wait_for()


def test_a_reload_in_mid_run_finds_the_run_again(visit: Callable[[], Page]) -> None:
    page = visit()
    give(page)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Let me approve or change the plan").check()
    run(page)
    page.get_by_role("button", name="Approve").wait_for()
    page.reload()
    page.get_by_role("button", name="Approve").wait_for()
    assert page.get_by_label("Question", exact=True).input_value() == "Is there a thing?"
    page.get_by_label("Your name, for what you approve and sign").fill("Dr A")
    page.get_by_role("button", name="Approve").click()
    done(page)


def test_two_people_see_only_their_own_cases(visit: Callable[[], Page]) -> None:
    first, second = visit(), visit()
    give(first, "Is there a thing? (of the first)")
    run(first)
    done(first)
    source = first.locator("#cg-viewer img").get_attribute("src")
    assert source is not None
    assert first.request.get(first.url.rstrip("/") + source).status == 200
    assert second.request.get(second.url.rstrip("/") + source).status == 404
    second.reload()
    second.wait_for_timeout(1500)
    second.get_by_label("Your cases (type to search)").click()
    second.wait_for_timeout(500)
    assert "of the first" not in second.content()


def test_a_question_is_answered_beneath_the_walkthrough(visit: Callable[[], Page]) -> None:
    page = visit()
    give(page)
    run(page)
    done(page)
    page.get_by_label("Your question about the report").fill("What if the size were 0.2?")
    page.keyboard.press("Enter")
    page.get_by_text("becomes absent").wait_for()


def test_a_claim_opens_to_its_evidence_with_the_keyboard(visit: Callable[[], Page]) -> None:
    page = visit()
    give(page)
    run(page)
    done(page)
    page.get_by_role("tab", name="Claims").click()
    summary = page.locator("#cg-claims summary").nth(2)
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#cg-claims details[open] .cg-chain li").count() > 0


def test_a_wrong_file_is_refused_in_words(visit: Callable[[], Page]) -> None:
    page = visit()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "eye.png", "mimeType": "image/png", "buffer": b"this is no picture at all, only text\n" * 20}
    )
    page.get_by_label("Question", exact=True).fill("Is there a thing?")
    page.wait_for_timeout(500)
    run(page)
    page.wait_for_selector(".cg-status.cg-bad")
    assert "text, not an image" in page.locator(".cg-status.cg-bad").first.inner_text()


def test_the_page_asks_nothing_of_other_machines(browser: Browser, address: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("#cg-run")
    page.wait_for_timeout(1500)
    page.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(visit: Callable[[], Page], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = visit()
    page.evaluate("s => document.body.classList.toggle('dark', s === 'dark')", scheme)
    give(page)
    run(page)
    done(page)
    page.get_by_role("tab", name="Claims").click()
    page.wait_for_timeout(1000)
    page.evaluate(script)
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = {v["id"]: [n["target"] for n in v["nodes"]][:3] for v in found if v["impact"] in ("serious", "critical")}
    assert serious == {}


def folder_as_zip() -> FilePayload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("case/now.png", picture()["buffer"])
        older = io.BytesIO()
        Image.open(io.BytesIO(picture()["buffer"])).rotate(180).save(older, "PNG")
        made.writestr("case/then.png", older.getvalue())
        made.writestr(
            "case/case.yaml",
            "question: Is there a thing?\nimages:\n  - {path: now.png}\n  - {path: then.png, role: prior}\n",
        )
    return {"name": "case.zip", "mimeType": "application/zip", "buffer": buffer.getvalue()}


def test_a_folder_as_zip_with_a_prior_image_shows_both_beside_each_other(visit: Callable[[], Page]) -> None:
    page = visit()
    page.locator("input[type=file]").first.set_input_files(folder_as_zip())
    page.wait_for_timeout(500)
    run(page)
    done(page)
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_function(
        "() => document.querySelectorAll('.slider-wrap img, [data-testid=imageslider] img').length >= 2"
    )
