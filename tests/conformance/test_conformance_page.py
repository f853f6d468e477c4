"""The page for those who come from the original: complete, and what it refers to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deviation import Deviation
from deviations import DEVIATIONS
from recording import load
from translation import snake_case

import trbridge

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "coming-from-taskrouter-js.md").read_text(encoding="utf-8")


def test_every_quirk_is_on_the_page() -> None:
    """All seventy, once each, and in their order."""
    assert [int(number) for number in re.findall(r"^\| Q(\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 71))


def test_every_transcript_on_the_page_exists() -> None:
    """What is said to hold a line does exist."""
    names = re.findall(r"`: ([\w.-]+)`", PAGE)
    assert names
    assert set(names) <= load().keys()


def test_every_test_on_the_page_exists() -> None:
    """What is said to hold a line does exist."""
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert named <= set(re.findall(r"^(?:async )?def (test_\w+)", tests, re.MULTILINE))


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda each: each.instead[:60])
def test_every_deviation_has_a_reason_on_the_page(deviation: Deviation) -> None:
    """A quirk of the list, or a decision that the page explains."""
    assert re.match(r"Q\d+", deviation.reason) or deviation.reason in _DECISIONS


_WORKER = (
    *("activities", "statistics", "workerSid", "connectActivitySid", "disconnectActivitySid", "closeExistingSessions"),
    *("setSkipFetchReservation", "fetchReservations", "fetchChannels", "updateTask", "completeTask"),
    *("fetchActivityList", "updateActivity"),
)
"""What v1's Worker has beside what all clients have (wire-protocol 5.5); no transcript lists it."""
_TASK_QUEUE = ("statistics", "realtimeStats", "cumulativeStats")
_ALL = ("fetch", "update", "delete", "updateToken", "on", "once", "removeListener", "removeAllListeners", "listeners")
_EVENTS = (
    *("connected", "ready", "disconnected", "token.expired", "error"),
    *("activity.update", "attributes.update", "capacity.update", "channel.availability.update"),
    *("reservation.created", ".accepted", ".rejected", ".timeout", ".canceled", ".rescinded"),
)
"""Wire-protocol 6.1."""


@pytest.mark.parametrize(
    ("section", "kind", "names"),
    [
        ("Worker", "Worker", _WORKER),
        ("TaskQueue", "TaskQueue", _TASK_QUEUE),
        ("What all clients have", "Worker", _ALL),
        ("What all clients have", "TaskQueue", _ALL),
    ],
)
def test_every_name_of_a_seat_has_its_twin(section: str, kind: str, names: tuple[str, ...]) -> None:
    """It is in the table with its name in Python, and that name exists."""
    account, workspace = "AC" + "1" * 32, "WS" + "1" * 32
    tokens = {
        "Worker": trbridge.WorkerCapability(account, "0" * 32, workspace, "WK" + "1" * 32),
        "TaskQueue": trbridge.TaskQueueCapability(account, "0" * 32, workspace, "WQ" + "1" * 32),
    }
    client = getattr(trbridge, kind)(tokens[kind].to_jwt())
    table = _section(section)
    for name in names:
        assert re.search(rf"^\|[^|]*\b{name}\b[^|]*\|[^|]*\b{snake_case(name)}\b", table, re.MULTILINE), name
        assert hasattr(client, snake_case(name)), name


def test_every_event_of_v1_is_in_the_table() -> None:
    """Of Worker and TaskQueue; none is called otherwise here."""
    table = _section("Events")
    assert [name for name in _EVENTS if f"`{name}`" not in table] == []


def _section(title: str) -> str:
    start = PAGE.index(f"\n### {title}\n")
    return PAGE[start : PAGE.index("\n#", start + 5)]


_DECISIONS = {
    "callbacks or awaitables",
    "a callback is the last argument",
    "bad input is refused before anything is sent",
    "one address, one writing",
    "update() changes the object and returns it",
    "a reservation is one object",
    "reservation.* are reservations",
}
"""Reasons that are explained in words, under "Decisions that no quirk asked for"."""
