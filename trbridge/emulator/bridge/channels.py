"""The open sockets: which channel each listens to, what is to be sent, and when a heartbeat is due."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from ... import close_codes
from ..options import HEARTBEAT, HEARTBEAT_SECONDS, Options
from ..state.event_data import Subject
from ..state.indexes import RESERVATIONS_OF
from ..state.model import OPEN_RESERVATION, EventRecord, Reservation, TaskQueue, Worker, Workspace
from ..views import Scope
from ..views.frames import SOCKET_EVENTS, firehose_payload, worker_payload

if TYPE_CHECKING:
    from ..engine import Committed, Engine
    from ..rest.answer import Dialect

__all__ = ["Channels", "Socket", "frame"]

_CHANNEL_KINDS: Final = (Workspace, Worker, TaskQueue)
_encode: Final = msgspec.json.Encoder().encode


def frame(event_type: str, payload: object) -> str:
    """A frame's text (wire-protocol 3.3)."""
    return _encode({"event_type": event_type, "payload": payload}).decode()


class Socket:
    """One open websocket: an outbox that a writer empties, and a close code once it is to end.

    Attributes:
        channel_sid: Worker, workspace or queue it listens to.
        dialect: How payloads are written for it.
        expires_at: When its token runs out, or None.
        closing: Close code and reason, once it is to be closed.
        abort: Cuts the connection without a word; does nothing where the server offers no such thing.
        write: Writes a frame at once, or says that it cannot now. Where the server offers it, an event to a
            thousand sockets wakes no task (perf 7).
    """

    def __init__(
        self, channel_sid: str, dialect: Dialect = "v1", expires_at: float | None = None, max_unsent: int = 10_000
    ) -> None:
        self.channel_sid = channel_sid
        self.dialect = dialect
        self.expires_at = expires_at
        self.closing: tuple[int, str] | None = None
        self.abort: Callable[[], None] = lambda: None
        self.write: Callable[[str], bool] = lambda _text: False
        self._max_unsent = max_unsent
        self._outbox: deque[str] = deque()
        self._filled = asyncio.Event()
        self._writing = False

    def put(self, text: str) -> None:
        """Send a frame. A client that does not read is dropped when too much waits for it (security check 27)."""
        if self.closing is not None:
            return
        # Nothing may overtake what waits, or what the writer has taken and not got rid of yet.
        if not self._outbox and not self._writing and self.write(text):
            return
        if len(self._outbox) >= self._max_unsent:
            self._outbox.clear()
            self.close(close_codes.TRY_AGAIN_LATER)
            self.abort()
            return
        self._outbox.append(text)
        self._filled.set()

    def close(self, code: int, reason: str | None = None) -> None:
        """Close it, after what waits has been sent. The first call counts."""
        if self.closing is None:
            self.closing = (code, close_codes.MEANINGS.get(code, "") if reason is None else reason)
            self._filled.set()

    async def next(self) -> str | None:
        """The next frame to send, when there is one; None when it is to be closed."""
        self._writing = False
        while not self._outbox:
            if self.closing is not None:
                return None
            self._filled.clear()
            await self._filled.wait()
        self._writing = True
        return self._outbox.popleft()


class Channels:
    """All open sockets of an emulator.

    Args:
        engine: The emulator's core; its events are sent on.
        options: The emulator's choices.
        base_url: Called for the base of URLs in frames.

    Attributes:
        on_due_changed: Called when :meth:`next_due` may have become another.
    """

    def __init__(self, engine: Engine, options: Options, base_url: Callable[[], str]) -> None:
        self._engine = engine
        self._options = options
        self._base_url = base_url
        self._sockets: dict[str, list[Socket]] = {}
        self._due: list[tuple[float, int, Socket]] = []
        self._numbers = itertools.count()
        self._watchers: list[asyncio.Future[None]] = []
        self.on_due_changed: Callable[[], None] | None = None
        self._unsubscribe = engine.subscribe(self._told)

    def __len__(self) -> int:
        return sum(map(len, self._sockets.values()))

    def count(self, channel_sid: str | None = None) -> int:
        """How many sockets a channel has open; all channels when left out."""
        return len(self) if channel_sid is None else len(self._sockets.get(channel_sid, ()))

    async def until(self, number: int, channel_sid: str | None = None) -> None:
        """Wait until a channel, or all of them, have so many sockets open."""
        while self.count(channel_sid) != number:
            watcher = asyncio.get_running_loop().create_future()
            self._watchers.append(watcher)
            await watcher

    def _counted_anew(self) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    def __iter__(self) -> Iterator[Socket]:
        return iter([socket for sockets in self._sockets.values() for socket in sockets])

    def on(self, channel_sid: str) -> list[Socket]:
        """The open sockets of a channel."""
        return list(self._sockets.get(channel_sid, ()))

    def add(self, socket: Socket, *, close_others: bool = False) -> None:
        """A socket has opened; its first heartbeat goes out at once.

        Args:
            socket: The socket.
            close_others: Close the channel's other sockets (``closeExistingSessions``).
        """
        others = self._sockets.setdefault(socket.channel_sid, [])
        if close_others:
            for other in others:
                other.close(close_codes.SUPERSEDED)
        others.append(socket)
        self._counted_anew()
        now = self._engine.now()
        socket.put(HEARTBEAT)
        self._schedule(now + HEARTBEAT_SECONDS, socket)
        if self._options.close_on_expiry and socket.expires_at is not None:
            self._schedule(socket.expires_at, socket)

    def remove(self, socket: Socket) -> bool:
        """A socket has ended. True if it was the last of its channel."""
        others = self._sockets.get(socket.channel_sid, [])
        if socket in others:
            others.remove(socket)
            self._counted_anew()
        if not others:
            self._sockets.pop(socket.channel_sid, None)
        socket.close(close_codes.NORMAL)
        return not others

    def close(self) -> None:
        """Hear of no more events; the server is going away."""
        self._unsubscribe()
        self.close_all(close_codes.GOING_AWAY)

    def close_all(self, code: int) -> None:
        """Close every socket."""
        for socket in self:
            socket.close(code)

    # Time

    def next_due(self) -> float | None:
        """When the next heartbeat or expiry is due, on the engine's clock."""
        while self._due and self._due[0][2].closing is not None:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def tick(self) -> None:
        """Send the heartbeats that are due, and close what has expired.

        One heartbeat, however long it was: a clock that is moved by hand may jump over many.
        """
        now = self._engine.now()
        while (when := self.next_due()) is not None and when <= now:
            socket = heapq.heappop(self._due)[2]
            if self._options.close_on_expiry and socket.expires_at is not None and socket.expires_at <= now:
                socket.close(close_codes.TOKEN_EXPIRED)
            else:
                socket.put(HEARTBEAT)
                self._schedule(now + HEARTBEAT_SECONDS, socket)

    def _schedule(self, when: float, socket: Socket) -> None:
        heapq.heappush(self._due, (when, next(self._numbers), socket))
        if self.on_due_changed is not None:
            self.on_due_changed()

    # Events

    def _told(self, committed: Committed) -> None:
        if not self._sockets:
            return
        scope = Scope(self._engine.store, self._base_url(), committed.now)
        for event in committed.events:
            self._send_event(scope, event, committed)
        for change in committed.changes:
            if change.new is None and isinstance(change.old, _CHANNEL_KINDS):
                for socket in self.on(change.old.sid):
                    socket.close(close_codes.CHANNEL_GONE)

    def _send_event(self, scope: Scope, event: EventRecord, committed: Committed) -> None:
        subject = committed.subjects[event.sid]
        if event.event_type in SOCKET_EVENTS:
            for sid in self._audience(event, subject, committed):
                self._send_to_worker(scope, sid, event, subject)
        if self._options.workspace_events:
            sids = [sid for sid in (event.workspace_sid, event.task_queue_sid) if sid in self._sockets]
            if sids:
                text = frame(event.event_type, firehose_payload(scope, event, subject))
                for sid in sids:
                    self._put(sid or "", text)

    def _send_to_worker(self, scope: Scope, sid: str, event: EventRecord, subject: Subject) -> None:
        """To all of a worker's sockets, written once for each dialect."""
        texts: dict[str, str | None] = {}
        for socket in self._sockets.get(sid, ()):
            if socket.dialect not in texts:
                payload = worker_payload(scope, event, subject, socket.dialect)
                texts[socket.dialect] = None if payload is None else frame(event.event_type, payload)
            text = texts[socket.dialect]
            if text is not None:
                socket.put(text)

    def _put(self, channel_sid: str, text: str) -> None:
        for socket in self._sockets.get(channel_sid, ()):
            socket.put(text)

    def _audience(self, event: EventRecord, subject: Subject, committed: Committed) -> Iterable[str]:
        """Workers who hear of an event (routing 7)."""
        if event.event_type == "reservation.failed":
            target = subject.task.routing_target if subject.task is not None else None
            return [sid for sid in (event.worker_sid or target,) if sid is not None]
        if event.event_type.startswith("task."):
            return self._holders(event.task_sid or "", committed)
        return [event.worker_sid] if event.worker_sid is not None else []

    def _holders(self, task_sid: str, committed: Committed) -> Iterable[str]:
        """Workers with an open reservation of a task, or who had one until this very change."""
        former = {
            change.old.worker_sid: None
            for change in committed.changes
            if isinstance(change.old, Reservation)
            and change.old.task_sid == task_sid
            and change.old.reservation_status in OPEN_RESERVATION
        }
        present = {
            one.worker_sid: None
            for one in self._engine.store.each(RESERVATIONS_OF, task_sid)
            if one.reservation_status in OPEN_RESERVATION
        }
        return {**former, **present}
