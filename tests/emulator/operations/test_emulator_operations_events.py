"""The Events resource finds what happened, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from outside import Outside
from outside_world import World

from trbridge.emulator.engine import Engine
from trbridge.emulator.state.model import Workspace
from trbridge.emulator.views.scope import iso


class Diary(Outside):
    """Events ten minutes apart: four activities made, then the world's own."""

    def __init__(self, engine: Engine, workspace: Workspace) -> None:
        super().__init__(engine, workspace)
        self.start = engine.now()
        for number in range(4):
            engine.advance(600)
            self.create("Activities", FriendlyName=f"Break {number}")
        self.world = World(engine, workspace)
        with engine.transaction() as tx:
            tx.emit("reservation.created", self.world.reservation)

    def types(self, **filters: Any) -> list[str]:
        return [one["event_type"] for one in self.get("Events", **filters)["events"]]

    def breaks(self, **filters: Any) -> list[str]:
        events = self.get("Events", EventType="activity.created", **filters)["events"]
        return [one["event_data"]["activity_name"] for one in events]

    def at(self, minutes: float) -> str | None:
        return iso(self.start + 60 * minutes)


@pytest.fixture
def diary(engine: Engine, workspace: Workspace) -> Diary:
    return Diary(engine, workspace)


def test_the_last_quarter_of_an_hour_newest_first(diary: Diary) -> None:
    assert diary.types() == [
        "reservation.created",
        "worker.created",
        "workflow.created",
        "task-queue.created",
        "activity.created",
        "activity.created",
    ]
    assert diary.breaks() == ["Break 3", "Break 2"]


def test_windows(diary: Diary) -> None:
    assert diary.breaks(Minutes="5") == ["Break 3"]
    assert diary.breaks(Minutes="60") == ["Break 3", "Break 2", "Break 1", "Break 0"]
    assert diary.breaks(StartDate=diary.at(20)) == ["Break 3", "Break 2", "Break 1"]
    assert diary.breaks(StartDate=diary.at(15), EndDate=diary.at(30)) == ["Break 2", "Break 1"]
    assert diary.breaks(EndDate=diary.at(20)) == ["Break 1", "Break 0"]
    assert diary.breaks(EndDate=diary.at(20), Minutes="5") == ["Break 1"]


def test_an_event_in_the_fraction_of_the_last_second_counts(diary: Diary) -> None:
    """Dates are asked for in whole seconds, "up to and including"."""
    diary.engine.advance(0.7)
    diary.create("Activities", FriendlyName="Late")
    assert diary.breaks(EndDate=iso(diary.engine.now()))[0] == "Late"


def test_what_it_is_about(diary: Diary) -> None:
    world = diary.world
    assert diary.types(ReservationSid=world.reservation.sid) == ["reservation.created"]
    assert diary.types(TaskSid=world.task.sid) == ["reservation.created"]
    assert diary.types(WorkerSid=world.worker.sid) == ["reservation.created", "worker.created"]
    assert diary.types(WorkerSid=world.worker.sid, EventType="worker.created") == ["worker.created"]
    assert diary.types(TaskQueueSid=world.queue.sid) == ["reservation.created", "task-queue.created"]
    assert diary.types(WorkflowSid=world.workflow.sid) == ["reservation.created", "workflow.created"]
    assert diary.types(TaskChannel="voice") == ["reservation.created"]
    assert diary.types(TaskChannel=world.channel.sid, WorkerSid=world.worker.sid) == ["reservation.created"]
    assert diary.types(WorkerSid="WK" + "0" * 32) == []


def test_one_event_by_its_sid_at_any_age(diary: Diary) -> None:
    oldest = diary.get("Events", Minutes="100")["events"][-1]
    assert diary.get("Events", Sid=oldest["sid"])["events"] == [oldest]
    assert diary.get("Events", Sid=oldest["sid"], Minutes="1")["events"] == []
    assert diary.get(f"Events/{oldest['sid']}") == oldest
    diary.refused("GET", f"Events/{'EV' + '0' * 32}", 404)


def test_pages_lead_through_the_window_and_no_further(diary: Diary) -> None:
    page = diary.get("Events", EventType="activity.created", StartDate=diary.at(20), PageSize="1")
    names = []
    while True:
        names += [one["event_data"]["activity_name"] for one in page["events"]]
        if page["meta"]["next_page_url"] is None:
            break
        page = diary.get(page["meta"]["next_page_url"])
    assert names == ["Break 3", "Break 2", "Break 1"]
    back = diary.get(page["meta"]["previous_page_url"])
    assert [one["event_data"]["activity_name"] for one in back["events"]] == ["Break 2"]


def test_a_window_long_ago_is_found_without_walking_through_what_is_newer(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = diary.engine
    with engine.transaction() as tx:
        for _ in range(500):
            tx.emit("worker.created", diary.world.worker)
    each, seen = engine.store.each, list[str]()

    def watched(*place: Any, **more: Any) -> Iterator[Any]:
        for row in each(*place, **more):
            seen.append(row.sid)
            yield row

    monkeypatch.setattr(engine.store, "each", watched)
    assert len(diary.types(EndDate=diary.at(10))) == 2
    assert len(seen) < 10


def test_another_workspaces_events_are_not_there(diary: Diary) -> None:
    other = diary.create("/Workspaces", FriendlyName="Other")["sid"]
    assert diary.get(f"/Workspaces/{other}/Events", WorkerSid=diary.world.worker.sid)["events"] == []


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"Minutes": "0"}, "Invalid Minutes. '0' is not 1 or more."),
        ({"TaskChannel": "pigeon"}, "no task channel 'pigeon'"),
        ({"StartDate": "then"}, "Invalid StartDate"),
    ],
)
def test_what_cannot_be_understood_is_refused(diary: Diary, filters: dict[str, Any], message: str) -> None:
    assert message in diary.refused("GET", "Events", **filters)


def test_events_are_not_made_or_changed_by_hand(diary: Diary) -> None:
    sid = diary.get("Events")["events"][0]["sid"]
    diary.refused("POST", "Events", 405)
    diary.refused("DELETE", f"Events/{sid}", 405)
