"""Events reach the right sockets, heartbeats come in time, and who does not read is dropped."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from outside_world import World

from trbridge import close_codes
from trbridge.emulator.bridge.channels import Channels, Socket, frame
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import worker_channels, workers
from trbridge.emulator.options import HEARTBEAT, Options
from trbridge.emulator.rest.answer import Dialect
from trbridge.emulator.state.model import Workspace


@pytest.fixture
def world(engine: Engine, workspace: Workspace) -> World:
    return World(engine, workspace)


def open_channels(world: World, **options: Any) -> Channels:
    return Channels(world.engine, Options(**options), lambda: "http://127.0.0.1:1/v1")


def open_socket(channels: Channels, sid: str, dialect: Dialect = "v1", expires_at: float | None = None) -> Socket:
    socket = Socket(sid, dialect, expires_at)
    channels.add(socket)
    assert sent(socket) == [HEARTBEAT], "the first heartbeat goes out at once"
    return socket


def sent(socket: Socket) -> list[str]:
    """Everything that waits to be sent."""
    texts = list(socket._outbox)
    socket._outbox.clear()
    return texts


def events(socket: Socket) -> list[tuple[str, dict[str, Any]]]:
    """The same without heartbeats, decoded."""
    frames = [json.loads(text) for text in sent(socket) if text.strip()]
    return [(one["event_type"], one["payload"]) for one in frames]


def test_a_worker_hears_of_itself_and_of_nobody_else(world: World) -> None:
    channels = open_channels(world)
    with world.engine.transaction() as tx:
        other = workers.create(tx, world.workspace, {"friendly_name": "Bob"})
    alice, bob = open_socket(channels, world.worker.sid), open_socket(channels, other.sid)
    with world.engine.transaction() as tx:
        workers.update(tx, world.worker, {"activity_sid": world.activities["Available"].sid, "attributes": '{"a":1}'})
    heard = events(alice)
    assert [name for name, _ in heard] == ["worker.attributes.update", "worker.activity.update"]
    assert heard[1][1]["activity_name"] == "Available"
    assert events(bob) == []


def test_a_reservation_comes_in_each_sockets_dialect(world: World) -> None:
    channels = open_channels(world)
    old, new = (open_socket(channels, world.worker.sid, dialect) for dialect in ("v1", "v2"))
    with world.engine.transaction() as tx:
        tx.emit("reservation.created", world.reservation)
    ((name, mashup),) = events(old)
    assert (name, mashup["sid"], mashup["reservation_sid"]) == (
        "reservation.created",
        world.task.sid,
        world.reservation.sid,
    )
    ((_, nested),) = events(new)
    assert (nested["sid"], nested["task"]["sid"]) == (world.reservation.sid, world.task.sid)


def test_a_frame_shows_the_moment_of_its_event(world: World) -> None:
    """Not what a later change in the same transaction made of it."""
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    with world.engine.transaction() as tx:
        channel = worker_channels.update(tx, world.worker_channel, {"capacity": 3})
        worker_channels.update(tx, channel, {"capacity": 5})
    assert [payload["configured_capacity"] for _, payload in events(socket)] == [3, 5]


def test_task_events_go_to_those_who_hold_the_task_or_did_until_now(world: World) -> None:
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    with world.engine.transaction() as tx:
        tx.emit("task.updated", world.task)
    with world.engine.transaction() as tx:
        tx.update(world.reservation, reservation_status="canceled")
        tx.emit("task.canceled", tx.update(world.task, assignment_status="canceled"))
    with world.engine.transaction() as tx:
        tx.emit("task.updated", world.task)
    assert [name for name, _ in events(socket)] == ["task.updated", "task.canceled"]


def test_a_failed_reservation_is_told_to_the_worker_it_was_for(world: World) -> None:
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    with world.engine.transaction() as tx:
        task = world.add_task(tx, routing_target=world.worker.sid)
        tx.emit("reservation.failed", task)
        tx.emit("reservation.failed", world.add_task(tx))
    assert [(name, payload["sid"]) for name, payload in events(socket)] == [("reservation.failed", task.sid)]


def test_workspaces_and_queues_hear_nothing_unless_asked_for(world: World) -> None:
    """What the service sends there is unknown; the default is nothing (routing 7)."""
    channels = open_channels(world)
    workspace, queue = (open_socket(channels, sid) for sid in (world.workspace.sid, world.queue.sid))
    with world.engine.transaction() as tx:
        tx.emit("task-queue.entered", world.task)
    assert (events(workspace), events(queue)) == ([], [])


def test_the_firehose_goes_to_the_workspace_and_a_queues_part_to_the_queue(world: World) -> None:
    channels = open_channels(world, workspace_events=True)
    workspace, queue = (open_socket(channels, sid) for sid in (world.workspace.sid, world.queue.sid))
    with world.engine.transaction() as tx:
        tx.emit("task-queue.entered", world.task)
        tx.emit("activity.created", world.activities["Available"])
    assert [name for name, _ in events(workspace)] == ["task-queue.entered", "activity.created"]
    ((_, payload),) = events(queue)
    assert payload["url"].startswith("http://127.0.0.1:1/v1/Workspaces/")
    assert payload["sid"] == world.task.sid


def test_nothing_is_written_while_nobody_listens(world: World) -> None:
    channels = open_channels(world)
    with world.engine.transaction() as tx:
        tx.emit("reservation.created", world.reservation)
    assert (len(channels), channels.next_due()) == (0, None)


def test_a_new_session_may_end_the_others(world: World) -> None:
    channels = open_channels(world)
    first, second = (open_socket(channels, world.worker.sid) for _ in range(2))
    third = Socket(world.worker.sid)
    channels.add(third, close_others=True)
    assert [one.closing and one.closing[0] for one in (first, second, third)] == [close_codes.SUPERSEDED] * 2 + [None]
    assert [channels.remove(one) for one in (first, third, second)] == [False, False, True]
    assert channels.remove(third), "and ending twice is no error"


def test_who_has_gone_has_no_channel(world: World) -> None:
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    with world.engine.transaction() as tx:
        tx.remove(world.worker)
    assert socket.closing == (close_codes.CHANNEL_GONE, "the channel no longer exists")


def test_a_heartbeat_every_fifteen_seconds(world: World) -> None:
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    world.engine.advance(14.9)
    channels.tick()
    assert sent(socket) == []
    world.engine.advance(0.1)
    channels.tick()
    assert sent(socket) == [HEARTBEAT]
    assert channels.next_due() == world.engine.now() + 15
    world.engine.advance(3600)
    channels.tick()
    assert sent(socket) == [HEARTBEAT], "one, however long it was"


def test_a_closed_socket_is_due_no_more(world: World) -> None:
    channels = open_channels(world)
    channels.remove(open_socket(channels, world.worker.sid))
    assert channels.next_due() is None


def test_a_token_that_runs_out_closes_its_socket_only_if_told_to(world: World) -> None:
    soon = world.engine.now() + 20
    for close, code in ((True, close_codes.TOKEN_EXPIRED), (False, None)):
        channels = open_channels(world, close_on_expiry=close)
        socket = open_socket(channels, world.worker.sid, expires_at=soon)
        world.engine.advance(20)
        channels.tick()
        assert (socket.closing and socket.closing[0]) == code
        soon += 20


def test_who_does_not_read_is_dropped() -> None:
    """Memory has an end (security check 27)."""
    dropped: list[bool] = []
    socket = Socket("WK", max_unsent=3)
    socket.abort = lambda: dropped.append(True)
    for _ in range(10):
        socket.put("x")
    assert socket.closing == (close_codes.TRY_AGAIN_LATER, "try again later")
    assert (sent(socket), dropped) == ([], [True])


async def test_what_waits_is_sent_before_the_end() -> None:
    socket = Socket("WK")
    socket.put("a")
    socket.close(1012)
    socket.close(1000)
    socket.put("too late")
    assert [await socket.next(), await socket.next()] == ["a", None]
    assert socket.closing == (1012, "the service restarts")
    socket.abort()


async def test_a_writer_waits_until_there_is_something() -> None:
    socket = Socket("WK")
    waiting = asyncio.create_task(socket.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    socket.put("a")
    assert await waiting == "a"


def test_closing_all_ends_the_subscription_too(world: World) -> None:
    channels = open_channels(world)
    socket = open_socket(channels, world.worker.sid)
    channels.close()
    assert socket.closing == (close_codes.GOING_AWAY, "the server is going away")
    with world.engine.transaction() as tx:
        tx.emit("reservation.created", world.reservation)
    assert sent(socket) == []


def test_a_frame_is_a_name_and_a_payload() -> None:
    assert frame("a.b", {"x": None}) == '{"event_type":"a.b","payload":{"x":null}}'


def test_an_event_is_written_once_however_many_listen(world: World) -> None:
    """A thousand sockets of one channel get the same text: the object itself, not one that is equal."""
    channels = open_channels(world)
    sockets = [open_socket(channels, world.worker.sid) for _ in range(1_000)]
    with world.engine.transaction() as tx:
        workers.update(tx, world.worker, {"attributes": '{"a":1}'})
    texts = [text for socket in sockets for text in sent(socket)]
    assert len(texts) == 1_000
    assert len({id(text) for text in texts}) == 1
