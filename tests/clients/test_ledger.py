"""What there is to tell of a worker's reservations, for whatever is seen of them, in whatever order."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from trbridge.clients.ledger import Comparison, Ledger, Sighting, compare, is_further, is_over, news
from trbridge.emulator.routing.transitions import RESERVATION_TRANSITIONS

STATUSES = sorted(RESERVATION_TRANSITIONS)
PAGE = 2


@pytest.mark.parametrize("order", list(permutations(["pending", "accepted", "wrapping", "completed"])))
def test_f44_in_whatever_order_frames_come_the_end_is_the_last(order: tuple[str, ...]) -> None:
    """Whoever sees the end first is told of the creation and of the end; nothing after it."""
    ledger = Ledger()
    ledger.compared = True
    told = [status for seen in order for status in ledger.hear("WR1", seen)]
    assert (told[0], told[-1]) == ("pending", "completed")
    assert sorted(told, key=list(RESERVATION_TRANSITIONS).index) == sorted(set(told), key=told.index)


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "pending"])
def test_f45_a_lost_beginning_is_told_first(status: str) -> None:
    assert news(None, None, status) == ("pending", status)
    ledger = Ledger()
    assert ledger.hear("WR1", status) == (status,), "before the first comparison it may be an earlier life's"
    ledger.compared = True
    assert ledger.hear("WR2", status) == ("pending", status)


def test_what_was_there_before_is_noted_and_goes_on() -> None:
    """Of an earlier life's reservation only what becomes of it is told."""
    ledger = Ledger()
    comparison = ledger.begin()
    assert comparison.take([Sighting("WR1", "accepted"), Sighting("WR2", "timeout"), Sighting("WR3", "pending")]) == [
        Sighting("WR3", "pending")
    ]
    assert comparison.end() == []
    assert ledger.hear("WR1", "accepted") == ()
    assert ledger.hear("WR1", "completed") == ("completed",)
    assert ledger.begin().take([Sighting("WR2", "timeout")]) == []


def test_a_created_frame_shows_that_it_was_no_earlier_lifes() -> None:
    """It came before the first list was read, and was accepted by then; both are told."""
    ledger = Ledger()
    comparison = ledger.begin()
    assert comparison.take([Sighting("WR1", "accepted")]) == []
    comparison.end()
    assert ledger.hear("WR1", "pending") == ("pending", "accepted")
    assert ledger.hear("WR1", "accepted") == ()


def test_a_status_of_tomorrow_is_no_finding() -> None:
    assert compare({}, {}, [Sighting("WR1", "parked")], first=False) == ([], [])


@pytest.mark.parametrize("before", [[], ["pending"], ["pending", "accepted"], ["pending", "completed"]])
def test_a_status_of_tomorrow_tells_nothing_and_hides_nothing(before: list[str]) -> None:
    """Statuses are open (rest-api 5): one that we do not know must not stop what is known of the others."""
    ledger = Ledger()
    ledger.compared = True
    for status in before:
        ledger.hear("WR1", status)
    assert not ledger.is_news("WR1", "onhold")
    assert ledger.hear("WR1", "onhold") == ()
    assert not ledger.adopt("WR1", "onhold")
    assert not is_further("onhold", "pending")
    assert is_further("accepted", "onhold")
    assert ledger.hear("WR1", "completed")[-1:] == (("completed",) if before[-1:] != ["completed"] else ())


def test_what_the_service_still_lists_is_forgotten_last() -> None:
    """Else an old timeout would be news again after ten thousand others."""
    ledger = Ledger(most_remembered=3)
    ledger.compared = True
    for number in range(10):
        assert ledger.hear(f"WR{number}", "timeout") == ("pending", "timeout")
        assert ledger.begin().take([Sighting("WR0", "timeout")]) == []
    assert len(ledger._ended) == 3


def test_adopting_is_not_telling() -> None:
    ledger = Ledger()
    assert not ledger.adopt("WR1", "pending")
    assert not ledger.adopt("WR1", "completed")
    assert ledger.adopt("WR1", "accepted")
    assert not ledger.adopt("WR1", "accepted")
    assert ledger.hear("WR1", "completed") == ("completed",)


class World(RuleBasedStateMachine):
    """A service whose reservations change, frames that are late, lost or doubled, and lists read meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.service: dict[str, str] = {}
        self.made = 0
        self.frames: list[Sighting] = []
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.comparison: Comparison | None = None
        self.pages: list[list[Sighting]] = []
        self.read_until: int | None = 0
        self.noted_ever: set[str] = set()

    # -- the service ---------------------------------------------------------------------------------------------

    def _changed(self, sid: str, status: str, frames: int) -> None:
        self.service[sid] = status
        self.frames += [Sighting(sid, status)] * frames

    @rule(frames=st.integers(0, 2))
    def create(self, frames: int) -> None:
        self.made += 1
        self._changed(f"WR{self.made}", "pending", frames)

    @precondition(lambda self: self.service)
    @rule(which=st.integers(0), way=st.integers(0), frames=st.integers(0, 2))
    def change(self, which: int, way: int, frames: int) -> None:
        sid = sorted(self.service)[which % len(self.service)]
        if ways := sorted(RESERVATION_TRANSITIONS[self.service[sid]]):
            self._changed(sid, ways[way % len(ways)], frames)

    @precondition(lambda self: any(map(is_over, self.service.values())))
    @rule(which=st.integers(0))
    def forget(self, which: int) -> None:
        """The service deletes what is over after five minutes (rest-api 2)."""
        over = [sid for sid, status in self.service.items() if is_over(status)]
        del self.service[over[which % len(over)]]

    # -- the client ----------------------------------------------------------------------------------------------

    def _tell(self, seen: Sighting) -> None:
        if not self.ledger.compared:
            self.noted_ever.add(seen.sid)  # it may be an earlier life's
        self.heard[seen.sid] += self.ledger.hear(*seen)

    @precondition(lambda self: self.frames)
    @rule(which=st.integers(0))
    def a_frame_comes(self, which: int) -> None:
        self._tell(self.frames.pop(which % len(self.frames)))

    @precondition(lambda self: self.comparison is None)
    @rule()
    def begin_to_compare(self) -> None:
        self.comparison, self.pages, self.read_until = self.ledger.begin(), [], 0

    @precondition(lambda self: self.comparison is not None and self.read_until is not None)
    @rule()
    def the_service_reads_a_page(self) -> None:
        """Of what there is now: what went meanwhile moves others to a page that was read already."""
        assert self.read_until is not None
        rows = list(self.service.items())
        self.pages.append([Sighting(*row) for row in rows[self.read_until : self.read_until + PAGE]])
        self.read_until = self.read_until + PAGE if self.read_until + PAGE < len(rows) else None

    @precondition(lambda self: self.pages)
    @rule()
    def a_page_comes(self) -> None:
        assert self.comparison is not None
        for seen in self.comparison.take(self.pages.pop(0)):
            self._tell(seen)

    @precondition(lambda self: self.comparison is not None and self.read_until is None and not self.pages)
    @rule()
    def the_comparison_ends(self) -> None:
        assert self.comparison is not None
        for sid in self.comparison.end():
            guess = "canceled" if self.ledger.told(sid) == "pending" else "completed"
            self._tell(Sighting(sid, self.service.get(sid, guess)))
        self.comparison = None

    @precondition(lambda self: self.comparison is not None)
    @rule()
    def the_comparison_fails(self) -> None:
        self.comparison, self.pages = None, []

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def each_is_told_once_and_in_order(self) -> None:
        self.noted_ever.update(self.ledger._noted)
        for sid, told in self.heard.items():
            assert len(told) == len(set(told)), f"{sid}: {told}"
            assert "pending" not in told[1:], f"{sid}: {told}"
            assert not any(is_over(status) for status in told[:-1]), f"{sid}: {told}"
            if told and sid not in self.noted_ever:  # those are an earlier life's, for all that anybody knows
                assert told[0] == "pending", f"{sid}: {told}"

    def teardown(self) -> None:
        self.comparison = None
        self.begin_to_compare()
        while self.read_until is not None:
            self.the_service_reads_a_page()
            self.a_page_comes()
        self.the_comparison_ends()
        self.each_is_told_once_and_in_order()
        for sid, status in self.service.items():
            noted = self.ledger._noted.get(sid)
            assert (self.ledger.told(sid) or noted) == status, f"{sid} is {status}; {self.heard[sid]}"
            assert noted or not self.heard[sid] or self.heard[sid][-1] == status
        for sid, told in self.heard.items():
            if told and sid not in self.service:
                assert is_over(told[-1]), f"the service has forgotten {sid}; {told}"
        for sid, status in self.frames:
            late = self.ledger.hear(sid, status)
            assert not late or sid in self.noted_ever or sid not in self.service, f"{sid}: {status} came late, {late}"


World.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_for_every_interleaving_each_change_is_told_once_and_the_end_is_true = World.TestCase
