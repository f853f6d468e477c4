"""The recorded transcripts of one client, played by the other two (wire-protocol 5.2): see ``twins``."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

from recording import Step, Transcript, is_marked, load

__all__ = ["twins_of_clients"]

_CLIENTS = ("workspace", "worker", "taskqueue")
_ALIKE = (
    ".client.",
    ".connect.",
    ".token-expired.",
    ".reconnect.",
    ".heartbeat.",
    ".event.",
    ".ready.ready-fails-",
)
_WHOSE = {"worker_sid", "taskqueue_sid"}
_OF_ONE_CLIENT = (
    "surface",
    "updateToken",  # which calls follow depends on the client
    "two-clients",
    "token-for-another-channel",
    "token-without-taskqueue-sid",
    "close-existing-sessions-option",  # another place among the arguments
    "activity-single",
    "attributes-object",
    "events-after-reconnect",
    "real-time",
    "-on-a-workspace",
)


@cache
def twins_of_clients() -> dict[str, Transcript]:
    """All that were not recorded, by the names that they would have."""
    found: dict[str, Transcript] = {}
    for name, transcript in load().items():
        if not any(part in name for part in _ALIKE) or any(part in name for part in _OF_ONE_CLIENT):
            continue
        mine = name.partition(".")[0]
        for other in _CLIENTS:
            if not _may_stand_in(name, mine, other):
                continue
            twin = _Swap(mine, other).transcript(transcript)
            if twin.id not in load():
                found.setdefault(twin.id, twin)
    return found


def _may_stand_in(name: str, mine: str, other: str) -> bool:
    """Whether the other gets the same: a Worker gives what comes by the socket names of its own (wire-protocol 6.2)."""
    return ".event." not in name or ".event.frame." in name or "worker" not in (mine, other)


class _Swap:
    """Puts one client in the place of another."""

    def __init__(self, mine: str, other: str) -> None:
        self._mine, self._other = load()[f"{mine}.connect.default"], load()[f"{other}.connect.default"]
        self._names = mine, other
        self._sids = _sid(self._mine), _sid(self._other)
        self._urls = _ready_url(self._mine), _ready_url(self._other)
        self._paths = tuple(url.removeprefix("{api}") for url in self._urls)
        self._own = re.compile(rf"^\{{api\}}(/?){self._paths[0]}(/Reservations)?$")
        self._samples = _sample(self._other)

    def transcript(self, each: Transcript) -> Transcript:
        """The transcript, of the other client."""
        mine, other = self._names
        return replace(
            each,
            id=each.id.replace(mine, other, 1),
            client=other,
            tokens={self._text(label): self._claims(claims) for label, claims in each.tokens.items()},
            connect=tuple(map(self._step, each.connect)),
            setup=tuple(map(self._step, each.setup)),
            steps=tuple(map(self._step, each.steps)),
            blocked=tuple(map(self._step, each.blocked)),
        )

    def _claims(self, claims: dict[str, Any]) -> dict[str, Any]:
        """The same claims, odd ones too, with the SIDs of the other."""
        theirs = self._other.tokens[f"<token:{self._names[1]}>"]
        own = {name: claims[name] for name in claims.keys() - _WHOSE}
        shared = {name: theirs[name] for name in ("channel", "friendly_name") if own.get(name) == self._sids[0]}
        return {**own, **shared, **{name: theirs[name] for name in theirs.keys() & _WHOSE}}

    def _step(self, step: Step) -> Step:
        step = copy.deepcopy(step)
        if step.get("op") == "construct":
            step["args"] = self._arguments(step["args"])
            step["client"] = self._names[1]
        step = self._swapped(step)
        if step.get("requests"):
            self._worker_looks_for_reservations(step)
        return step

    def _arguments(self, args: list[Any]) -> list[Any]:
        """A Worker takes three more, after the second."""
        if len(args) > 2 and "worker" in self._names:
            nothing = {"$undefined": True}
            more = self._names[1] == "worker"
            return [*args[:2], nothing, nothing, nothing, *args[2:]] if more else [*args[:2], *args[5:]]
        return args

    def _worker_looks_for_reservations(self, step: Step) -> None:
        """What a Worker asks for once it is ready; no other client does (wire-protocol 3.2)."""
        worker = load()["worker.connect.default"].steps[0]
        pairs = []
        for request, answer in zip(step["requests"], step["response_given"], strict=True):
            if request["body"]["url"].endswith("/Reservations"):
                continue
            pairs.append((request, answer))
            if self._names[1] == "worker" and request["body"].get("event_type") and answer.get("status") == 200:
                asked = {**worker["requests"][1]["body"], "token": request["body"]["token"]}
                asked["url"] = f"{request['body']['url']}/Reservations"
                pairs.append(({**request, "body": asked}, worker["response_given"][1]))
        step["requests"], step["response_given"] = [each for each, _ in pairs], [each for _, each in pairs]

    def _swapped(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._swapped(each) for each in value]
        if not isinstance(value, dict):
            return value
        payload, result = self._samples
        if is_marked(value, "$client"):
            own = {name: each for name, each in result["properties"].items() if not is_marked(each, "$list")}
            return {"$client": self._names[1], "properties_set": own}
        if value.get("sid") == self._sids[0]:
            return payload
        if is_marked(value, "$entity") and value.get("resource") == self._urls[0].rstrip("/"):
            return result
        return {name: self._swapped(each) for name, each in value.items()}

    def _text(self, text: str) -> str:
        mine, other = self._names
        text = text.replace(f"<token:{mine}>", f"<token:{other}>")
        if "/wschannels/" in text:
            return text.replace(*self._sids)
        return self._own.sub(lambda found: f"{{api}}{found[1]}{self._paths[1]}{found[2] or ''}", text)


def _sid(default: Transcript) -> str:
    sid: str = _sample(default)[0]["sid"]
    return sid


def _ready_url(default: Transcript) -> str:
    url: str = default.steps[0]["requests"][0]["body"]["url"]
    return url


@cache
def _sample_of(client: str) -> str:
    step = load()[f"{client}.connect.default"].steps[0]
    ready = next(each for each in step["events_emitted"] if each["event"] == "ready")
    return json.dumps([step["response_given"][0]["body"]["payload"], ready["args"][0]])


def _sample(default: Transcript) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a client is, as an answer and as v1 made an entity of it."""
    payload, result = json.loads(_sample_of(default.client))
    return payload, result
