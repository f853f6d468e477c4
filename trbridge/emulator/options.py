"""How an emulator behaves, where there is a choice."""

from __future__ import annotations

from typing import Any, Final, NoReturn

import msgspec

from ..errors import InvalidArgument

__all__ = ["HEARTBEAT", "HEARTBEAT_SECONDS", "Options", "choose"]

HEARTBEAT: Final = "\n"
"""Blank, as the clients expect (wire-protocol 3.3)."""

HEARTBEAT_SECONDS: Final = 15.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Choices that hold for one emulator.

    Attributes:
        rate_limits: Enforce the published limits (expression lists 3/s, bulk statistics 5/s).
        workspace_events: Send every event on workspace channels, and a queue's events on its channel. What
            the service sends there is unknown; the default is nothing (routing 7).
        close_on_expiry: Close a socket when the token it was opened with runs out. What the service does is
            unknown; the default leaves it open, as the clients expect (wire-protocol 3.7).
        allow_remote: Take requests for any ``Host``, and websockets from any ``Origin``. Only together with
            an address that others can reach.
        origins: Web origins besides those on this machine that may open websockets, such as
            ``https://flex.example``.
        callback_hosts: Hosts besides this machine that callbacks may go to, by the name in their URL; ``*`` for
            all. Decided after the name is resolved; link-local and metadata addresses never (security check 32).
        max_assignments: After how many rounds of reservations a task is canceled. One page of Twilio's says
            1,000, another 10 (routing 4.8).
        max_callbacks: Most callbacks that may wait for their turn.
        max_body: Largest request body, bytes. A workflow's configuration may have a megabyte, and three
            times that when it is encoded.
        max_sockets: Most websockets at a time.
        max_connections: Most connections at a time, those of websockets included.
        max_unsent: Most frames that may wait for a socket that does not read.
        api_keys: API key SID to secret: what signs v2 access tokens besides the auth token.
    """

    rate_limits: bool = True
    workspace_events: bool = False
    close_on_expiry: bool = False
    allow_remote: bool = False
    origins: tuple[str, ...] = ()
    callback_hosts: tuple[str, ...] = ()
    max_assignments: int = 1_000
    max_callbacks: int = 10_000
    max_body: int = 4 * 1024 * 1024
    max_sockets: int = 10_000
    max_connections: int = 12_000
    max_unsent: int = 10_000
    api_keys: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return "Options(...)"  # it holds secrets

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("an emulator's options hold secrets and are not pickled")


def choose(values: dict[str, Any]) -> Options:
    """Options by name.

    Raises:
        InvalidArgument: There is no such option, or it cannot be so.
    """
    known = Options.__struct_fields__
    for name in values:
        if name not in known:
            raise InvalidArgument(f"an emulator has no option {name!r}; it has {', '.join(known)}")
    options = Options(**values)
    if options.max_assignments < 1:
        raise InvalidArgument(f"max_assignments must be 1 or more, not {options.max_assignments}")
    return options
