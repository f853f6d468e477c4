"""The port against the original: each transcript is replayed, and what differs has a reason in ``deviations``."""

from __future__ import annotations

import dataclasses
import json

import pytest
from deviations import DEVIATIONS
from recording import Transcript, load
from stage import Stage


@pytest.mark.parametrize("name", load())
def test_same_requests_same_outcome(name: str, stage: Stage) -> None:
    """The same call sends the same requests with the same token and has the same outcome, or a quirk is fixed."""
    assert stage.run(load()[name]) == []


def test_every_deviation_is_needed() -> None:
    """The table of deviations names no transcript that does not exist; each replay checks that its lines matter."""
    for deviation in DEVIATIONS:
        assert any(deviation.covers(name) for name in load()), deviation.instead


def _altered(name: str, old: str, new: str) -> Transcript:
    transcript = load()[name]
    steps = json.loads(json.dumps(transcript.steps).replace(old, new))
    assert steps != list(transcript.steps)
    return dataclasses.replace(transcript, steps=tuple(steps))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("workspace.activities.fetch.sid", '"url": "{api}/Work', '"url": "{api}/Wrok'),
        ("workspace.activities.fetch.sid", '"method": "GET", "token"', '"method": "POST", "token"'),
        ("workspace.activities.fetch.sid", '"token": "<token:workspace>"', '"token": "another"'),
        (
            "workspace.activities.update.single",
            '"params": {"FriendlyName": "Break"}',
            '"params": {"FriendlyName": "x"}',
        ),
        ("workspace.connect.default", '"event_type": "ready", "token"', '"token"'),
        ("workspace.connect.default", "closeExistingSessions=false", "closeExistingSessions=true"),
        ("workspace.connect.default", '"event": "connected"', '"event": "connect"'),
        ("workspace.activities.fetch.sid", '"friendlyName": "Idle"', '"friendlyName": "Idel"'),
        ("workspace.activities.fetch.sid", '"$entity": "Activity"', '"$entity": "Worker"'),
        ("workspace.activities.fetch.sid", "2021-03-01T10:00:00.000Z", "2021-03-01T10:00:01.000Z"),
        ("workspace.activities.paging.first", '"hasNext": true', '"hasNext": false'),
        ("workspace.taskqueues.fetch.callback", '"methods": ["create"', '"methods": ["invent"'),
        ("statistics.workspace.cumulativeStats.callback", '"reservationsAccepted": 4', '"reservationsAccepted": 5'),
        ("error.list-fetch.401", '"$http_error": {"code": 401', '"$http_error": {"code": 403'),
        ("error.list-fetch.401", '"called": 1', '"called": 2'),
        ("workspace.client.update.error-no-value", '"FriendlyName"', '{"FriendlyName": "x"}'),
        ("worker.event.frame.order-and-bursts", '"event": "e3"', '"event": "e4"'),
        ("worker.event.frame.plain-payload-keeps-snake-case", '"args": [{"snake_case": 1', '"args": [{"snake_case": 2'),
        ("taskqueue.reconnect.backoff-until-the-cap", '"replies": [{"status": 503}, ', '"replies": ['),
        ("workspace.token-expired.five-seconds-early", '"ms": 54999', '"ms": 55000'),
    ],
)
def test_the_replay_finds_differences(name: str, old: str, new: str, stage: Stage) -> None:
    """A recording that says something else does not pass: what passes was compared."""
    assert stage.run(_altered(name, old, new)) != []
