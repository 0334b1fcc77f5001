"""The report page in a real browser: silent, still, readable, and usable without a mouse.

Needs Chromium (``apt-get install chromium``) and the Python package playwright; skipped without.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clinigraph.export import save_report
from clinigraph.export.drawing import Scene, draw_scene
from clinigraph.models.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SAMPLE = Path(__file__).parents[1] / "golden" / "sample_report.json"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip

CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const c = [r, g, b].map((v) => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255]; };
  const wanted = 'p, li, dd, dt, th, td, summary, h1, h2, h3, a, span, blockquote, figcaption, code, strong';
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll(wanted)].filter((e) => own(e) && e.checkVisibility()).map((e) => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return [`${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 30)}`, (a + 0.05) / (b + 0.05)]; });
}"""


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
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    import numpy as np

    report = Report.model_validate_json(SAMPLE.read_text(encoding="utf-8"))
    mask = np.zeros((60, 80), dtype=bool)
    mask[20:40, 30:50] = True
    scene = Scene(np.full((60, 80), 90, dtype=np.uint8), {"a": mask}, (), {"a": "structure"}, 1.0, "")
    picture = draw_scene(scene)
    pictures = {o.name: picture for o in report.overlays}
    return save_report(report, tmp_path_factory.mktemp("page") / "out", pictures=pictures).html.as_uri()


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


def open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")


def test_the_page_is_silent_and_asks_for_nothing(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, wait_until="load")
    open_everything(page)
    page.wait_for_function("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    page.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [address]


def test_every_text_has_enough_contrast(page: Page) -> None:
    open_everything(page)
    measured = page.evaluate(CONTRASTS)
    assert len(measured) > 150
    assert [(what, round(ratio, 2)) for what, ratio in measured if ratio < 4.5] == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overhang = page.evaluate(
        "w => [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll') && !e.closest('thead') && "
        "e.checkVisibility() && e.getBoundingClientRect().right > w + 0.5).map((e) => e.outerHTML.slice(0, 80))",
        width,
    )
    assert overhang == []


def test_statements_open_with_the_keyboard_alone(page: Page) -> None:
    summary = page.locator(".claim summary").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if summary.evaluate("e => e === document.activeElement"):
            break
    assert summary.evaluate("e => e === document.activeElement")
    assert summary.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator(".claim details").first.evaluate("e => e.open")
    page.keyboard.press("Space")
    assert not page.locator(".claim details").first.evaluate("e => e.open")


def test_the_page_does_not_jump_while_it_loads(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.add_init_script(
        "window.jumps = []; new PerformanceObserver((l) => window.jumps.push(...l.getEntries().map((e) => e.value)))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page.goto(address, wait_until="load")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    jumps = page.evaluate("window.jumps")
    page.close()
    assert sum(jumps) < 0.01


def test_print_shows_what_is_folded_on_screen(page: Page) -> None:
    chain = page.locator(".claim .chain").first
    assert not chain.evaluate("e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})")
    page.emulate_media(media="print")
    assert chain.evaluate("e => e.getBoundingClientRect().height") > 40
    assert chain.evaluate("e => e.checkVisibility()")
    assert not page.locator("nav").is_visible()


def test_a_link_in_the_table_leads_to_the_passage(page: Page) -> None:
    page.locator("table .cite").first.click()
    assert page.url.endswith("#passage-1")
    assert page.locator("#passage-1").evaluate("e => e.getBoundingClientRect().top < innerHeight")


def test_a_screen_reader_finds_table_headings_pictures_and_regions(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.get_by_role("table").count() == 1
    assert page.get_by_role("row").count() == 7
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("img", name="Score 0.73").count() == 1
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    assert page.get_by_role("region", name="Evidence graph").count() >= 1
