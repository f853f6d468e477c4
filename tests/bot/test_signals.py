"""The first signal asks, the second insists, the third one is for the process."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from trbridge import NotReady
from trbridge.bot import Bot, Fleet
from trbridge.bot.signals import signals_handled

HANDLED = (signal.SIGTERM, signal.SIGINT)


def before() -> list[Any]:
    return [signal.getsignal(number) for number in HANDLED]


async def test_three_in_one_turn_of_the_loop() -> None:
    """An impatient supervisor: each half is asked once, and afterwards all is as it was."""
    was, heard = before(), list[str]()
    done = asyncio.Event()

    def insist() -> None:
        heard.append("second")
        asyncio.get_running_loop().call_soon(done.set)

    with signals_handled(lambda: heard.append("first"), insist):
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await done.wait()
        assert before() == was, "from the second one on the process is ended as ever"
    assert heard == ["first", "second"]
    assert before() == was


async def test_a_loop_that_cannot_handle_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows: Python's own handlers wake the loop."""

    def not_here(*_: Any) -> None:
        raise NotImplementedError

    was, heard = before(), asyncio.Event()
    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", not_here)
    with signals_handled(heard.set, lambda: None):
        signal.raise_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            await heard.wait()
    assert before() == was


async def test_a_handler_that_was_not_pythons_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """getsignal() gives None for one that was installed by C code; that cannot be put back."""
    was = before()
    monkeypatch.setattr(signal, "getsignal", lambda _: None)
    with signals_handled(lambda: None, lambda: None):
        pass
    monkeypatch.undo()
    try:
        assert before() != was
    finally:
        for number, handler in zip(HANDLED, was, strict=True):
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)


def program(kind: str) -> Bot | Fleet:
    """One that would have to be connected somewhere, if it ever came to that."""
    return Bot(lambda: "token") if kind == "bot" else Fleet(lambda _: "token", ["WK" + "0" * 32])


@pytest.mark.parametrize("kind", ["bot", "fleet"])
async def test_main_in_a_running_loop_says_what_to_do(kind: str) -> None:
    """As in a notebook: typed, and no coroutine is left behind that was never awaited."""
    with pytest.raises(NotReady, match=r"one runs here already.*await run"):
        program(kind).main()


@pytest.mark.parametrize("kind", ["bot", "fleet"])
def test_main_in_another_thread_says_what_to_do(kind: str) -> None:
    """Signals arrive in the main thread only; there SIGTERM would end the program in the middle of a task."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(NotReady, match=r"main thread.*asyncio\.run"):
        pool.submit(program(kind).main).result(timeout=10)
