"""However many wait for a new token, the provider is asked once; and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from token_samples import FIRST, NOW, SECOND, Gate, nothing_left

from trbridge.credentials import Credentials
from trbridge.errors import (
    ClientClosed,
    InvalidToken,
    TokenProviderError,
)

# -- many who wait


async def test_many_callers_share_one_call() -> None:
    """Reliability F55."""
    gate = Gate()
    credentials = Credentials(gate, "worker")
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiters = [group.create_task(credentials.refresh(NOW)) for _ in range(50)]
        await gate.entered.wait()
        gate.go.set()
    assert {waiter.result() for waiter in waiters} == {SECOND}
    assert gate.calls == 1
    await credentials.refresh(NOW)
    assert gate.calls == 2, "what is over is not shared"


async def test_all_callers_hear_of_a_failure() -> None:
    gate = Gate(token="a.b.c")
    credentials = Credentials(gate, "worker")
    waiters = [asyncio.create_task(credentials.refresh(NOW)) for _ in range(3)]
    async with asyncio.timeout(10):
        await gate.entered.wait()
        gate.go.set()
        results = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(result) for result in results] == [InvalidToken] * 3
    assert gate.calls == 1


async def test_a_caller_that_goes_away_does_not_disturb_the_others() -> None:
    gate = Gate()
    credentials = Credentials(gate, "worker")
    first, second = (asyncio.create_task(credentials.refresh(NOW)) for _ in range(2))
    async with asyncio.timeout(10):
        await gate.entered.wait()
        first.cancel()
        await asyncio.wait({first})
        assert first.cancelled()
        gate.go.set()
        assert await second == SECOND
    assert (gate.calls, gate.cancelled) == (1, 0)
    assert nothing_left()


async def test_the_call_ends_with_the_last_who_waits() -> None:
    gate = Gate()
    credentials = Credentials(gate, "worker")
    waiters = [asyncio.create_task(credentials.refresh(NOW)) for _ in range(2)]
    async with asyncio.timeout(10):
        await gate.entered.wait()
        for waiter in waiters:
            waiter.cancel()
        await asyncio.wait(waiters)
        assert gate.cancelled == 1
        assert nothing_left()
        gate.go.set()
        assert await credentials.refresh(NOW) == SECOND, "and the next caller starts anew"


async def test_nobody_joins_a_call_that_is_being_cancelled() -> None:
    entered, stopping, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    answers = [SECOND]

    async def provider() -> str:
        if answers and entered.is_set():
            return answers.pop()
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopping.set()
            await go_on.wait()
        return "unreachable"

    credentials = Credentials(provider, "worker")
    waiter = asyncio.create_task(credentials.refresh(NOW))
    async with asyncio.timeout(10):
        await entered.wait()
        waiter.cancel()
        await stopping.wait()
        assert await credentials.refresh(NOW) == SECOND
        go_on.set()
        await asyncio.wait({waiter})
    assert waiter.cancelled()
    assert nothing_left()


async def test_a_failure_that_nobody_waits_for_is_not_logged_as_lost() -> None:
    lost: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    entered = asyncio.Event()

    async def provider() -> str:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("while cleaning up") from None
        return "unreachable"

    waiter = asyncio.create_task(Credentials(provider, "worker").refresh(NOW))
    async with asyncio.timeout(10):
        await entered.wait()
        waiter.cancel()
        await asyncio.wait({waiter})
    del waiter
    gc.collect()
    assert lost == []
    assert nothing_left()


async def test_a_provider_that_asks_for_itself_is_told_instead_of_hanging() -> None:
    async def provider() -> str:
        return await credentials.refresh(NOW)

    credentials = Credentials(provider, "worker")
    with pytest.raises(TokenProviderError, match="waits for itself"):
        await credentials.refresh(NOW)


# -- the end


async def test_closing_ends_the_call_and_tells_those_who_wait() -> None:
    gate = Gate()
    credentials = Credentials(gate, "worker")
    waiters = [asyncio.create_task(credentials.refresh(NOW)) for _ in range(3)]
    async with asyncio.timeout(10):
        await gate.entered.wait()
        await credentials.aclose()
        results = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(result) for result in results] == [ClientClosed] * 3
    assert gate.cancelled == 1
    assert nothing_left()
    with pytest.raises(ClientClosed):
        await credentials.refresh(NOW)


async def test_closing_twice_or_with_nothing_under_way_is_fine() -> None:
    credentials = Credentials(FIRST, "worker")
    await credentials.aclose()
    await credentials.aclose()
    assert credentials.current == FIRST


async def test_a_provider_may_close_its_own_client() -> None:
    async def provider() -> str:
        await credentials.aclose()
        return SECOND

    credentials = Credentials(provider, "worker")
    async with asyncio.timeout(10):
        assert await credentials.refresh(NOW) == SECOND
    assert nothing_left()
