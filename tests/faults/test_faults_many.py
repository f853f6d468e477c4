"""Many clients, many reconnects, many reservations: the numbers stay flat, and nobody marches in step."""

from __future__ import annotations

import gc
from collections import Counter
from random import Random

import msgspec
from patient_loop import passing, patient
from seat_bench import Seat
from session_bench import failure
from town import town

from trbridge import Worker
from trbridge.session import Session, SessionOptions, effects


def test_f17_five_hundred_clients_come_back_spread() -> None:
    """The service restarts: with ``first_retry=30`` no second of the first thirty sees a tenth of all attempts."""
    options = SessionOptions(first_retry=30.0)
    attempts = Counter[int]()
    for seed in range(500):
        session = Session(random=Random(seed).random, options=options)  # noqa: S311 - jitter, no secret
        session.connect(0.0)
        session.opened(0.0, session.epoch)
        session.ready_succeeded(0.0, session.epoch)
        list(session.effects())
        session.lost(100.0, session.epoch, 1012, "")
        now = 100.0
        while now < 130.0:
            for effect in session.effects():
                if isinstance(effect, effects.Dial):
                    attempts[int(now - 100.0)] += 1
                    session.failed(now, effect.epoch, failure("refused", None, None))
            deadline = session.deadline
            assert deadline is not None
            now = deadline
            session.wake(now)
    within = [count for second, count in attempts.items() if second < 30]
    assert sum(within) >= 450
    assert max(within) < 0.1 * sum(within)


def _listeners(client: Worker) -> int:
    return sum(len(client.listeners(name)) for name in client.emitter.event_names())


def test_f50_reconnecting_leaves_nothing_in_a_client() -> None:
    """Neither a listener nor a task nor an object of ours is left by forty reconnects (0.4.4, 0.5.0)."""

    async def scenario() -> None:
        async with town() as place:
            place.client.on("reservation.created", lambda reservation: None)
            listeners, counts = _listeners(place.client), []
            for number in range(40):
                place.proxy.reset()
                await place.see("ready", times=number + 2)
                await passing(70.0)
                place.log[:] = [entry for entry in place.log if entry[1].type == "ready"]
                if number % 10 == 9:
                    gc.collect()
                    counts.append(sum(str(type(each).__module__).startswith("trbridge.c") for each in gc.get_objects()))
            assert place.client.stats.drops == 40
            assert _listeners(place.client) == listeners
            assert max(counts[1:]) - counts[0] <= 20, counts
            assert len(place.client._link._tasks) <= 1

    patient(scenario)


async def test_f50_what_ended_is_forgotten(seat: Seat) -> None:
    """Of ten thousand and some reservations that came and ended, what is remembered is bounded."""
    desk = seat.client._desk
    for number in range(10_100):
        task = {"sid": f"WT{number:032x}", "assignment_status": "reserved", "attributes": "{}", "addons": "{}"}
        payload = msgspec.Raw(msgspec.json.encode(task | {"reservation_sid": f"WR{number:032x}"}))
        for name in ("created", "canceled"):
            desk.receive(f"reservation.{name}", payload)
    assert desk.open == {}
    assert not desk.ledger.open
    assert len(desk.ledger._ended) == 10_000
