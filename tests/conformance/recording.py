"""The recording of TaskRouter.js v1.21: what it sent, emitted and handed to callbacks, call by call.

``tests/data/transcripts.json`` was made by running the original, unpatched, against a canned server. Its
notation is used throughout this directory::

    {"$entity": "Worker", "resource": url, "properties": {...}, "methods": [...]}    a resource
    {"$list": "WorkerList", "resource": url, "properties": {"data": [...], ...}}     a list, or a page of one
    {"$callback": true}  {"$undefined": true}  {"$date": text}  {"$http_error": {code, message}}
    {api}  {bridge}  <token:worker>                                                   filled in by the replay
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Step", "Transcript", "is_marked", "load"]

Step = dict[str, Any]
"""One thing that was done to the client, and everything that came of it."""

_FILE = Path(__file__).parent.parent / "data" / "transcripts.json"
_OF_A_STEP = (
    "requests",
    "response_given",
    "callback_result",
    "events_emitted",
    "thrown",
    "uncaught",
    "args_after",
    "target_after",
    "sockets_opened",
    "blocked",
    "inspect",
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One recorded scenario.

    Attributes:
        id: Its name.
        kind: Kind of resource, or topic.
        client: ``workspace``, ``worker`` or ``taskqueue``.
        tokens: Claims by label.
        connect: How the client came to be; nothing of it is compared here, it has a transcript of its own.
        setup: Calls that have to be made first.
        steps: What it is about.
        blocked: Sockets that led away from this machine, which the recorder did not let through.
    """

    id: str
    kind: str
    client: str
    tokens: dict[str, dict[str, Any]]
    connect: tuple[Step, ...]
    setup: tuple[Step, ...]
    steps: tuple[Step, ...]
    blocked: tuple[Step, ...]

    @property
    def is_about_silence(self) -> bool:
        """Whether the service says nothing; then it does not answer pings either, of which v1 knew nothing."""
        return ".heartbeat." in self.id

    @property
    def operations(self) -> frozenset[str]:
        """The operations of its steps."""
        return frozenset(step["op"] for step in self.steps)


@cache
def load() -> dict[str, Transcript]:
    """All transcripts by name."""
    raw = {each["id"]: each for each in json.loads(_FILE.read_text(encoding="utf-8"))}
    return {name: _transcript(each, raw) for name, each in raw.items()}


def _transcript(each: dict[str, Any], raw: dict[str, dict[str, Any]]) -> Transcript:
    return Transcript(
        id=each["id"],
        kind=each["kind"],
        client=each["client"],
        tokens=each["tokens"],
        connect=tuple(_connecting(each["connect"], raw)),
        setup=tuple(each.get("setup") or ()),
        steps=tuple(each["steps"] if "steps" in each else [_only_step(each)]),
        blocked=tuple(each.get("blocked") or ()),
    )


def _connecting(connect: str | list[Step], raw: dict[str, dict[str, Any]]) -> Iterator[Step]:
    if isinstance(connect, str):
        yield _only_step(raw[connect])
    else:
        yield from connect


def _only_step(each: dict[str, Any]) -> Step:
    call = each["call"]
    step: Step = {"op": "call", "call": call} if "object" in call else dict(call)
    step.update({key: each[key] for key in _OF_A_STEP if key in each})
    return step


def is_marked(value: Any, mark: str) -> bool:
    """Whether a value of the recording is of a kind that JSON lacks, such as ``$callback``."""
    return isinstance(value, dict) and mark in value
