"""Seeds: read with the place of every fault, made as a whole, and the same again after a round trip."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import new_engine, planted, support

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import task_queues, workers, workflows, workspaces
from trbridge.emulator.seeds import seed
from trbridge.emulator.seeds.references import Names, walk
from trbridge.emulator.state.indexes import ACTIVITIES_BY_NAME, TASK_CHANNELS_BY_NAME, WORKERS_BY_NAME
from trbridge.emulator.state.model import Activity, Entity, TaskQueue, Worker, Workflow
from trbridge.errors import InvalidArgument

FULL = """
workspaces:
  - friendly_name: Support
    event_callback_url: https://example.com/events
    events_filter: task.created
    prioritize_queue_order: LIFO
    default_activity: Away
    timeout_activity: Lunch (long)
    activities:
      - {friendly_name: Desk, available: true}
      - {friendly_name: Away}
      - {friendly_name: Lunch (long)}
    task_channels:
      - {unique_name: mail, friendly_name: Mail}
      - {unique_name: voice, friendly_name: Phone, channel_optimized_routing: true}
    workers:
      - friendly_name: Alice
        activity: Desk
        attributes: {langs: [fr, en], level: 4}
        channels: {mail: {capacity: 3}, voice: {available: false}}
      - friendly_name: Bob
    task_queues:
      - {friendly_name: French, target_workers: "langs HAS 'fr'", max_reserved_workers: 2, task_order: LIFO}
      - {friendly_name: Everyone, reservation_activity: Away, assignment_activity: Lunch (long)}
    workflows:
      - friendly_name: Main
        assignment_callback_url: https://example.com/assign
        fallback_assignment_callback_url: https://example.com/again
        task_reservation_timeout: 30
        configuration:
          task_routing:
            filters:
              - filter_friendly_name: French
                expression: lang == 'fr'
                targets:
                  - {queue: French, skip_if: workers.$activity(Desk) == 0, timeout: 30}
                  - {queue: Everyone, expression: "worker.sid != '$worker(Bob)'"}
            default_filter: {task_queue_sid: Everyone}
      - friendly_name: Other
        configuration: '{"task_routing": {"default_filter": {"queue": "Everyone"}}}'
    tasks:
      - {workflow: Main, attributes: {lang: fr, last: $worker(Bob)}, priority: 5, timeout: 600}
      - {workflow: Other, task_channel: mail, virtual_start_time: 2029-12-31T23:00:00Z}
      - {workflow: Other, task_queue: French}
      - {workflow: Main, routing_target: $worker(Bob), ignore_capacity: false}
  - friendly_name: Empty
"""


def named(engine: Engine, kind: type[Any], name: str) -> Any:
    return next(one for one in engine.store.table(kind).values() if getattr(one, "friendly_name", "") == name)


# Making


def test_everything_a_seed_says_is_made() -> None:
    engine = planted(FULL)
    store = engine.store
    first, second = store.workspaces.values()
    assert (first.friendly_name, first.event_callback_url, first.events_filter, first.prioritize_queue_order) == (
        "Support",
        "https://example.com/events",
        "task.created",
        "LIFO",
    )
    names = {one.sid: one.friendly_name for one in store.activities.values()}
    assert [names[one.sid] for one in store.in_workspace(Activity, first.sid)] == ["Desk", "Away", "Lunch (long)"]
    assert (names[first.default_activity_sid or ""], names[first.timeout_activity_sid or ""]) == (
        "Away",
        "Lunch (long)",
    )
    alice, bob = (store.first(WORKERS_BY_NAME, (first.sid, name)) for name in ("alice", "bob"))
    assert alice is not None
    assert bob is not None
    assert (names[alice.activity_sid], alice.attributes) == ("Desk", '{"langs":["fr","en"],"level":4}')
    assert (names[bob.activity_sid], bob.attributes) == ("Away", "{}")
    mail, voice = (store.first(TASK_CHANNELS_BY_NAME, (first.sid, name)) for name in ("mail", "voice"))
    assert mail is not None
    assert voice is not None
    assert (voice.friendly_name, voice.channel_optimized_routing) == ("Phone", True)
    own = [store.worker_channel(alice.sid, channel.sid) for channel in (mail, voice)]
    assert [(one.configured_capacity, one.available) for one in own if one] == [(3, True), (1, False)]
    french = named(engine, TaskQueue, "French")
    assert (french.target_workers, french.max_reserved_workers, french.task_order) == ("langs HAS 'fr'", 2, "LIFO")
    main = named(engine, Workflow, "Main")
    assert (main.task_reservation_timeout, main.assignment_callback_url) == (30, "https://example.com/assign")
    [step, last] = json.loads(main.configuration)["task_routing"]["filters"][0]["targets"]
    desk = store.first(ACTIVITIES_BY_NAME, (first.sid, "desk"))
    assert desk is not None
    assert step == {"queue": french.sid, "skip_if": f"workers.{desk.sid} == 0", "timeout": 30}
    assert last["expression"] == f"worker.sid != '{bob.sid}'"
    assert [one.friendly_name for one in store.in_workspace(Activity, second.sid)] == [
        "Offline",
        "Available",
        "Unavailable",
    ]


def test_tasks_are_made_where_they_belong() -> None:
    engine = planted(FULL)
    bob = named(engine, Worker, "Bob")
    french, everyone = named(engine, TaskQueue, "French"), named(engine, TaskQueue, "Everyone")
    one, two, three, four = engine.store.tasks.values()
    # Somebody sits at the desk, so the first step is not skipped.
    assert (one.task_queue_sid, one.priority, one.timeout) == (french.sid, 5, 600)
    assert json.loads(one.attributes) == {"lang": "fr", "last": bob.sid}
    assert (two.task_queue_sid, two.virtual_start_time) == (everyone.sid, 1_893_452_400.0)
    assert engine.store.task_channels[two.task_channel_sid].unique_name == "mail"
    assert (three.task_queue_sid, three.filter_index) == (french.sid, None)
    assert (four.routing_target, four.ignore_capacity) == (bob.sid, False)


def test_a_seed_is_one_transaction(engine: Engine) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    planted(FULL, engine)
    assert len(heard) == 1
    types = [event.event_type for event in heard[0].events]
    assert types[:3] == ["workspace.created", "task-channel.created", "task-channel.updated"]
    assert types.count("worker.created") == 2


def test_what_is_there_stays(engine: Engine) -> None:
    planted(FULL, engine)
    planted(FULL, engine)
    assert [one.friendly_name for one in engine.store.workspaces.values()] == ["Support", "Empty"] * 2


def test_a_priority_is_as_the_seed_says_also_where_a_step_says_another() -> None:
    engine = planted(
        support(
            task_queues=[{"friendly_name": "Q"}],
            workflows=[
                {
                    "friendly_name": "F",
                    "configuration": {"task_routing": {"default_filter": {"queue": "Q", "priority": 40}}},
                }
            ],
            tasks=[{}, {"priority": 3}],
        )
    )
    assert [task.priority for task in engine.store.tasks.values()] == [40, 3]


def test_a_channel_without_a_friendly_name_is_called_by_its_unique_one() -> None:
    engine = planted(support(task_channels=[{"unique_name": "mail"}]))
    assert list(engine.store.task_channels.values())[-1].friendly_name == "mail"


# Round trips


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("routes", [False, True])
def test_export_import_export_is_identical(form: seed.Format, routes: bool) -> None:
    first = seed.dump(seed.export(planted(FULL, new_engine(routes=routes))), form)
    engine = new_engine(routes=routes)
    engine.advance(5000)  # at another time, too
    seed.apply(engine, seed.parse(first, form))
    assert seed.dump(seed.export(engine), form) == first


def test_an_export_says_names_where_it_can() -> None:
    text = seed.dump(seed.export(planted(FULL)))
    assert "workers.$activity(Desk) == 0" in text
    assert "$worker(Bob)" in text
    assert "queue: French" in text
    assert not any(prefix + "0" in text for prefix in ("WA", "WK", "WQ", "WW"))


def test_an_export_leaves_out_what_is_usual() -> None:
    document = json.loads(seed.dump(seed.export(planted(support(workers=[{"friendly_name": "A"}]))), "json"))
    assert document == support(
        default_activity="Offline",
        timeout_activity="Offline",
        activities=[
            {"friendly_name": "Offline"},
            {"friendly_name": "Available", "available": True},
            {"friendly_name": "Unavailable"},
        ],
        workers=[{"friendly_name": "A", "activity": "Offline"}],
    )


def test_finished_tasks_and_work_under_way_are_not_exported() -> None:
    engine = planted(FULL)
    tasks = list(engine.store.tasks.values())
    with engine.transaction() as tx:
        for task, status in zip(tasks, ("completed", "assigned", "reserved", "pending"), strict=True):
            tx.update(task, assignment_status=status)
    assert [task.workflow for task in seed.export(engine).workspaces[0].tasks] == ["Other", "Main"]


def test_an_ambiguous_name_that_is_needed_is_told(engine: Engine) -> None:
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "S"})
        queues = [task_queues.create(tx, workspace, {"friendly_name": "Q"}) for _ in range(2)]
    assert len(seed.export(engine).workspaces[0].task_queues) == 2
    routing_text = json.dumps({"task_routing": {"default_filter": {"queue": queues[0].sid}}})
    with engine.transaction() as tx:
        workflows.create(tx, workspace, {"friendly_name": "F", "configuration": routing_text})
    with pytest.raises(InvalidArgument, match="workflow 'F' cannot be exported: 2 task queues are named 'Q'"):
        seed.export(engine)


TEXTS: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["$activity(Offline)", "$$worker(", "$task_queue(", "$", "$nothing(x)", "WA" + "0" * 32]),
)


@given(st.lists(st.one_of(TEXTS, st.integers(0, 3)), max_size=6))
@settings(deadline=None)
def test_any_text_with_sids_in_it_comes_back(parts: list[str | int]) -> None:
    """Numbers stand for the SIDs of resources whose names hold what would end a reference."""
    engine = Engine(random=Random(1), clock=ManualClock())  # noqa: S311
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "S"})
        known: list[Entity] = [
            workers.create(tx, workspace, {"friendly_name": name}) for name in ("a)b", "(%29)", "é $")
        ]
        known.append(task_queues.create(tx, workspace, {"friendly_name": "Q"}))
    names = Names(engine.store, workspace.sid)
    text = "".join(known[part].sid if isinstance(part, int) else part for part in parts)
    assert names.fill_in(names.hide_sids(text)) == text


def test_sids_of_elsewhere_and_of_twins_stay_as_they_are(engine: Engine) -> None:
    with engine.transaction() as tx:
        here, there = (workspaces.create(tx, engine.account_sid, {"friendly_name": name}) for name in "ab")
        twins = [task_queues.create(tx, here, {"friendly_name": "Q"}) for _ in range(2)]
    text = f"{there.default_activity_sid} {twins[0].sid} WA{'0' * 32}"
    assert Names(engine.store, here.sid).hide_sids(text) == text


def test_walking_changes_texts_and_nothing_else() -> None:
    def shout(text: str, key: str) -> str:
        return f"{key}:{text.upper()}"

    assert walk({"a": ["b", 1, None, {"c": "d"}]}, shout) == {"a": ["a:B", 1, None, {"c": "c:D"}]}


def test_seeded_tasks_are_routed_at_once() -> None:
    """Alice speaks French and sits at her desk; the French queue is LIFO, so the later of its two tasks is hers."""
    engine = planted(FULL, new_engine(routes=True))
    assert [task.assignment_status for task in engine.store.tasks.values()] == [
        "pending",
        "reserved",
        "reserved",
        "pending",
    ]
    assert {one.worker_sid for one in engine.store.reservations.values()} == {named(engine, Worker, "Alice").sid}
