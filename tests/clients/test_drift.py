"""What a comparison finds in the properties of a resource, and how often it is told."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from trbridge.clients.drift import SILENT, Watch

BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)
WATCHED = {"activity.update": ("activity",), "attributes.update": ("attributes",), SILENT: ("name",)}
FIELDS = {"activity.update": "activity", "attributes.update": "attributes"}


def thing(second: int = 0, **values: object) -> SimpleNamespace:
    moment = BEGINNING + timedelta(seconds=second)
    usual = {"sid": "WK1", "date_updated": moment, "activity": 0, "attributes": 0, "name": 0}
    return SimpleNamespace(**(usual | values))


def test_the_first_look_finds_nothing() -> None:
    watch = Watch(WATCHED)
    assert watch.find(thing(activity=1)) == []
    assert watch.find(thing(activity=1)) == []


def test_each_change_is_found_once_by_the_event_that_tells_of_it() -> None:
    watch = Watch(WATCHED)
    watch.note(thing())
    assert watch.find(thing(1, activity=1, attributes={"a": [1]}, name="x")) == [*FIELDS, SILENT]
    assert watch.find(thing(1, activity=1, attributes={"a": [1]}, name="x")) == []


def test_a_document_that_somebody_changes_in_his_hand_is_no_drift() -> None:
    """Nor hides one: what was told is remembered as it was."""
    watch, mine = Watch(WATCHED), {"languages": ["en"]}
    watch.note(thing(attributes=mine))
    mine["languages"].append("fr")
    assert watch.find(thing(attributes={"languages": ["en"]})) == []


def test_the_frame_of_what_was_found_is_late() -> None:
    """And one of the same name with another value, or a later one, is not."""
    watch = Watch(WATCHED)
    watch.note(thing())
    assert watch.find(thing(5, activity=1)) == ["activity.update"]
    assert not watch.hear("activity.update", thing(5, activity=1))
    assert not watch.hear("activity.update", thing(5, activity=1))
    assert watch.hear("activity.update", thing(5, activity=2))
    assert watch.find(thing(6, activity=1)) == ["activity.update"]
    assert watch.hear("activity.update", thing(7, activity=1))


def test_what_nobody_watches_is_passed_on() -> None:
    assert Watch(WATCHED).hear("created", thing())


def test_a_frame_that_is_older_than_what_is_held_tells_what_is_held() -> None:
    """It was read meanwhile: nothing goes back, nothing is left out, and the next frame tells nothing new."""
    watch = Watch(WATCHED)
    watch.note(thing())
    held = thing(9, activity=2)
    assert watch.hear("activity.update", held, late=True)
    assert not watch.hear("activity.update", held, late=True)
    assert not watch.hear("activity.update", held)
    assert watch.hear("created", held, late=True), "it is about something else"


class World(RuleBasedStateMachine):
    """A worker whose properties change; frames come in order or are lost; it is read now and then.

    As in the client, frames are taken over by what is held unless that is newer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch(WATCHED)
        self.truth = thing()
        self.held = thing()
        self.watch.note(self.held)
        self.frames: list[tuple[str, SimpleNamespace]] = []
        self.told: dict[str, list[object]] = defaultdict(list)
        self.changes: Counter[tuple[str, datetime]] = Counter()
        self.when: dict[object, datetime] = {}

    @rule(event=st.sampled_from(sorted(FIELDS)), later=st.booleans(), lost=st.booleans())
    def change(self, event: str, later: bool, lost: bool) -> None:
        value = sum(self.changes.values()) + 1
        moment = self.truth.date_updated + timedelta(seconds=later)
        self.truth = thing(**(vars(self.truth) | {"date_updated": moment, FIELDS[event]: value}))
        self.changes[event, moment] += 1
        self.when[value] = moment
        if not lost:
            self.frames.append((event, self.truth))

    @precondition(lambda self: self.frames)
    @rule()
    def a_frame_comes(self) -> None:
        event, brought = self.frames.pop(0)
        late = brought.date_updated < self.held.date_updated
        self.held = self.held if late else brought
        if self.watch.hear(event, self.held, late=late):
            self.told[event].append(getattr(self.held, FIELDS[event]))

    @rule()
    def read(self) -> None:
        self.held = self.truth
        for event in self.watch.find(self.held):
            self.told[event].append(getattr(self.held, FIELDS[event]))

    def teardown(self) -> None:
        while self.frames:
            self.a_frame_comes()
        self.read()
        for event, field in FIELDS.items():
            told = self.told[event]
            if present := getattr(self.truth, field):
                assert told[-1] == present, f"{event}: {told}, but it is {present}"
            for value, times in Counter(told).items():
                # Two changes in one second cannot be told apart: in doubt one is told twice, never left out.
                assert times == 1 or self.changes[event, self.when[value]] > 1, f"{event}: {value} in {told}"


World.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
test_for_every_interleaving_what_is_told_last_is_true = World.TestCase
