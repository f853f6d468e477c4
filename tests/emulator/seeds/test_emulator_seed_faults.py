"""What is no seed is refused with the place of the fault, and nothing of it is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from planting import new_engine, planted, support

from trbridge.emulator.seeds import seed
from trbridge.errors import InvalidArgument

YAML = "workspaces: [{friendly_name: Support}]"


# Faults and their places

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"workers": [{"friendly_name": 5}]}, "workspaces[0].workers[0].friendly_name: Expected `str`, got `int`"),
    ({"workers": [{}]}, "workspaces[0].workers[0]: Object missing required field `friendly_name`"),
    ({"wokers": []}, "workspaces[0]: Object contains unknown field `wokers`"),
    (
        {"workers": [{"friendly_name": "A"}, {"friendly_name": "B", "activity": "Lunc"}]},
        "workspaces[0].workers[1].activity: there is no activity 'Lunc'; there are: Offline, Available, Unavailable",
    ),
    (
        {"workers": [{"friendly_name": "A"}, {"friendly_name": "a"}]},
        "workspaces[0].workers[1]: Worker with the same friendly name already exists",
    ),
    ({"workers": [{"friendly_name": "A", "attributes": "{"}]}, "workspaces[0].workers[0].attributes: it is not valid"),
    (
        {"workers": [{"friendly_name": "A", "channels": {"fax": {}}}]},
        "workspaces[0].workers[0].channels.fax: there is no task channel 'fax'; there are: default, voice",
    ),
    (
        {"workers": [{"friendly_name": "A", "channels": {"sms": {"capacity": -1}}}]},
        "workspaces[0].workers[0].channels.sms: Invalid Capacity",
    ),
    ({"activities": []}, "workspaces[0]: A workspace has at least one activity"),
    (
        {"activities": [{"friendly_name": "A"}, {"friendly_name": "a"}]},
        "workspaces[0]: A workspace has at least one activity, and no two of the same",
    ),
    ({"default_activity": "X"}, "workspaces[0].default_activity: there is no activity 'X'"),
    ({"friendly_name": ""}, "workspaces[0]: Missing required parameter FriendlyName"),
    ({"event_callback_url": "x"}, "workspaces[0]: Invalid EventCallbackUrl"),
    (
        {"task_queues": [{"friendly_name": "Q", "target_workers": "("}]},
        "workspaces[0].task_queues[0]: Invalid TargetWorkers",
    ),
    (
        {"task_queues": [{"friendly_name": "Q", "reservation_activity": "X"}]},
        "workspaces[0].task_queues[0].reservation_activity: there is no activity 'X'",
    ),
    (
        {"workflows": [{"friendly_name": "F", "configuration": {"task_routing": {"default_filter": {"queue": "Q"}}}}]},
        "workspaces[0].workflows[0].configuration: there is no task queue 'Q'; there are: none",
    ),
    ({"workflows": [{"friendly_name": "F", "configuration": "{"}]}, "workspaces[0].workflows[0].configuration: it is"),
    ({"workflows": [{"friendly_name": "F", "configuration": {}}]}, "workspaces[0].workflows[0]: Invalid Configuration"),
    (
        {"workflows": [{"friendly_name": "F", "configuration": {"a": "$worker(Al"}}]},
        "workspaces[0].workflows[0].configuration: the reference $worker( has no end",
    ),
    (
        {
            "task_queues": [{"friendly_name": "Q"}, {"friendly_name": "Q"}],
            "workflows": [
                {"friendly_name": "F", "configuration": {"task_routing": {"default_filter": {"queue": "Q"}}}}
            ],
        },
        "workspaces[0].workflows[0].configuration: 2 task queues are named 'Q'",
    ),
    ({"tasks": [{}]}, "workspaces[0].tasks[0]: WorkflowSid field is required"),
    ({"tasks": [{"workflow": "F"}]}, "workspaces[0].tasks[0].workflow: there is no workflow 'F'"),
    ({"task_channels": [{"unique_name": "e-mail"}]}, "workspaces[0].task_channels[0]: Invalid UniqueName"),
]


@pytest.mark.parametrize(("parts", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_is_told_with_its_place_and_nothing_is_made(parts: dict[str, Any], message: str) -> None:
    engine = new_engine()
    with pytest.raises(InvalidArgument) as caught:
        planted(support(**parts), engine)
    assert caught.value.message.startswith(message)
    assert engine.store.workspaces == {}


def test_a_long_list_of_names_is_shown_shortened() -> None:
    people = [{"friendly_name": f"W{number}"} for number in range(50)]
    bad = {"friendly_name": "F", "configuration": {"x": "$worker(Z)"}}
    with pytest.raises(InvalidArgument, match=r"W9, \.\.\.$"):
        planted(support(workers=people, workflows=[bad]))


# Reading


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        ("{", "json", "not valid JSON"),
        (b"\xff\xfe\x00", "json", "not valid JSON"),
        ("[" * 100_000, "json", "not valid JSON"),
        ("a: [", "yaml", "not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]", "yaml", "not valid YAML"),
        ("a: &x [1]\nb: *x", "yaml", "^line 2: YAML aliases"),
        ("", "yaml", "the seed is empty"),
        ("[]", "json", "the seed: Expected `object`, got `array`"),
        ("workspaces: 5", "yaml", "workspaces: Expected `array`"),
        ("{}", "json", "the seed: Object missing required field `workspaces`"),
        ("workspaces: [{friendly_name: S, tasks: [{virtual_start_time: soon}]}]", "yaml", "Invalid RFC3339"),
        ("a: 2020-13-45", "yaml", "cannot be read as YAML"),
    ],
)
def test_what_is_no_seed_is_refused(content: str | bytes, form: seed.Format, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        seed.parse(content, form)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("depth", [101, 500, 100_000])
def test_a_tower_of_brackets_is_refused(depth: int, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old libyaml takes a minute to find that none is closed; a new one refuses 1,000 in words of its own."""
    if loader == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(InvalidArgument, match=r"^line 1: nested more than 100 deep$"):
        seed.parse("[" * depth)


@pytest.mark.parametrize(
    "content",
    [
        'workspaces: [{friendly_name: S, "a\\nb": 1}]',
        'workspaces: [{friendly_name: S, workers: [{friendly_name: A, channels: {"a\\e[2J": {}}}]}]',
        'workspaces: [{friendly_name: S, task_queues: [{friendly_name: "\\n\\u202e"}], tasks: [{task_queue: Q}]}]',
        "a: \0",
        "a: [\n",
        "a: b: c",
    ],
)
def test_a_fault_is_told_in_one_line(content: str) -> None:
    """Whatever the seed says (security check 28)."""
    with pytest.raises(InvalidArgument) as caught:
        seed.apply(new_engine(), seed.parse(content))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("depth", [101, 900])
def test_deep_attributes_are_refused(depth: int) -> None:
    document = support(workers=[{"friendly_name": "A", "attributes": "deep"}])
    deep = json.dumps(document).replace('"deep"', '{"a":' * depth + "1" + "}" * depth)
    parsed = seed.parse(deep, "json")
    engine = new_engine()
    with pytest.raises(InvalidArgument, match=r"workers\[0\].attributes: it is nested more than 100 deep"):
        seed.apply(engine, parsed)


def test_a_hundred_levels_come_back() -> None:
    attributes = json.loads('{"a":' * 100 + "1" + "}" * 100)
    engine = planted(support(workers=[{"friendly_name": "A", "attributes": json.dumps(attributes)}]))
    assert seed.export(engine).workspaces[0].workers[0].attributes == attributes


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_seed_has_a_size(form: seed.Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "MAX_BYTES", 20)
    with pytest.raises(InvalidArgument, match="larger than 20 bytes"):
        seed.parse('{"workspaces": []}   ', form)


def test_plain_words_that_yaml_takes_for_dates_are_told() -> None:
    content = "workspaces: [{friendly_name: S, workers: [{friendly_name: A, attributes: {since: 2020-01-01}}]}]"
    with pytest.raises(InvalidArgument, match=r"workers\[0\].attributes: .* is no JSON value; put it in quotes"):
        planted(content)


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    for name, content in (("a.yaml", YAML), ("a.yml", YAML), ("a.JSON", json.dumps(support()))):
        (tmp_path / name).write_text(content)
        assert seed.read(tmp_path / name).workspaces[0].friendly_name == "Support"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument, match=r"nowhere.yaml cannot be read: No such file"):
        seed.read(tmp_path / "nowhere.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("workspaces: 5")
    with pytest.raises(InvalidArgument, match=r"bad.yaml: workspaces: Expected"):
        seed.read(bad)
    monkeypatch.setattr(seed, "MAX_BYTES", 3)
    with pytest.raises(InvalidArgument, match=r"bad.yaml is larger than 3 bytes"):
        seed.read(bad)
