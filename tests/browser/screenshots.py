"""Takes the pictures of docs/screens from a server of its own: the example photograph, walked to its end.

Run ``make screenshots``, then look at every one of them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
SIZES = {"desk": (1280, 720), "tablet": (820, 1180)}
TABS = ("Claims", "Plots", "Report")
WAIT_MS = 300_000
FLAGS = ["--no-sandbox", "--disable-gpu"]


def main() -> None:
    """Start the server, walk a case at each size, stop the server."""
    FOLDER.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).parent / "clinigraph"), "serve", "--port", "0"]
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "CLINIGRAPH_STATE_DIR": state}
        server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            take_all(address_of(server))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def address_of(server: subprocess.Popen[str]) -> str:
    """Return where a server says that it serves."""
    for line in server.stderr or ():
        if found := re.search(r"Serving on (\S+)", line):
            return found.group(1)
    raise RuntimeError("the server did not start")


def take_all(address: str) -> None:
    """Take every picture."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = visit(browser, address, "desk")
        show(page, "desk-light-1-empty")
        walk(page)
        after(page, "desk-light")
        page.emulate_media(color_scheme="dark")
        page.goto(f"{address}/?__theme=dark")
        page.wait_for_selector("#cg-viewer img")
        page.wait_for_timeout(3000)
        after(page, "desk-dark")
        tablet = page.context.new_page()
        for scheme in ("light", "dark"):
            tablet.set_viewport_size({"width": SIZES["tablet"][0], "height": SIZES["tablet"][1]})
            tablet.set_default_timeout(WAIT_MS)
            tablet.goto(f"{address}/?__theme={scheme}")
            tablet.wait_for_selector("#cg-viewer img")
            tablet.wait_for_timeout(3000)
            show(tablet, f"tablet-{scheme}-1-done", whole=True)
        browser.close()


def visit(browser: Browser, address: str, size: str) -> Page:
    """Open the page as somebody new."""
    width, height = SIZES[size]
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{address}/?__theme=light")
    page.wait_for_selector("#cg-run")
    page.wait_for_timeout(3000)
    return page


def walk(page: Page) -> None:
    """Run the example photograph with approval and signature."""
    page.get_by_role("button", name="Use the example photograph").click()
    page.wait_for_function("() => [...document.querySelectorAll('textarea')].some(t => t.value.length > 10)")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Let me approve or change the plan").check()
    page.get_by_label("Let me sign the claims").check()
    page.locator("#cg-run").click()
    page.get_by_role("button", name="Approve", exact=True).wait_for()
    page.get_by_label("Your name, for what you approve and sign").fill("Dr A. Example")
    page.wait_for_timeout(1500)
    show(page, "desk-light-2-plan")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("button", name="Sign", exact=True).wait_for()
    page.wait_for_timeout(1500)
    show(page, "desk-light-3-sign")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("Run 1 is done").wait_for()
    page.wait_for_selector("#cg-viewer img")
    page.wait_for_timeout(2000)


def after(page: Page, name: str) -> None:
    """Show a finished case tab by tab."""
    show(page, f"{name}-4-image")
    for number, tab in enumerate(TABS, start=5):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(2500)
        if tab == "Claims":
            page.locator("#cg-claims summary").nth(2).click()
            page.wait_for_timeout(500)
        show(page, f"{name}-{number}-{tab.lower()}")
    page.get_by_role("tab", name="Image", exact=True).click()
    page.get_by_label("Your question about the report").fill("What if the cup-to-disc ratio were 0.4?")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2500)
    show(page, f"{name}-8-chat")


def show(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep one picture, when the pictures in it have come."""
    page.wait_for_function(
        "() => [...document.images].filter(i => i.checkVisibility() && i.getBoundingClientRect().top < innerHeight)"
        ".every(i => i.complete)"
    )
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=70, full_page=whole)


if __name__ == "__main__":
    main()
