"""The log of events, followed through a real client and an emulator whose time stands still until somebody waits."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, ParamSpec

import pytest
from client_bench import Bench

from trbridge import FileCheckpoint, HandlerError, Workspace, WorkspaceCapability
from trbridge.checkpoints import Position
from trbridge.clients.feeding import Feed
from trbridge.emulator import Emulator
from trbridge.errors import CheckpointError, Forbidden, InvalidArgument, TaskRouterError
from trbridge.events import Event
from trbridge.following import Follower
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance

P = ParamSpec("P")


def bounded(test: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """A test that waits for what never comes fails."""

    @functools.wraps(test)
    async def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async with asyncio.timeout(10):
            await test(*args, **kwargs)

    return run


class Pace:
    """Lets a follower look at the log as often as it is told; meanwhile the emulator's time passes.

    Attributes:
        waits: Set whenever the follower waits for the next look.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._permits = asyncio.Semaphore(0)
        self.waits = asyncio.Event()
        self.options: dict[str, Any] = {
            "clock": emulator.clock.now,
            "now": emulator.clock.now,
            "sleep": self.sleep,
            "settle": 0,
        }

    async def sleep(self, seconds: float) -> None:
        self.waits.set()
        await self._permits.acquire()
        await self._emulator.advance(seconds)

    async def go(self) -> None:
        """Let it look once."""
        await self.waits.wait()
        self.waits.clear()
        self._permits.release()

    async def look(self, times: int = 1) -> None:
        """Let it look, and wait until it and the handlers are done with what it saw."""
        for _ in range(times):
            await self.go()
            await self.waits.wait()


class Still(Bench):
    """A bench whose emulator has a clock of its own."""

    def token(self, ttl: int = 3600) -> str:
        emulator = self.emulator
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        capability.allow_fetch_subresources().allow_update_subresources().allow_delete_subresources()
        return capability.to_jwt(ttl=ttl * 1000, now=emulator.clock.now())


@pytest.fixture
async def still() -> AsyncIterator[Still]:
    async with Emulator(random_seed=7, clock="manual", workspace_events=True) as emulator:
        yield Still(emulator)


@pytest.fixture
async def pace(still: Still) -> Pace:
    return Pace(still.emulator)


async def start_feed(workspace: Workspace, pace: Pace, **options: Any) -> None:
    """As ``workspace.feed_events(...)``, in the emulator's time; returns when it has looked for the first time."""
    workspace._take_feed(Feed(workspace, **(pace.options | options)))
    await pace.waits.wait()


def quiet(still: Still) -> None:
    """Nothing comes over the socket: what the real service does is unknown (routing 7)."""
    still.emulator.faults.add("suppress", event_type="*")


@bounded
async def test_each_event_comes_once_and_in_order(still: Still, pace: Pace) -> None:
    async with still.workspace() as workspace:
        follower = Follower(workspace.events, **pace.options)
        first = asyncio.ensure_future(anext(follower))
        await pace.waits.wait()
        tasks = [await workspace.tasks.create(attributes={"n": number}) for number in range(3)]
        await pace.go()
        kinds = [(await first).event_type]
        for _ in range(11):
            event = await anext(follower)
            kinds.append(event.event_type)
        assert kinds.count("task.created") == 3
        assert isinstance(event.resource, TaskInstance)
        assert event.resource_sid == tasks[-1].sid
        dates = [one.event_date_ms async for one in await workspace.events.fetch(minutes=60)]
        assert None not in dates


@bounded
async def test_handlers_hear_what_the_log_has(still: Still, pace: Pace) -> None:
    """taskrouter.js #8: events of a workspace, live; what the handler gets is the task."""
    quiet(still)
    heard: asyncio.Queue[TaskInstance] = asyncio.Queue()
    async with still.workspace() as workspace:
        workspace.on("task.created", heard.put_nowait)
        await start_feed(workspace, pace)
        async with workspace.listen("task.created") as listening:
            task = await workspace.tasks.create(attributes={"n": 1}, priority=7)
            await pace.look()
            told = await heard.get()
            event: Event = await anext(listening)
    assert (told.sid, told.attributes, told.priority) == (task.sid, {"n": 1}, 7)
    assert (event.origin, event.payload) == ("log", told)
    assert heard.empty()


@bounded
async def test_reservations_of_everybody_too(still: Still, pace: Pace) -> None:
    quiet(still)
    heard: asyncio.Queue[ReservationInstance] = asyncio.Queue()
    async with still.workspace() as workspace:
        available = (await workspace.activities.fetch(available=True))[0]
        worker = await workspace.workers.create(friendly_name="Alice", activity_sid=available.sid)
        workspace.on("reservation.created", heard.put_nowait)
        await start_feed(workspace, pace, types=["reservation.created"])
        await workspace.tasks.create(attributes={"n": 1})
        await pace.look()
        told = await heard.get()
    assert (told.reservation_status, told.worker_sid) == ("pending", worker.sid)
    assert told.task is not None
    assert told.task.attributes == {"n": 1}


@bounded
async def test_what_the_socket_brought_is_not_told_again(still: Still, pace: Pace) -> None:
    """With everything coming in both ways; other events of the story tell how far the log is."""
    heard: list[tuple[str, str]] = []
    async with still.workspace() as workspace:
        await start_feed(workspace, pace)
        async with workspace.listen() as listening:
            worker = await workspace.workers.create(friendly_name="Alice")
            for number in range(3):
                await still.emulator.advance(5)
                await worker.update(attributes={"n": number})
            await pace.look(2)
            quiet(still)
            await workspace.workers.delete(worker.sid)
            await pace.look()
            async for event in listening:
                heard.append((event.type, event.origin))
                if event.type == "worker.deleted":
                    break
    told = [name for name, _ in heard if name.startswith("worker.")]
    assert told == ["worker.created", *["worker.attributes.update"] * 3, "worker.deleted"]
    assert heard[-1] == ("worker.deleted", "log")


@bounded
async def test_what_the_log_told_is_not_told_again_by_the_socket(still: Still, pace: Pace) -> None:
    """A socket may be slow, and its frames may say little."""
    heard: list[str] = []
    async with still.workspace() as workspace:
        await start_feed(workspace, pace)
        hold = still.emulator.faults.add("suppress", event_type="*")
        activity = await workspace.activities.create(friendly_name="Lunch")
        await pace.look()
        hold_over = hold.number
        still.emulator.faults.remove(hold_over)
        async with workspace.listen() as listening:
            frames: list[dict[str, Any]] = [
                {"event_type": "activity.created", "payload": {"sid": activity.sid}},
                {"event_type": "activity.created", "payload": ["no", "object"]},
                {"event_type": "activity.created", "payload": {"sid": 5}},
                {"event_type": "last"},
            ]
            for frame in frames:
                still.emulator.inject(workspace.sid or "", frame)
            async for event in listening:
                heard.append(f"{event.type} {event.payload}")
                if event.type == "last":
                    break
    assert heard == ["activity.created ['no', 'object']", "activity.created {'sid': 5}", "last None"]


@bounded
async def test_a_restart_goes_on_where_the_handlers_were(still: Still, pace: Pace, tmp_path: Path) -> None:
    """What happened while the program was down reaches its handlers, once; nothing comes twice."""
    quiet(still)
    heard: list[int] = []
    for run in range(3):
        async with still.workspace() as workspace:
            pace = Pace(still.emulator)
            seen = asyncio.Event()

            @workspace.on("task.created")
            async def created(task: TaskInstance, seen: asyncio.Event = seen, run: int = run) -> None:
                await asyncio.sleep(0)
                heard.append(task.attributes["n"])
                if task.attributes["n"] == 2 * run:
                    seen.set()

            await start_feed(workspace, pace, checkpoint=FileCheckpoint(tmp_path / "log.json"), types="task.created")
            await workspace.tasks.create(attributes={"n": 2 * run})
            await pace.look()
            await seen.wait()
            await pace.look()
        async with still.workspace() as other:
            await other.tasks.create(attributes={"n": 2 * run + 1})
    assert heard == [0, 1, 2, 3, 4]


@bounded
async def test_the_checkpoint_waits_for_the_handlers(still: Still, pace: Pace) -> None:
    """A handler that is cut off has not handled; one that ended while the client was closing has."""
    quiet(still)
    saved: list[Position] = []

    class Kept:
        def load(self) -> Position | None:
            return saved[-1] if saved else None

        def save(self, position: Position) -> None:
            saved.append(position)

    async def run(*, finishes: bool) -> list[int]:
        entered, may_end, got = asyncio.Event(), asyncio.Event(), list[int]()
        client = still.workspace()

        @client.on("task.created")
        async def created(task: TaskInstance) -> None:
            got.append(task.attributes["n"])
            entered.set()
            await may_end.wait()

        await client.connect()
        own = Pace(still.emulator)
        client._take_feed(Feed(client, checkpoint=Kept(), types="task.created", **own.options))
        if not saved:
            await own.waits.wait()
            await client.tasks.create(attributes={"n": 1})
            await own.go()
        await entered.wait()
        if finishes:
            asyncio.get_running_loop().call_later(0, may_end.set)
        await client.aclose(drain=5 if finishes else 0)
        return got

    assert await run(finishes=False) == [1]
    assert await run(finishes=True) == [1]
    assert len(saved[-1].done) == 1


@bounded
async def test_a_handler_that_raises_or_closes_the_client_hurts_nobody(still: Still, pace: Pace) -> None:
    quiet(still)
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    client = still.workspace()
    closed = asyncio.Event()

    @client.on("task.created")
    async def created(task: TaskInstance) -> None:
        if task.attributes["n"] == 1:
            raise ZeroDivisionError
        await client.aclose()
        closed.set()

    client.on("error", errors.put_nowait)
    await client.connect()
    await start_feed(client, pace)
    await client.tasks.create(attributes={"n": 1})
    await client.tasks.create(attributes={"n": 2})
    await pace.go()
    error = await errors.get()
    assert isinstance(error, HandlerError)
    await closed.wait()


@bounded
async def test_it_begins_with_the_first_ready_and_goes_on_after_another_connect(still: Still, pace: Pace) -> None:
    """Nothing is missed in between: the feed knows where it was."""
    quiet(still)
    heard: asyncio.Queue[TaskInstance] = asyncio.Queue()
    client = still.workspace(still.token)
    client.on("task.created", heard.put_nowait)
    client._take_feed(Feed(client, **pace.options))
    await client.connect()
    await pace.waits.wait()
    await client.aclose()
    async with still.workspace() as other:
        task = await other.tasks.create(attributes={"n": 1})
    pace.waits.clear()
    await client.connect()
    await pace.go()
    assert (await heard.get()).sid == task.sid
    await client.aclose()


@bounded
async def test_trouble_is_told_as_an_error_and_waited_out(still: Still, pace: Pace) -> None:
    """F63: a 429 is no end."""
    quiet(still)
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    heard: asyncio.Queue[TaskInstance] = asyncio.Queue()
    async with still.workspace() as workspace:
        workspace.on("error", errors.put_nowait)
        workspace.on("task.created", heard.put_nowait)
        await start_feed(workspace, pace)
        await workspace.tasks.create(attributes={"n": 1})
        still.emulator.faults.add("answer", path="*/Events*", status=429, times=1, headers={"Retry-After": "0"})
        await pace.look()
        assert (await errors.get()).status == 429
        assert heard.empty()
        await pace.look()
        await heard.get()


@bounded
async def test_what_cannot_get_better_ends_it_with_an_error(still: Still, pace: Pace) -> None:
    emulator = still.emulator
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    small = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
    async with still.workspace(small.to_jwt(now=emulator.clock.now())) as workspace:
        workspace.on("error", errors.put_nowait)
        workspace._take_feed(Feed(workspace, **pace.options))
        assert isinstance(await errors.get(), Forbidden)


class Broken:
    """A checkpoint that fails as often as it is told, and then keeps."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.saved: list[Position] = []

    def load(self) -> Position | None:
        return None

    def save(self, position: Position) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append(position)


@bounded
async def test_a_checkpoint_that_fails_is_told_and_handlers_go_on(still: Still, pace: Pace) -> None:
    quiet(still)
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    kept = Broken(CheckpointError("the disk is full"))
    async with still.workspace() as workspace:
        workspace.on("error", errors.put_nowait)
        await start_feed(workspace, pace, checkpoint=kept)
        assert isinstance(await errors.get(), CheckpointError)
        await pace.look()
        await workspace.tasks.create(attributes={"n": 1})
        await pace.look(2)
    assert kept.saved


@bounded
async def test_a_checkpoint_that_is_wrong_ends_the_feed_with_an_error(still: Still, pace: Pace) -> None:
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    async with still.workspace() as workspace:
        workspace.on("error", errors.put_nowait)
        workspace._take_feed(Feed(workspace, checkpoint=Broken(ValueError("mine")), **pace.options))
        error = await errors.get()
    assert isinstance(error.__cause__, ValueError)


@bounded
async def test_the_method_takes_what_follow_takes_and_one_feed(bench: Bench) -> None:
    client = bench.workspace()
    with pytest.raises(InvalidArgument):
        client.feed_events(every=0)
    client.feed_events(types=["task.created"])
    with pytest.raises(InvalidArgument, match="one feed"):
        client.feed_events()
    await client.aclose()
    async with client, client.listen("ready") as ready:
        assert client._feed is not None
        task = client._feed._task
        client.reconnect()
        await anext(ready)
        assert client._feed._task is task is not None
    assert client._feed._task is None


@bounded
async def test_a_log_event_cannot_pass_for_the_clients_own(still: Still, pace: Pace) -> None:
    """Q32, for the log as for the socket; and an event about nothing known is handed on itself."""
    from trbridge.clients.feeding import handler_name

    assert handler_name("ready") == "server.ready"
    assert handler_name("task.created") == "task.created"
