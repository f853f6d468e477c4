"""A client's token has one holder; it is renewed once at a time, and a bad one never takes its place."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import gc
import inspect
import logging
import pickle
import pprint
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability
from trbridge.credentials import Credentials
from trbridge.errors import (
    ClientClosed,
    InvalidArgument,
    InvalidToken,
    TaskRouterError,
    TokenError,
    TokenExpired,
    TokenProviderError,
    WrongIdentity,
    WrongTokenKind,
)
from trbridge.offload import MAX_ABANDONED, Offload, is_async

AC, WS, WK, WQ = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32, "WQ" + "4" * 32
OTHER = "8" * 32
AUTH = "0123456789abcdef" * 2
NOW = 1_893_456_000


def worker_token(made: float = NOW, *, account: str = AC, workspace: str = WS, worker: str = WK) -> str:
    return WorkerCapability(account, AUTH, workspace, worker).to_jwt(now=made)


FIRST, SECOND, OLD = worker_token(), worker_token(NOW + 60), worker_token(NOW - 3600)
FOREIGN = {
    "worker": worker_token(worker=f"WK{OTHER}"),
    "workspace": worker_token(workspace=f"WS{OTHER}"),
    "account": worker_token(account=f"AC{OTHER}"),
}


class Gate:
    """An async provider that waits until it is let go, and counts."""

    def __init__(self, token: str = SECOND) -> None:
        self.token = token
        self.calls = 0
        self.cancelled = 0
        self.entered = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> str:
        self.calls += 1
        self.entered.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.token


def nothing_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


# -- a token


def test_a_token_is_held_and_read() -> None:
    credentials = Credentials(FIRST, "worker")
    assert (credentials.current, credentials.has_token, credentials.can_refresh) == (FIRST, True, False)
    assert (credentials.kind, credentials.channel_sid, credentials.expires_at) == ("worker", WK, NOW + 3600)
    assert credentials.claims.workspace_sid == WS


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", InvalidToken),
        ("a.b.c", InvalidToken),
        (WorkspaceCapability(AC, AUTH, WS).to_jwt(), WrongTokenKind),
        (TaskQueueCapability(AC, AUTH, WS, WQ).to_jwt(), WrongTokenKind),
        (None, InvalidArgument),
        (FIRST.encode(), InvalidArgument),
        (5, InvalidArgument),
        ({"token": FIRST}, InvalidArgument),
    ],
)
def test_a_token_that_cannot_serve_is_refused_before_anything_is_sent(token: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Credentials(token, "worker")


def test_a_coroutine_is_no_provider_and_the_error_says_what_is() -> None:
    gate = Gate()()
    with pytest.raises(InvalidArgument, match="give the function itself"):
        Credentials(gate, "worker")  # type: ignore[arg-type]
    gate.close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_limit_is_positive(timeout: float) -> None:
    with pytest.raises(InvalidArgument, match="timeout"):
        Credentials(FIRST, "worker", timeout=timeout)


def test_an_old_token_can_be_given_since_its_client_may_ask_for_another() -> None:
    """v1 fires ``token.expired`` at once then, and goes on (wire-protocol 3.7)."""
    assert Credentials(OLD, "worker").current == OLD


def test_a_worker_token_with_the_workspace_channel_serves_a_workspace() -> None:
    token = WorkerCapability(AC, AUTH, WS, WK).allow_web_sockets(WS).to_jwt()
    credentials = Credentials(token, "workspace")
    assert credentials.channel_sid == WS
    credentials.update(WorkspaceCapability(AC, AUTH, WS).to_jwt())


# -- update


def test_an_updated_token_is_what_everybody_sees() -> None:
    credentials = Credentials(FIRST, "worker")
    assert credentials.update(SECOND, now=NOW).expires_at == NOW + 3660
    assert (credentials.current, credentials.expires_at) == (SECOND, NOW + 3660)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", InvalidToken),
        ("garbage", InvalidToken),
        (None, InvalidToken),
        ("x" * 200_000, InvalidToken),
        (WorkspaceCapability(AC, AUTH, WS).to_jwt(), WrongTokenKind),
        (FOREIGN["worker"], WrongIdentity),
        (FOREIGN["workspace"], WrongIdentity),
        (FOREIGN["account"], WrongIdentity),
        (OLD, TokenExpired),
    ],
)
def test_a_refused_token_leaves_the_old_one_in_place(token: Any, error: type[Exception]) -> None:
    """v1 takes any token that can be decoded (quirk Q11)."""
    credentials = Credentials(FIRST, "worker")
    with pytest.raises(error):
        credentials.update(token, now=NOW)
    assert (credentials.current, credentials.claims.channel_sid) == (FIRST, WK)


def test_a_wrong_identity_names_both() -> None:
    with pytest.raises(WrongIdentity, match=f"for WK{OTHER} of {WS} of {AC}, this client for {WK} of {WS} of {AC}"):
        Credentials(FIRST, "worker").update(FOREIGN["worker"])


@pytest.mark.parametrize(("now", "good"), [(None, True), (NOW - 0.5, True), (NOW, False), (float("nan"), False)])
def test_expiry_is_judged_when_the_time_is_given(now: float | None, good: bool) -> None:
    credentials = Credentials(FIRST, "worker")
    if good:
        credentials.update(OLD, now=now)
    else:
        with pytest.raises(TokenExpired, match="2030-01-01T00:00:00Z"):
            credentials.update(OLD, now=now)


_TOKENS = [FIRST, SECOND, OLD, *FOREIGN.values(), "", "a.b.c", WorkspaceCapability(AC, AUTH, WS).to_jwt()]


@given(st.lists(st.tuples(st.sampled_from(_TOKENS), st.none() | st.sampled_from([NOW - 9.0, NOW + 9.0, NOW + 9e9]))))
def test_whatever_comes_identity_stays_and_only_accepted_tokens_are_held(
    updates: list[tuple[str, float | None]],
) -> None:
    credentials = Credentials(FIRST, "worker")
    held = FIRST
    for token, now in updates:
        try:
            credentials.update(token, now=now)
        except TokenError:
            pass
        else:
            held = token
        assert credentials.current == held
        assert (credentials.claims.account_sid, credentials.claims.workspace_sid, credentials.channel_sid) == (
            AC,
            WS,
            WK,
        )


# -- providers


def sync_provider() -> str:
    return SECOND


async def async_provider() -> str:
    return SECOND


class SyncObject:
    def __call__(self) -> str:
        return SECOND


class AsyncObject:
    async def __call__(self) -> str:
        return SECOND


def returning_a_coroutine() -> Awaitable[str]:
    return async_provider()


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
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - the code above
    assert (done.stdout, done.stderr, done.returncode) == ("given up\n", "", 0)


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


# -- secrets


def test_credentials_show_no_token() -> None:
    credentials = Credentials(FIRST, "worker")
    endless = Credentials(lambda: "", "worker")
    assert repr(credentials) == f"<Credentials of worker {WK}, expires at 2030-01-01T01:00:00Z>"
    assert repr(endless) == "<Credentials of a worker, no token yet>"
    for text in (
        repr(credentials),
        str(credentials),
        f"{credentials}",
        pprint.pformat(credentials),
        repr(credentials.claims),
    ):
        assert not any(part in text for part in FIRST.split("."))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            pickle.dumps(credentials, protocol)
    with pytest.raises(TypeError):
        copy.deepcopy(credentials)
    with pytest.raises(TypeError):
        vars(credentials)


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
