"""TaskRouter in a test's hand: an emulator in a thread, and a line for each thing a test does with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..errors import NotFound
from .contact_center import ContactCenter, filter_of, make, sid_of, step_of
from .faults.record import matches
from .rest.calls import ask, operation_on
from .state.indexes import ACTIVITIES_BY_NAME, EVENTS_OF, RESERVATIONS_OF
from .state.model import Activity, Entity, EventRecord, Reservation, Task, TaskQueue, Worker, Workflow
from .threaded import EmulatorThread

if TYPE_CHECKING:
    from .alerts import Alert
    from .controls import Kind
    from .faults.record import Entry, What
    from .faults.rules import Action, Fault

__all__ = ["TaskRouter"]

E = TypeVar("E", bound=Entity)


class TaskRouter(EmulatorThread):
    """An emulator for a test, with one workspace, ``Demo``, and time that stands still until it is told to pass.

    What it makes goes through the same checks as over REST: parameters have REST's names in snake_case, and a
    wrong one raises the same error. What comes back are frozen entities as they are at that moment; ask for them
    again with :meth:`now`. Everything is synchronous and can be called from asynchronous tests too.

    Args:
        **arguments: The emulator's; a manual clock, the same SIDs on each run and no rate limits, unless told
            otherwise.

    Example::

        def test_nobody_answers(taskrouter):
            alice = taskrouter.worker("Alice", attributes={"langs": ["fr"]})
            task = taskrouter.submit({"caller": "+15550001"})
            assert taskrouter.reservations(task)[0].worker_sid == alice.sid
            taskrouter.advance(120)
            assert taskrouter.reservations(task)[0].reservation_status == "timeout"
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**{"clock": "manual", "random_seed": 0, "rate_limits": False, **arguments})
        self._flow: str | None = None

    # Making

    def worker(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        available: bool = True,
        activity: str | None = None,
        capacity: int | Mapping[str, int] | None = None,
    ) -> Worker:
        """A new worker.

        Args:
            name: The friendly name.
            attributes: The attributes.
            available: Whether the worker is in an available activity, the workspace's first.
            activity: Name of the activity, in place of ``available``.
            capacity: Of the channel ``default``, or of channels by unique name; 1 when left out.
        """
        where = self._activity_sid(activity, available=available)
        made = self._made(Worker, "CreateWorker", friendly_name=name, attributes=attributes or {}, activity_sid=where)
        for channel, size in ({"default": capacity} if isinstance(capacity, int) else capacity or {}).items():
            self._ask("UpdateWorkerChannel", {"WorkerSid": made.sid, "Sid": channel}, {"capacity": size})
        return self.now(made)

    def activity(self, name: str, *, available: bool = True) -> Activity:
        """An activity by its name; made if there is none."""
        found = self.call(self.emulator.engine.store.first, ACTIVITIES_BY_NAME, (self.workspace_sid, name.casefold()))
        if found is not None:
            return found
        return self._made(Activity, "CreateActivity", friendly_name=name, available=available)

    def queue(self, name: str, target_workers: str = "1==1", **fields: Any) -> TaskQueue:
        """A new task queue, with the workers that an expression selects."""
        return self._made(TaskQueue, "CreateTaskQueue", friendly_name=name, target_workers=target_workers, **fields)

    def workflow(
        self, *filters: tuple[Any, ...], default: TaskQueue | str | None = None, name: str = "Flow", **fields: Any
    ) -> Workflow:
        """A new workflow; tasks submitted from now on go to it.

        Args:
            filters: Each an expression and the steps of those who match it: a queue, or a mapping such as
                ``{"queue": queue, "timeout": 20, "priority": 5}``.
            default: Queue of those who match none.
            name: The friendly name.
            **fields: More parameters, such as ``assignment_callback_url``. ``configuration`` replaces it all.
        """
        routing: dict[str, Any] = {"filters": [filter_of(each) for each in filters]}
        if default is not None:
            routing["default_filter"] = step_of(default)
        fields = {"configuration": {"task_routing": routing}, **fields}
        made = self._made(Workflow, "CreateWorkflow", friendly_name=name, **fields)
        self._flow = made.sid
        return made

    def center(
        self,
        workers: Iterable[str] | Mapping[str, Mapping[str, Any]] = ("Alice",),
        queues: Mapping[str, str] = MappingProxyType({"Everyone": "1==1"}),
    ) -> ContactCenter:
        """Workers, queues and a workflow in a line.

        Args:
            workers: Names, or attributes by name. They are available.
            queues: TargetWorkers by name. Tasks go to the one that their attribute ``queue`` names, else to the first.
        """
        return make(self, workers, queues)

    def submit(
        self, attributes: Mapping[str, Any] | None = None, *, workflow: Workflow | str | None = None, **fields: Any
    ) -> Task:
        """A new task, as it is after routing.

        Args:
            attributes: The attributes.
            workflow: Where it goes; the workflow made last when left out, else the workspace's own.
            **fields: More parameters: ``priority``, ``timeout``, ``task_channel``, ``routing_target``...
        """
        sid = sid_of(workflow) if workflow is not None else self._workflow_sid(fields)
        return self._made(Task, "CreateTask", attributes=attributes or {}, workflow_sid=sid, **fields)

    def update(self, entity: E, **fields: Any) -> E:
        """Change something, as REST's update does; return it as it is after routing.

        ``taskrouter.update(reservation, reservation_status="accepted")``,
        ``taskrouter.update(task, assignment_status="completed")``, ``taskrouter.update(alice, activity_sid=...)``.
        """
        self._ask(*operation_on(entity, "Update"), fields)
        return self.now(entity)

    def delete(self, entity: Entity) -> None:
        """Delete something."""
        self._ask(*operation_on(entity, "Delete"), {})

    @property
    def workspace_sid(self) -> str:
        """The workspace."""
        return self.emulator.workspace_sid

    def now(self, entity: E) -> E:
        """An entity as it is now.

        Raises:
            NotFound: It is there no more.
        """
        found = self.call(self.emulator.engine.store.get, type(entity), entity.sid)
        if found is None:
            raise NotFound(f"{entity.kind} {entity.sid} is there no more")
        return found

    def workers(self) -> list[Worker]:
        """All workers, oldest first."""
        return self._all(Worker)

    def tasks(self, status: str | None = None) -> list[Task]:
        """All tasks, or those of a status, oldest first. One that is over is gone after five minutes."""
        return [task for task in self._all(Task) if status in {None, task.assignment_status}]

    def reservations(self, of: Task | Worker | None = None, status: str | None = None) -> list[Reservation]:
        """Reservations of a task, a worker or all; of a status or all; oldest first."""
        store = self.emulator.engine.store
        rows = self._all(Reservation) if of is None else self.call(store.select, RESERVATIONS_OF, of.sid)
        return [row for row in rows if status in {None, row.reservation_status}]

    def events(self, event_type: str | None = None, about: Entity | str | None = None) -> list[EventRecord]:
        """What happened, oldest first.

        Args:
            event_type: Only these, ``*`` standing for anything: ``"reservation.*"``.
            about: Only what happened to this.
        """
        key = self.workspace_sid if about is None else sid_of(about)
        rows = self.call(self.emulator.engine.store.select, EVENTS_OF, key)
        return [row for row in rows if matches(event_type, row.event_type)]

    def wait_for(
        self, event_type: str, about: Entity | str | None = None, *, count: int = 1, seconds: float = 10
    ) -> EventRecord:
        """Wait until something has happened so often, by whoever does it; the event that made it so.

        It blocks: where it is the test's own event loop that does it, use ``await asyncio.to_thread(...)``.

        Args:
            event_type: As for :meth:`events`.
            about: Likewise.
            count: How often.
            seconds: Seconds of this machine to wait at most.

        Raises:
            TimeoutError: It did not happen; says what did.
        """
        try:
            self.wait(self._until, event_type, about, count, seconds)
        except TimeoutError:
            seen = ", ".join(event.event_type for event in self.events(about=about)[-12:]) or "nothing"
            raise TimeoutError(f"no {event_type} within {seconds:g} s; what happened last: {seen}") from None
        return self.events(event_type, about)[count - 1]

    async def _until(self, event_type: str, about: Entity | str | None, count: int, seconds: float) -> None:
        news = asyncio.Event()
        engine = self.emulator.engine
        key = self.workspace_sid if about is None else sid_of(about)
        unsubscribe = engine.subscribe(lambda _: news.set())
        try:
            async with asyncio.timeout(seconds):
                while sum(matches(event_type, row.event_type) for row in engine.store.each(EVENTS_OF, key)) < count:
                    news.clear()
                    await news.wait()
        finally:
            unsubscribe()

    # Time, connections, faults

    def advance(self, seconds: float) -> float:
        """Let time pass, and everything happen that falls due on the way; the new time, epoch seconds."""
        return self.wait(self.emulator.advance, seconds)

    def settled(self) -> None:
        """Wait until no callback is waiting for its turn or for an answer."""
        self.wait(self.emulator.settled)

    def cut_connections(self, code: int | None = 1012, of: Entity | str | None = None) -> int:
        """Close websockets, all or a channel's; with code None the way a network does. Returns how many."""
        return self.wait(self.emulator.cut_sockets, code, None if of is None else sid_of(of))

    def connected(self, number: int = 1, of: Entity | str | None = None) -> None:
        """Wait until so many websockets are open, in all or of a channel."""
        self.wait(self.emulator.sockets, number, None if of is None else sid_of(of))

    def token(self, kind: Kind = "workspace", sid: Entity | str | None = None, ttl: int = 3600) -> str:
        """A capability token that allows everything below the workspace, worker or queue.

        Args:
            kind: ``"workspace"``, ``"worker"`` or ``"taskqueue"``.
            sid: Whose; may be left out for the workspace.
            ttl: Seconds it is good for.
        """
        return self.call(self.emulator.mint, kind, None if sid is None else sid_of(sid), ttl)

    def fault(self, action: Action, **fields: Any) -> Fault:
        """Let something go wrong: see :class:`~trbridge.emulator.faults.rules.Rule`."""
        return self.call(self.emulator.faults.add, action, **fields)

    def release(self, fault: Fault) -> int:
        """Let go on what a rule holds; returns how many that were."""
        return self.call(fault.release)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self.call(self.emulator.faults.clear)

    def record(self, what: What | None = None, **wanted: Any) -> list[Entry]:
        """What was said: see :meth:`Record.find <trbridge.emulator.faults.record.Record.find>`."""
        return self.call(self.emulator.record.find, what, **wanted)

    def alerts(self) -> list[Alert]:
        """What the service's debugger would warn about, oldest first."""
        return self.call(list, self.emulator.alerts)

    # Within

    def _all(self, kind: type[E]) -> list[E]:
        return self.call(self.emulator.engine.store.in_workspace, kind, self.workspace_sid)

    def _activity_sid(self, name: str | None, *, available: bool) -> str:
        if name is not None:
            return self.activity(name, available=available).sid
        return next(each.sid for each in self._all(Activity) if each.available is available)

    def _workflow_sid(self, fields: Mapping[str, Any]) -> str | None:
        if fields.keys() & {"routing_target", "task_queue_sid"}:
            return None
        flows = self._all(Workflow)
        return self._flow or (flows[0].sid if flows else None)

    def _made(self, kind: type[E], operation_id: str, /, **fields: Any) -> E:
        sid = self._ask(operation_id, {}, fields)["sid"]
        return cast("E", self.call(self.emulator.engine.store.get, kind, sid))

    def _ask(self, operation: str, place: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
        return self.call(ask, self.emulator, operation, {"WorkspaceSid": self.workspace_sid, **place}, fields)
