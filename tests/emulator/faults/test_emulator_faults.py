"""Fault rules: which exchanges they are about, how often, and which rules cannot be."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from trbridge.emulator.faults.effects import malformed, rule_answer
from trbridge.emulator.faults.record import Entry
from trbridge.emulator.faults.rules import ACTIONS, Faults, Rule, Stage
from trbridge.errors import InvalidArgument

WK = "WK" + "1" * 32


def rules_with_chance(seed: int) -> Faults:
    return Faults(Random(seed))  # noqa: S311 chance, no secret


@pytest.fixture
def faults() -> Faults:
    return rules_with_chance(5)


def entry(what: Any = "rest", **fields: Any) -> Entry:
    return Entry(1, 0.0, what, **{"method": "GET", "path": "/v1/Workspaces/WS1/Tasks", **fields})


def frame(event_type: str | None = "reservation.created", channel: str = WK) -> Entry:
    return Entry(1, 0.0, "frame", event_type=event_type, channel=channel)


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({}, True),
        ({"method": "get"}, True),
        ({"method": "POST"}, False),
        ({"path": "*/Tasks"}, True),
        ({"path": "/v1/Workspaces/*/Tasks", "method": "GET", "via": "rest"}, True),
        ({"path": "/Tasks"}, False),
        ({"via": "bridge"}, False),
        ({"channel": WK}, False),
    ],
)
def test_a_rule_is_about_what_matches_all_it_names(fields: dict[str, Any], good: bool) -> None:
    assert Rule(action="drop", **fields).matches("request", entry()) is good


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_has_its_usual_stage(faults: Faults, action: Any) -> None:
    fault = faults.add(action, delay=1)
    stage: Stage = ACTIONS[action][0]
    what = {"request": "rest", "answer": "rest", "frame": "frame"}[stage]
    assert faults.take(stage, entry(what)) is fault
    others: set[Stage] = {"request", "answer", "upgrade", "frame", "callback"}
    for other in others - {stage}:
        for each in ("rest", "bridge", "socket", "frame", "callback"):
            assert faults.take(other, entry(each)) is None


def test_a_rule_about_an_event_type_is_about_frames_where_that_is_possible() -> None:
    assert Rule(action="hold", event_type="*").stage == "frame"
    assert Rule(action="answer", event_type="*").stage == "request"
    assert Rule(action="hold", event_type="*", at="callback").stage == "callback"


def test_heartbeats_are_met_only_by_rules_that_name_a_type(faults: Faults) -> None:
    every = faults.add("suppress")
    assert faults.take("frame", frame("heartbeat")) is None
    assert faults.take("frame", frame(None)) is every
    faults.clear()
    for pattern in ("heartbeat", "*"):
        faults.clear()
        fault = faults.add("suppress", event_type=pattern)
        assert faults.take("frame", frame("heartbeat")) is fault


def test_so_many_are_let_pass_and_so_many_met(faults: Faults) -> None:
    fault = faults.add("drop", skip=2, times=3)
    met = [faults.take("request", entry()) is fault for _ in range(8)]
    assert met == [False, False, True, True, True, False, False, False]
    assert (fault.matched, fault.used) == (8, 3)


def test_chance_is_the_engines(faults: Faults) -> None:
    rules = rules_with_chance(5), rules_with_chance(5), rules_with_chance(6)
    met = []
    for each in rules:
        fault = each.add("drop", probability=0.5)
        met.append([each.take("request", entry()) is fault for _ in range(50)])
    assert met[0] == met[1] != met[2]
    assert 10 < sum(met[0]) < 40
    never = faults.add("drop", probability=0)
    assert faults.take("request", entry()) is None
    assert (never.matched, never.used) == (1, 0)


def test_the_first_rule_that_is_met_applies_and_the_entry_names_it(faults: Faults) -> None:
    first, second = faults.add("drop", times=1), faults.add("answer", status=500)
    seen = [entry(), entry()]
    assert [faults.take("request", each) for each in seen] == [first, second]
    assert [each.fault for each in seen] == [first.number, second.number] == [1, 2]
    assert (second.matched, len(faults)) == (1, 2)


def test_rules_can_be_taken_away(faults: Faults) -> None:
    first, second = faults.add("drop"), faults.add("drop")
    faults.remove(first.number)
    assert list(faults) == [second]
    with pytest.raises(KeyError):
        faults.get(first.number)
    assert faults.get(second.number) is second
    assert faults.watch("request")
    faults.clear()
    assert (len(faults), faults.watch("request")) == (0, False)
    assert faults.add("drop").number == 3


async def test_what_is_held_goes_on_when_released_or_when_the_rule_goes(faults: Faults) -> None:
    fault = faults.add("hold")
    waiting = [asyncio.create_task(fault.hold()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    assert fault.held == 2
    assert (fault.release(), fault.release()) == (2, 0)
    await asyncio.gather(*waiting[1:])
    again = asyncio.create_task(fault.hold())
    await asyncio.sleep(0)
    faults.remove(fault.number)
    await again


async def test_releasing_what_is_just_being_cancelled(faults: Faults) -> None:
    fault = faults.add("hold")
    waiting = asyncio.create_task(fault.hold())
    await asyncio.sleep(0)
    waiting.cancel()
    assert fault.release() == 1
    await asyncio.wait([waiting])
    assert waiting.cancelled()


@pytest.mark.parametrize(
    ("action", "fields", "message"),
    [
        ("explode", {}, "no fault rule"),
        ("drop", {"pth": "*"}, "no fault rule"),
        ("drop", {"times": "3"}, "no fault rule"),
        ("drop", {"at": "frame", "via": "rest"}, "via"),
        ("suppress", {"at": "request"}, "'suppress' cannot be done at 'request'"),
        ("close", {"at": "answer"}, "cannot be done"),
        ("drop", {"skip": -1}, "skip"),
        ("drop", {"times": 0}, "times"),
        ("drop", {"probability": 1.5}, "probability"),
        ("delay", {}, "how many seconds"),
        ("drop", {"delay": -1}, "delay"),
        ("answer", {"status": 101}, "status"),
        ("answer", {"status": 600}, "status"),
        ("answer", {"headers": {"X\r\nY": "z"}}, "headers"),
        ("answer", {"headers": {"X": "a\r\nb"}}, "headers"),
        ("answer", {"headers": {"X": "\u4e00"}}, "headers"),
        ("close", {"code": 1006}, "code"),
        ("close", {"code": 2000}, "code"),
        ("close", {"code": 5000}, "code"),
        ("close", {"reason": "é" * 62}, "reason"),
    ],
)
def test_rules_that_cannot_be(faults: Faults, action: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        faults.add(action, **fields)
    assert len(faults) == 0


def test_a_whole_rule_can_be_added_and_shows_what_it_does(faults: Faults) -> None:
    fault = faults.add(Rule(action="close", code=4002, times=1))
    faults.take("frame", frame())
    assert fault.view() == {
        "number": 1,
        "matched": 1,
        "used": 1,
        "held": 0,
        "action": "close",
        "code": 4002,
        "times": 1,
        "at": "frame",
    }
    assert "4002" in repr(fault)


# What they do


def test_an_answer_is_the_services_own_for_the_status_unless_it_is_given() -> None:
    status, headers, body = rule_answer(Rule(action="answer", status=429, headers={"Retry-After": "2"}))
    assert (status, dict(headers)[b"retry-after"]) == (429, b"2")
    assert b'"code":20429' in body
    assert b"docs/errors/20429" in body
    assert b'"code":null' in rule_answer(Rule(action="answer", status=418))[2]
    assert rule_answer(Rule(action="answer", status=200))[2] == b""
    assert rule_answer(Rule(action="answer", status=502, body="<html>"))[2] == b"<html>"
    given = Rule(action="answer", status=200, body={"a": 1}, headers={"Content-Type": "text/plain"})
    assert rule_answer(given) == (200, [(b"content-type", b"text/plain")], b'{"a":1}')


def test_what_is_malformed_breaks_off_or_is_something_else() -> None:
    half = Rule(action="malform")
    assert (malformed('{"a":1}', half), malformed(b'{"a":1}', half)) == ('{"a', b'{"a')
    other = Rule(action="malform", text="é")
    assert (malformed("x", other), malformed(b"x", other)) == ("é", "é".encode())
