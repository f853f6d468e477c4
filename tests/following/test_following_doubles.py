"""One event that comes in two ways is told once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trbridge.following.doubles import Doubles, Told

WT = "WT" + "1" * 32


def socket(name: str, sid: str = WT, seconds: float | None = None) -> Told:
    return Told(name, sid, seconds)


def log(name: str, event: int, sid: str = WT, seconds: float | None = None) -> Told:
    return Told(name, sid, seconds, f"EV{event:032x}", "log")


def test_what_the_socket_brought_is_not_told_again_by_the_log() -> None:
    doubles = Doubles()
    assert doubles.is_new(socket("task.created", seconds=100))
    assert not doubles.is_new(log("task.created", 1, seconds=100.4))
    assert doubles.is_new(log("task.canceled", 2, seconds=101))


def test_nor_the_other_way_round() -> None:
    doubles = Doubles()
    assert doubles.is_new(log("task.created", 1))
    assert not doubles.is_new(socket("task.created"))


def test_log_and_callback_know_each_other_by_sid() -> None:
    doubles = Doubles()
    assert doubles.is_new(log("task.updated", 1))
    assert not doubles.is_new(log("task.updated", 1))
    assert doubles.is_new(log("task.updated", 2))


def test_a_callback_without_a_sid_is_told_apart_by_what_it_says() -> None:
    """That they have one is seen in practice, not documented (routing 6.3)."""
    doubles = Doubles()
    callback = Told("task.created", WT, 100.0, None, "callback", "digest")
    assert doubles.is_new(callback)
    assert not doubles.is_new(callback)
    assert not doubles.is_new(log("task.created", 1, seconds=100))


def test_all_three_ways_tell_it_once() -> None:
    doubles = Doubles()
    told = [socket("task.updated", seconds=100), log("task.updated", 1, seconds=100)]
    told.append(told[-1]._replace(origin="callback"))
    assert [doubles.is_new(one) for one in told] == [True, False, False]


def test_updates_are_told_apart_by_their_moment() -> None:
    """Dropping one that did not come before would be worse than telling it twice."""
    doubles = Doubles()
    assert doubles.is_new(socket("task.updated", seconds=100))
    assert doubles.is_new(log("task.updated", 1, seconds=90))  # the socket had lost this one
    assert not doubles.is_new(log("task.updated", 2, seconds=101.9))
    assert doubles.is_new(log("task.updated", 3, seconds=101.9))  # each half has one other half
    assert doubles.is_new(socket("worker.activity.update"))  # no moment at all
    assert doubles.is_new(log("worker.activity.update", 4, seconds=5))


def test_another_resource_is_another_event() -> None:
    doubles = Doubles()
    assert doubles.is_new(socket("task.created"))
    assert doubles.is_new(log("task.created", 1, sid="WT" + "2" * 32))


def test_memory_has_an_end() -> None:
    """The oldest are forgotten (security check 25)."""
    doubles = Doubles(most=10)
    for number in range(100):
        doubles.is_new(log("task.created", number, sid=f"WT{number:032x}"))
        doubles.is_new(socket("task.updated", seconds=number * 100))
    assert len(doubles._names) == 10
    assert len(doubles._single) == 10
    assert max(len(halves) for halves in doubles._single.values()) <= 32
    assert not doubles.is_new(log("task.created", 99))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), unique=True, max_size=30), st.randoms())
def test_in_any_order_each_event_that_comes_both_ways_is_told_once(
    events: list[tuple[int, int]], chance: object
) -> None:
    """Ten seconds lie between events of one resource; the two ways may be apart by any number of events."""
    ways = [socket("task.updated", f"WT{r:032x}", at * 10.0) for r, at in events]
    ways += [log("task.updated", n, f"WT{r:032x}", at * 10.0 + 0.9) for n, (r, at) in enumerate(events)]
    chance.shuffle(ways)  # type: ignore[attr-defined]
    doubles = Doubles()
    assert sum(doubles.is_new(one) for one in ways) == len(events)
