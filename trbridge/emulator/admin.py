"""The admin API: what a test in any language does with an emulator besides using it.

It has its own prefix, ``/_trbridge``, and asks for the same credentials as REST. Bodies are JSON. What there is
to do is in :data:`ROUTES`; who does it is :class:`~.controls.Controls`. Fault rules and the record leave it alone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from ..errors import ApiError, BadRequest, InvalidArgument, MethodNotAllowed, NotFound, NotReady
from .access.basic_auth import Credentials, unauthorized
from .clock import ManualClock
from .controls import Controls, Kind
from .faults.rules import Fault, Rule, may_be_sent
from .options import Options
from .rest.answer import Answer, error_answer
from .rest.parameters import shown
from .web import AsgiScope, Receive, Send, check_host, check_origin, headers_of, parse_form, read_body, send_answer

__all__ = ["PREFIX", "ROUTES", "Admin"]

PREFIX: Final = "/_trbridge"

T = TypeVar("T")


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /clock``: seconds to let pass."""

    advance: float


class Frame(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /frames``: a frame, as text or as JSON, for all sockets of a channel."""

    channel: str
    frame: str | dict[str, Any]


class Cut(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /sockets/cut``: which sockets; code null cuts them without a word."""

    code: int | None = 1012
    channel: str | None = None


class Mint(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /tokens``: for whom; see :meth:`~.controls.Controls.mint`."""

    kind: Kind = "workspace"
    sid: str | None = None
    ttl: int = 3600
    full: bool = True


class Ask(NamedTuple):
    """A request as a handler gets it."""

    controls: Controls
    path: tuple[str, ...]
    query: dict[str, list[str]]
    body: bytes

    def read(self, kind: type[T]) -> T:
        """The body.

        Raises:
            BadRequest: It is not what it should be; says where.
        """
        try:
            return msgspec.json.decode(self.body or b"{}", type=kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise BadRequest(f"The body is not right: {error}") from None

    def first(self, name: str) -> str | None:
        """A query parameter."""
        return self.query[name][0] if name in self.query else None


async def _state(ask: Ask) -> Any:
    from .. import __version__

    controls = ask.controls
    store = controls.engine.store
    return {
        "version": __version__,
        "account_sid": controls.account_sid,
        "workspaces": {sid: workspace.friendly_name for sid, workspace in store.workspaces.items()},
        "now": controls.engine.now(),
        "clock": "manual" if isinstance(controls.clock, ManualClock) else "system",
        "sockets": len(controls.app.channels),
    }


async def _reset(ask: Ask) -> Any:
    await ask.controls.reset()
    return await _state(ask)


async def _export(ask: Ask) -> Any:
    return msgspec.to_builtins(ask.controls.export())


async def _clock(ask: Ask) -> Any:
    return {"now": ask.controls.engine.now()}


async def _advance(ask: Ask) -> Any:
    return {"now": await ask.controls.advance(ask.read(Advance).advance)}


async def _frame(ask: Ask) -> Any:
    wanted = ask.read(Frame)
    return {"sockets": ask.controls.inject(wanted.channel, wanted.frame)}


async def _sockets(ask: Ask) -> Any:
    rows = [{"channel": one.channel_sid, "dialect": one.dialect} for one in ask.controls.app.channels]
    return {"sockets": rows}


async def _cut(ask: Ask) -> Any:
    wanted = ask.read(Cut)
    if wanted.code is not None and not may_be_sent(wanted.code):
        raise BadRequest(f"Invalid code. {wanted.code} is no code that a websocket can be closed with.")
    return {"sockets": await ask.controls.cut_sockets(wanted.code, wanted.channel)}


async def _mint(ask: Ask) -> Any:
    wanted = ask.read(Mint)
    return {"token": ask.controls.mint(wanted.kind, wanted.sid, wanted.ttl, full=wanted.full)}


async def _faults(ask: Ask) -> Any:
    return {"faults": [fault.view() for fault in ask.controls.faults]}


async def _add_fault(ask: Ask) -> Any:
    return ask.controls.faults.add(ask.read(Rule)).view()


def _fault_of(ask: Ask) -> Fault:
    number = ask.path[1]
    try:
        return ask.controls.faults.get(int(number) if re.fullmatch("[0-9]{1,9}", number) else 0)
    except KeyError:
        raise NotFound(f"There is no fault rule '{shown(number)}'.") from None


async def _fault(ask: Ask) -> Any:
    return _fault_of(ask).view()


async def _remove_fault(ask: Ask) -> Any:
    ask.controls.faults.remove(_fault_of(ask).number)


async def _release(ask: Ask) -> Any:
    return {"released": _fault_of(ask).release()}


async def _clear_faults(ask: Ask) -> Any:
    ask.controls.faults.clear()


async def _alerts(ask: Ask) -> Any:
    return {"alerts": [msgspec.to_builtins(alert) for alert in ask.controls.alerts]}


async def _clear_alerts(ask: Ask) -> Any:
    ask.controls.alerts.clear()


async def _record(ask: Ask) -> Any:
    names = ("what", "method", "path", "channel", "event_type")
    wanted: dict[str, Any] = {name: ask.first(name) for name in names}
    since = ask.first("since") or "0"
    if not re.fullmatch("[0-9]{1,15}", since):
        raise BadRequest(f"Invalid since. '{shown(since)}' is not the number of an entry.")
    return {"record": [entry.view() for entry in ask.controls.record.find(**wanted, since=int(since))]}


async def _clear_record(ask: Ask) -> Any:
    ask.controls.record.clear()


_Handler = Callable[[Ask], Awaitable[Any]]
_Method = Literal["GET", "POST", "DELETE"]

ROUTES: Final[dict[str, dict[_Method, _Handler]]] = {
    "": {"GET": _state},
    "reset": {"POST": _reset},
    "export": {"GET": _export},
    "clock": {"GET": _clock, "POST": _advance},
    "frames": {"POST": _frame},
    "sockets": {"GET": _sockets},
    "sockets/cut": {"POST": _cut},
    "tokens": {"POST": _mint},
    "faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
    "faults/*": {"GET": _fault, "DELETE": _remove_fault},
    "faults/*/release": {"POST": _release},
    "alerts": {"GET": _alerts, "DELETE": _clear_alerts},
    "record": {"GET": _record, "DELETE": _clear_record},
}
"""Path below the prefix (``*`` for a number) and method, to what is done."""


class Admin:
    """Serves ``/_trbridge``.

    Args:
        controls: What is done.
        options: The emulator's choices.
    """

    def __init__(self, controls: Controls, options: Options) -> None:
        self._controls = controls
        self._options = options
        self._credentials = Credentials(controls.engine)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except ApiError as error:
            answer = error_answer(error)
        except (InvalidArgument, NotReady) as error:
            answer = error_answer(BadRequest(str(error)))
        await send_answer(send, answer)

    async def _answer(self, scope: AsgiScope, receive: Receive) -> Answer:
        headers = headers_of(scope)
        check_host(headers, allow_remote=self._options.allow_remote)
        check_origin(headers, self._options.origins, allow_remote=self._options.allow_remote)
        if not self._credentials.match(headers):
            return unauthorized()
        path = tuple(part for part in scope["path"].removeprefix(PREFIX).split("/") if part)
        handler = _find(path, scope["method"])
        body = await read_body(receive, headers, self._options.max_body)
        result = await handler(Ask(self._controls, path, parse_form(scope["query_string"]), body))
        return Answer(204) if result is None else Answer(200, result)


def _find(path: tuple[str, ...], method: str) -> _Handler:
    named = "/".join("*" if number == 1 and path[0] == "faults" else part for number, part in enumerate(path))
    methods: dict[Any, _Handler] | None = ROUTES.get(named)
    if methods is None:
        raise NotFound(f"The admin API has no '{shown('/'.join(path))}'. It has: {', '.join(filter(None, ROUTES))}.")
    if method not in methods:
        raise MethodNotAllowed(f"This takes {' or '.join(methods)}, not {shown(method)}.")
    return methods[method]
