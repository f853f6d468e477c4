"""The window and channel of a question about statistics (rest-api 4)."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import Center

from trbridge.emulator import statistics
from trbridge.emulator.operations import workspaces
from trbridge.emulator.state.model import TaskChannel
from trbridge.emulator.statistics.window import Window, chosen_channel, iso
from trbridge.errors import BadRequest

NOW = 1_893_456_000.0
DAY = 86_400


@pytest.mark.parametrize(
    ("values", "start", "end"),
    [
        ({}, NOW - 900, NOW),
        ({"minutes": 60}, NOW - 3600, NOW),
        ({"minutes": 30 * 24 * 60}, NOW - 30 * DAY, NOW),
        ({"start_date": NOW - 500}, NOW - 500, NOW),
        ({"end_date": NOW - 500}, NOW - 1400, NOW - 500),
        ({"start_date": NOW - 30 * DAY, "end_date": NOW - 29 * DAY}, NOW - 30 * DAY, NOW - 29 * DAY),
        ({"start_date": NOW - 5, "end_date": NOW - 5}, NOW - 5, NOW - 5),
        ({"start_date": NOW - 500, "end_date": NOW + DAY}, NOW - 500, NOW),
    ],
)
def test_fifteen_minutes_unless_told_otherwise_and_never_the_future(
    values: dict[str, Any], start: float, end: float
) -> None:
    assert Window.of(values, NOW) == (start, end, None)


@pytest.mark.parametrize(
    ("values", "message", "code"),
    [
        ({"minutes": 5, "start_date": NOW - 5}, "not both", 20001),
        ({"minutes": 5, "end_date": NOW}, "not both", 20001),
        ({"minutes": 0}, "not a positive number", 20001),
        ({"minutes": -3}, "not a positive number", 20001),
        ({"start_date": NOW - 5, "end_date": NOW - 6}, "after the end", 20001),
        ({"start_date": NOW + 5}, "after the end", 20001),
        ({"minutes": 30 * 24 * 60 + 2}, "30 days", 14241),
        ({"start_date": NOW - 31 * DAY, "end_date": NOW}, "30 days", 14241),
    ],
)
def test_windows_that_make_no_sense_are_refused(values: dict[str, Any], message: str, code: int) -> None:
    with pytest.raises(BadRequest, match=message) as caught:
        Window.of(values, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "thresholds"), [("5", (5,)), ("5,30", (5, 30)), (" 5 , 0,5", (5, 0)), ("", None), ("  ", None)]
)
def test_thresholds(text: str, thresholds: tuple[int, ...] | None) -> None:
    assert Window.of({"split_by_wait_time": text}, NOW).thresholds == thresholds


@pytest.mark.parametrize(
    "text", ["x", "5,x", "-1", "+5", "1.5", "5,,6", "5,", "\u0665", "1_0", "9" * 10, ",".join("1" * 21)]
)
def test_thresholds_that_are_no_seconds_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="SplitByWaitTime"):
        Window.of({"split_by_wait_time": text}, NOW)


def test_a_channel_is_named_by_sid_or_unique_name_and_must_be_of_the_workspace() -> None:
    center = Center()
    sid = center.task_channel("voice")
    assert chosen_channel(center.store, center.workspace_sid, None) is None
    assert chosen_channel(center.store, center.workspace_sid, sid) == sid
    assert chosen_channel(center.store, center.workspace_sid, "voice") == sid
    with center.engine.transaction() as tx:
        other = workspaces.create(tx, center.engine.account_sid, {"friendly_name": "Elsewhere"})
    foreign = center.store.in_workspace(TaskChannel, other.sid)[0]
    for name in (foreign.sid, "telex"):
        with pytest.raises(BadRequest, match="There is no task channel"):
            chosen_channel(center.store, center.workspace_sid, name)


def test_both_ends_of_the_window_count_and_the_answer_names_them() -> None:
    center = Center()
    center.advance(100)
    flow = center.workflow(default=center.queue())
    center.task(flow)
    now = center.engine.now()
    center.advance(100)

    def created(start: float, end: float) -> int:
        values = {"start_date": start, "end_date": end}
        seen = statistics.fetch(center.store, "workspace_cumulative", center.workspace, values, center.engine.now())
        assert (seen["start_time"], seen["end_time"]) == (iso(start), iso(end))
        return int(seen["tasks_created"])

    assert (created(now, now), created(now - 9, now - 1), created(now + 1, now + 9)) == (1, 0, 0)
    assert iso(0.9) == "1970-01-01T00:00:00Z"
