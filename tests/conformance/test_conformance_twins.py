"""The port against what the original would do with a resource or a client that it was not recorded with."""

from __future__ import annotations

import dataclasses
import json

import pytest
from recording import Transcript, load
from stage import Stage
from twins import twins
from twins_of_answers import twins_of_answers
from twins_of_clients import twins_of_clients

TWINS = {**twins(), **twins_of_clients(), **twins_of_answers()}


@pytest.mark.parametrize("name", TWINS)
def test_same_for_every_kind(name: str, stage: Stage) -> None:
    """What was recorded of one list, resource or client holds for the others, which share its code in v1."""
    assert stage.run(TWINS[name]) == []


def test_every_kind_has_every_call() -> None:
    """The recording is a sample; with its twins each list has been asked each way."""
    calls = [
        {name.split(".", 2)[2] for name in TWINS.keys() | load().keys() if name.startswith(f"workspace.{kind}.")}
        for kind in ("activities", "workflows", "taskqueues", "workers", "tasks")
    ]
    alike = [{call for call in each if not call.startswith(("updateToken", "paging.next-keeps"))} for each in calls]
    assert all(each == alike[0] for each in alike)
    assert len(alike[0]) >= 45


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("workspace.workflows.fetch.callback", "/Workflows", "/Workers"),
        ("workspace.workers.update.single", '"FriendlyName": "Break"', '"FriendlyName": "Brake"'),
        ("taskqueue.client.delete.callback", '"method": "DELETE"', '"method": "POST"'),
        ("statistics.workers.cumulativeStats.params", '"params": {"Minutes": "240"', '"params": {"Minutes": "24"'),
        ("error.create.409", '"code": 409', '"code": 410'),
    ],
)
def test_the_twins_are_compared(name: str, old: str, new: str, stage: Stage) -> None:
    """A twin that says something else does not pass."""
    assert stage.run(_altered(TWINS[name], old, new)) != []


def _altered(transcript: Transcript, old: str, new: str) -> Transcript:
    text = json.dumps(transcript.steps)
    assert old in text
    return dataclasses.replace(transcript, steps=tuple(json.loads(text.replace(old, new))))
