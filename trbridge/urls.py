"""Where the service is: base URLs, the channel's URL, and which URLs may be trusted with a token.

::

    REST base      https://taskrouter.twilio.com/v1      with /v1       strings inside the POST body
    bridge base    https://event-bridge.twilio.com       without /v1
    channel        {bridge}/v1/wschannels/{AC}/{channel SID}            the POST target
    websocket      wss://...same channel...?token=...&closeExistingSessions=...&disconnectActivitySid=...

(wire-protocol 2). A base URL comes from the constructor's argument, else from the environment, else it is Twilio's.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

import msgspec

from .errors import InvalidArgument
from .hosts import host_of, is_loopback
from .shown import redacted, without_query
from .sids import DEMO_ACCOUNT_SID, check_sid

__all__ = [
    "API_BASE_URL",
    "API_VARIABLE",
    "EVENT_BRIDGE_BASE_URL",
    "EVENT_BRIDGE_VARIABLE",
    "Bases",
    "channel_url",
    "check_page_url",
    "is_loopback",
    "redacted",
    "same_origin",
    "websocket_url",
    "without_query",
]

_log = logging.getLogger("trbridge.urls")

API_BASE_URL: Final = "https://taskrouter.twilio.com/v1"
EVENT_BRIDGE_BASE_URL: Final = "https://event-bridge.twilio.com"
API_VARIABLE: Final = "TRBRIDGE_API_BASE_URL"
EVENT_BRIDGE_VARIABLE: Final = "TRBRIDGE_EVENT_BRIDGE_BASE_URL"

_PLAIN: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_SOCKET: Final = {"http": "ws", "https": "wss"}
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_REGION: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"{}^`|]")
"""What no URL of ours holds: blanks, control characters, other scripts, and what parsers disagree about."""
_PAGE_PATH: Final = re.compile(r"[A-Za-z0-9_/-]*")
"""A page's path is made of collection names and SIDs: no dots, no percent signs, so no ``..`` in any dress."""
_HOST_AND_PORT: Final = "host must be a name, an IPv4 address, or an IPv6 address in brackets; its port a number"
_LONGEST_BASE: Final = 2048
_LONGEST_PAGE: Final = 8192


class Bases(msgspec.Struct, frozen=True):
    """The two addresses of the service, without trailing slashes.

    Attributes:
        api: REST base, with ``/v1``.
        event_bridge: Event bridge base, without ``/v1``.
    """

    api: str
    event_bridge: str

    @classmethod
    def resolve(
        cls,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        region: str | None = None,
        *,
        allow_insecure: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Bases:
        """Find out where the service is.

        Args:
            api_base_url: REST base with ``/v1``; default ``TRBRIDGE_API_BASE_URL``, else Twilio's.
            event_bridge_base_url: Bridge base without ``/v1``; default ``TRBRIDGE_EVENT_BRIDGE_BASE_URL``, else
                Twilio's.
            region: Twilio region of the event bridge, such as ``"ie1"``; ``"us1"`` is the default and changes nothing.
                The REST base has no region (wire-protocol 2.4). An address from the environment that is not Twilio's
                wins over the region, so that a program which names one still runs against an emulator.
            allow_insecure: Let plain ``http`` go to hosts that are not this machine.
            environ: Where to look for the variables; default ``os.environ``.

        Raises:
            InvalidArgument: A base is no usable URL, or would send the token in clear over a network, or the region
                is no region, or belongs to a base that is not Twilio's (quirk Q31).
        """
        found = os.environ if environ is None else environ
        api = api_base_url or found.get(API_VARIABLE) or API_BASE_URL
        bridge = event_bridge_base_url or found.get(EVENT_BRIDGE_VARIABLE) or EVENT_BRIDGE_BASE_URL
        api = _checked_base(api, "api_base_url", allow_insecure=allow_insecure)
        bridge = _checked_base(bridge, "event_bridge_base_url", allow_insecure=allow_insecure)
        if region:
            bridge = _in_region(bridge, region, tolerant=not event_bridge_base_url)
        return cls(api=api, event_bridge=bridge)

    def check_account(self, account_sid: str) -> None:
        """Keep the tokens of an emulator from going to Twilio (security check 34).

        Raises:
            InvalidArgument: It is the emulator's demo account, and an address is Twilio's.
        """
        there = [host for host in (urlsplit(self.event_bridge).netloc, urlsplit(self.api).netloc) if _is_twilio(host)]
        if account_sid == DEMO_ACCOUNT_SID and there:
            raise InvalidArgument(
                f"the token is of the emulator's demo account, which {there[0]} does not know",
                hint=f"point the client at the emulator: set {API_VARIABLE} and {EVENT_BRIDGE_VARIABLE}, "
                "or give api_base_url= and event_bridge_base_url=",
            )


def _is_twilio(netloc: str) -> bool:
    host = netloc.partition(":")[0]
    return host == "twilio.com" or host.endswith(".twilio.com")


def _checked_base(base: object, name: str, *, allow_insecure: bool) -> str:
    parts = _split(base, name, _LONGEST_BASE)
    if parts.query or parts.fragment or "?" in str(base) or "#" in str(base):
        raise InvalidArgument(f"{name} is a base URL: leave out the query and the fragment")
    scheme = _PLAIN[parts.scheme]
    if scheme == "http" and not is_loopback(parts.hostname or ""):
        if not allow_insecure:
            raise InvalidArgument(
                f"{name} would send the token in clear to {parts.hostname}",
                hint="use https, or pass allow_insecure=True if you trust every network in between",
            )
        _log.warning("%s sends the token in clear to %s, since allow_insecure is given", name, parts.hostname)
    return urlunsplit((scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


def _split(url: object, name: str, longest: int) -> SplitResult:
    """Take a URL apart, or say what is wrong with it. The message never shows it: it may hold a password."""
    if not isinstance(url, str) or not url:
        raise InvalidArgument(f"{name} must be an absolute URL, as text")
    if len(url) > longest or _UNSAFE.search(url):
        raise InvalidArgument(f"{name} is longer than {longest} characters or holds some that no URL may hold")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose words repeat what may be a password: https://user:password
        raise InvalidArgument(f"{name} is no URL: its {_HOST_AND_PORT}") from None
    if parts.scheme not in _PLAIN or not parts.hostname or port == 0:
        raise InvalidArgument(f"{name} must look like https://host or http://127.0.0.1:port")
    if "@" in parts.netloc:
        raise InvalidArgument(f"{name} must not hold a user name or password: the token is the credential")
    if not host_of(parts.netloc):
        raise InvalidArgument(f"{name} is no URL: its {_HOST_AND_PORT}")
    return parts


def _in_region(base: str, region: str, *, tolerant: bool) -> str:
    if not isinstance(region, str) or _REGION.fullmatch(region) is None:
        raise InvalidArgument("region must be a name such as 'ie1' or 'ie1-ix': small letters, digits, hyphens")
    parts = urlsplit(base)
    host, _, port = parts.netloc.partition(":")
    if not _is_twilio(host):
        if tolerant:
            return base
        raise InvalidArgument(
            "region belongs to Twilio's own addresses, and event_bridge_base_url is not one of them",
            hint="leave out the region, or put the region into the address yourself",
        )
    if region == "us1":
        return base
    regional = f"{host.removesuffix('twilio.com')}{region}.us1.twilio.com"
    return urlunsplit((parts.scheme, f"{regional}:{port}" if port else regional, parts.path, "", ""))


def channel_url(event_bridge_base_url: str, account_sid: str, channel_sid: str) -> str:
    """The channel's URL: the target of every POST, and the websocket's without its query.

    Args:
        event_bridge_base_url: As :meth:`Bases.resolve` returned it.
        account_sid: ``AC...``.
        channel_sid: ``WS...``, ``WK...`` or ``WQ...``: what the client speaks for.

    Raises:
        InvalidArgument: A SID is missing or none; the original would have asked for ``.../undefined`` (Q39).
    """
    account = check_sid(account_sid, "AC", name="account_sid")
    channel = check_sid(channel_sid, "WS", "WK", "WQ", name="channel SID")
    return f"{event_bridge_base_url.rstrip('/')}/v1/wschannels/{account}/{channel}"


def websocket_url(
    channel: str,
    token: str,
    *,
    close_existing_sessions: bool = False,
    disconnect_activity_sid: str | None = None,
) -> str:
    """The URL that opens the websocket. It holds the token: show it only through :func:`redacted`.

    ``http`` becomes ``ws`` and ``https`` ``wss`` (Q30); the parameters are in the original's order
    (wire-protocol 2.5), but encoded (Q36).

    Args:
        channel: As :func:`channel_url` returned it.
        token: Capability token.
        close_existing_sessions: Close other sockets of the same channel.
        disconnect_activity_sid: ``WA...``: where the service moves the worker when the socket goes away.

    Raises:
        InvalidArgument: The activity is no SID of an activity.
    """
    scheme, rest = channel.split("://", 1)
    query = {"token": token, "closeExistingSessions": "true" if close_existing_sessions else "false"}
    if disconnect_activity_sid is not None:
        query["disconnectActivitySid"] = check_sid(disconnect_activity_sid, "WA", name="disconnect_activity_sid")
    return f"{_SOCKET[scheme]}://{rest}?{urlencode(query, quote_via=quote, safe='')}"


def same_origin(url: str, base: str) -> bool:
    """Tell whether two URLs agree in scheme, host and port (RFC 6454 section 4)."""
    try:
        return _origin(_split(url, "url", _LONGEST_PAGE)) == _origin(_split(base, "base", _LONGEST_PAGE))
    except InvalidArgument:
        return False


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def check_page_url(url: object, api_base_url: str, workspace_sid: str) -> str:
    """Return a page's URL if it is safe to ask for.

    Page URLs come out of answers. Whoever can forge an answer could otherwise have the token sent anywhere
    (security check 18; reliability T1 shows a client that does so), so only URLs below the workspace's own REST
    base are followed.

    Args:
        url: ``next_page_url`` or ``previous_page_url``.
        api_base_url: As :meth:`Bases.resolve` returned it.
        workspace_sid: ``WS...`` of the token.

    Raises:
        InvalidArgument: It points elsewhere, or could be read as pointing elsewhere.
    """
    parts = _split(url, "page URL", _LONGEST_PAGE)
    root = f"{urlsplit(api_base_url).path}/Workspaces/{workspace_sid}"
    inside = parts.path == root or parts.path.startswith(f"{root}/")
    if not (inside and same_origin(str(url), api_base_url) and _PAGE_PATH.fullmatch(parts.path)):
        raise InvalidArgument(
            f"the page URL does not belong to {api_base_url}/Workspaces/{workspace_sid}; it was not requested",
            hint="the service answered with an address that is not its own: check api_base_url",
        )
    if "#" in str(url) or "//" in parts.path:
        raise InvalidArgument("the page URL has a fragment or an empty path segment; it was not requested")
    return str(url)
