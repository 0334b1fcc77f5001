"""The walkthrough server under load: events lost, delay from event to client, memory over many cases.

Starts `clinigraph serve` on a free port with a state folder of its own and drives its REST API with small text cases,
so that the server is measured and not the networks.

Run ``python -m clinigraph.evals.bench.walkthrough``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

NOTE = "A 61-year-old man. Chest pain for two hours. No fever. Heart rate 88 /min. Blood pressure 150/90 mmHg."
API = "/api/v1"


@dataclass(slots=True)
class Seen:
    """What one client saw."""

    events: int = 0
    lost: int = 0
    done: bool = False
    delays_ms: list[float] = field(default_factory=list)


async def one_case(client: httpx.AsyncClient, number: int) -> Seen:
    """Make, run and watch one case as a user of its own."""
    headers = {"x-clinigraph-user": f"benchmark user number {number:06d}, not secret"}
    form = {"title": f"case {number}", "question": "What does this patient have?"}
    case = (await client.post(f"{API}/cases", json=form, headers=headers)).raise_for_status().json()["id"]
    note = f"{NOTE} Visit {number}.".encode()
    (await client.put(f"{API}/cases/{case}/files/note.txt", content=note, headers=headers)).raise_for_status()
    (await client.post(f"{API}/cases/{case}/runs", json={}, headers=headers)).raise_for_status()
    seen = Seen()
    async with client.stream("GET", f"{API}/cases/{case}/runs/1/events", headers=headers) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                _take(json.loads(line[6:]), seen)
    return seen


def _take(event: dict[str, object], seen: Seen) -> None:
    seen.lost += int(str(event["index"])) != seen.events
    seen.events += 1
    seen.delays_ms.append(1000 * (time.time() - float(str(event["at_unix"]))))
    seen.done |= event["kind"] == "done"


async def drive(address: str, cases: Sequence[int], at_once: int) -> list[Seen]:
    """Run cases, at most so many at once."""
    gate = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(base_url=address, timeout=600) as client:

        async def guarded(number: int) -> Seen:
            async with gate:
                return await one_case(client, number)

        return list(await asyncio.gather(*(guarded(n) for n in cases)))


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found.group(1)) / 1024 if found else float("nan")


def show(title: str, seen: Sequence[Seen], seconds: float) -> None:
    """Print one line of figures."""
    delays = sorted(d for s in seen for d in s.delays_ms)
    p50, p95 = (delays[int(q * (len(delays) - 1))] for q in (0.5, 0.95))
    done, lost, events = (sum(getattr(s, k) for s in seen) for k in ("done", "lost", "events"))
    print(
        f"{title}: {done} of {len(seen)} done, {events} events, {lost} lost, "
        f"event to client {p50:.0f} ms (median), {p95:.0f} ms (p95), {seconds:.1f} s",
        flush=True,
    )


def main() -> None:
    """Start the server, drive it, print figures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--cases", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).parent / "clinigraph"), "serve", "--port", "0"]
        server = subprocess.Popen(  # noqa: S603 - our own command
            command, env={**os.environ, "CLINIGRAPH_STATE_DIR": folder}, stderr=subprocess.PIPE, text=True
        )
        try:
            _measure(server, args.at_once, args.cases)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _measure(server: subprocess.Popen[str], at_once: int, cases: int) -> None:
    address = _address(server)
    start = time.perf_counter()
    show("first cases", asyncio.run(drive(address, range(2), 1)), time.perf_counter() - start)
    start = time.perf_counter()
    show(
        f"{at_once} at once",
        asyncio.run(drive(address, range(100, 100 + at_once), at_once)),
        time.perf_counter() - start,
    )
    before = resident_mib(server.pid)
    start = time.perf_counter()
    show(f"{cases} in a row", asyncio.run(drive(address, range(1000, 1000 + cases), 2)), time.perf_counter() - start)
    after = resident_mib(server.pid)
    print(f"memory {before:.0f} MiB before, {after:.0f} MiB after ({100 * (after / before - 1):+.1f} %)")


def _address(server: subprocess.Popen[str]) -> str:
    if server.stderr is None:
        raise RuntimeError("the server has no standard error")
    for line in server.stderr:
        found = re.search(r"Serving on (\S+)", line)
        if found:
            return found.group(1)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
