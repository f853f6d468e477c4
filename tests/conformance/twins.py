"""Transcripts that nobody recorded: the recorded ones, played by another list, resource or client.

v1 has one list class, one resource class and one client class for all kinds, so what was recorded of workers holds
for workflows as well, up to names, SIDs and what the answers bring. Half of the recording was kept back; most of it
is made of such cases.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from recording import Step, Transcript, is_marked, load

__all__ = ["twins"]


class Kind(NamedTuple):
    """A kind of resource.

    Attributes:
        name: Of its list on the client.
        segment: Of its list's URL.
        entity: Name of its class in the recording.
        singular: What it is called in the names of transcripts.
        key: Of its list in answers.
        prefix: Of its SIDs.
        first: Number of the one that most calls are about.
    """

    name: str
    segment: str
    entity: str
    singular: str
    key: str
    prefix: str
    first: int

    @property
    def list(self) -> str:
        """Name of the list's class in the recording."""
        return f"{self.entity}List"


_KINDS = (
    Kind("activities", "Activities", "Activity", "activity", "activities", "WA", 0x11),
    Kind("workflows", "Workflows", "Workflow", "workflow", "workflows", "WW", 0x21),
    Kind("taskqueues", "TaskQueues", "TaskQueue", "taskqueue", "task_queues", "WQ", 0x31),
    Kind("workers", "Workers", "Worker", "worker", "workers", "WK", 0x41),
    Kind("tasks", "Tasks", "Task", "task", "tasks", "WT", 0x51),
)
_OF_ONE_KIND = ("stale-link", ".complete.", "properties-are-read-only", "updateToken.then-calls")
"""Parts of the names of what only one kind has."""
_WORKSPACE, _WORKER = "<token:workspace>", "<token:worker>"
_SID = "[0-9a-f]{32}"


@cache
def twins() -> dict[str, Transcript]:
    """All that were not recorded, by the names that they would have."""
    found: dict[str, Transcript] = {}
    for twin in (*_of_other_kinds(), *_of_the_workers_activities()):
        if twin.id not in load():
            found.setdefault(twin.id, twin)
    return found


def _of_other_kinds() -> Iterator[Transcript]:
    for name, transcript in load().items():
        if any(part in name for part in _OF_ONE_KIND):
            continue
        mine = _kind_of(name)
        for other in _KINDS if mine else ():
            if mine is not None and other is not mine:
                yield _Swap(mine, other).transcript(transcript)


def _kind_of(name: str) -> Kind | None:
    first, second, *_ = [*name.split("."), ""]
    wanted = {"workspace": "name", "entity": "singular"}.get(first)
    return next((kind for kind in _KINDS if wanted and getattr(kind, wanted) == second), None)


def _of_the_workers_activities() -> Iterator[Transcript]:
    """A Worker client has the list of activities, too (wire-protocol 5.5)."""
    worker = load()["worker.connect.default"]
    activities = [each for name, each in _everything().items() if name.startswith("workspace.activities.")]
    for transcript in activities:
        text = json.dumps([transcript.setup, transcript.steps]).replace(_WORKSPACE, _WORKER)
        setup, steps = json.loads(re.sub(rf"(/wschannels/AC{_SID}/)WS{_SID}", r"\1WK" + f"{41:032}", text))
        if "#" not in text:  # a second token
            name = transcript.id.replace("workspace", "worker", 1)
            yield replace(
                worker, id=name, kind=transcript.kind, setup=tuple(setup), steps=tuple(steps), connect=worker.steps
            )


def _everything() -> dict[str, Transcript]:
    return {**{each.id: each for each in _of_other_kinds()}, **load()}


class _Swap:
    """Puts one kind in the place of another."""

    def __init__(self, mine: Kind, other: Kind) -> None:
        self._mine, self._other = mine, other
        self._sample, self._result = _sample(other)
        self._segment = re.compile(rf"/{mine.segment}(?=[/?]|$)")
        self._sid = re.compile(rf"{mine.prefix}({_SID})")
        self._apart = other.first - mine.first

    def transcript(self, each: Transcript) -> Transcript:
        """The transcript, of the other kind."""
        mine, other = self._mine, self._other
        return replace(
            each,
            id=each.id.replace(f".{mine.name}.", f".{other.name}.").replace(
                f".{mine.singular}.", f".{other.singular}."
            ),
            setup=tuple(self._swapped(step) for step in each.setup),
            steps=tuple(self._swapped(step) for step in each.steps),
        )

    def _swapped(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._swapped(each) for each in value]
        if not isinstance(value, dict):
            return value
        if str(value.get("sid", "")).startswith(self._mine.prefix):
            return self._like(value["sid"], self._sample)
        if value.get("$entity") == self._mine.entity and "properties" in value:
            return self._entity(value)
        if value.get("$list") == self._mine.list:
            return self._list(value)
        return {
            self._other.key if name == self._mine.key else name: self._swapped(each) for name, each in value.items()
        }

    def _text(self, text: str) -> str:
        mine, other = self._mine, self._other
        if text == mine.key:
            return other.key
        text = self._segment.sub(f"/{other.segment}", text).replace(f"client.{mine.name}", f"client.{other.name}")
        return self._sid.sub(lambda found: f"{other.prefix}{int(found[1], 16) + self._apart:032x}", text)

    def _like(self, sid: str, sample: dict[str, Any]) -> dict[str, Any]:
        """The sample, under the SID that stands for this one."""
        alike: dict[str, Any] = json.loads(json.dumps(sample).replace(self._sample["sid"], self._text(sid)))
        return alike

    def _entity(self, value: dict[str, Any]) -> dict[str, Any]:
        return self._like(value["resource"].rpartition("/")[2], self._result)

    def _list(self, value: dict[str, Any]) -> dict[str, Any]:
        properties = value.get("properties", {})
        if "sid" in properties:  # v1 writes the item that was updated onto the list (Q17)
            properties = self._like(properties["sid"], self._result)["properties"]
        else:
            properties = self._swapped(properties)
        kept = {name: each for name, each in properties.items() if not is_marked(each, "$list")}
        return {
            "$list": self._other.list,
            "resource": self._text(value["resource"]),
            "properties": kept,
            "methods": value.get("methods", []),
        }


@cache
def _sample(kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """An answer about one of this kind, and what v1 made of it."""
    for transcript in load().values():
        for step in transcript.steps:
            sample = _answer_and_result(step)
            if sample and sample[1].get("$entity") == kind.entity and sample[0]["sid"].startswith(kind.prefix):
                return sample
    raise AssertionError(f"no {kind.entity} was recorded")


def _answer_and_result(step: Step) -> tuple[dict[str, Any], dict[str, Any]] | None:
    outcome, given = step.get("callback_result") or {}, step.get("response_given") or []
    payload = (given[0].get("body") or {}).get("payload") if len(given) == 1 else None
    if not isinstance(payload, dict) or "url" not in payload or not is_marked(outcome.get("result"), "$entity"):
        return None
    return payload, outcome["result"]
