"""The page for those who come from the original: complete, and what it refers to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deviation import Deviation
from deviations import DEVIATIONS
from recording import load

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
