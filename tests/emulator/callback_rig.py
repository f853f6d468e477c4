"""An application with callbacks, without a server: a workspace, and short words for what callbacks depend on."""

from __future__ import annotations

from random import Random
from typing import Any, Self

from trbridge.emulator.app import create_app
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.controls import Controls
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import reservations, tasks, workers, workflows, workspaces
from trbridge.emulator.options import Options
from trbridge.emulator.routing import routing
from trbridge.emulator.state.indexes import RESERVATIONS_OF
from trbridge.emulator.state.model import Activity, Reservation, Task, TaskQueue, Worker, Workflow, Workspace

__all__ = ["Rig"]


class Rig(Controls):
    """An engine that routes and calls back, as long as the ``async with`` lasts.

    Args:
        **options: The emulator's.
    """

    def __init__(self, **options: Any) -> None:
        engine = Engine(clock=ManualClock(), random=Random(7))  # noqa: S311 SIDs are no secrets
        routing.install(engine)
        super().__init__(create_app(engine, Options(**options)))
        self.app.plant = self.plant
        self.plant()

    def plant(self) -> None:
        with self.engine.transaction() as tx:
            workspaces.create(tx, self.engine.account_sid, {"friendly_name": "Demo", "template": "FIFO"})

    async def __aenter__(self) -> Self:
        self.app.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.stop()
        self.engine.close()

    @property
    def workspace(self) -> Workspace:
        return self.engine.store.workspaces[self.workspace_sid]

    @property
    def queue(self) -> TaskQueue:
        return self.engine.store.in_workspace(TaskQueue, self.workspace_sid)[0]

    @property
    def flow(self) -> Workflow:
        return self.engine.store.in_workspace(Workflow, self.workspace_sid)[0]

    def workflow(self, **form: Any) -> Workflow:
        """Change the workflow."""
        with self.engine.transaction() as tx:
            return workflows.update(tx, self.flow, form)

    def change_workspace(self, **form: Any) -> Workspace:
        with self.engine.transaction() as tx:
            return workspaces.update(tx, self.workspace, form)

    def activity(self, name: str) -> str:
        rows = self.engine.store.in_workspace(Activity, self.workspace_sid)
        return next(row.sid for row in rows if row.friendly_name == name)

    def worker(self, name: str, **form: Any) -> Worker:
        """A worker who is available."""
        form = {"friendly_name": name, "activity_sid": self.activity("Available"), **form}
        with self.engine.transaction() as tx:
            return workers.create(tx, self.workspace, form)

    def task(self, **form: Any) -> Task:
        """A task, as it is after routing."""
        with self.engine.transaction() as tx:
            made = tasks.create(tx, self.workspace, form)
        return self.engine.store.tasks[made.sid]

    def change(self, task: Task, **form: Any) -> None:
        with self.engine.transaction() as tx:
            tasks.update(tx, self.engine.store.tasks[task.sid], form)

    def delete(self, task: Task) -> None:
        with self.engine.transaction() as tx:
            tasks.delete(tx, self.engine.store.tasks[task.sid])

    def answer(self, reservation: Reservation, status: str) -> None:
        with self.engine.transaction() as tx:
            reservations.update(tx, reservation, {"reservation_status": status})

    def reservations(self, task: Task) -> list[Reservation]:
        return self.engine.store.select(RESERVATIONS_OF, task.sid)

    def reservation(self, task: Task) -> Reservation:
        """The one that is pending."""
        (pending,) = (one for one in self.reservations(task) if one.reservation_status == "pending")
        return pending

    def first_reservation(self, task: Task) -> Reservation:
        return self.reservations(task)[0]

    def now(self, entity: Any) -> Any:
        return self.engine.store.table(type(entity))[entity.sid]
