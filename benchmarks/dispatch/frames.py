"""The events that the server sends, in the service's words (wire-protocol 7.3 and 7.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["ACCOUNT", "ACTIVITY", "BEGIN", "BESIDE", "END", "FRAMES", "WORKER", "WORKSPACE", "frame", "held"]

ACCOUNT: Final = f"AC{1:032x}"
WORKSPACE: Final = f"WS{2:032x}"
WORKER: Final = f"WK{7:032x}"
ACTIVITY: Final = f"WA{4:032x}"

BEGIN: Final = "benchmark.begin"
END: Final = "benchmark.end"
"""Events around those that count; everything that is measured lies between them."""
BESIDE: Final = 200
"""Clients that are connected beside the measured one."""

_COMMON: Final = {"account_sid": ACCOUNT, "workspace_sid": WORKSPACE}
_ATTRIBUTES: Final = json.dumps(
    {
        "type": "support",
        "language": "fr",
        "customers": {"external_id": "c-4711", "segment": "gold", "since": "2019-04-01", "open_orders": [1201, 1377]},
        "conversations": {"conversation_id": "CH00000000000000000000000000000001", "media": "chat", "queue": "Support"},
        "from": "+15550100000",
        "to": "+15550100001",
        "skills": ["billing", "french", "refunds"],
        "notes": "Wrote twice about the same invoice; wants to be called back before noon. " * 2,
    },
    separators=(",", ":"),
)


def _task(number: int) -> dict[str, Any]:
    return {
        "sid": f"WT{number:032x}",
        **_COMMON,
        "workflow_sid": f"WW{8:032x}",
        "workflow_name": "Default",
        "queue_sid": f"WQ{5:032x}",
        "queue_name": "French",
        "task_channel_sid": f"TC{9:032x}",
        "task_channel_unique_name": "default",
        "attributes": _ATTRIBUTES,
        "addons": "{}",
        "assignment_status": "reserved",
        "priority": number % 10,
        "reason": None,
        "routing_target": None,
        "timeout": 86400,
        "age": 5,
        "counter": 0,
        "version": 0,
        "virtual_start_time": 1893575400,
        "date_created": 1893575400 + number,
        "date_updated": 1893575405 + number,
    }


def _worker(number: int) -> dict[str, Any]:
    return {
        "sid": WORKER,
        **_COMMON,
        "friendly_name": "Alice",
        "attributes": "{}",
        "available": True,
        "activity_sid": ACTIVITY,
        "activity_name": "Idle",
        "version": number,
        "date_created": 1893456000,
        "date_updated": 1893575300 + number,
        "date_status_changed": 1893575300 + number,
    }


def _nested(number: int, status: str, task: dict[str, Any]) -> dict[str, Any]:
    return {
        "sid": f"WR{number:032x}",
        **_COMMON,
        "worker_sid": WORKER,
        "worker_name": "Alice",
        "worker_previous_activity_sid": ACTIVITY,
        "reservation_status": status,
        "reservation_timeout": 120,
        "date_created": 1893575405,
        "date_updated": task["date_updated"],
        "version": task["version"],
        "task": task,
    }


def _workspace_events(count: int) -> Iterator[tuple[str, Any]]:
    """What a workspace's listener hears: by turns a task that is offered, and a worker's activity."""
    for number in range(count // 2):
        yield "reservation.created", {**_task(number), "reservation_sid": f"WR{number:032x}"}
        yield "worker.activity.update", _worker(number)


_LIFE: Final = (("created", "pending", "reserved"), ("accepted", "accepted", "assigned"), ("completed",) * 3)
"""Event, status of the reservation, status of its task."""


def _life(count: int) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    for number in range(count // 3):
        for step, (event, status, of_task) in enumerate(_LIFE):
            task = _task(number) | {"assignment_status": of_task, "version": step, "age": 5 + step}
            task["date_updated"] += step
            yield number, event, status, task


def _worker_events(count: int) -> Iterator[tuple[str, Any]]:
    """What a worker hears, as v1's socket tells it: reservations that are offered, accepted and completed."""
    for number, event, _, task in _life(count):
        yield f"reservation.{event}", {**task, "reservation_sid": f"WR{number:032x}"}


def _nested_events(count: int) -> Iterator[tuple[str, Any]]:
    """The same as v2's socket tells it."""
    for number, event, status, task in _life(count):
        yield f"reservation.{event}", _nested(number, status, task)


FRAMES: Final = {"workspace": _workspace_events, "worker": _worker_events, "nested": _nested_events}
"""Name of a stream to what makes its events, so many of them."""


def held(count: int) -> Iterator[tuple[str, Any]]:
    """Reservations that are offered and stay so, each of a task that no other event is about."""
    for number in range(10**9, 10**9 + count):
        yield "reservation.created", {**_task(number), "reservation_sid": f"WR{number:032x}"}


def frame(event_type: str, payload: Any) -> bytes:
    """A whole frame as a server sends it: one unfragmented text message (RFC 6455 section 5.2)."""
    text = json.dumps({"event_type": event_type, "payload": payload}, separators=(",", ":")).encode()
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text
