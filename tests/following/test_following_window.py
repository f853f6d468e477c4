"""What a window promises: nothing missed, nothing twice, in order, whatever is late and whoever crashes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_service import START, WS, Consumer, Happening, Service

from trbridge.checkpoints import Position
from trbridge.following import Ask, Entry, Window, window

OVERLAP = 20.0
LASTS = 80.0
slow = settings(deadline=None, max_examples=50)


@pytest.fixture(autouse=True, scope="module")
def small_pages() -> Any:
    """Pages of a few events, so that a few events take many."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MOST_PAGES", 3), ("SMALL_PAGE", 2), ("LARGE_PAGE", 4), ("_ENOUGH", 6)):
            patch.setattr(window, name, value)
        yield


def happenings(latest: float) -> st.SearchStrategy[list[Happening]]:
    """What happens within 80 seconds, each event visible at most so many seconds after its moment."""
    moment = st.integers(0, int(LASTS * 10)).map(lambda tenth: tenth / 10)
    one = st.tuples(moment, st.just(0.0) | st.floats(0, latest), st.integers(0, 2))
    return st.lists(one, max_size=40).map(
        lambda rows: [Happening(at, late, resource, number) for number, (at, late, resource) in enumerate(rows)]
    )


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0.01, 15)),
        st.tuples(st.just("poll"), st.none()),
        st.tuples(st.just("consume"), st.integers(1, 5)),
        st.tuples(st.just("leave open"), st.integers(1, 3)),
        st.tuples(st.just("crash"), st.none()),
    ),
    max_size=40,
)
clocks = st.fixed_dictionaries(
    {
        "skew": st.sampled_from([0.0, -1e6, 4_000.0]),
        "rate": st.sampled_from([1.0, 0.9995, 1.0005]),
        "latency": st.sampled_from([0.0, 0.2]),
    }
)


def run(consumer: Consumer, story: list[tuple[str, Any]], *, crashes: bool) -> None:
    for word, value in story:
        if word == "pass":
            consumer.service.passed += value
        elif word == "poll":
            consumer.poll()
        elif word == "consume":
            consumer.consume(value)
        elif word == "leave open":
            consumer.consume(value, finish_last=False)
        elif word == "crash" and crashes:
            consumer.crash()
    consumer.to_the_end(seconds=LASTS + OVERLAP + 15)


def in_order(events: list[Happening]) -> list[Happening]:
    """By moment, and then as they happened: the order in which the service lists them, backwards."""
    return sorted(events, key=lambda one: (one.ms, one.number))


@slow
@given(happenings(OVERLAP), steps, clocks)
def test_without_a_crash_each_event_comes_exactly_once(
    log: list[Happening], story: list[tuple[str, Any]], clock: dict[str, float]
) -> None:
    """However late it shows up, within the overlap; at whatever moments one looks."""
    consumer = Consumer(Service(log, **clock), since=0.0, overlap=OVERLAP, settle=1.0)
    run(consumer, story, crashes=False)
    assert sorted(one.number for one in consumer.got) == [one.number for one in log]


@slow
@given(happenings(OVERLAP), steps, clocks)
def test_with_crashes_each_event_comes_at_least_once_and_never_after_it_was_kept(
    log: list[Happening], story: list[tuple[str, Any]], clock: dict[str, float]
) -> None:
    """At least once, and once per SID as soon as the checkpoint has it."""
    consumer = Consumer(Service(log, **clock), since=0.0, overlap=OVERLAP, settle=1.0)
    run(consumer, story, crashes=True)
    assert {one.number for one in consumer.got} == {one.number for one in log}
    assert consumer.again == []


@slow
@given(happenings(5.0), steps, clocks, st.booleans())
def test_events_that_are_no_later_than_settle_come_in_the_logs_order(
    log: list[Happening], story: list[tuple[str, Any]], clock: dict[str, float], crashes: bool
) -> None:
    """By moment; so those of each resource are in order too. Crashes only repeat the last one."""
    consumer = Consumer(Service(log, **clock), since=0.0, overlap=OVERLAP, settle=5.0)
    run(consumer, story, crashes=crashes)
    first_times = list(dict.fromkeys(consumer.got))
    moments = [one.ms for one in first_times]
    assert moments == sorted(moments)
    if not any(one.late for one in log):
        assert first_times == in_order(first_times)


@slow
@given(happenings(OVERLAP), st.floats(0, LASTS), steps, clocks)
def test_from_now_on_is_what_happens_after_the_first_look(
    log: list[Happening], begin: float, story: list[tuple[str, Any]], clock: dict[str, float]
) -> None:
    """Without a clock in common; what showed up before the first look is not handed out."""
    service = Service(log, **clock, passed=begin)
    consumer = Consumer(service, since=None, overlap=OVERLAP, settle=0.0)
    consumer.poll()
    asked = service.passed
    shown = {one.number for one in log if one.at + one.late <= begin}
    run(consumer, story, crashes=True)
    got = {one.number for one in consumer.got}
    assert {one.number for one in log if one.at > asked} <= got
    assert not got & shown
    assert consumer.again == []


@slow
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 60)), min_size=1, max_size=12), st.integers(0, 3600))
def test_a_long_log_is_read_in_parts_that_are_bounded(bursts: list[tuple[int, int]], passed: int) -> None:
    """Where a part has too much it is divided, down to a second; what is handed out stays in order."""
    numbers = itertools.count()
    log = [Happening(at + each / 1000, 0.0, 0, next(numbers)) for at, count in bursts for each in range(count)]
    service = Service(log, passed=float(passed))
    consumer = Consumer(service, since=0.0, overlap=OVERLAP, settle=1.0)
    consumer.to_the_end(seconds=passed + 150)
    assert len(consumer.got) == len(log)
    assert consumer.got == in_order(log)
    for ask in service.asked:
        assert ask.most_pages is not None or ask.end is None or ask.end - (ask.start or 0) <= 1


def test_after_a_month_of_silence_nothing_is_missed_though_our_clock_is_fast() -> None:
    """Half a second in a thousand is twenty minutes in a month: far more than the overlap."""
    month = 30 * 86_400.0
    last = Happening(month, OVERLAP - 1, 0, 1)
    service = Service([Happening(1.0, 0.0, 0, 0), last], rate=1.0005, passed=2.0)
    consumer = Consumer(service, since=0.0, overlap=OVERLAP, settle=0.0)
    consumer.poll()
    service.passed = month - 1
    consumer.poll()
    service.passed = month + 10
    consumer.poll()
    consumer.to_the_end(seconds=month + 60)
    assert consumer.got[-1] == last


def test_an_event_waits_for_an_earlier_one_that_shows_up_late() -> None:
    """As long as settle says, by the service's clock, and no longer."""
    early, late = Happening(10.0, 4.5, 0, 1), Happening(10.2, 0.0, 0, 2)
    consumer = Consumer(Service([early, late], passed=10.3), since=0.0, overlap=OVERLAP, settle=5.0)
    consumer.poll()
    consumer.service.passed = 13.5
    consumer.poll()
    assert consumer.consume(5)
    assert consumer.got == []
    consumer.service.passed = 15.31
    consumer.poll()
    consumer.consume(5)
    assert consumer.got == [early, late]


def entries(*moments: float) -> list[Entry]:
    return [Entry(int((START + at) * 1000), f"EV{int(at * 1000):032x}", at) for at in moments]


def taken(made: Window, now: float, *moments: float) -> Ask:
    ask = made.ask(now)
    made.take(ask, entries(*moments), asked_at=now, answered_at=now)
    return ask


@slow
@given(st.lists(st.integers(0, 3), max_size=30), steps)
def test_events_of_one_moment_come_as_the_service_lists_them(moments: list[int], story: list[tuple[str, Any]]) -> None:
    """SIDs are random; a task is created, enters its workflow and its queue in one millisecond."""
    log = [Happening(float(at), 0.0, 0, number) for number, at in enumerate(sorted(moments))]
    consumer = Consumer(Service(log), since=0.0, overlap=OVERLAP, settle=1.0)
    run(consumer, story, crashes=True)
    assert list(dict.fromkeys(consumer.got)) == log


def test_a_service_that_lists_the_oldest_first_is_read_in_its_order() -> None:
    """That the newest are first is inferred only."""
    made = Window(None, int(START * 1000), overlap=60, settle=0)
    read = [Entry(1, "EV1"), Entry(1, "EV0"), Entry(2, "EV3"), Entry(2, "EV2")]
    late = [entry._replace(ms=int(START * 1000) + entry.ms) for entry in read]
    made.take(made.ask(0.0), late, asked_at=0.0, answered_at=0.0)
    got = []
    while (entry := made.next()) is not None:
        got.append(entry.sid)
        made.finish()
    assert got == ["EV1", "EV0", "EV3", "EV2"]


def test_while_nothing_happens_the_window_moves_on_and_stays_small() -> None:
    """After the overlap the last event is not even read again: an idle log costs an empty page."""
    made = Window(None, int(START * 1000), overlap=60, settle=1)
    taken(made, 0.0, 10.0)
    asks = [taken(made, float(now)) for now in range(5, 600, 5)]
    assert [ask.page_size for ask in asks] == [window.SMALL_PAGE] * len(asks)
    assert asks[-1].start is not None
    assert asks[-1].start >= START + 10 + 580 - 60 - 2
    assert made.next() is not None


def test_it_looks_again_soon_while_something_waits_to_be_in_order() -> None:
    made = Window(None, int(START * 1000), overlap=60, settle=1)
    assert made.ask_at(5.0) == float("-inf")  # at once
    taken(made, 100.0)
    assert made.ask_at(5.0) == 105.0
    taken(made, 105.0, 10.0)
    assert made.next() is None
    assert made.ask_at(5.0) == pytest.approx(106.0, abs=0.01)
    taken(made, made.ask_at(5.0), 10.0)
    entry = made.next()
    assert entry is not None
    assert entry.event == 10.0
    assert made.next() is entry  # open until it is done
    assert made.finish()
    assert not made.finish()


def test_with_nothing_to_settle_an_event_is_handed_out_at_once() -> None:
    made = Window(None, int(START * 1000), overlap=60, settle=0)
    taken(made, 0.0, 10.0)
    assert made.next() is not None


def test_a_position_holds_what_is_done_of_the_overlap_only() -> None:
    """Its size follows from how much happens within the overlap, however long the log is followed."""
    made = Window(None, int(START * 1000), overlap=60, settle=0)
    for now in range(0, 3000, 10):
        taken(made, float(now), now - 9.0, now - 5.0)
        while made.next() is not None:
            made.finish()
    position = made.position(WS)
    assert position is not None
    assert len(position.done) <= 2 * 60 / 10 + 4
    assert len(made._done) <= len(position.done) + 4
    assert min(position.done.values()) >= position.before_ms


def test_a_position_never_passes_what_is_open_or_waits() -> None:
    made = Window(None, int(START * 1000), overlap=0, settle=0)
    taken(made, 0.0, 10.0, 11.0)
    assert made.next() is not None
    taken(made, 500.0)
    position = made.position(WS)
    assert position is not None
    assert position.before_ms == int((START + 10) * 1000)


def test_nothing_is_known_before_the_first_event_of_an_empty_log() -> None:
    made = Window(overlap=60, settle=0)
    assert made.position(WS) is None
    assert taken(made, 0.0) == Ask(None, None, 1, window.SMALL_PAGE)
    assert taken(made, 5.0, 3.0) == Ask(None, None, None, window.SMALL_PAGE)  # all that is there now is new
    assert made.floor_ms == int((START + 3 - 60) * 1000)
    assert made.next() is not None


def test_what_is_not_wanted_tells_the_time_only() -> None:
    made = Window(None, int(START * 1000), overlap=60, settle=0)
    ask = made.ask(0.0)
    other = entries(500.0)[0]._replace(wanted=False)
    made.take(ask, [other, *entries(450.0)], asked_at=0.0, answered_at=0.0)
    entry = made.next()
    assert entry is not None
    assert entry.event == 450.0
    made.finish()
    assert made.next() is None
    assert made.floor_ms == int((START + 440) * 1000)


def test_a_position_is_text_and_back() -> None:
    position = Position(workspace_sid=WS, before_ms=5, done={"EV" + "0" * 32: 6})
    assert Position.decode(position.encode()) == position
