"""Sends a request until it is answered or there is no point in trying again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random as _random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from ..answers import Answer, printable, read_answer
from ..errors import ClientClosed, DecodeError, InvalidArgument, NotFound, RequestError, TransportError
from ..hints import REPEAT_WITH_CARE
from ..limiter import Limiter
from ..retry import RetryInfo, decide, parse_retry_after
from ..wire import Reply, Request
from .pool import SHARED, HttpPool, OwnPool
from .posting import Body, Headers, headers_for, post, timed_out

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["HttpRequester"]

_log = logging.getLogger("trbridge.requester")
_GRACE: Final = 5.0
_MAX_PAUSES: Final = 1000


class _Call(NamedTuple):
    """What stays the same over the attempts of one request."""

    request: Request
    channel_url: str
    token: Callable[[], str]
    headers: Headers


class HttpRequester:
    """Posts requests for one client.

    Args:
        max_retries: How often a failed request is repeated, where that is safe (:mod:`trbridge.retry`).
            Default 0, as in v1, where it was meant so but never worked (Q1).
        timeout: Seconds that one attempt may take, from connecting to the last byte (v1: 5, v2: 15).
        pool: Connections to share; by default those of the event loop.
        transport: Another httpx transport, instead of ``pool``.
        ssl_context: For a private certificate authority. With ``pool``, the pool must have the same.
        limiter: True for a :class:`~trbridge.limiter.Limiter` of its own, False for none, or one to share
            among the clients of an account.
        random: Chance for the back-off: numbers in [0, 1).
        clock: Seconds that only go forward, for the limiter.
        now: Seconds since 1970, for ``Retry-After`` dates.
        sleep: Waits between attempts.
        on_retry: Called before each repetition. An exception it raises ends the request.

    Raises:
        InvalidArgument: A value is out of range, or two of the arguments exclude each other.
    """

    def __init__(
        self,
        *,
        max_retries: int = 0,
        timeout: float = 15.0,
        pool: HttpPool | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        ssl_context: ssl.SSLContext | None = None,
        limiter: Limiter | bool = True,
        random: Callable[[], float] = _random.random,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_retry: Callable[[RetryInfo], None] | None = None,
    ) -> None:
        if not isinstance(max_retries, int) or max_retries < 0:
            raise InvalidArgument(f"max_retries must be a whole number from 0 on, not {max_retries!r}")
        if not (isinstance(timeout, (int, float)) and 0 < timeout < math.inf):
            raise InvalidArgument(f"timeout must be a number of seconds above 0, not {timeout!r}")
        self._max_retries = max_retries
        self._timeout = timeout
        self._pool = _choose_pool(pool, transport, ssl_context)
        self._limiter = Limiter() if limiter is True else limiter or None
        self._random, self._clock, self._now, self._sleep = random, clock, now, sleep
        self._on_retry = on_retry
        self._under_way: dict[asyncio.Timeout, asyncio.Future[None]] = {}

    async def send(self, request: Request, *, channel_url: str, token: Callable[[], str]) -> Reply:
        """Send a request and return its reply.

        Cancelling it ends the exchange and leaves nothing behind.

        Args:
            request: What to ask.
            channel_url: Where to post it (wire-protocol 2.2).
            token: Asked at each attempt, so that a retry goes out with the newest token (Q8, Q9).

        Raises:
            InvalidArgument: The request cannot be sent as it is.
            ApiError: It was answered with an error; the subclass says which.
            RequestTimeout: No answer in time.
            TransportError: No answer: no connection, or it broke off.
            DecodeError: An answer that is not what the protocol says.
            ClientClosed: :meth:`aclose` was called meanwhile.
        """
        call = _Call(request, channel_url, token, headers_for(request))
        attempt, perhaps_done = 0, False
        while True:
            attempt += 1
            try:
                return await self._attempt(call)
            except RequestError as error:
                failure = error
            if perhaps_done and request.method == "DELETE" and isinstance(failure, NotFound):
                # An earlier attempt deleted it; only its answer was lost.
                return Reply()
            perhaps_done = perhaps_done or failure.outcome_unknown
            delay = decide(request, failure, attempt, self._max_retries, self._random)
            if delay is None:
                raise _final(failure, attempt, perhaps_done)
            self._announce(request, failure, attempt, delay)
            await self._pause(delay)

    def distrust_connections(self) -> None:
        """Send no request over a connection that is idle now: it may lead into the same hole as another did (F18)."""
        self._pool.drop_idle()

    async def aclose(self) -> None:
        """End what is under way with :class:`ClientClosed` and let go of the connections.

        A later :meth:`send` takes them up again, since a client may connect again after it was closed.
        """
        stopping, self._under_way = self._under_way, {}
        for limit in stopping:
            if not limit.expired():
                limit.reschedule(0.0)
        if stopping:
            await asyncio.wait(stopping.values(), timeout=_GRACE)
        await self._pool.leave(self)

    async def _attempt(self, call: _Call) -> Reply:
        await self._wait_turn(call.request)
        body = Body(call.request, call.token())
        try:
            answer = await self._post(call, body)
            self._learn(call.request, answer)
            return read_answer(answer, call.request, _channel_sid(call.channel_url), self._now())
        except DecodeError as error:
            # It was a success: whatever it did is done, only the answer cannot be read.
            error.outcome_unknown = call.request.method != "GET"
            raise

    async def _post(self, call: _Call, body: Body) -> Answer:
        connections = self._pool.connections(self)
        try:
            async with self._stoppable(self._timeout):
                return await post(connections, call.channel_url, call.headers, body, call.request.method)
        except TimeoutError:
            failure = timed_out(self._timeout, call.channel_url, body, call.request.method)
        raise failure

    async def _wait_turn(self, request: Request) -> None:
        if self._limiter is None:
            return
        slot = self._limiter.reserve(self._clock(), request)
        try:
            # More than once: the service may ask for a pause while we wait.
            for _ in range(_MAX_PAUSES):
                delay = slot.delay(self._clock())
                if delay <= 0:
                    return
                await self._pause(delay)
        except BaseException:
            self._limiter.cancel(self._clock(), request, slot)
            raise

    def _learn(self, request: Request, answer: Answer) -> None:
        if self._limiter is not None:
            retry_after = parse_retry_after(answer.headers.get("retry-after"), self._now())
            self._limiter.learn(self._clock(), request, answer.status, answer.headers, retry_after)

    def _announce(self, request: Request, failure: RequestError, attempt: int, delay: float) -> None:
        url = printable(request.url.partition("?")[0])
        _log.warning(
            "%s %s failed (%s), attempt %d of %d; next in %.2f s",
            request.method,
            url,
            _in_short(failure),
            attempt,
            self._max_retries + 1,
            delay,
        )
        if self._on_retry is not None:
            self._on_retry(RetryInfo(request.method, url, attempt, self._max_retries, delay, failure))

    async def _pause(self, seconds: float) -> None:
        async with self._stoppable(None):
            await self._sleep(seconds)

    @contextlib.asynccontextmanager
    async def _stoppable(self, seconds: float | None) -> AsyncIterator[None]:
        """Limit what happens inside to so many seconds, and let :meth:`aclose` end it before."""
        finished = asyncio.get_running_loop().create_future()
        stopped = False
        try:
            async with asyncio.timeout(seconds) as limit:
                self._under_way[limit] = finished
                try:
                    yield
                finally:
                    stopped = self._under_way.pop(limit, None) is None
                    if not self._under_way:
                        self._under_way.clear()  # lets go of its table
        except TimeoutError:
            if stopped:
                raise ClientClosed("the client was closed while this request was under way") from None
            raise
        finally:
            finished.set_result(None)


def _choose_pool(
    pool: HttpPool | None, transport: httpx.AsyncBaseTransport | None, ssl_context: ssl.SSLContext | None
) -> HttpPool:
    if pool is None:
        own = transport is not None or ssl_context is not None
        return OwnPool(transport=transport, ssl_context=ssl_context) if own else SHARED
    if transport is not None or (ssl_context is not None and ssl_context is not pool.ssl_context):
        raise InvalidArgument("a pool has its own transport and ssl_context: give them to HttpPool(...)")
    return pool


def _final(failure: RequestError, attempts: int, perhaps_done: bool) -> RequestError:
    """The error as the caller gets it: it speaks for all attempts, not only for the last."""
    failure.attempts = attempts
    if perhaps_done and not failure.outcome_unknown:
        failure.outcome_unknown, failure.hint = True, REPEAT_WITH_CARE
    return failure


def _in_short(failure: RequestError) -> str:
    status = f" HTTP {failure.status}" if failure.status is not None else ""
    kind = f" {failure.kind}" if isinstance(failure, TransportError) else ""
    return f"{type(failure).__name__}{status}{kind}"


def _channel_sid(channel_url: str) -> str:
    return channel_url.rstrip("/").rpartition("/")[2]
