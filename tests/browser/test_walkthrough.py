"""The walkthrough page in a real browser, over doubles that answer at once: a person's path, a reload, two people."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Hand, Visit
    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]


def test_a_person_walks_a_case_from_upload_to_signature_and_export(visit: Visit, hand: Hand, tmp_path: Path) -> None:
    page = visit()
    hand.give(page)
    hand.choose(page, "Let me approve or change the plan", "Let me sign the claims")
    hand.run(page)
    hand.press(page, "Approve")
    page.get_by_text("needs a name").wait_for()
    hand.name(page)
    hand.press(page, "Approve")
    hand.press(page, "Sign")
    hand.done(page)
    page.get_by_role("button", name="Correct an outline").click()
    hand.drag(page, (0.25, 0.25), (0.75, 0.75))
    box = page.get_by_label("Box in pixels: left, top, right, bottom")
    page.wait_for_function("e => e.value !== ''", arg=box.element_handle())
    assert [float(n) for n in box.input_value().split(",")] == pytest.approx([24, 16, 72, 48], abs=1.5)
    hand.press(page, "Run again with this")
    page.get_by_text("Run 2 waits for you").wait_for()
    hand.press(page, "Approve")
    hand.press(page, "Sign")
    hand.done(page, 2)
    timeline = page.locator(".cg-timeline")
    assert "Dr A: approve" in timeline.inner_text()
    assert "Dr A: sign" in timeline.inner_text()
    assert timeline.locator(".cg-live").count() == 0
    assert timeline.locator("img.cg-thumb").count() == 1
    page.get_by_role("tab", name="Report").click()
    for name, start in (("PDF", b"%PDF"), ("JSON", b"{"), ("Markdown", b">"), ("HTML", b"<!")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        saved = tmp_path / name
        download.value.save_as(saved)
        assert saved.read_bytes().lstrip().startswith(start)
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("box thing").wait_for()


def test_an_indicator_that_a_tool_measures_unasked_is_added_to_the_plan(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    hand.choose(page, "Let me approve or change the plan")
    hand.run(page)
    page.get_by_role("button", name="Approve", exact=True).wait_for()
    hand.name(page)
    row = page.locator(".cg-grid [role=row], .cg-grid tr").filter(has_text="Add: Depth").last
    row.locator("input[type=checkbox]").first.click()
    hand.press(page, "Approve")
    page.get_by_text("needs a reason").wait_for()
    page.get_by_label("Reason, when you change it").fill("to see it")
    hand.press(page, "Approve")
    hand.done(page)
    page.get_by_role("tab", name="Claims", exact=True).click()
    page.locator("#cg-claims").get_by_text("Depth").first.wait_for(state="attached")


def slowed(page: Page, latency_ms: float) -> None:
    """Let every request take longer, so that a quick hand is faster than the server."""
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def test_an_outline_is_corrected_by_points_inside_and_beside(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    hand.run(page)
    hand.done(page)
    page.get_by_role("button", name="Correct an outline").click()
    slowed(page, 300)
    page.get_by_label("Point inside").check()
    hand.drag(page, (0.25, 0.5), (0.25, 0.5))
    page.get_by_label("Point beside").check()
    hand.drag(page, (0.75, 0.5), (0.75, 0.5))
    hand.drag(page, (0.75, 0.25), (0.75, 0.25))
    hand.drag(page, (0.75, 0.5), (0.75, 0.5))  # a click on a point takes it away
    points = page.get_by_label("Points in pixels")
    left = "e => { const p = e.value.split(';'); return p.length === 2 && Number(p[1].split(',')[1]) < 20; }"
    page.wait_for_function(left, arg=points.element_handle())
    assert [part.split(",")[2].strip() for part in points.input_value().split(";")] == ["+", "-"]
    hand.press(page, "Run again with this")
    hand.done(page, 2)
    assert page.locator(".cg-point.cg-in").count() == 1
    assert page.locator(".cg-point.cg-out").count() == 1
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("points thing").wait_for()


def test_the_keyboard_alone_is_enough_and_the_focus_is_seen(visit: Visit, hand: Hand) -> None:
    page = visit()
    unseen: list[str] = []

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            label, seen = page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.innerText || e.getAttribute('aria-label') || e.tagName,"
                " parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none']; }"
            )
            if not seen:
                unseen.append(label)
            if label.strip() == name:
                return
        raise AssertionError(f"the keyboard does not reach {name}")

    tab_to("Use the example photograph")
    page.keyboard.press("Enter")
    page.wait_for_function("() => [...document.querySelectorAll('textarea')].some(t => t.value.length > 10)")
    tab_to("Run")
    page.keyboard.press("Enter")
    hand.done(page)
    tab_to("Ask")
    assert unseen == []


def test_a_reload_in_mid_run_finds_the_run_again(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Let me approve or change the plan").check()
    hand.run(page)
    page.get_by_role("button", name="Approve").wait_for()
    page.reload()
    page.get_by_role("button", name="Approve").wait_for()
    assert page.get_by_label("Question", exact=True).input_value() == "Is there a thing?"
    page.get_by_label("Your name, for what you approve and sign").fill("Dr A")
    page.get_by_role("button", name="Approve").click()
    hand.done(page)


def pick(page: Page, words: str) -> None:
    """Open a case from the library by words of its question."""
    page.get_by_label("Your cases (type to search)").click()
    page.get_by_role("option").filter(has_text=words).click()
    page.wait_for_function(
        "words => [...document.querySelectorAll('textarea')].some(t => t.value.includes(words))", arg=words
    )


@pytest.mark.slow
def test_a_page_that_turns_to_another_case_shows_nothing_more_of_the_first(visit: Visit, hand: Hand) -> None:
    page = visit()
    approve = page.get_by_role("button", name="Approve", exact=True)
    hand.give(page, "Is there a red thing?")
    hand.choose(page, "Let me approve or change the plan")
    hand.run(page)
    approve.wait_for()
    page.get_by_role("button", name="New case").click()
    approve.wait_for(state="hidden")
    hand.give(page, "Is there a blue thing?")
    hand.run(page)
    approve.wait_for()
    second = page.context.new_page()
    second.set_default_timeout(60_000)
    second.goto(page.url)
    second.get_by_role("button", name="Approve", exact=True).wait_for()
    pick(second, "red")
    hand.name(second)
    hand.press(second, "Approve")
    hand.done(second)
    page.wait_for_timeout(1000)  # what the first case did since is not written into the page of the second
    assert page.get_by_text("Run 1 waits for you").is_visible()
    assert approve.is_visible()
    assert page.locator("#cg-viewer img").count() == 0
    pick(page, "red")
    hand.done(page)
    pick(page, "blue")
    approve.wait_for()
    hand.name(page)
    hand.press(page, "Approve")
    hand.done(page)


def test_two_people_see_only_their_own_cases(visit: Visit, hand: Hand) -> None:
    first, second = visit(), visit()
    hand.give(first, "Is there a thing? (of the first)")
    hand.run(first)
    hand.done(first)
    source = first.locator("#cg-viewer img").get_attribute("src")
    assert source is not None
    assert first.request.get(first.url.rstrip("/") + source).status == 200
    assert second.request.get(second.url.rstrip("/") + source).status == 404
    second.reload()
    second.wait_for_timeout(1500)
    second.get_by_label("Your cases (type to search)").click()
    second.wait_for_timeout(500)
    assert "of the first" not in second.content()


def test_a_question_is_answered_beneath_the_walkthrough(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    hand.run(page)
    hand.done(page)
    page.get_by_label("Your question about the report").fill("What if the size were 0.2?")
    page.keyboard.press("Enter")
    page.get_by_text("becomes absent").wait_for()


def test_a_claim_opens_to_its_evidence_with_the_keyboard(visit: Visit, hand: Hand) -> None:
    page = visit()
    hand.give(page)
    hand.run(page)
    hand.done(page)
    page.get_by_role("tab", name="Claims").click()
    summary = page.locator("#cg-claims summary").nth(2)
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#cg-claims details[open] .cg-chain li").count() > 0


def test_a_wrong_file_is_refused_in_words(visit: Visit, hand: Hand) -> None:
    page = visit()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "eye.png", "mimeType": "image/png", "buffer": b"this is no picture at all, only text\n" * 20}
    )
    page.get_by_label("Question", exact=True).fill("Is there a thing?")
    page.wait_for_timeout(500)
    hand.run(page)
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
def test_axe_finds_no_serious_violation(visit: Visit, hand: Hand, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = visit()
    page.evaluate("s => document.body.classList.toggle('dark', s === 'dark')", scheme)
    hand.give(page)
    hand.run(page)
    hand.done(page)
    page.get_by_role("tab", name="Claims").click()
    page.wait_for_timeout(1000)
    page.evaluate(script)
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = {v["id"]: [n["target"] for n in v["nodes"]][:3] for v in found if v["impact"] in ("serious", "critical")}
    assert serious == {}


def folder_as_zip(picture: FilePayload) -> FilePayload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("case/now.png", picture["buffer"])
        older = io.BytesIO()
        Image.open(io.BytesIO(picture["buffer"])).rotate(180).save(older, "PNG")
        made.writestr("case/then.png", older.getvalue())
        made.writestr(
            "case/case.yaml",
            "question: Is there a thing?\nimages:\n  - {path: now.png}\n  - {path: then.png, role: prior}\n",
        )
    return {"name": "case.zip", "mimeType": "application/zip", "buffer": buffer.getvalue()}


def test_a_folder_as_zip_with_a_prior_image_shows_both_beside_each_other(visit: Visit, hand: Hand) -> None:
    page = visit()
    page.locator("input[type=file]").first.set_input_files(folder_as_zip(hand.picture))
    page.wait_for_timeout(500)
    hand.run(page)
    hand.done(page)
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.wait_for_function(
        "() => document.querySelectorAll('.slider-wrap img, [data-testid=imageslider] img').length >= 2"
    )
