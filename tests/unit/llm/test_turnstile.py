"""Threads and event loops pass one gate in the order of arrival; a cancelled wait gives its place back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from clinigraph.llm.turnstile import Turnstile


def test_a_gate_without_places_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Turnstile(0)


async def test_no_more_than_its_places_and_in_order() -> None:
    gate, inside, most, order = Turnstile(2), 0, 0, []

    async def visit(number: int) -> None:
        nonlocal inside, most
        async with gate.aenter():
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(visit(n) for n in range(9)))
    assert most == 2
    assert order == list(range(9))


async def test_a_cancelled_wait_leaves_no_trace() -> None:
    gate = Turnstile(1)

    async def visit() -> None:
        async with gate.aenter():
            await asyncio.sleep(10)

    holder, waiter = asyncio.create_task(visit()), asyncio.create_task(visit())
    await asyncio.sleep(0.01)
    waiter.cancel()
    holder.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    async with asyncio.timeout(1), gate.aenter():
        pass


async def test_a_place_given_to_a_cancelled_wait_is_passed_on() -> None:
    gate, release = Turnstile(1), asyncio.Event()

    async def hold() -> None:
        async with gate.aenter():
            await release.wait()

    async def wait() -> None:
        async with gate.aenter():
            pass

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiter = asyncio.create_task(wait())
    await asyncio.sleep(0)
    release.set()
    await holder  # the place now belongs to the waiter, which has not run yet
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    async with asyncio.timeout(1), gate.aenter():
        pass


async def test_threads_and_loops_share_the_gate() -> None:
    gate, inside, most, lock = Turnstile(1), 0, 0, threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)

    def leave() -> None:
        nonlocal inside
        with lock:
            inside -= 1

    def in_thread() -> None:
        with gate.enter():
            enter()
            leave()

    async def in_loop() -> None:
        async with gate.aenter():
            enter()
            await asyncio.sleep(0.001)
            leave()

    jobs = [in_loop() if n % 2 else asyncio.to_thread(in_thread) for n in range(20)]
    await asyncio.gather(*jobs)
    assert most == 1
