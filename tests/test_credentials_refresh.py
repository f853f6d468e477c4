"""A provider's token is checked like any other, and a provider that fails spoils nothing."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from token_samples import (
    AC,
    AUTH,
    FIRST,
    FOREIGN,
    NOW,
    OLD,
    SECOND,
    WK,
    WS,
    AsyncObject,
    Gate,
    SyncObject,
    async_provider,
    nothing_left,
    returning_a_coroutine,
    sync_provider,
    worker_token,
)

from trbridge.capabilities import WorkerCapability, WorkspaceCapability
from trbridge.credentials import Credentials
from trbridge.errors import (
    InvalidArgument,
    InvalidToken,
    TaskRouterError,
    TokenError,
    TokenExpired,
    TokenProviderError,
    WrongIdentity,
    WrongTokenKind,
)
from trbridge.offload import is_async


@pytest.mark.parametrize(
    ("provider", "on_the_loop"),
    [
        (sync_provider, False),
        (async_provider, True),
        (SyncObject(), False),
        (AsyncObject(), True),
        (functools.partial(sync_provider), False),
        (functools.partial(functools.partial(async_provider)), True),
        (functools.partial(AsyncObject()), True),
        (returning_a_coroutine, False),
    ],
)
async def test_any_callable_is_a_provider(provider: Any, on_the_loop: bool) -> None:
    credentials = Credentials(provider, "worker")
    assert is_async(provider) is on_the_loop
    assert (credentials.can_refresh, credentials.has_token, credentials.expires_at) == (True, False, None)
    assert await credentials.refresh(NOW) == SECOND
    assert (credentials.current, credentials.expires_at) == (SECOND, NOW + 3660)
    assert nothing_left()


@pytest.mark.parametrize("name", ["current", "claims", "channel_sid"])
def test_before_the_provider_was_asked_there_is_nothing(name: str) -> None:
    """And it is not asked by the constructor: nothing starts there."""
    credentials = Credentials(lambda: pytest.fail("asked too early"), "worker")
    with pytest.raises(TokenError, match="no token yet"):
        getattr(credentials, name)


async def test_a_plain_function_runs_in_a_thread_of_its_own_with_the_callers_context() -> None:
    """A provider that blocks at night must not stop heartbeats and everything else."""
    request_id = contextvars.ContextVar("request_id", default="lost")
    request_id.set("kept")
    seen: list[Any] = []

    def provider() -> str:
        seen.extend([threading.current_thread(), request_id.get()])
        return SECOND

    await Credentials(provider, "worker").refresh(NOW)
    assert seen[0] is not threading.current_thread()
    assert (seen[0].daemon, seen[1]) == (True, "kept")


async def test_without_a_provider_there_is_nothing_to_refresh() -> None:
    with pytest.raises(InvalidArgument, match=r"update_token\(\)"):
        await Credentials(FIRST, "worker").refresh()


async def test_the_machines_clock_serves_when_no_time_is_given() -> None:
    tokens = iter([worker_token(1_000_000_000), WorkerCapability(AC, AUTH, WS, WK).to_jwt()])
    credentials = Credentials(lambda: next(tokens), "worker")
    with pytest.raises(TokenExpired):
        await credentials.refresh()
    assert await credentials.refresh() == credentials.current


def raising(error: BaseException) -> Callable[[], str]:
    def provider() -> str:
        raise error

    return provider


def failing(error: BaseException) -> Callable[[], Awaitable[str]]:
    async def provider() -> str:
        raise error

    return provider


@pytest.mark.parametrize(
    ("provider", "error", "words"),
    [
        (raising(ValueError("secret text")), TokenProviderError, "raised ValueError; see the cause"),
        (failing(ValueError("secret text")), TokenProviderError, "raised ValueError; see the cause"),
        (raising(TimeoutError()), TokenProviderError, "timed out by itself"),
        (failing(TimeoutError()), TokenProviderError, "timed out by itself"),
        (raising(SystemExit()), TokenProviderError, "raised RuntimeError"),
        (raising(StopIteration()), TokenProviderError, "raised RuntimeError"),
        (failing(StopIteration()), TokenProviderError, "raised RuntimeError"),
        (raising(InvalidToken("mine")), TokenProviderError, "raised InvalidToken"),
        (failing(asyncio.CancelledError()), TokenProviderError, "cancelled itself"),
        (lambda: None, TokenProviderError, "returned nothing"),
        (lambda: "", TokenProviderError, "returned nothing"),
        (lambda: b"abc", TokenProviderError, "returned a bytes"),
        (lambda missing: missing, TokenProviderError, "raised TypeError"),
        (lambda: "a.b.c", InvalidToken, "base64url"),
        (lambda: "x" * 200_000, InvalidToken, "more than"),
        (lambda: OLD, TokenExpired, "over already"),
        (lambda: FOREIGN["worker"], WrongIdentity, "this client for"),
        (lambda: WorkspaceCapability(AC, AUTH, WS).to_jwt(), WrongTokenKind, "worker token is needed"),
    ],
)
async def test_a_provider_that_fails_is_a_typed_error_and_the_old_token_stays(
    provider: Any, error: type[TaskRouterError], words: str
) -> None:
    """Reliability F53, F54."""
    answers: list[Any] = [lambda: FIRST, provider, lambda: SECOND]

    def next_answer() -> Any:
        return answers.pop(0)()

    credentials = Credentials(next_answer, "worker")
    await credentials.refresh(NOW)
    with pytest.raises(error, match=words) as caught:
        await credentials.refresh(NOW)
    assert type(caught.value) is error
    assert "secret text" not in str(caught.value)
    assert credentials.current == FIRST
    assert await credentials.refresh(NOW) == SECOND, "one failure does not spoil the next try"
    assert nothing_left()


async def test_the_cause_of_a_failure_is_kept() -> None:
    with pytest.raises(TokenProviderError) as caught:
        await Credentials(raising(ValueError("boom")), "worker").refresh()
    assert isinstance(caught.value.__cause__, ValueError)


# -- a provider that hangs


async def test_an_async_provider_that_hangs_is_given_up() -> None:
    gate = Gate()
    with pytest.raises(TokenProviderError, match="longer than 1e-09 s"):
        await Credentials(gate, "worker", timeout=1e-9).refresh(NOW)
    assert gate.cancelled == 1
    assert nothing_left()


@pytest.mark.parametrize("provider", [sync_provider, async_provider, returning_a_coroutine])
async def test_asyncios_debug_mode_logs_no_token(provider: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It logs what a slow callback was called with, and what a task came to."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = -1.0
    seen: set[asyncio.Task[Any]] = set()

    async def watched() -> str:
        seen.update(asyncio.all_tasks())
        result = provider()
        return result if isinstance(result, str) else str(await result)

    with caplog.at_level(logging.DEBUG):
        await Credentials(provider, "worker").refresh(NOW)
        await Credentials(watched, "worker").refresh(NOW)
    assert "Executing" in caplog.text
    assert len(seen) == 2
    # asyncio shows the first and the last dozen characters.
    for text in (caplog.text, repr(seen)):
        assert not any(part[:8] in text or part[-8:] in text for part in SECOND.split("."))
