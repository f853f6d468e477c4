"""A function that blocks blocks nobody, and one that hangs is left to itself."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
from collections.abc import Coroutine
from typing import Any

import pytest
from token_samples import NOW, SECOND, async_provider

from trbridge.credentials import Credentials
from trbridge.errors import (
    TokenProviderError,
)
from trbridge.offload import MAX_ABANDONED, Offload


async def test_threads_that_hang_are_given_up_and_are_not_piled_up() -> None:
    release, calls = threading.Event(), []

    def provider() -> str:
        calls.append(1)
        release.wait()
        return SECOND

    credentials = Credentials(provider, "worker", timeout=1e-9)
    for _ in range(MAX_ABANDONED):
        with pytest.raises(TokenProviderError, match="took longer"):
            await credentials.refresh(NOW)
    with pytest.raises(TokenProviderError, match=f"{MAX_ABANDONED} earlier calls.*have not returned"):
        await credentials.refresh(NOW)
    release.set()
    await all_threads_ended()
    assert len(calls) == MAX_ABANDONED
    with pytest.raises(TokenProviderError, match="took longer"):
        await credentials.refresh(NOW)
    await all_threads_ended()
    assert not credentials.has_token, "what comes too late is not taken"


async def all_threads_ended() -> None:
    """Join from a thread, so that the loop hears what they report."""
    ours = [thread for thread in threading.enumerate() if thread.name == "trbridge-token-provider"]
    async with asyncio.timeout(10):
        for thread in ours:
            await asyncio.to_thread(thread.join)


async def test_a_coroutine_that_comes_too_late_is_closed() -> None:
    """Else Python complains, some time later, that it was never awaited."""
    release, made = threading.Event(), []

    def provider() -> Coroutine[Any, Any, str]:
        release.wait()
        made.append(async_provider())
        return made[0]

    with pytest.raises(TokenProviderError):
        await Credentials(provider, "worker", timeout=1e-9).refresh(NOW)
    release.set()
    await all_threads_ended()
    assert inspect.getcoroutinestate(made[0]) == inspect.CORO_CLOSED


async def test_a_coroutine_that_comes_in_the_turn_of_the_cancellation_is_closed_too() -> None:
    made: list[Coroutine[Any, Any, str]] = []

    def provider() -> Coroutine[Any, Any, str]:
        made.append(async_provider())
        return made[0]

    call = asyncio.create_task(Offload()(provider))
    await asyncio.sleep(0)  # the thread is started,
    for thread in threading.enumerate():
        if thread.name == "trbridge-token-provider":
            thread.join()
    await asyncio.sleep(0)  # has reported, and the call has not been woken yet
    call.cancel()
    await asyncio.wait({call})
    assert call.cancelled()
    assert inspect.getcoroutinestate(made[0]) == inspect.CORO_CLOSED


@pytest.mark.parametrize("result", ["", "async_provider()"])
def test_a_thread_that_hangs_does_not_keep_the_program_from_ending(result: str) -> None:
    """Nor does it print a warning when the loop is gone before it returns."""
    code = f"""
import asyncio, threading
from trbridge.credentials import Credentials
from trbridge.errors import TokenProviderError
release = threading.Event()
async def async_provider(): ...
def provider():
    release.wait()
    return {result}
async def main():
    try:
        await Credentials(provider, "worker", timeout=1e-9).refresh()
    except TokenProviderError as error:
        print("given up")
asyncio.run(main())
if {bool(result)}:
    release.set()
    for thread in threading.enumerate()[1:]:
        thread.join()
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("given up\n", "", 0)
