"""The one place in a client that holds its token, and gets the next one.

Everything a client handed out asks here when it sends, so a new token reaches all of it at once; in v1
each object kept the token of its creation (quirks Q8, Q9).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn

import msgspec

from .claims import ChannelKind, UnverifiedClaims, iso_moment, require_channel
from .errors import (
    ClientClosed,
    InvalidArgument,
    TokenError,
    TokenExpired,
    TokenProviderError,
    WrongIdentity,
)
from .offload import Offload, is_async
from .tokens import peek_unverified

__all__ = ["Credentials", "TokenProvider"]

TokenProvider = Callable[[], str | Awaitable[str]]
"""A function that gives a token when it is called, sync or async."""


class Credentials:
    """Holds a client's token and, given a provider, renews it.

    Args:
        token: The token; or a function without parameters that returns one, which is asked by
            :meth:`refresh` and not before. An async function runs on the event loop. A plain one runs in a
            thread of its own, so that one that blocks does not stop the client.
        kind: What the client is for; a token for something else is refused.
        timeout: Seconds that one call of the provider may take.

    Raises:
        InvalidArgument: ``token`` is neither text nor callable, or ``timeout`` is not positive.
        TokenError: The token cannot be used, see :func:`trbridge.tokens.peek_unverified`.
        WrongTokenKind: It is for another kind of client.
    """

    __slots__ = ("_channel", "_claims", "_closed", "_flight", "_offload", "_provider", "_timeout", "_token", "kind")

    def __init__(self, token: str | TokenProvider, kind: ChannelKind, *, timeout: float = 30.0) -> None:
        if not timeout > 0:
            raise InvalidArgument("timeout must be a positive number of seconds")
        self.kind: ChannelKind = kind
        self._timeout = timeout
        self._provider: TokenProvider | None = None
        self._offload = Offload()
        self._token: str | None = None
        self._claims: UnverifiedClaims | None = None
        self._channel: str | None = None
        self._flight: _Flight | None = None
        self._closed = False
        if isinstance(token, str):
            self.update(token)
        elif callable(token):
            self._provider = token
        else:
            raise InvalidArgument(
                f"token must be text, or a function that returns it, not {type(token).__name__}",
                hint="decode bytes; for a coroutine give the function itself, without calling it",
            )

    @property
    def can_refresh(self) -> bool:
        """Whether there is a provider to ask for the next token."""
        return self._provider is not None

    @property
    def has_token(self) -> bool:
        """Whether there is a token yet."""
        return self._token is not None

    @property
    def current(self) -> str:
        """The token.

        Raises:
            TokenError: There is none yet: the provider has not been asked.
        """
        if self._token is None:
            self._none_yet()
        return self._token

    @property
    def claims(self) -> UnverifiedClaims:
        """What the token says.

        Raises:
            TokenError: There is none yet.
        """
        if self._claims is None:
            self._none_yet()
        return self._claims

    @property
    def channel_sid(self) -> str:
        """The SID that goes into the channel's URL.

        Raises:
            TokenError: There is no token yet.
        """
        if self._channel is None:
            self._none_yet()
        return self._channel

    @property
    def expires_at(self) -> float | None:
        """When the token ends, in seconds since 1970; None if it never does, or there is none yet."""
        return None if self._claims is None else self._claims.expires_at

    def update(self, token: str, *, now: float | None = None) -> UnverifiedClaims:
        """Put another token in the place of the current one, which stays if this one is refused.

        Args:
            token: The token; of the same account, workspace and channel (v1 took any, quirk Q11).
            now: Seconds since 1970; given, a token that is over is refused.

        Returns:
            What the token says.

        Raises:
            TokenError: It cannot be used, see :func:`trbridge.tokens.peek_unverified`.
            WrongTokenKind: It is for another kind of client.
            WrongIdentity: It belongs to another channel.
            TokenExpired: It is over.
        """
        claims = peek_unverified(token)
        channel = require_channel(claims, self.kind)
        self._check_identity(claims, channel)
        if now is not None and claims.expires_at is not None and not now < claims.expires_at:
            raise TokenExpired(
                f"the new token is over already: it expired at {iso_moment(claims.expires_at)}",
                hint="does the code that makes tokens keep old ones, or is a clock wrong?",
            )
        # What the token allows is checked by now, and as large as all the rest that a client knows of it.
        self._claims, self._channel = msgspec.structs.replace(claims, policies=()), channel
        self._token = str.__str__(token)  # text of a kind of its own is nothing that msgspec writes
        return claims

    async def refresh(self, now: float | None = None) -> str:
        """Ask the provider for a new token and put it in the place of the current one.

        Callers that come while a call is under way share it: the provider is called once. It goes on as
        long as one of them waits.

        Args:
            now: Seconds since 1970; the machine's clock when left out.

        Returns:
            The new token.

        Raises:
            InvalidArgument: There is no provider.
            ClientClosed: :meth:`aclose` was called.
            TokenProviderError: The provider raised, took longer than ``timeout``, or gave no text. The
                current token stays, here and below.
            TokenError: What it gave is refused, as by :meth:`update`.
        """
        flight = self._joined(now)
        flight.waiters += 1
        try:
            await asyncio.wait({flight.task})
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                await self._land(flight)
        if flight.task.cancelled():
            if self._closed:
                raise ClientClosed("the client was closed while it waited for a token")
            raise TokenProviderError("the token provider cancelled itself")
        flight.task.result()
        return self.current

    async def aclose(self) -> None:
        """End a call of the provider that is under way. Those who wait for it get :class:`ClientClosed`."""
        self._closed = True
        if self._flight is not None:
            await self._land(self._flight)

    def reopen(self) -> None:
        """The client connects again: the provider may be asked again."""
        self._closed = False

    def _joined(self, now: float | None) -> _Flight:
        if self._provider is None:
            raise InvalidArgument(
                "there is no token provider to ask",
                hint="give the client a function that returns a token, or call update_token() with a new one",
            )
        if self._closed:
            raise ClientClosed("the client is closed")
        flight = self._flight
        if flight is None or flight.task.done():
            flight = self._flight = _Flight(asyncio.create_task(self._ask(self._provider, now), name="trbridge token"))
        elif flight.task is asyncio.current_task():
            raise TokenProviderError("the token provider waits for itself: it asked the client for a refreshed token")
        return flight

    async def _land(self, flight: _Flight) -> None:
        """Leave no task behind, and none that another caller could join when it is being cancelled."""
        if self._flight is flight:
            self._flight = None
        if flight.task is asyncio.current_task():
            return
        if not flight.task.done():
            flight.task.cancel()
            await asyncio.wait({flight.task})
        if not flight.task.cancelled():
            flight.task.exception()  # seen, even if nobody waits for it any more

    async def _ask(self, provider: TokenProvider, now: float | None) -> None:
        # Returns nothing, since a task shows its result in its repr and asyncio's debug mode logs that.
        token = await self._provided(provider)
        if not isinstance(token, str) or not token:
            raise TokenProviderError(
                f"the token provider returned {'nothing' if not token else f'a {type(token).__name__}'}",
                hint="it must return the capability token as text",
            )
        self.update(token, now=time.time() if now is None else now)

    async def _provided(self, provider: TokenProvider) -> object:
        try:
            async with asyncio.timeout(self._timeout) as patience:
                result = provider() if is_async(provider) else await self._offload(provider)
                return await result if isinstance(result, Awaitable) else result
        except TokenProviderError:
            raise
        except TimeoutError as error:
            if patience.expired():
                raise TokenProviderError(f"the token provider took longer than {self._timeout:g} s") from error
            raise TokenProviderError("the token provider timed out by itself; see the cause") from error
        except Exception as error:
            # Its own words stay in the cause: they may quote what must not be in a log.
            raise TokenProviderError(f"the token provider raised {type(error).__name__}; see the cause") from error

    def _check_identity(self, claims: UnverifiedClaims, channel: str) -> None:
        if self._claims is None:
            return
        old = (self.channel_sid, self._claims.workspace_sid, self._claims.account_sid)
        new = (channel, claims.workspace_sid, claims.account_sid)
        if old != new:
            raise WrongIdentity(
                f"the new token is for {' of '.join(new)}, this client for {' of '.join(old)}",
                hint="a client keeps its channel; make another client for another channel",
            )

    def _none_yet(self) -> NoReturn:
        raise TokenError("there is no token yet: the provider has not been asked", hint="connect first")

    def __repr__(self) -> str:
        with suppress(TokenError):
            until = "never expires" if self.expires_at is None else f"expires at {iso_moment(self.expires_at)}"
            return f"<Credentials of {self.kind} {self.channel_sid}, {until}>"
        return f"<Credentials of a {self.kind}, no token yet>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("Credentials hold a token and are neither pickled nor copied")


class _Flight:
    """One call of the provider, and how many wait for it."""

    __slots__ = ("task", "waiters")

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self.waiters = 0
