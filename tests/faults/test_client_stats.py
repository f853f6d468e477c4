"""What a client has been through can be read from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from msgspec import Raw
from seat_bench import Seat

from trbridge import ClientStats, StateChange, Worker
from trbridge.requester import RetryInfo


async def cut(seat: Seat) -> None:
    """Break her connection, and wait until she is up to date again."""
    async with seat.client.listen("ready") as events:
        await seat.bench.emulator.cut_sockets(None, seat.worker.sid)
        await anext(events)
    await seat.settle()


async def test_a_quiet_client_has_connected_once(seat: Seat) -> None:
    stats = seat.client.stats
    before = stats.frames
    seat.inject("something.new", None)
    await seat.settle()
    assert stats.frames - before == 2, "each message counts, the one that settle() waits for too"
    numbers = asdict(stats)
    assert numbers.pop("connects") == 1
    assert numbers.pop("frames")
    assert set(numbers.values()) == {0}


async def test_each_thing_that_happens_is_counted(seat: Seat) -> None:
    """A supervisor sees from the numbers alone what kind of trouble there was."""
    faults, stats = seat.bench.emulator.faults, seat.client.stats
    faults.add("duplicate", event_type="reservation.created", times=1)
    faults.add("suppress", event_type="reservation.canceled", times=1)
    reservation = await seat.reserved()
    await seat.settle()
    assert stats.duplicates == 1
    await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "canceled"})
    faults.add("answer", at="request", via="bridge", method="GET", path=f"*/Workers/{seat.worker.sid}", times=1)
    await cut(seat)
    assert (stats.connects, stats.drops, stats.reconciled, stats.failures) == (2, 1, 1, 1)
    assert seat.bench.emulator.inject(seat.worker.sid, "no json") == 1
    assert seat.bench.emulator.inject(seat.worker.sid, "{}") == 1
    await seat.settle()
    assert stats.unreadable == 2


async def test_leaving_on_request_is_no_drop(seat: Seat) -> None:
    async with seat.client.listen("ready") as events:
        seat.client.reconnect()
        await anext(events)
    assert (seat.client.stats.connects, seat.client.stats.drops) == (2, 0)


async def test_retries_and_refreshes(absent: Seat) -> None:
    """The caller's own hook is called as well."""
    seen: list[RetryInfo] = []

    async def provider() -> str:
        return absent.bench.emulator.mint("worker", absent.worker.sid)

    client = Worker(provider, max_retries=1, on_retry=seen.append, **absent.bench.bases)
    client._requester._random = lambda: 0.0
    async with client:
        absent.bench.emulator.faults.add("answer", at="request", via="bridge", method="GET", times=1)
        await client.fetch()
    assert (client.stats.refreshes, client.stats.retries, len(seen)) == (1, 1, 1)


async def test_f33_a_changed_network_is_told_and_the_connection_replaced(seat: Seat) -> None:
    async with seat.client.listen("ready") as events:
        seat.client.notify_network_change()
        await anext(events)
    assert (seat.client.stats.connects, seat.client.stats.drops) == (2, 0)


async def test_a_client_that_is_not_connected_need_not_reconnect(absent: Seat) -> None:
    absent.client.notify_network_change()
    assert absent.client.state == "idle"
    assert absent.client.stats.connects == 0


async def test_lag_is_the_age_of_what_waits_wherever_it_does(seat: Seat) -> None:
    """For the client to catch up, for a task to be read, for a free place, for a loop that listens."""
    client, clock = seat.client, [100.0]
    client.emitter.now = lambda: clock[0]
    assert (client.stats.waiting, client.stats.lag) == (0, 0.0)
    client._link.held.keep(b"a frame")
    clock[0] += 1.0
    client._desk.waiting.keep(("task.updated", Raw(b"null")))
    clock[0] += 1.0
    assert (client.stats.waiting, client.stats.lag) == (2, 2.0)
    assert client._link.held.take_all() == [b"a frame"]
    assert (client.stats.waiting, client.stats.lag) == (1, 1.0)
    stream = client.listen("x")
    client.emitter.publish("x")
    client._desk.waiting.clear()
    clock[0] += 5.0
    assert (client.stats.waiting, client.stats.lag) == (1, 5.0)
    await anext(stream)
    assert (client.stats.waiting, client.stats.lag) == (0, 0.0)


async def test_each_change_of_state_is_told_with_where_it_came_from(absent: Seat) -> None:
    """The new state of one is the old state of the next: nobody has to remember."""
    seen: list[StateChange] = []
    absent.client.on("state", seen.append)
    async with absent.client:
        absent.client.reconnect()
        await absent.client.connect()
    assert [change.new for change in seen] == [
        *("connecting", "connected", "ready"),
        *("connecting", "connected", "ready", "closed"),
    ]
    assert [change.old for change in seen] == ["idle", *(change.new for change in seen[:-1])]
    assert absent.client.state == seen[-1].new


def test_every_figure_is_explained_where_people_look() -> None:
    """In the class, for the editor, and in the table of the page about operating a bot."""
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    for name in asdict(ClientStats()):
        assert f"\n| `{name}` | " in page
        assert f"\n        {name}: " in (ClientStats.__doc__ or "")
