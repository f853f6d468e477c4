"""The limiter: as fast as allowed, never faster, in order, and it learns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trbridge.limiter import PUBLISHED_RATES, Limiter, Rate, Slot, classify
from trbridge.wire import Request

WS = f"WS{'1' * 32}"
BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
TASKS = Request("GET", f"{BASE}/Tasks")
WORKERS = Request("GET", f"{BASE}/Workers", {"TargetWorkersExpression": "1==1"})
PERIOD = Rate(1).period


def answer(limit: object = None, remaining: object = None) -> dict[str, str]:
    headers = {"x-rate-limit-limit": limit, "x-rate-limit-remaining": remaining}
    return {name: str(value) for name, value in headers.items() if value is not None}


@pytest.mark.parametrize(
    ("method", "url", "params", "name"),
    [
        ("GET", "/Workers", {"TargetWorkersExpression": "1==1"}, "expression lists"),
        ("GET", "/Workers?PageSize=50&TargetWorkersExpression=1", None, "expression lists"),
        ("GET", "/Tasks", {"EvaluateTaskAttributes": "a==1"}, "expression lists"),
        ("GET", "/TaskQueues", {"EvaluateWorkerAttributes": "{}"}, "expression lists"),
        ("GET", "/Workers", {"FriendlyName": "TargetWorkersExpression"}, "Workers"),
        ("GET", "/Tasks", {"TargetWorkersExpression": "1==1"}, "Tasks"),
        ("POST", "/Workers", {"TargetWorkersExpression": "1==1"}, "POST Workers"),
        ("POST", "/TaskQueues/RealTimeStatistics", None, "POST TaskQueues/RealTimeStatistics"),
        ("GET", f"/Tasks/WT{'2' * 32}/Reservations/WR{'3' * 32}", None, "Tasks/{sid}/Reservations/{sid}"),
        ("GET", "/", None, ""),
    ],
)
def test_a_class_is_the_path_without_sids(method: str, url: str, params: dict[str, str | list[str]], name: str) -> None:
    assert classify(Request(method, BASE + url, params)) == (f"https://taskrouter.twilio.com/v1/{WS}", name)


def test_two_limits_are_published() -> None:
    """Expression lists at 3/s since October 2024, bulk statistics at 5/s (reliability 1.4, rest-api 4.6)."""
    assert {name: rate.limit for name, rate in PUBLISHED_RATES.items()} == {
        "expression lists": 3,
        "POST TaskQueues/RealTimeStatistics": 5,
    }


def test_three_expressions_go_at_once_and_the_fourth_waits() -> None:
    limiter = Limiter()
    assert [limiter.reserve(0.0, WORKERS).at for _ in range(7)] == [0, 0, 0, PERIOD, PERIOD, PERIOD, 2 * PERIOD]
    assert limiter.reserve(0.0, TASKS).at == 0, "another class is not held up"


def test_other_workspaces_have_queues_of_their_own() -> None:
    limiter = Limiter()
    for _ in range(3):
        limiter.reserve(0.0, WORKERS)
    other = Request("GET", WORKERS.url.replace("WS1", "WS2"), WORKERS.params)
    assert limiter.reserve(0.0, other).at == 0


def test_without_a_known_limit_everything_goes_at_once() -> None:
    limiter = Limiter()
    assert {limiter.reserve(5.0, TASKS).delay(5.0) for _ in range(1000)} == {0.0}


def test_a_cancelled_wait_gives_its_moment_to_the_next() -> None:
    limiter = Limiter()
    slots = [limiter.reserve(0.0, WORKERS) for _ in range(7)]
    limiter.cancel(0.0, WORKERS, slots[3])
    assert [slot.at for slot in slots[4:]] == [PERIOD, PERIOD, PERIOD]
    limiter.cancel(0.0, WORKERS, slots[3])  # once more does nothing
    limiter.cancel(0.0, TASKS, Slot(0.0))
    assert limiter.reserve(0.0, WORKERS).at == 2 * PERIOD


def test_a_429_stops_its_class_for_as_long_as_the_service_says() -> None:
    """F63; the ones already waiting move back, in order."""
    limiter = Limiter()
    waiting = [limiter.reserve(0.0, WORKERS) for _ in range(7)][3:]
    limiter.learn(0.5, WORKERS, 429, {}, retry_after=5.0)
    assert [slot.at for slot in waiting] == pytest.approx([5.5, 5.5, 5.5, 5.5 + PERIOD])
    assert waiting[0].delay(1.0) == pytest.approx(4.5)
    assert limiter.reserve(0.5, TASKS).at == 0.5, "only its class"


def test_a_class_without_a_limit_is_stopped_by_a_429_too() -> None:
    limiter = Limiter()
    limiter.learn(0.0, TASKS, 429, {}, retry_after=5.0)
    waiting = limiter.reserve(1.0, TASKS)
    assert waiting.at == 5.0
    limiter.learn(2.0, TASKS, 429, {}, retry_after=8.0)
    assert waiting.at == 10.0
    assert limiter.reserve(10.0, TASKS).delay(10.0) == 0.0


@pytest.mark.parametrize(
    ("status", "retry_after", "until"),
    [
        (429, None, PERIOD),
        (429, 1e9, 60.0),
        (503, 3.0, 3.0),
        (503, None, 0.0),
        (500, 3.0, 0.0),
        (200, 3.0, 0.0),
    ],
)
def test_how_long_an_answer_stops_a_class(status: int, retry_after: float | None, until: float) -> None:
    limiter = Limiter()
    limiter.learn(0.0, TASKS, status, {}, retry_after)
    assert limiter.reserve(0.0, TASKS).at == until


def test_a_limit_is_learnt_from_the_headers() -> None:
    limiter = Limiter()
    limiter.learn(0.0, TASKS, 200, answer(limit=2, remaining=1))
    assert [limiter.reserve(0.0, TASKS).at for _ in range(5)] == [0, 0, PERIOD, PERIOD, 2 * PERIOD]
    limiter.learn(0.0, WORKERS, 200, answer(limit=50, remaining=49))
    assert [limiter.reserve(0.0, WORKERS).at for _ in range(5)] == [0] * 5, "a published limit can be corrected"


def test_a_higher_limit_lets_nobody_overtake() -> None:
    limiter = Limiter()
    waiting = [limiter.reserve(0.0, WORKERS) for _ in range(7)]
    limiter.learn(0.0, WORKERS, 200, answer(limit=50, remaining=49))
    assert limiter.reserve(0.0, WORKERS).at == waiting[-1].at


def test_no_remaining_request_means_a_pause() -> None:
    """Others use the same account: what is left is what the service says, not what we counted."""
    limiter = Limiter()
    limiter.learn(0.0, TASKS, 200, answer(limit=20, remaining=0))
    assert limiter.reserve(0.0, TASKS).at == PERIOD


@pytest.mark.parametrize("remaining", [None, 2, 3, "many"])
def test_a_limit_that_is_not_counted_down_teaches_nothing(remaining: object) -> None:
    """What the headers mean is undocumented; only a figure that goes down shows that somebody counts."""
    limiter = Limiter()
    for _ in range(10):
        limiter.learn(0.0, TASKS, 200, answer(limit=2, remaining=remaining))
    assert [limiter.reserve(0.0, TASKS).at for _ in range(10)] == [0] * 10


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "1.5", "9" * 50, "\u0663", "3 per second"])
def test_headers_that_make_no_sense_teach_nothing(value: str) -> None:
    """Their values are undocumented (rest-api 1)."""
    limiter = Limiter()
    limiter.learn(0.0, TASKS, 200, answer(limit=value, remaining=0))
    assert [limiter.reserve(0.0, TASKS).at for _ in range(100)] == [0] * 100


def test_the_memory_for_classes_is_bounded() -> None:
    """The class unused for longest is forgotten first; check 25."""
    limiter = Limiter()
    limiter.learn(0.0, WORKERS, 429, {}, 50.0)
    limiter.learn(0.0, TASKS, 429, {}, 50.0)
    for number in range(255):
        limiter.learn(0.0, Request("GET", f"{BASE}/Unknown{number}"), 429, {}, 1.0)
        assert limiter.reserve(0.0, WORKERS).at >= 50.0
    assert limiter.reserve(0.0, TASKS).at == 0.0


@given(
    st.integers(1, 5),
    st.floats(0.1, 10),
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_period_ever_sees_more_than_the_limit(limit: int, period: float, gaps: list[float]) -> None:
    """And nobody waits longer than that takes, nor overtakes."""
    limiter, now = Limiter({"Tasks": Rate(limit, period)}), 0.0
    given_at: list[float] = []
    for gap in gaps:
        now += gap
        at = limiter.reserve(now, TASKS).at
        earliest = max([now, *given_at[-1:], *(before + period for before in given_at[-limit:][:1])])
        expected = earliest if len(given_at) >= limit else max([now, *given_at[-1:]])
        assert at == pytest.approx(expected)
        given_at.append(at)
    assert all(early <= late for early, late in pairwise(given_at))
    for early, late in zip(given_at, given_at[limit:], strict=False):
        assert late - early >= period - 1e-6


class LimiterMachine(RuleBasedStateMachine):
    """Any order of reserving, leaving, waiting and being told off keeps the limit and the order."""

    @initialize(limit=st.integers(1, 4))
    def start(self, limit: int) -> None:
        self.limit, self.now, self.blocked = limit, 0.0, 0.0
        self.limiter = Limiter({"Tasks": Rate(limit, 1.0)})
        self.slots: list[Slot] = []

    @rule()
    def reserve(self) -> None:
        self.slots.append(self.limiter.reserve(self.now, TASKS))

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        waiting = [slot for slot in self.slots if slot.at > self.now]
        if waiting:
            slot = data.draw(st.sampled_from(waiting))
            self.limiter.cancel(self.now, TASKS, slot)
            self.slots.remove(slot)

    @rule(seconds=st.floats(0, 3))
    def told_off(self, seconds: float) -> None:
        self.limiter.learn(self.now, TASKS, 429, {}, seconds)
        self.blocked = max(self.blocked, self.now + seconds)

    @invariant()
    def the_limit_and_the_order_hold(self) -> None:
        moments = [slot.at for slot in self.slots]
        assert moments == sorted(moments)
        for early, late in zip(moments, moments[self.limit :], strict=False):
            assert late - early >= 1.0 - 1e-6

    @invariant()
    def nobody_goes_while_the_class_is_stopped(self) -> None:
        assert not [slot for slot in self.slots if self.now < slot.at < self.blocked - 1e-6]


TestLimiterMachine = LimiterMachine.TestCase
TestLimiterMachine.settings = settings(max_examples=30, stateful_step_count=25)
