"""A browser, the page over doubles that answer at once, and visitors with nothing in common."""

from __future__ import annotations

import io
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.session import Session
from clinigraph.models.tooling import MeasurementValue, Port, ToolCall, ToolResult, ValueKind
from clinigraph.settings import Settings
from clinigraph.testing.doubles import ok
from clinigraph.testing.world import MEASURE, World, measurement
from clinigraph.tools.contract import ToolContext
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.server import create_app, guarded, with_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
WAIT_MS = 60_000
Visit = Callable[..., "Page"]


DEEP = MEASURE.replace(outputs={**MEASURE.outputs, "depth": Port(kind=ValueKind.MEASUREMENT, unit="mm")})
"""Measures more than the plan asks for, so that there is something to add."""


def measured(call: ToolCall, _: ToolContext) -> ToolResult:
    """Answer with size and depth."""
    depth = measurement(3.5, "mm", name="depth")
    return ok(call, DEEP, size=MeasurementValue(value=measurement(0.9)), depth=MeasurementValue(value=depth))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests of this folder to `make test-browser`, which asks for them by name."""
    if "browser" in str(config.getoption("markexpr")):
        return
    skip = pytest.mark.skip(reason="slow browser test: make test-browser")
    for item in items:
        if "browser" in item.keywords and "slow" in item.keywords:
            item.add_marker(skip)


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
    world.replace_tool(DEEP, measured)

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
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Open the page as somebody new, at this address or another."""
    contexts = []

    def opened(other: str = "") -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("dialog", lambda dialog: dialog.accept())
        with page.expect_response("**/queue/join*"):  # the page asks for what it shows: only then can it be worked with
            page.goto(other or address)
        settle(page)
        return page

    yield opened
    for context in contexts:
        context.close()


def settle(page: Page) -> None:
    page.wait_for_selector("#cg-run")
    page.wait_for_timeout(1000)


@pytest.fixture
def picture() -> FilePayload:
    """A photograph whose right half is bright."""
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 48:] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return {"name": "eye.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


class Hand:
    """What a person does on the page, in few words."""

    def __init__(self, picture: FilePayload) -> None:
        self.picture = picture

    def give(self, page: Page, question: str = "Is there a thing?", file: FilePayload | None = None) -> None:
        """Choose a file and write a question."""
        page.locator("input[type=file]").first.set_input_files(file or self.picture)
        page.get_by_label("Question", exact=True).fill(question)
        page.wait_for_timeout(500)

    def choose(self, page: Page, *labels: str) -> None:
        """Tick options of the run."""
        page.get_by_role("button", name="Options").click()
        for label in labels:
            page.get_by_label(label).check()

    def run(self, page: Page) -> None:
        """Press Run."""
        page.locator("#cg-run").click()

    def name(self, page: Page) -> None:
        """Write a name."""
        page.get_by_label("Your name, for what you approve and sign").fill("Dr A")

    def press(self, page: Page, name: str) -> None:
        """Wait for a button and press it."""
        button = page.get_by_role("button", name=name, exact=True)
        button.wait_for()
        button.click()

    def drag(self, page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw on the image, in shares of its width and height."""
        stage = page.locator(".cg-stage").bounding_box()
        assert stage is not None
        page.mouse.move(stage["x"] + stage["width"] * start[0], stage["y"] + stage["height"] * start[1])
        page.mouse.down()
        page.mouse.move(stage["x"] + stage["width"] * end[0], stage["y"] + stage["height"] * end[1], steps=4)
        page.mouse.up()

    def done(self, page: Page, number: int = 1) -> None:
        """Wait for the end of a run and for its image."""
        page.get_by_text(f"Run {number} is done").wait_for()
        page.wait_for_selector("#cg-viewer img")


@pytest.fixture
def hand(picture: FilePayload) -> Hand:
    return Hand(picture)
