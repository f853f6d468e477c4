"""Groups of workers that meet the same criteria: shared, kept right, and looked at only where something changed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from contact_center import Center
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator.expressions import Context, compile_expression
from trbridge.emulator.routing import membership as membership_module
from trbridge.emulator.routing.eligibility import ANYBODY, NO_WORKER, Criteria, decoded, split_step
from trbridge.emulator.routing.membership import Group, Membership
from trbridge.emulator.state.model import Worker


@pytest.fixture
def center() -> Center:
    return Center()


class Watched:
    """A membership of its own over a center's store, brought up to date by hand."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.membership = Membership(center.store)
        self.update()

    def update(self) -> None:
        for sid in [*self.center.store.workers, *self.membership.members]:
            self.membership.refresh(sid)

    def names(self, group: Group) -> list[str]:
        return sorted(self.center.store.workers[sid].friendly_name for sid in group.members)


def test_queues_with_the_same_target_workers_share_a_group(center: Center) -> None:
    watched = Watched(center)
    first = watched.membership.of_queue(center.workspace_sid, "lvl > 1")
    assert watched.membership.of_queue(center.workspace_sid, " lvl > 1\n") is first
    assert watched.membership.of_queue(center.workspace_sid, "lvl > 2") is not first


def test_workers_come_and_go_with_their_attributes(center: Center) -> None:
    ann, bob = center.worker("ann", lvl=1), center.worker("bob", "Offline", lvl=2)
    watched = Watched(center)
    group = watched.membership.of_queue(center.workspace_sid, "lvl > 1")
    assert watched.names(group) == ["bob"]  # whatever the activity
    center.change_worker(ann, attributes='{"lvl": 3}')
    center.change_worker(bob, attributes="{}")
    center.worker("cyd", lvl=9)
    watched.update()
    assert watched.names(group) == ["ann", "cyd"]
    center.delete_worker(ann)
    watched.update()
    assert watched.names(group) == ["cyd"]


def test_only_groups_that_read_what_changed_are_asked(center: Center, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = center.worker("ann", lvl=1, team="a")
    watched = Watched(center)
    for text in ("lvl > 1", "team == 'a'", "lvl > 2 AND team == 'a'", "1==1"):
        watched.membership.of_queue(center.workspace_sid, text)
    step = Criteria(center.workspace_sid, "1==1", "worker.friendly_name == 'ann'")
    watched.membership.group(step)
    asked: list[str | None] = []
    admits = Group.admits

    def noting(self: Group, member: Any) -> bool:
        asked.append(self.criteria.step or self.criteria.target_workers)
        return admits(self, member)

    monkeypatch.setattr(Group, "admits", noting)
    center.change_worker(ann, attributes='{"lvl": 2, "team": "a"}')
    watched.update()
    assert sorted(asked, key=str) == ["lvl > 1", "lvl > 2 AND team == 'a'"]
    asked.clear()
    center.change_worker(ann, friendly_name="eve")
    watched.update()
    assert asked == [step.step]
    asked.clear()
    center.set_activity(ann, "Offline")
    center.change_worker(ann, friendly_name="ann", attributes='{"lvl":2,"team":"a"}')  # other text, same meaning
    watched.update()
    assert asked == [step.step]


def test_one_and_true_are_different_values(center: Center) -> None:
    """Python takes them for equal; an expression does not."""
    ann = center.worker("ann", vip=1)
    watched = Watched(center)
    group = watched.membership.of_queue(center.workspace_sid, "vip == true")
    assert watched.names(group) == []
    center.change_worker(ann, attributes='{"vip": true}')
    watched.update()
    assert watched.names(group) == ["ann"]


def test_a_pinned_group_is_one_worker_or_nobody(center: Center) -> None:
    ann, bob = center.worker("ann", lvl=2), center.worker("bob", lvl=2)
    watched = Watched(center)
    queue = "lvl > 1"
    pinned = watched.membership.group(Criteria(center.workspace_sid, queue, pin=ann.sid))
    named = watched.membership.group(
        Criteria(center.workspace_sid, queue, "worker.friendly_name == 'ann'", pin=ann.sid)
    )
    nobody = watched.membership.group(Criteria(center.workspace_sid, queue, pin=NO_WORKER))
    direct = watched.membership.group(Criteria(center.workspace_sid, None, pin=ann.sid))
    assert [watched.names(g) for g in (pinned, named, nobody, direct)] == [["ann"], ["ann"], [], ["ann"]]
    assert not pinned.admits(watched.membership.members[bob.sid])
    center.change_worker(ann, attributes="{}", friendly_name="eve")
    watched.update()
    assert [watched.names(g) for g in (pinned, named, nobody, direct)] == [[], [], [], ["eve"]]
    center.change_worker(ann, attributes='{"lvl": 2}')
    watched.update()
    assert [watched.names(g) for g in (pinned, named, nobody, direct)] == [["eve"], [], [], ["eve"]]


def test_a_pinned_worker_need_not_exist_yet(center: Center) -> None:
    watched = Watched(center)
    sid = "WK" + "0" * 32
    group = watched.membership.group(Criteria(center.workspace_sid, "1==1", pin=sid))
    assert not group.members


def test_activities_are_counted_as_workers_move(center: Center) -> None:
    workers = [center.worker(name, lvl=2) for name in ("ann", "bob", "cyd")]
    watched = Watched(center)
    group = watched.membership.of_queue(center.workspace_sid, "lvl == 2")
    counts = group.activities(watched.membership.members)
    available, offline = center.activity("Available"), center.activity("Offline")
    assert counts == Counter({available: 3})
    center.set_activity(workers[0], "Offline")
    center.change_worker(workers[1], attributes="{}")
    center.delete_worker(workers[2])
    center.worker("dan", "Offline", lvl=2)
    watched.update()
    assert +counts == Counter({offline: 2})
    center.change_worker(workers[1], attributes='{"lvl": 2}', activity_sid=offline)
    watched.update()
    assert +counts == Counter({offline: 3})
    assert group.activities(watched.membership.members) is counts


def test_groups_nobody_waits_in_give_way(center: Center, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that names its agent makes a group of its own; they must not pile up."""
    monkeypatch.setattr(membership_module, "MAX_GROUPS", 8)
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "worker.code == task.agent"}))
    ann = center.worker("ann", "Offline", code="a0")
    waiting = center.task(flow, {"agent": "a0"})
    membership = center.routing.situation.membership
    for number in range(40):
        center.change_task(center.task(flow, {"agent": f"x{number}"}), assignment_status="canceled")
    assert len(membership._groups) <= 9
    assert len(membership.members[ann.sid].groups) <= 9
    center.set_activity(ann, "Available")
    assert center.holders(waiting) == ["ann"]


def test_a_workspace_that_is_gone_takes_its_groups_along(center: Center) -> None:
    center.worker("ann")
    watched = Watched(center)
    watched.membership.of_queue(center.workspace_sid, "1==1")
    watched.membership.group(Criteria("WS" + "0" * 32, "1==1"))
    watched.membership.forget_workspace(center.workspace_sid)
    assert [criteria.workspace_sid for criteria in watched.membership._groups] == ["WS" + "0" * 32]


# Splitting a step's expression


def test_a_step_is_split_into_what_stays_and_what_moves() -> None:
    step = split_step("task.lang IN worker.langs AND worker.channel.chat.assigned_tasks < 2 AND worker.sid != 'x'")
    assert step.fixed is not None
    assert step.moving is not None
    assert step.task_paths == (("lang",),)
    assert step.worker_keys == {"langs"}
    assert step.reads_fields
    assert step.channels == {"chat"}
    assert step.clock == frozenset()


def test_only_what_stands_at_the_top_can_be_split() -> None:
    step = split_step("worker.lvl > 1 OR taskrouter.currentHour < 8")
    assert step.fixed is None
    assert step.moving is not None
    assert step.clock == {"currentHour"}
    assert split_step("1==1").fixed is None
    assert split_step("1==2").fixed is not None
    assert ANYBODY.fixed is None


STEPS = st.lists(
    st.sampled_from(
        [
            "worker.lvl > task.lvl",
            "task.lang IN worker.langs",
            "worker.channel.default.assigned_tasks < 1",
            "taskrouter.currentHour < 12",
            "worker.friendly_name == 'ann'",
            "1==1",
            "(worker.lvl == 2 OR taskrouter.currentMin > 30)",
            "(worker.lvl == 1 AND worker.channel.chat.configured_capacity > 1)",
        ]
    ),
    min_size=1,
    max_size=4,
)


@given(
    STEPS,
    st.sampled_from([" AND ", " OR "]),
    st.fixed_dictionaries({"lvl": st.integers(0, 3), "langs": st.sampled_from([["fr"], [], None])}),
    st.fixed_dictionaries({"lvl": st.integers(0, 2), "lang": st.sampled_from(["fr", None])}),
    st.integers(0, 2),
    st.integers(0, 2359),
)
@settings(max_examples=150, deadline=None)
def test_both_parts_together_mean_the_whole(
    terms: list[str], joint: str, worker: dict[str, Any], task: dict[str, Any], load: int, time: int
) -> None:
    text = joint.join(terms)
    step = split_step(text)
    roots = {
        "worker": worker,
        "task": task,
        "fields": {"friendly_name": "ann"},
        "channel": {"default": {"assigned_tasks": load}, "chat": {"configured_capacity": load}},
        "taskrouter": {"currentHour": time // 100, "currentMin": time % 100},
    }
    parts = [part for part in (step.fixed, step.moving) if part is not None]
    assert all(part(roots) for part in parts) is compile_expression(text, Context.STEP).match(roots)


def test_attributes_are_decoded_once_and_always_a_mapping() -> None:
    text = json.dumps({"a": 1})
    assert decoded(text) is decoded(text)
    assert decoded("[1]") == {}


def test_a_worker_who_did_not_change_is_left_alone(center: Center) -> None:
    ann = center.worker("ann")
    watched = Watched(center)
    assert not watched.membership.refresh(ann.sid)
    assert not watched.membership.refresh("WK" + "0" * 32)
    assert isinstance(center.now(ann), Worker)
