"""The builder behind the three capability classes: identity, lifetime, rules, and the token made of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from types import EllipsisType
from typing import Any, ClassVar, Final, NoReturn, Self

import msgspec

from .claims import LATEST
from .errors import InvalidArgument
from .paths import quoted, resource_path
from .policies import Filter, Policy
from .sids import check_sid
from .tokens import check_auth_token, sign

__all__ = ["Capability"]

REST_HOST: Final = "https://taskrouter.twilio.com"
EVENT_BRIDGE: Final = "https://event-bridge.twilio.com/v1/wschannels"
VERSION: Final = "v1"
METHODS: Final = ("GET", "POST", "DELETE")


class Capability:
    """What the three builders share. Every ``allow_*`` method returns the builder, to chain them."""

    __slots__ = (
        "_auth_token",
        "_nbf",
        "_policies",
        "_ttl",
        "_valid_until",
        "account_sid",
        "channel_sid",
        "workspace_sid",
    )

    _prefix: ClassVar[str]
    _sid_claim: ClassVar[str | None] = None
    # Keyword to default; in the order in which twilio-python adds the policies.
    _switches: ClassVar[dict[str, bool]] = {
        "allow_web_sockets": True,
        "allow_fetch_self": True,
        "allow_update_self": False,
        "allow_delete_self": False,
        "allow_fetch_subresources": False,
        "allow_delete_subresources": False,
        "allow_update_subresources": False,
    }

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        channel_sid: str,
        *,
        ttl: int = 3600,
        valid_until: float | None = None,
        nbf: float | EllipsisType | None = ...,
        **switches: bool,
    ) -> None:
        self.account_sid = check_sid(account_sid, "AC", name="account_sid")
        self.workspace_sid = check_sid(workspace_sid, "WS", name="workspace_sid")
        self.channel_sid = check_sid(channel_sid, self._prefix, name=self._sid_claim or "workspace_sid")
        self._auth_token = check_auth_token(auth_token)
        self._ttl = _lifetime(ttl)
        self._valid_until = None if valid_until is None else _moment("valid_until", valid_until)
        self._nbf = nbf if nbf is None or isinstance(nbf, EllipsisType) else _moment("nbf", nbf)
        self._policies: list[Policy] = []
        if unknown := switches.keys() - self._switches.keys():
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {min(unknown)!r}")
        for name, default in self._switches.items():
            if switches.get(name, default):
                getattr(self, name)()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The rules so far, in order."""
        return tuple(self._policies)

    @property
    def workspace_url(self) -> str:
        """URL of the workspace, on the production host."""
        return f"{REST_HOST}/{VERSION}/Workspaces/{self.workspace_sid}"

    @property
    def resource_url(self) -> str:
        """URL of what the token is for: the workspace, the worker or the task queue."""
        return self.workspace_url

    def allow_web_sockets(self, channel_id: str | None = None) -> Self:
        """Allow opening the event bridge and sending requests over it; without, nothing works.

        Args:
            channel_id: SID of another channel of the account; the token's own when left out.

        Raises:
            InvalidArgument: It is not the SID of a workspace, worker or task queue.
        """
        channel = check_sid(channel_id or self.channel_sid, "WS", "WK", "WQ", name="channel_id")
        url = f"{EVENT_BRIDGE}/{self.account_sid}/{channel}"
        return self.allow(url, "GET").allow(url, "POST")

    def allow_fetch_self(self) -> Self:
        """Allow reading the resource itself."""
        return self.allow(self.resource_url, "GET")

    def allow_update_self(self) -> Self:
        """Allow changing the resource itself. In the PHP library: ``allowUpdates``."""
        return self.allow(self.resource_url, "POST")

    def allow_delete_self(self) -> Self:
        """Allow deleting the resource itself. In the PHP library: ``allowDelete``."""
        return self.allow(self.resource_url, "DELETE")

    def allow_fetch_subresources(self) -> Self:
        """Allow reading the resource and everything below it."""
        return self.allow(f"{self.resource_url}/**", "GET")

    def allow_update_subresources(self) -> Self:
        """Allow changing the resource and creating and changing everything below it."""
        return self.allow(f"{self.resource_url}/**", "POST")

    def allow_delete_subresources(self) -> Self:
        """Allow deleting the resource and everything below it."""
        return self.allow(f"{self.resource_url}/**", "DELETE")

    # The names of TaskRouter.js's documentation and of the PHP library.
    allow_updates = allow_update_self
    allow_updates_subresources = allow_update_subresources
    allow_delete = allow_delete_self

    def allow(
        self, url: str, method: str, query_filter: Filter | None = None, post_filter: Filter | None = None
    ) -> Self:
        """Allow one method on one URL or pattern.

        Args:
            url: An absolute URL; a path from ``/v1/``; or a path below the workspace, such as
                ``"Tasks/**"``. ``X/*`` is each child of X, ``X/**`` is X and everything below it.
            method: ``GET``, ``POST`` or ``DELETE``.
            query_filter: Query parameter to the value it must have, or to ``{"required": bool, "value": str}``.
                Parameters that it does not name are then refused.
            post_filter: The same for form parameters.

        Raises:
            InvalidArgument: The rule could never match, or says less than it seems to.
        """
        return self.add_policy(_rule(self._absolute(url), method, True, query_filter, post_filter))

    def deny(
        self, url: str, method: str, query_filter: Filter | None = None, post_filter: Filter | None = None
    ) -> Self:
        """Refuse one method on one URL or pattern; arguments as for :meth:`allow`.

        The more specific of two rules decides, so a refusal holds against a wider permission.
        """
        return self.add_policy(_rule(self._absolute(url), method, False, query_filter, post_filter))

    def add_policy(self, policy: Policy) -> Self:
        """Add a rule as it is."""
        if not isinstance(policy, Policy):
            raise InvalidArgument(f"add_policy() takes a Policy, not {type(policy).__name__}; see also allow()")
        self._policies.append(policy)
        return self

    def claims(self, ttl: int | None = None, now: float | None = None) -> dict[str, Any]:
        """What :meth:`to_jwt` would sign. Holds no secret."""
        made = int(time.time() if now is None else now)
        nbf = made if isinstance(self._nbf, EllipsisType) else self._nbf
        expires = self._expires(made, ttl)
        if expires <= max(made, nbf or 0) or expires > LATEST:
            raise InvalidArgument(
                "the token would end before it begins, or after the year 9999: see ttl, valid_until, nbf"
            )
        return {
            "iss": self.account_sid,
            "exp": expires,
            **({} if nbf is None else {"nbf": nbf}),
            "version": VERSION,
            "friendly_name": self.channel_sid,
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.channel_sid,
            **({self._sid_claim: self.channel_sid} if self._sid_claim else {}),
            "policies": [policy.to_claim() for policy in self._policies],
        }

    def to_jwt(self, ttl: int | None = None, now: float | None = None) -> str:
        """Make a token. It is a secret until it ends: keep it out of logs and URLs that are kept.

        Args:
            ttl: Whole seconds it lives; wins over the constructor's ``ttl`` and ``valid_until``.
            now: Seconds since 1970; the machine's clock when left out.

        Raises:
            InvalidArgument: The token would be over before it begins.
        """
        return sign(self.claims(ttl, now), self._auth_token)

    def _expires(self, made: int, ttl: int | None) -> int:
        if ttl is not None:
            return made + _lifetime(ttl)
        return made + self._ttl if self._valid_until is None else self._valid_until

    def _absolute(self, url: str) -> str:
        if not isinstance(url, str):
            raise InvalidArgument(f"a policy's URL is text, not {type(url).__name__}")
        if "://" in url:
            return url
        if url.startswith(f"/{VERSION}/"):
            return REST_HOST + url
        if not url or url.startswith(("/", f"{VERSION}/", "Workspaces/")):
            raise InvalidArgument(
                f"{quoted(url)} is no URL, no path from /{VERSION}/, and no path below the workspace like 'Tasks/**'"
            )
        return f"{self.workspace_url}/{url}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.channel_sid}, {len(self._policies)} policies>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds an auth token and is neither pickled nor copied")


def _rule(url: str, method: str, allow: bool, query_filter: Filter | None, post_filter: Filter | None) -> Policy:
    """A policy that says what it seems to say: a slip here would show as a 403 in production."""
    if "?" in url:
        raise InvalidArgument(f"a policy's URL has no query: give query_filter instead of the one in {quoted(url)}")
    if {"*", "**"} & set(resource_path(url)[:-1]):
        raise InvalidArgument(f"a wildcard stands only at the end of a policy's URL, not within {quoted(url)}")
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise InvalidArgument(f"method must be one of {', '.join(METHODS)}, not {quoted(str(method))}")
    rule = {"url": url, "method": method, "allow": allow, "query_filter": query_filter, "post_filter": post_filter}
    try:
        policy = msgspec.convert(rule, Policy)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"this is no policy: {error}") from None
    _check_filter("query_filter", query_filter)
    _check_filter("post_filter", post_filter)
    return policy


def _check_filter(name: str, constraint: Filter | None) -> None:
    for parameter, wanted in (constraint or {}).items():
        if isinstance(wanted, Mapping) and (unknown := wanted.keys() - {"required", "value"}):
            raise InvalidArgument(
                f"{name} of {quoted(parameter)} may hold 'required' and 'value', not {quoted(str(min(unknown)))}"
            )


def _lifetime(ttl: int) -> int:
    if isinstance(ttl, bool) or not isinstance(ttl, int) or ttl <= 0:
        raise InvalidArgument("ttl must be a whole number of seconds, and more than none")
    return ttl


def _moment(name: str, value: float) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LATEST:
        raise InvalidArgument(f"{name} must be a time in seconds since 1970")
    return math.floor(value)
