"""Assignment callbacks and event callbacks: real HTTP calls, beside the engine and never in its way (routing 6).

Calls wait in lanes. A workspace's events are one lane, so that they arrive in order; each reservation's
assignment is one of its own. What fails is in the alerts, what was said in the record; nothing is raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..alerts import Alerts
from ..faults.effects import rule_answer
from ..faults.record import Record
from ..faults.rules import Fault, Faults
from ..state.alarms import Alarms
from ..state.model import EventRecord, Reservation
from .assignment import Complaint, instruct, usable
from .forms import assignment_form, event_form, signature, wanted
from .outbound import CallbackFailed, Reply, post_form, without_credentials

if TYPE_CHECKING:
    from ..engine import Committed, Engine
    from ..options import Options
    from ..state.event_data import Subject

__all__ = ["ASSIGNMENT_SECONDS", "EVENT_SECONDS", "Callbacks"]

_log = logging.getLogger("trbridge.emulator.callbacks")

ASSIGNMENT_SECONDS: Final = 5.0
EVENT_SECONDS: Final = 15.0
_AT_ONCE: Final = 32
"""Calls on the wire at the same time."""

_TURNS: Final = 5
"""Turns of the loop in which a call that was let go on gets as far as it can without waiting."""

_Job = Callable[[], Awaitable[None]]


class Callbacks:
    """The callbacks of one emulator.

    Args:
        engine: The core; its events are told, and instructions carried out in it.
        options: The emulator's choices: which hosts may be called, how many calls may wait.
        alerts: Where failures go.
        record: Where calls are written down.
        faults: Rules at the stage ``callback``.
        alarms: What deadlines are kept by.
    """

    def __init__(
        self, engine: Engine, options: Options, alerts: Alerts, record: Record, faults: Faults, alarms: Alarms
    ) -> None:
        self._engine = engine
        self._options = options
        self._alerts = alerts
        self._record = record
        self._faults = faults
        self._alarms = alarms
        self._lanes: dict[str, deque[_Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = False
        self._waiting = 0
        self._parked = 0
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._watchers: list[asyncio.Event] = []
        self._unsubscribe = engine.subscribe(self._told)

    # Life

    def start(self) -> None:
        """Begin to call, in the running loop; first what has waited for it."""
        self._running = True
        for key in list(self._lanes):
            self._run(key)

    async def aclose(self) -> None:
        """Make no more calls, and let go of those under way."""
        self._unsubscribe()
        self._running = False
        self._lanes.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def busy(self) -> bool:
        """Whether a call is waiting for its turn or for an answer. What a fault rule holds does not count."""
        return len(self._tasks) > self._parked

    async def settled(self) -> None:
        """Wait until none is. Who was just let go on by a rule or an alarm gets to its call first."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        while self.busy:
            changed = asyncio.Event()
            self._watchers.append(changed)
            await changed.wait()

    # What happens in the engine

    def _told(self, committed: Committed) -> None:
        for event in committed.events:
            subject = committed.subjects[event.sid]
            workspace, workflow = subject.workspace, subject.workflow
            if workspace.event_callback_url and wanted(workspace.events_filter, event.event_type):
                self._queue(workspace.sid, self._tell(event, workspace.event_callback_url))
            if event.event_type == "reservation.created" and workflow is not None:
                urls = [workflow.assignment_callback_url, workflow.fallback_assignment_callback_url]
                if any(urls):
                    self._queue(event.resource_sid, self._assign(event, subject, [url for url in urls if url]))

    def _queue(self, key: str, job: _Job) -> None:
        if self._waiting >= self._options.max_callbacks:
            self._alert(11200, f"{self._waiting} callbacks are waiting; one more is dropped", key)
            return
        self._waiting += 1
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(job)
            return
        self._lanes[key] = deque([job])
        if self._running:
            self._run(key)

    def _run(self, key: str) -> None:
        task = asyncio.get_running_loop().create_task(self._drain(key))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed()

    async def _drain(self, key: str) -> None:
        lane = self._lanes[key]
        while lane:
            job = lane.popleft()
            self._waiting -= 1
            try:
                await job()
            except Exception:  # noqa: BLE001 whatever it is, the next call gets its chance
                _log.exception("a callback failed")
        self._lanes.pop(key, None)

    # The two kinds

    def _tell(self, event: EventRecord, url: str) -> _Job:
        async def tell() -> None:
            form = event_form(self._engine.account_sid, event)
            try:
                reply = await self._post(url, form, EVENT_SECONDS)
            except CallbackFailed as error:
                self._alert(error.code, f"event callback: {error}", event.sid, url)
                return
            if not 200 <= reply.status < 300:
                self._alert(11200, f"event callback: answered with {reply.status}, not 204", event.sid, url)

        return tell

    def _assign(self, event: EventRecord, subject: Subject, urls: list[str]) -> _Job:
        async def assign() -> None:
            form = assignment_form(self._engine.account_sid, event, subject)
            for number, url in enumerate(urls):
                reservation = self._engine.store.get(Reservation, event.resource_sid)
                if number and (reservation is None or reservation.reservation_status != "pending"):
                    return  # it was decided while the first URL did not answer
                reply = await self._ask(url, form, event.resource_sid)
                if reply is not None:
                    self._obey(reply, event.resource_sid, url)
                    return

        return assign

    async def _ask(self, url: str, form: Mapping[str, str], reservation_sid: str) -> Reply | None:
        """Ask one URL; None if its answer is of no use."""
        try:
            reply = await self._post(url, form, ASSIGNMENT_SECONDS)
            if usable(reply):
                return reply
            code, message = 11200, f"answered with {reply.status}, not 200"
        except CallbackFailed as error:
            code, message = error.code or 11200, str(error)
        except Complaint as error:
            code, message = error.code, error.message
        self._alert(code, f"assignment callback: {message}", reservation_sid, url)
        return None

    def _obey(self, reply: Reply, reservation_sid: str, url: str) -> None:
        try:
            instruct(self._engine, reservation_sid, reply)
        except Complaint as error:
            self._alert(error.code, f"assignment callback: {error.message}", reservation_sid, url)

    def _alert(self, code: int | None, message: str, about: str, url: str | None = None) -> None:
        shown = None if url is None else without_credentials(url)
        self._alerts.add(code or 11200, message, self._engine.now(), resource_sid=about, url=shown)

    # One call

    async def _post(self, url: str, form: Mapping[str, str], seconds: float) -> Reply:
        shown = without_credentials(url)
        entry = self._record.note(
            "callback", method="POST", path=shown, event_type=form.get("EventType"), params=dict(form)
        )
        fault = self._faults.take("callback", entry)
        try:
            reply = await self._alarms.within(seconds, self._exchange(url, form, fault))
        except TimeoutError:
            entry.error = f"no answer within {seconds:g} s"
            raise CallbackFailed(entry.error, code=11200) from None
        except CallbackFailed as error:
            entry.error = error.message
            raise
        entry.status, entry.payload = reply.status, lambda: _shown(reply)
        return reply

    async def _exchange(self, url: str, form: Mapping[str, str], fault: Fault | None) -> Reply:
        if fault is not None:
            with self._park():
                await self._alarms.sleep(fault.rule.delay)
                if fault.rule.action == "hold":
                    await fault.hold()
            if fault.rule.action == "drop":
                raise CallbackFailed("the connection was dropped, as a fault rule says", code=11205)
            if fault.rule.action == "answer":
                status, pairs, body = rule_answer(fault.rule)
                return Reply(status, dict(pairs)[b"content-type"].decode(), body)
        headers = {"X-Twilio-Signature": signature(self._engine.auth_token, without_credentials(url), form)}
        async with self._slots:
            reply = await post_form(url, form, headers, hosts=self._options.callback_hosts)
        if fault is not None and fault.rule.action == "malform":
            text = fault.rule.text
            body = reply.body[: len(reply.body) // 2] if text is None else text.encode()
            return reply._replace(body=body)
        return reply

    @contextlib.contextmanager
    def _park(self) -> Iterator[None]:
        self._parked += 1
        self._changed()
        try:
            yield
        finally:
            self._parked -= 1

    def _changed(self) -> None:
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.set()


def _shown(reply: Reply) -> Any:
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return reply.body.decode("utf-8", "replace")[:1000]
