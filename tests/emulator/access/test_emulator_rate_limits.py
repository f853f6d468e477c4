"""The published limits hold, on the emulator's own clock."""

from __future__ import annotations

import pytest
from outside import Outside

from trbridge.emulator.access.rate_limits import BULK_STATISTICS, EXPRESSION_LISTS, Limit, RateLimits, limit_of
from trbridge.emulator.engine import Engine
from trbridge.emulator.state.model import Workspace
from trbridge.errors import TooManyRequests


def test_three_a_second_and_the_fourth_is_told_when() -> None:
    limits = RateLimits()
    assert [limits.check("WS1", EXPRESSION_LISTS, now) for now in (10.0, 10.1, 10.2)] == [2, 1, 0]
    with pytest.raises(TooManyRequests) as caught:
        limits.check("WS1", EXPRESSION_LISTS, 10.25)
    assert caught.value.retry_after == pytest.approx(0.75)
    assert limits.check("WS1", EXPRESSION_LISTS, 11.0) == 0
    with pytest.raises(TooManyRequests):
        limits.check("WS1", EXPRESSION_LISTS, 11.05)


def test_workspaces_and_limits_are_counted_apart() -> None:
    limits = RateLimits()
    one = Limit("one", 1, 1.0)
    limits.check("WS1", one, 0.0)
    assert limits.check("WS2", one, 0.0) == 0
    assert limits.check("WS1", EXPRESSION_LISTS, 0.0) == 2


def test_nothing_is_refused_when_switched_off() -> None:
    limits = RateLimits(enforced=False)
    assert [limits.check("WS1", EXPRESSION_LISTS, 0.0) for _ in range(5)] == [3] * 5


def test_which_requests_fall_under_which_limit() -> None:
    assert limit_of("ListTask", {"evaluate_task_attributes": "a==1"}) is EXPRESSION_LISTS
    assert limit_of("ListWorker", {"target_workers_expression": "a==1"}) is EXPRESSION_LISTS
    assert limit_of("ListTaskQueue", {"evaluate_worker_attributes": "{}"}) is EXPRESSION_LISTS
    assert limit_of("ListTask", {"priority": 1}) is None
    assert limit_of("CreateTaskQueueBulkRealTimeStatistics", {}) is BULK_STATISTICS


def test_over_rest_the_fourth_gets_429_and_may_come_back(engine: Engine, workspace: Workspace) -> None:
    rest = Outside(engine, workspace)
    rest.limits = RateLimits()
    search = {"TargetWorkersExpression": "a == 1"}
    answers = [rest("GET", "Workers", search) for _ in range(3)]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["2", "1", "0"]
    assert {answer.headers["X-Rate-Limit-Limit"] for answer in answers} == {"3"}
    refused = rest("GET", "Workers", search)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert (refused.headers["X-Rate-Limit-Limit"], refused.headers["X-Rate-Limit-Remaining"]) == ("3", "0")
    assert refused.body is not None
    assert refused.body["code"] == 20429
    assert rest("GET", "Workers").status == 200
    engine.advance(1)
    assert rest("GET", "Workers", search).status == 200


def test_other_answers_tell_a_rate_too(engine: Engine, workspace: Workspace) -> None:
    rest = Outside(engine, workspace)
    assert "X-Rate-Limit-Limit" not in rest("GET").headers
    rest.limits = RateLimits()
    for path in ("", "Workers/nonsense"):
        headers = rest("GET", path).headers
        assert {"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Config"} <= headers.keys()
