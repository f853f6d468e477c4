"""What to do about a failed request: one sentence for each status and each kind of trouble."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .sids import is_sid
from .wire import Request

__all__ = ["REPEAT_WITH_CARE", "hint_for_kind", "hint_for_status"]

REPEAT_WITH_CARE: Final = "it may have been carried out all the same: fetch the resource before you repeat the request"

_BY_STATUS: Final[Mapping[int, str]] = {
    401: "the token has expired or is signed with another account's key: call update_token(new), "
    "or give the client a token provider",
    405: "the resource exists but does not take this method",
    409: "somebody else is changing it: fetch it again and repeat",
    410: "the reservation is over (rescinded, canceled or timed out): let go of it",
    412: "it was changed since you read it: fetch it again, apply your change, send the new version",
    429: "too fast: spread your requests; with max_retries=3 the client waits and tries again by itself",
}
_REFUSED: Final = (
    "the token itself is refused: check that it is for this account and channel, is signed with the current "
    "auth token, and that this machine's clock is right; then get another one"
)
# The bridge answers 403 to a bad token as well as to a missing policy (wire-protocol 4.4), in words that
# are not documented [I].
_ABOUT_THE_TOKEN: Final = re.compile(
    r"invalid (?:jwt|token)|token (?:has|is) (?:expired|for|invalid)|token of|signature", re.IGNORECASE
)
_REDIRECT: Final = "redirects are not followed, since the token would go along: check event_bridge_base_url"
_TROUBLE: Final = "the service is in trouble: try again later; max_retries=3 does it for you"
_MISSING: Final = "check the SID, and that it belongs to this workspace"
_MISSING_TASK: Final = (
    f"{_MISSING}; a task that is completed or canceled is removed after about five minutes, with its reservations"
)

_BY_KIND: Final[Mapping[str, str]] = {
    "dns": "check the name in event_bridge_base_url, and that this machine is online",
    "refused": "nothing listens there: check event_bridge_base_url; is the emulator running?",
    "unreachable": "there is no way to that network from here: check the network and the firewall",
    "tls": "it is not retried; if the server has a certificate of your own making, give ssl_context=",
    "proxy": "check HTTPS_PROXY and NO_PROXY in the environment, or turn them off with trust_env=False",
}

# The capability token's helpers (wire-protocol 1.6).
_VERBS: Final[Mapping[str, str]] = {"GET": "fetch", "POST": "update", "DELETE": "delete"}
_WORKER_IN_WORKSPACE: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "Activities"): "allow_fetch_activities()",
    ("GET", "Tasks"): "allow_fetch_reservations()",
    ("POST", "Tasks"): "allow_update_reservations()",
}
_WORKER_BELOW_ITSELF: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "Reservations"): "allow_fetch_worker_reservations()",
    ("POST", "Reservations"): "allow_update_reservations()",
}
_PARENTS: Final[Mapping[str, tuple[str, ...]]] = {"WS": (), "WK": ("Workers",), "WQ": ("TaskQueues",)}


def hint_for_kind(kind: str) -> str | None:
    """What to do when there was no answer; ``kind`` as in :class:`~trbridge.errors.TransportError`."""
    return _BY_KIND.get(kind)


def hint_for_status(status: int, request: Request, channel_sid: str, message: str = "") -> str | None:
    """What to do about an answer with this status.

    Args:
        status: HTTP status.
        request: What was asked.
        channel_sid: SID of the workspace, worker or task queue whose token was used.
        message: The service's own words.
    """
    if status == 403:
        return _REFUSED if _ABOUT_THE_TOKEN.search(message) else _missing_policy(request, channel_sid)
    if status == 404:
        return _MISSING_TASK if "/Tasks/" in request.url or "/Reservations/" in request.url else _MISSING
    if 300 <= status < 400:
        return _REDIRECT
    return _TROUBLE if status >= 500 else _BY_STATUS.get(status)


def _missing_policy(request: Request, channel_sid: str) -> str:
    segments = _under_workspaces(request.url)
    helper = _helper(request, segments, channel_sid)
    if helper is not None:
        return f"the token has no policy for this: make it with {helper}"
    path = "/".join(["", "Workspaces", *segments])
    return f"the token has no policy for {request.method} {path}: add one, or use a workspace's token"


def _helper(request: Request, segments: list[str], channel_sid: str) -> str | None:
    """The ``allow_*`` helper that grants the request, if the token's kind has one."""
    verb, parents = _VERBS.get(request.method), _PARENTS.get(channel_sid[:2])
    if verb is None or parents is None:
        return None
    own = [*parents, channel_sid] if parents else []
    inside, below = segments[1:], segments[1 + len(own) :]
    if inside[: len(own)] != own:
        # Tasks are granted with all that is below them, activities as a list only.
        place = "Tasks" if inside[:1] == ["Tasks"] else "/".join(inside)
        return _WORKER_IN_WORKSPACE.get((request.method, place)) if parents == ("Workers",) else None
    if not below:
        return _for_itself(verb, request, channel_sid)
    special = _WORKER_BELOW_ITSELF.get((request.method, below[0])) if parents == ("Workers",) else None
    return special or f"allow_{verb}_subresources()"


def _for_itself(verb: str, request: Request, channel_sid: str) -> str:
    # A worker's change of activity has a helper of its own, whose policy asks for ActivitySid.
    if verb == "update" and is_sid(channel_sid, "WK") and "ActivitySid" in (request.params or ()):
        return "allow_update_activities()"
    return f"allow_{verb}_self()"


def _under_workspaces(url: str) -> list[str]:
    return url.partition("?")[0].partition("/Workspaces/")[2].strip("/").split("/")
