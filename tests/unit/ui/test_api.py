"""The API: a case from upload to report, for its user alone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from clinigraph.client.session import Session
from clinigraph.settings import Settings
from clinigraph.testing.world import World
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.server import create_app, guarded
from clinigraph.ui.uploads import UploadLimits

API = "/api/v1"
OTHER = {"x-clinigraph-user": "another user's secret, long enough"}


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    world = World(tmp_path / "world")

    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    limits = UploadLimits(file_bytes=100_000)
    return Hub(Settings(state_dir=tmp_path / "state"), make, limits, shared=world.session())


@pytest.fixture
def api(hub: Hub) -> Iterator[TestClient]:
    with TestClient(guarded(create_app(hub), "127.0.0.1", None), base_url="http://127.0.0.1") as client:
        yield client


def picture() -> bytes:
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def new_case(api: TestClient, **form: object) -> str:
    made = api.post(f"{API}/cases", json={"question": "Is there a thing?", **form})
    assert made.status_code == 201
    case_id = str(made.json()["id"])
    assert api.put(f"{API}/cases/{case_id}/files/eye.png", content=picture()).status_code == 201
    return case_id


def events(api: TestClient, case_id: str, number: int = 1, after: int | None = None) -> list[dict[str, object]]:
    headers = {} if after is None else {"last-event-id": str(after)}
    text = api.get(f"{API}/cases/{case_id}/runs/{number}/events", headers=headers).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_case_goes_from_upload_to_report(api: TestClient) -> None:
    case_id = new_case(api)
    assert api.post(f"{API}/cases/{case_id}/runs", json={}).status_code == 202
    seen = events(api, case_id)
    assert seen[-1]["kind"] == "done"
    report = api.get(f"{API}/cases/{case_id}/runs/1/report.json").json()
    assert report["impression"]["decision"] == "present"
    page = api.get(f"{API}/cases/{case_id}/runs/1/report.html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert api.get(f"{API}/cases/{case_id}/runs/1/report.md").text.startswith("> **Research use only")
    assert api.get(f"{API}/cases/{case_id}/runs/1/report.pdf").content.startswith(b"%PDF")
    name = report["overlays"][0]["name"]
    assert api.get(f"{API}/cases/{case_id}/runs/1/overlays/{name}").content.startswith(b"\x89PNG")
    assert events(api, case_id, after=int(str(seen[-2]["index"]))) == seen[-1:]


def test_another_user_gets_the_same_answer_as_for_a_case_that_never_was(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={})
    events(api, case_id)
    never = "0" * 32
    for path in ("", "/runs/1", "/runs/1/report.json", "/runs/1/events", "/compare?first=1&second=1"):
        mine = api.get(f"{API}/cases/{case_id}{path}", headers=OTHER)
        none = api.get(f"{API}/cases/{never}{path}", headers=OTHER)
        assert mine.status_code == none.status_code == 404
        assert mine.text == none.text.replace(never, case_id)
    assert api.get(f"{API}/cases", headers=OTHER).json() == []
    assert api.delete(f"{API}/cases/{case_id}", headers=OTHER).status_code == 404


def test_a_plan_is_approved_by_a_person(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={"approve": True})
    wait(api, case_id, "paused")
    answered = api.post(f"{API}/cases/{case_id}/runs/1/answer", json={"who": "Dr A", "action": "approve"})
    assert answered.status_code == 200
    assert events(api, case_id)[-1]["kind"] == "done"


def test_a_stopped_run_is_resumed(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={"approve": True})
    wait(api, case_id, "paused")
    assert api.post(f"{API}/cases/{case_id}/runs/1/cancel").json()["status"] == "stopped"
    assert api.post(f"{API}/cases/{case_id}/runs/1/resume").status_code == 202
    wait(api, case_id, "paused")
    api.post(f"{API}/cases/{case_id}/runs/1/answer", json={"who": "Dr A", "action": "approve"})
    assert events(api, case_id)[-1]["kind"] == "done"


def wait(api: TestClient, case_id: str, status: str) -> None:
    for _ in range(2000):
        if api.get(f"{API}/cases/{case_id}/runs/1").json()["status"] == status:
            return
    raise AssertionError(f"the run is never {status}")


def test_questions_are_answered_from_the_evidence(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={})
    events(api, case_id)
    answer = api.post(f"{API}/cases/{case_id}/runs/1/ask", json={"text": "What if the size were 0.2?"}).json()
    assert "becomes absent" in answer["text"]


def test_an_outline_is_corrected_by_points(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={})
    events(api, case_id)
    run = f"{API}/cases/{case_id}/runs/1"
    assert api.get(f"{run}/prompts").json() == {"thing": ["box", "points"]}
    body = {"who": "Dr A", "label": "thing", "points": [{"x": 5, "y": 5}, {"x": 40, "y": 5, "inside": False}]}
    started = api.post(f"{run}/correct", json=body)
    assert (started.status_code, started.json()["number"]) == (202, 2)
    events(api, case_id, 2)
    (image,) = api.get(f"{API}/cases/{case_id}/runs/2/images").json()
    assert [p["inside"] for p in image["points"]["thing"]] == [True, False]
    before, after = (api.get(f"{API}/cases/{case_id}/runs/{n}/images/0.png?segments=0.thing").content for n in (1, 2))
    assert before != after


def test_a_correction_that_the_run_cannot_take_is_refused(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={})
    events(api, case_id)
    correct = f"{API}/cases/{case_id}/runs/1/correct"
    refused = api.post(correct, json={"who": "Dr A", "label": "liver", "points": [{"x": 5, "y": 5}]})
    assert refused.status_code == 409
    assert "box and points for thing" in refused.json()["error"]
    assert api.post(correct, json={"who": "Dr A", "label": "thing"}).status_code == 409
    assert len(api.get(f"{API}/cases/{case_id}").json()["runs"]) == 1


def test_plots_and_steps_are_pictures(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={})
    events(api, case_id)
    run = f"{API}/cases/{case_id}/runs/1"
    light, dark = (api.get(f"{run}/plots/contributions.png?dark={d}").content for d in ("false", "true"))
    assert light.startswith(b"\x89PNG")
    assert light != dark
    assert api.get(f"{run}/plots/intervals.png").content.startswith(b"\x89PNG")
    assert api.get(f"{run}/plots/trends.png").status_code == 404
    assert api.get(f"{run}/steps/seg.png").content.startswith(b"\x89PNG")
    assert api.get(f"{run}/steps/mea.png").status_code == 404
    assert api.get(f"{run}/steps/seg.png", headers=OTHER).status_code == 404
    assert api.get(f"{run}/plots/contributions.png", headers=OTHER).status_code == 404


def test_two_runs_of_a_case_are_compared(api: TestClient) -> None:
    case_id = new_case(api)
    for _ in range(2):
        api.post(f"{API}/cases/{case_id}/runs", json={})
        events(api, case_id, len(api.get(f"{API}/cases/{case_id}").json()["runs"]))
    compared = api.get(f"{API}/cases/{case_id}/compare?first=1&second=2").json()
    assert compared["same"] is True


def test_a_deleted_case_is_gone_with_its_pixels(api: TestClient, hub: Hub) -> None:
    case_id = new_case(api)
    assert api.delete(f"{API}/cases/{case_id}").status_code == 204
    assert api.get(f"{API}/cases/{case_id}").status_code == 404
    assert not list(hub.root.rglob("eye.png"))


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("eye.png", b"x" * 100_001, 413), ("run.exe", b"x", 422), ("eye.png", b"", 422), ("case.zip", b"no zip", 422)],
)
def test_wrong_files_are_refused_in_one_line(api: TestClient, name: str, content: bytes, status: int) -> None:
    case_id = new_case(api)
    answer = api.put(f"{API}/cases/{case_id}/files/{name}", content=content)
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]


def test_a_second_run_waits_until_the_first_is_answered(api: TestClient) -> None:
    case_id = new_case(api)
    api.post(f"{API}/cases/{case_id}/runs", json={"approve": True})
    assert api.post(f"{API}/cases/{case_id}/runs", json={}).status_code == 409
