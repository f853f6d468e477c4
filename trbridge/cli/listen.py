"""``trbridge listen``: connect, and print events as they come."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidArgument
from .environment import setting
from .text import printable
from .token import make_capability

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..clients.base import Client
    from ..events import Event

__all__ = ["listen"]

_KINDS = {"WS": "workspace", "WK": "worker", "WQ": "taskqueue"}


@click.command()
@click.argument("sid", required=False)
@click.option("--workspace", "workspace_sid", help="The SID's workspace; else TWILIO_WORKSPACE_SID.")
@click.option("--token-file", type=click.File(), help="Read the token from a file, or from stdin with -.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each event.")
@click.option("--event", "types", multiple=True, help="Only events of this name. Can be repeated.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many events.")
def listen(
    sid: str | None,
    workspace_sid: str | None,
    token_file: Any,
    as_json: bool,
    types: tuple[str, ...],
    count: int | None,
) -> None:
    """Connect to a workspace, worker or task queue, and print its events.

    With a SID, tokens are made as they are needed, from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the
    environment. Without one, the token comes from TRBRIDGE_TOKEN or a file. There is no option for a token:
    everybody on the machine can read a program's arguments.
    """
    # What the log would say of the connection is printed as an event; without a handler it would be said twice.
    logging.getLogger("trbridge").addHandler(logging.NullHandler())
    client = _client(sid, workspace_sid, None if token_file is None else token_file.read())
    try:
        asyncio.run(_listen(client, _print_json if as_json else _print_line, types, count))
    except KeyboardInterrupt:
        click.echo(err=True)


def _client(sid: str | None, workspace_sid: str | None, text: str | None) -> Client:
    token = (text or "").strip() or setting("TRBRIDGE_TOKEN")
    if sid is not None and "." in sid:
        raise InvalidArgument("this looks like a token", hint="give it in TRBRIDGE_TOKEN or by --token-file")
    if sid is not None:
        kind = _KINDS.get(sid[:2])
        if kind is None:
            raise InvalidArgument("the SID must be a workspace's, worker's or task queue's (WS, WK, WQ)")
        capability = make_capability(kind, sid, workspace_sid, ())
        return _classes()[kind](capability.to_jwt)
    if token is None:
        raise InvalidArgument("what is to be listened to?", hint="give a SID, or a token in TRBRIDGE_TOKEN")
    from ..tokens import peek_unverified

    return _classes()[peek_unverified(token).kind](token)


def _classes() -> dict[str, type[Client]]:
    from .. import TaskQueue, Worker, Workspace

    return {"workspace": Workspace, "worker": Worker, "taskqueue": TaskQueue}


async def _listen(client: Client, show: Callable[[Event], None], types: tuple[str, ...], count: int | None) -> None:
    seen = 0
    async with client.listen(*types) as events, client:
        async for event in events:
            show(event)
            seen += 1
            if seen == count:
                return


def _print_line(event: Event) -> None:
    payload = "" if event.payload is None else printable(_in_words(event.payload))
    click.echo(f"{time.strftime('%H:%M:%S')}  {printable(event.type):<36} {payload}".rstrip())


def _in_words(payload: Any) -> str:
    from ..events import Disconnected, StateChange

    match payload:
        case StateChange():
            return f"{payload.old} -> {payload.new}"
        case Disconnected():
            again = "" if payload.retry_in is None else f", again in {payload.retry_in:.1f} s"
            return f"{payload.message}{again}"
        case Exception():
            return str(payload)
    return repr(payload)


def _print_json(event: Event) -> None:
    import msgspec

    def plain(value: Any) -> Any:
        return msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else repr(value)

    payload = plain(event.payload) if isinstance(event.payload, msgspec.Struct) else event.payload
    line = msgspec.json.encode({"event_type": event.type, "payload": payload}, enc_hook=plain)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
