"""Time to the first paint of the page on loopback, each with a fresh browser whose cache is empty.

Starts ``clinigraph serve`` with a state folder of its own. Run ``python tests/browser/first_paint.py``.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright
from screenshots import address_of

TIMES = 5
FLAGS = ["--no-sandbox", "--disable-gpu"]
_PAINT = (
    "() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
    " performance.getEntriesByType('resource').reduce((sum, r) => sum + r.transferSize, 0),"
    " performance.getEntriesByType('resource').filter(r => new URL(r.name).host !== location.host).length]"
)


def visited(playwright: Playwright, address: str) -> tuple[float, float, float, float]:
    """Return milliseconds to the first paint and to the Run button, kilobytes, and requests to other machines."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#cg-run", timeout=60_000)
    there = 1000 * (time.perf_counter() - start)
    page.wait_for_timeout(1000)
    paint, size, foreign = page.evaluate(_PAINT)
    browser.close()
    return paint, there, size / 1000, foreign


def main() -> None:
    """Visit the page once to warm the server, then as often as counts."""
    with tempfile.TemporaryDirectory() as state, sync_playwright() as playwright:
        command = [str(Path(sys.executable).parent / "clinigraph"), "serve", "--port", "0"]
        environment = {**os.environ, "CLINIGRAPH_STATE_DIR": state}
        server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            address = address_of(server)
            cold, *seen = [visited(playwright, address) for _ in range(TIMES + 1)]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    for column, name in enumerate(("first paint (ms)", "Run button there (ms)", "loaded (kB)", "foreign requests")):
        values = sorted(s[column] for s in seen)
        told = f"{name}: median {statistics.median(values):.0f}, {values[0]:.0f} to {values[-1]:.0f}"
        sys.stdout.write(f"{told}; first visit {cold[column]:.0f}\n")


if __name__ == "__main__":
    main()
