"""How many tasks the emulator routes in a second, and how that depends on how many workers and queues there are.

Each size is an engine of its own: so many workers, so many queues with a TargetWorkers each (every worker has
three of the queues' skills), and workflows that send a task to the queue it names. Tasks are created, accepted
and completed, in three ways:

* ``free``: there is always a free worker; a task is reserved as it is created;
* ``narrow``: the same, and the routing step also compares the task's language with the worker's;
* ``backlog``: tasks wait in one queue; each completion frees a worker, who gets the next one.

"first" is the time of the first task in a queue, which looks at all workers once. Times are processor time, so
that other work on the machine counts little. ``make bench`` has it beside the other benchmarks; ``python
benchmarks/emulator.py [--json]`` alone takes about a minute and stops by itself before two. Nothing is written and
nothing is sent.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import reservations, task_queues, tasks, workers, workflows, workspaces
from trbridge.emulator.routing import routing
from trbridge.emulator.state.indexes import RESERVATIONS_BY_STATUS
from trbridge.emulator.state.model import Activity, Workflow, Workspace

SIZES = ((100, 10), (1_000, 10), (15_000, 10), (100, 1_000), (1_000, 1_000), (15_000, 1_000))
TASKS = 1_000
HOT = 100
"""Queues that get tasks. The others are there too."""
LANGUAGES = ("fr", "en", "de", "es")
BUDGET = 100.0
"""Seconds after which no further size is begun; what is left out is said to be."""


class Box(NamedTuple):
    """An engine to measure."""

    engine: Engine
    workspace: Workspace
    workflows: dict[str, Workflow]
    hot: int


class Row(NamedTuple):
    """One measurement."""

    case: str
    workers: int
    queues: int
    tasks: int
    per_second: float
    microseconds: float
    first_milliseconds: float
    setup_seconds: float


def build(worker_count: int, queue_count: int) -> Box:
    """An engine with workers, queues and workflows."""
    random = Random(1)
    engine = Engine(clock=ManualClock(), random=random)
    routing.install(engine)
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "Benchmark"})
    with engine.transaction() as tx:
        queues = [_queue(tx, workspace, number) for number in range(queue_count)]
        wide, narrow = (_workflow(tx, workspace, queues, narrow=narrow) for narrow in (False, True))
    activity = next(a for a in engine.store.in_workspace(Activity, workspace.sid) if a.available)
    with engine.transaction() as tx:
        for number in range(worker_count):
            skills = [f"s{number % queue_count}", *(f"s{random.randrange(queue_count)}" for _ in range(2))]
            attributes = {"skills": skills, "langs": list(LANGUAGES[number % 4 :] + LANGUAGES[: number % 4])[:3]}
            form = {
                "friendly_name": f"worker {number}",
                "attributes": json.dumps(attributes),
                "activity_sid": activity.sid,
            }
            workers.create(tx, workspace, form)
    return Box(engine, workspace, {"free": wide, "narrow": narrow, "backlog": wide}, min(HOT, queue_count))


def _queue(tx: Any, workspace: Workspace, number: int) -> str:
    form = {"friendly_name": f"queue {number}", "target_workers": f"skills HAS 's{number}'"}
    return task_queues.create(tx, workspace, form).sid


def _workflow(tx: Any, workspace: Workspace, queues: list[str], *, narrow: bool) -> Workflow:
    step = {"expression": "task.lang IN worker.langs"} if narrow else {}
    filters = [
        {"expression": f"queue == {number}", "targets": [{"queue": sid, **step}]} for number, sid in enumerate(queues)
    ]
    text = json.dumps({"task_routing": {"filters": filters}})
    return workflows.create(tx, workspace, {"friendly_name": "flow", "configuration": text})


def create(box: Box, case: str, number: int) -> str:
    """Create a task for a queue; return its SID."""
    attributes = json.dumps({"queue": number % box.hot, "lang": LANGUAGES[number // box.hot % 4]})
    form = {"workflow_sid": box.workflows[case].sid, "attributes": attributes}
    with box.engine.transaction() as tx:
        return tasks.create(tx, box.workspace, form).sid


def finish(box: Box, task_sid: str) -> bool:
    """Accept a task's reservation and complete it, if it has one."""
    reservation = box.engine.store.first(RESERVATIONS_BY_STATUS, (task_sid, "pending"))
    if reservation is None:
        return False
    for status in ("accepted", "completed"):
        with box.engine.transaction() as tx:
            reservations.update(tx, box.engine.store.reservations[reservation.sid], {"reservation_status": status})
    return True


def free(box: Box, case: str, count: int) -> int:
    """Tasks that find a free worker."""
    return sum(finish(box, create(box, case, number)) for number in range(count))


def backlog(box: Box, case: str, count: int) -> int:
    """Tasks that wait in one queue, whose workers get one after the other."""
    box = box._replace(hot=1)
    waiting = [create(box, case, 0) for _ in range(2 * count)]
    done = 0
    while done < count:
        served = [sid for sid in waiting if finish(box, sid)]
        if not served:
            raise RuntimeError("nobody gets the waiting tasks")
        done += len(served)
        waiting = [sid for sid in waiting if sid not in set(served)]
    for sid in waiting:
        with box.engine.transaction() as tx:
            tasks.delete(tx, box.engine.store.tasks[sid])
    return done


CASES: dict[str, Callable[[Box, str, int], int]] = {"free": free, "narrow": free, "backlog": backlog}


def measure(worker_count: int, queue_count: int, tasks_of_each: int = TASKS) -> list[Row]:
    """Build an engine and measure all cases on it."""
    began = time.process_time()
    box = build(worker_count, queue_count)
    setup = time.process_time() - began
    rows = []
    for case, run in CASES.items():
        began = time.process_time()
        for number in range(4 * box.hot if case == "narrow" else box.hot):
            finish(box, create(box, case, number))
        first = (time.process_time() - began) / box.hot
        began = time.process_time()
        done = run(box, case, tasks_of_each)
        each = (time.process_time() - began) / done
        rows.append(Row(case, worker_count, queue_count, done, 1 / each, each * 1e6, first * 1e3, setup))
        box.engine.advance(600)  # completed tasks go after five minutes
    return rows


def main() -> int:
    """Measure all sizes and cases and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--one", nargs=2, type=int, metavar=("WORKERS", "QUEUES"), help="this size only, as one object")
    parser.add_argument("--tasks", type=int, default=TASKS, help="so many for each case")
    options = parser.parse_args()
    if options.one is not None:
        from benchmarks.children import SERVER_CORE, pin  # run as a module, by the others' harness

        pin(SERVER_CORE)
        size: tuple[int, int] = tuple(options.one)
        found = measure(*size, options.tasks)
        print(json.dumps({f"{row.case}_us": row.microseconds for row in found} | {"setup_s": found[0].setup_seconds}))
        return 0
    began, rows, skipped = time.perf_counter(), list[Row](), list[tuple[int, int]]()
    for worker_count, queue_count in SIZES:
        if time.perf_counter() - began > BUDGET:
            skipped.append((worker_count, queue_count))
            continue
        for row in measure(worker_count, queue_count):
            rows.append(row)
            if not options.json:
                show(row, header=len(rows) == 1)
    seconds = round(time.perf_counter() - began, 1)
    summary = {"rows": [row._asdict() for row in rows], "skipped": skipped, "seconds": seconds}
    print(json.dumps(summary))
    return 0


def show(row: Row, *, header: bool) -> None:
    """Print a row of the table."""
    if header:
        print(f"{'case':>8} {'workers':>8} {'queues':>7} {'tasks/s':>9} {'us/task':>9} {'first ms':>9} {'setup s':>8}")
    print(
        f"{row.case:>8} {row.workers:>8,} {row.queues:>7,} {row.per_second:>9,.0f} {row.microseconds:>9,.0f} "
        f"{row.first_milliseconds:>9.1f} {row.setup_seconds:>8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
