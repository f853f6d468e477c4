"""Whatever goes wrong between a worker's client and the service, her handlers hear of each reservation once.

Hypothesis chooses what happens: tasks, their ends, cuts, black holes, lost, doubled and broken frames, failing
requests, tokens. Everything is in one loop with virtual time. After each story the trouble ends, the client
comes back, and then must have told each reservation's creation once, before anything else of it, and its end once.

A reservation that came and went while the client was away is told, too, unless the service has deleted it: that it
does five minutes after the end. Whatever frames are lost, and whatever requests fail, a creation is told before
anything else of its reservation.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from patient_loop import PatientLoop, passing
from proxy import Weather
from town import Town, town

from trbridge.errors import TaskRouterError
from trbridge.resources.reservation import ReservationInstance
from trbridge.session import State

ENDS: Final = frozenset({"completed", "canceled", "rejected", "timeout", "rescinded"})
_EVENTS: Final = ("created", "accepted", "wrapup", *sorted(ENDS))


class WorkerMachine(RuleBasedStateMachine):
    """Alice, her network and the service."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=PatientLoop)
        self.stack = AsyncExitStack()
        self.place: Town
        self.tasks: list[str] = []
        self.handled: dict[str, list[str]] = defaultdict(list)

    @initialize()
    def begin(self) -> None:
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        self.place = await self.stack.enter_async_context(town())
        await passing(80.0)  # the first comparison, before which nobody can tell what is an earlier life's
        for name in _EVENTS:
            self.place.client.on(f"reservation.{name}", self._handler(name))  # type: ignore[call-overload]

    def _handler(self, name: str) -> Any:
        def handle(reservation: ReservationInstance) -> None:
            self.handled[reservation.sid].append(name)

        return handle

    def teardown(self) -> None:
        try:
            self.runner.run(self._settle())
            self._check()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    async def _settle(self) -> None:
        """The trouble ends; the client comes back and finds out what it missed."""
        place = self.place
        place.emulator.faults.clear()
        place.proxy.weather = Weather()
        place.proxy.swallowing = False
        await passing(70.0)
        place.client.reconnect()
        await passing(80.0)
        assert place.client.state is State.READY, place.client.state

    def _check(self) -> None:
        truth = {sid: each.reservation_status for sid, each in self.place.reservations().items()}
        for sid, names in self.handled.items():
            assert names[0] == "created", f"{sid} began with {names}"
            assert len(names) == len(set(names)), f"{sid} was told twice: {names}"
            ends = [name for name in names if name in ENDS]
            assert len(ends) <= 1, f"{sid} ended twice: {names}"
            assert not ends or names[-1] == ends[0], f"{sid} went on after its end: {names}"
            if sid in truth:  # the service forgets tasks that are over, and their reservations, after five minutes
                status = truth[sid]
                assert (status in ENDS) == bool(ends), f"{sid} is {status}, handlers heard {names}"
        untold = {sid: status for sid, status in truth.items() if sid not in self.handled}
        assert not untold, f"reservations that nobody was told of: {untold}"

    # -- what people do ----------------------------------------------------------------------------

    @rule(count=st.integers(1, 3))
    def create(self, count: int) -> None:
        self.tasks += [self.place.task(n=number) for number in range(count)]
        self._go_on(0.1)

    @rule(which=st.integers(0, 9), status=st.sampled_from(["canceled", "completed", "wrapping"]))
    def change(self, which: int, status: str) -> None:
        """The task is changed by somebody else, as far as the service lets them."""
        if not self.tasks:
            return
        try:
            self.place.ask("UpdateTask", {"assignment_status": status}, Sid=self.tasks[which % len(self.tasks)])
        except TaskRouterError:
            return
        finally:
            self._go_on(0.1)

    @rule(which=st.integers(0, 9))
    def accept(self, which: int) -> None:
        """She accepts; whatever happens to the answer."""
        self.runner.run(self._accept(which))

    async def _accept(self, which: int) -> None:
        pending = list(self.place.client.open_reservations.values())
        if pending:
            try:
                await pending[which % len(pending)].accept()
            except TaskRouterError:
                return

    @rule(seconds=st.sampled_from([0.2, 5.0, 30.0, 130.0]))
    def wait(self, seconds: float) -> None:
        self._go_on(seconds)

    # -- what goes wrong ---------------------------------------------------------------------------

    @rule()
    def cut(self) -> None:
        self.place.proxy.reset()
        self._go_on(0.0)

    @rule(code=st.sampled_from([1000, 1001, 1011, 1012, 1013]))
    def hang_up(self, code: int) -> None:
        self.runner.run(self.place.emulator.cut_sockets(code))

    @rule()
    def miss_an_end(self) -> None:
        """A reservation comes, and ends while her network swallows everything."""
        self.create(1)
        self.place.proxy.swallow()
        self.change(len(self.tasks) - 1, "canceled")

    @rule()
    def black_hole(self) -> None:
        self.place.proxy.swallow()

    @rule(
        weather=st.builds(
            Weather,
            latency=st.sampled_from([0.0, 0.5, 2.0]),
            slices=st.sampled_from([None, 1, 3]),
            cut_after=st.sampled_from([None, None, 150, 3000]),
        )
    )
    def change_the_weather(self, weather: Weather) -> None:
        self.place.proxy.weather = weather

    @rule(
        action=st.sampled_from(["suppress", "duplicate", "malform", "drop"]),
        event=st.sampled_from(["reservation.*", "reservation.created", "*"]),
        times=st.integers(1, 2),
    )
    def spoil_frames(self, action: Any, event: str, times: int) -> None:
        self.place.emulator.faults.add(action, at="frame", event_type=event, times=times)

    @rule(
        stage=st.sampled_from(["request", "answer"]),
        action=st.sampled_from(["answer", "drop"]),
        path=st.sampled_from(["*/Reservations", "*/Workers/*", "*/Tasks/*", "*"]),
        times=st.integers(1, 3),
    )
    def spoil_requests(self, stage: Any, action: Any, path: str, times: int) -> None:
        """500s and broken connections, before and after the deed."""
        self.place.emulator.faults.add(action, at=stage, via="bridge", path=path, times=times, status=500)

    @rule(ttl=st.sampled_from([20, 60, 3600]))
    def tokens_live(self, ttl: int) -> None:
        """From the next one on."""
        self.place.ttl = ttl
        self.runner.run(self.place.client.refresh_token())

    @rule(told=st.booleans())
    def connect_again(self, told: bool) -> None:
        self.runner.run(self._connect_again(told))

    async def _connect_again(self, told: bool) -> None:
        client = self.place.client
        (client.notify_network_change if told else client.reconnect)()

    def _go_on(self, seconds: float) -> None:
        self.runner.run(passing(seconds))

    @invariant()
    def nothing_is_told_twice(self) -> None:
        for sid, names in self.handled.items():
            assert len(names) == len(set(names)), f"{sid}: {names}"
            assert "created" not in names[1:], f"{sid}: {names}"


WorkerMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
test_each_reservation_is_told_once_and_in_order = WorkerMachine.TestCase
