"""Faults that only a whole client can show: with the emulator's fault rules, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from patient_loop import passing, patient
from town import town

from trbridge import HandlerLimits, SlowConsumer, TokenRejected
from trbridge.clients import comparing, link
from trbridge.resources.reservation import ReservationInstance


def test_f05_f56_a_refused_token_is_renewed_once_then_run_raises() -> None:
    """A supervisor sees the process end after two attempts, not a client that tries for ever (J12)."""

    async def scenario() -> None:
        async with town() as place:
            fault = place.emulator.faults.add("answer", at="upgrade", status=401)
            minted = place.minted
            running = asyncio.ensure_future(place.client.run())
            place.proxy.reset()
            with pytest.raises(TokenRejected):
                await running
            assert place.minted == minted + 1
            assert fault.used == 2

    patient(scenario)


def test_f15_f46_three_failures_and_frames_before_ready() -> None:
    """J4 and J5 at once: the socket is open, its ready request fails thrice, meanwhile a reservation is made."""

    async def scenario() -> None:
        async with town() as place:
            path = f"*/Workers/{place.worker_sid}"
            place.emulator.faults.add("answer", at="request", via="bridge", method="GET", path=path, times=3)
            place.proxy.reset()
            await place.see("connected", times=2)
            place.task()
            await place.see("ready", times=2)
            await place.see("reservation.created")
            await passing(30.0)
            names = [event.type for _, event in place.log if event.type in {"error", "ready", "reservation.created"}]
            assert names == ["ready", "error", "error", "error", "ready", "reservation.created"]

    patient(scenario)


def test_f16_a_page_in_the_middle_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """J3: of 60 pending reservations the second page fails at first. None is told twice, none is left out."""
    monkeypatch.setattr(comparing, "_PAGE_SIZE", 50)

    async def scenario() -> None:
        async with town() as place:
            place.ask("UpdateWorkerChannel", {"capacity": 60}, WorkerSid=place.worker_sid, Sid="default")
            place.proxy.swallow()
            for number in range(60):
                place.task(n=number)
            assert len(place.reservations()) == 60
            path = "*/Reservations"
            place.client.reconnect()
            fault = place.emulator.faults.add("answer", at="request", via="bridge", path=path, skip=1, times=1)
            await place.see("reservation.created", times=60)
            assert fault.used == 1
            await passing(100.0)
            told = [event.payload.sid for event in place.seen("reservation.created")]
            assert sorted(told) == sorted(place.reservations())

    patient(scenario)


def test_f24_f35_a_frame_that_is_too_large() -> None:
    """Again and again: each costs its socket, and the attempts come ever later."""

    async def scenario() -> None:
        async with town() as place:
            huge = "x" * (1024 * 1024 + 1)

            @place.client.on("ready")
            def ready(_: object) -> None:
                asyncio.get_running_loop().call_soon(place.emulator.inject, place.worker_sid, huge)

            place.emulator.inject(place.worker_sid, huge)
            await passing(60.0)
            lost = place.seen("disconnected")
            assert 3 <= len(lost) <= 15
            assert {event.payload.code for event in lost} == {1009}

    patient(scenario)


def test_f37_f38_f39_what_is_no_event_is_counted_and_the_next_one_arrives() -> None:
    """Half JSON, a bomb of brackets, a number of a million digits, NaN, a list, a name twice."""

    async def scenario() -> None:
        async with town() as place:
            frames = [
                '{"event_type": "reservation.cre',
                "[" * 100_000,
                '{"event_type": "x", "payload": ' + "[" * 100_000,
                '{"event_type": "x", "payload": {"n": ' + "9" * 1_000_000 + "}}",
                '{"event_type": NaN}',
                "[1, 2]",
                '"text"',
                '{"event_type": "y", "event_type": "z"}',
                '{"event_type": 7, "payload": {}}',
            ]
            for frame in frames:
                assert place.emulator.inject(place.worker_sid, frame) == 1
            place.task()
            await place.see("reservation.created")
            assert 5 <= place.client.stats.unreadable <= len(frames)
            assert place.client.stats.drops == 0

    patient(scenario)


def test_f47_a_burst_for_a_slow_consumer() -> None:
    """Ten thousand events while it takes none: the first hundred in order, then how many are missing."""

    async def scenario() -> None:
        async with town() as place:
            stream = place.client.listen("burst", size=100)
            for number in range(10_000):
                place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": number})
                if number % 500 == 499:
                    await asyncio.sleep(0)
            await place.see("burst", times=10_000)
            assert [(await anext(stream)).payload for _ in range(100)] == list(range(100))
            with pytest.raises(SlowConsumer, match="9900"):
                await anext(stream)
            stream.close()

    patient(scenario)


def test_f47_more_frames_than_may_wait_for_ready_are_counted_and_reported_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of them are kept, in order; a flood of frames is no flood of errors."""
    monkeypatch.setattr(link, "_MOST_HELD_FRAMES", 3)

    async def scenario() -> None:
        async with town() as place:
            path = f"*/Workers/{place.worker_sid}"
            place.emulator.faults.add("answer", at="request", via="bridge", method="GET", path=path, times=1)
            place.proxy.reset()
            await place.see("connected", times=2)
            for number in range(10):
                place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": number})
            await place.see("burst", times=3)
            assert [event.payload for event in place.seen("burst")] == [0, 1, 2]
            assert place.client.stats.overflows == 7
            errors = [event.payload for event in place.seen("error")]
            assert [type(error) for error in errors].count(SlowConsumer) == 1

    patient(scenario)


def test_f47_a_handler_that_blocks_loses_nothing() -> None:
    """Megabytes of events, one at a time: the socket is not read for minutes, which is no silence, then it is."""

    async def scenario() -> None:
        async with town() as place:
            heard: list[int] = []
            gate, count = asyncio.Event(), 2_000

            @place.client.emitter.on("burst")
            @HandlerLimits(concurrency=1, queue=100, when_full="block")
            async def slow(payload: tuple[int, str]) -> None:
                await gate.wait()
                heard.append(payload[0])

            for number in range(count):
                payload = [number, "x" * 2000]
                place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": payload})
                if number % 100 == 99:
                    await asyncio.sleep(0)
            await passing(150.0)
            assert heard == []
            assert place.client.stats.waiting < 1000
            gate.set()
            for _ in range(1000):
                await passing(1.0)
                if len(heard) == count:
                    break
            assert heard == list(range(count))
            assert (place.client.stats.overflows, place.client.stats.drops) == (0, 0)
            assert [type(event.payload) for event in place.seen("error")] == [SlowConsumer]

    patient(scenario)


def test_f47_a_client_that_is_held_closes_at_once_and_comes_back_reading() -> None:
    """The answer to its close frame lies in the buffer that is not read; and the next connection is a new one."""

    async def scenario() -> None:
        async with town() as place:
            gate, limits = asyncio.Event(), HandlerLimits(concurrency=1, queue=1, when_full="block")
            client = place.make(handlers=limits)
            heard: list[int] = []

            async def slow(number: int) -> None:
                await gate.wait()
                heard.append(number)

            client.emitter.on("burst", slow)
            await client.connect()
            for number in range(5):
                place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": number})
            await passing(1.0)
            began = asyncio.get_running_loop().time()
            await client.aclose(drain=0)
            assert asyncio.get_running_loop().time() - began < 1.0
            gate.set()
            await client.connect()
            place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": 9})
            await passing(1.0)
            assert heard == [9]
            await client.aclose(drain=0)

    patient(scenario)


def test_f47_a_handler_that_must_not_miss_anything_ends_the_client() -> None:
    """The process ends, loudly, and the next one is told of what is pending."""

    async def scenario() -> None:
        async with town() as place:
            client = place.make(handlers=HandlerLimits(concurrency=1, queue=2, when_full="close"))

            async def slow(_: object) -> None:
                await asyncio.Future()

            client.emitter.on("burst", slow)
            running = asyncio.ensure_future(client.run())
            await client.connect()
            for number in range(5):
                place.emulator.inject(place.worker_sid, {"event_type": "burst", "payload": number})
            with pytest.raises(SlowConsumer, match="gives up"):
                await running
            assert client.state == "stopped"
            await client.aclose(drain=0)

    patient(scenario)


def test_f49_a_handler_that_never_returns_holds_nobody_up() -> None:
    """The next reservation is served, and closing does not wait for ever."""

    async def scenario() -> None:
        async with town() as place:
            served: list[str] = []

            @place.client.on("reservation.created")
            async def work(reservation: ReservationInstance) -> None:
                if not served:
                    served.append(reservation.sid)
                    await asyncio.Future()
                served.append(reservation.sid)

            place.task()
            place.task()
            await place.see("reservation.created", times=2)
            await passing(1.0)
            assert len(set(served)) == 2
            began = asyncio.get_running_loop().time()
            await place.client.aclose(drain=3.0)
            assert asyncio.get_running_loop().time() - began <= 6.0

    patient(scenario)


def test_f51_an_hour_of_short_tokens() -> None:
    """Each lives a minute: always renewed in time, the socket stays, and no second refresh is forgotten."""

    async def scenario() -> None:
        async with town() as place:
            place.ttl = 60
            await place.client.refresh_token()
            place.client._link.token_updated()
            await passing(3600.0)
            assert place.client.stats.drops == 0
            assert 60 <= place.minted <= 180
            assert place.seen("token.expired") == []
            await place.client.fetch()

    patient(scenario)
