"""The workspace's event callbacks as events of ours: an ASGI application for the workspace's ``EventCallbackUrl``.

::

    callbacks = EventCallbacks(auth_token)

    @callbacks.on("task.created")
    async def created(task):
        print(task.sid, task.attributes)

    # uvicorn my_module:callbacks, or app.mount("/events", callbacks)

Nothing but ASGI is needed; any server and framework that speaks it will do.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from .answers import printable
from .clients.feeding import FedClient, handler_name, told_by_log
from .clients.listening import Listening
from .completion import Operations
from .errors import InvalidArgument, NotReady
from .events import Emitter
from .following import Doubles
from .resources.binding import read_instance
from .resources.context import Context
from .resources.event import EventInstance
from .signatures import Secrets, algorithm_of, url_forms
from .tokens import check_auth_token
from .urls import API_BASE_URL
from .webhook_requests import Refused, Scope, as_event, check_loopback, header, read_form, url_of

if TYPE_CHECKING:
    from .wire import Reply, Request

__all__ = ["EventCallbacks"]

_log = logging.getLogger("trbridge.webhooks")

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class _GoneAway(Exception):
    """The caller hung up."""


class EventCallbacks(Listening):
    """Receives event callbacks, checks that they are the service's, and gives them to handlers.

    A handler gets what the event is about: a :class:`~trbridge.resources.task.TaskInstance` for ``task.created``,
    and so on (:attr:`EventInstance.resource <trbridge.resources.event.EventInstance.resource>`). Handlers are
    registered here, or on the workspace client that is given. An event is told once, however often it comes, as
    long as it is among the last 10,000. The answer goes out before the handlers run.

    Args:
        auth_token: The account's auth token, which signs; several while it is being changed. The secret of a
            shared key will do as well.
        url: The URL as the workspace has it, if this server is asked by another one: behind a proxy. The URL that
            was asked for is taken if left out.
        emitter: Where events go: a :class:`~trbridge.Workspace`, whose other events they join, or an emitter.
        replay_window: Refuse what is older than this many seconds, or newer, by its ``Timestamp``. None for any
            age [I]: how long the service repeats callbacks is not published.
        max_body: Largest body that is read, in bytes.
        unsigned: Take what is not signed, but only from this machine and through no proxy: for tests.
        now: Seconds since 1970.

    Raises:
        InvalidArgument: No auth token, or one that cannot be one; or the URL is none.
    """

    def __init__(
        self,
        auth_token: str | Iterable[str] | None = None,
        *,
        url: str | None = None,
        emitter: FedClient | Emitter | None = None,
        replay_window: float | None = None,
        max_body: int = 256 * 1024,
        unsigned: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        given = [auth_token] if isinstance(auth_token, str) else list(auth_token or ())
        if unsigned == bool(given):
            raise InvalidArgument("give the auth token that callbacks are signed with, or unsigned=True, not both")
        if replay_window is not None and not replay_window > 0:
            raise InvalidArgument("replay_window must be a number of seconds above 0, or None")
        self._secrets = Secrets(check_auth_token(each) for each in given)
        self._url = url if url is None else url_forms(url)[0]
        self._workspace = emitter if isinstance(emitter, FedClient) else None
        self._own = emitter is None
        self.emitter = emitter.emitter if isinstance(emitter, FedClient) else emitter or Emitter()
        self._doubles = Doubles() if self._workspace is None else self._workspace._expect_doubles()
        self._replay_window = replay_window
        self._max_body = max_body
        self._now = now

    def __repr__(self) -> str:
        return f"<EventCallbacks {'signed' if self._secrets else 'unsigned, for this machine'}>"

    # -- ASGI --------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: _Receive, send: _Send) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: _Receive, send: _Send) -> None:
        try:
            body = await self._body(scope, receive)
            event = self._read(scope, body)
        except Refused as refusal:
            _log.warning("a callback was refused with %d: %s", refusal.status, refusal)
            await _answer(send, refusal.status, str(refusal))
        except _GoneAway:
            return
        else:
            await _answer(send, 204)
            self._tell(event, hashlib.sha256(body).hexdigest())

    async def _live(self, receive: _Receive, send: _Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        if self._own:
            await self.emitter.aclose(drain=5.0)
        await send({"type": "lifespan.shutdown.complete"})

    async def _body(self, scope: Scope, receive: _Receive) -> bytes:
        if scope["method"] != "POST":
            raise Refused(405, "callbacks are POSTs")
        kind = header(scope, b"content-type").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Refused(415, "callbacks are forms")
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise _GoneAway
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_body:
                raise Refused(413, f"more than {self._max_body} bytes")
        return bytes(body)

    # -- what it says, and who ----------------------------------------------------------------------

    def _read(self, scope: Scope, body: bytes) -> EventInstance:
        form = read_form(body)
        if self._secrets:
            self._check_signature(scope, form)
        else:
            check_loopback(scope)
        self._check_age(form)
        workspace_sid = self._check_workspace(form.get("WorkspaceSid", ""))
        if not form.get("EventType"):
            raise Refused(400, "no EventType")
        return read_instance(EventInstance, as_event(form), self._context(workspace_sid))

    def _check_signature(self, scope: Scope, form: dict[str, str]) -> None:
        given = header(scope, b"x-twilio-signature")
        algorithm = algorithm_of(header(scope, b"x-twilio-webhooks-signature-settings") or None)
        url = self._url or url_of(scope)
        if not given or algorithm is None or not self._secrets.have_signed(given, url, form, algorithm):
            shown = printable(url.partition("?")[0], 200)
            raise Refused(403, f"not signed as a request for {shown} must be; behind a proxy give url=...")

    def _check_age(self, form: dict[str, str]) -> None:
        if self._replay_window is None:
            return
        stamp = form.get("Timestamp", "")
        seconds = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else None
        if seconds is None or abs(self._now() - seconds) > self._replay_window:
            raise Refused(403, "its Timestamp is not of these days")

    def _check_workspace(self, sid: str) -> str:
        wanted = None if self._workspace is None or self._workspace._known is None else self._workspace._known.sid
        if wanted is not None and sid != wanted:
            raise Refused(403, f"it is another workspace's, not that of {wanted}")
        return sid

    def _context(self, workspace_sid: str) -> Context:
        if self._workspace is not None and self._workspace._known is not None:
            return self._workspace._context
        return Context(_no_client, Operations(self.emitter.report_handler), API_BASE_URL, workspace_sid)

    def _tell(self, event: EventInstance, digest: str) -> None:
        if self._doubles.is_new(told_by_log(event, "callback", digest)):
            name = handler_name(event.event_type or "")
            if self.emitter.wanted(name):
                self.emitter.publish(name, event.resource or event, origin="callback")


async def _no_client(_request: Request) -> Reply:
    raise NotReady(
        "what a callback brought belongs to no client",
        hint="give EventCallbacks a workspace: EventCallbacks(auth_token, emitter=workspace)",
    )


async def _answer(send: _Send, status: int, text: str = "") -> None:
    # routing 6.3: an answer of 204 is expected, and JSON's content type.
    headers = [(b"content-type", b"application/json" if status == 204 else b"text/plain; charset=utf-8")]
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status != 204:
        headers.append((b"content-length", str(len(text.encode())).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
