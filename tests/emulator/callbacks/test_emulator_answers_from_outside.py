"""Whatever users' servers, requests and rules say: read, or refused; never an exception, never half done."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from callback_rig import Rig
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from trbridge.emulator.callbacks.assignment import Complaint, instruct, usable
from trbridge.emulator.callbacks.forms import event_form, signature
from trbridge.emulator.callbacks.outbound import Reply
from trbridge.emulator.faults.effects import rule_answer
from trbridge.emulator.faults.record_reading import bridge_params, call_of, frame_payload, frame_type, rest_params
from trbridge.emulator.faults.rules import ACTIONS, Faults, Rule
from trbridge.emulator.instructions import INSTRUCTIONS
from trbridge.errors import InvalidArgument

words = st.sampled_from([*INSTRUCTIONS, "ACCEPT", " reject ", "dance", ""])
names = st.sampled_from(
    ["to", "from", "url", "accept", "timeout", "record", "call_sid", "activity_sid", "post_work_activity_sid",
     "supervisor", "supervisor_mode"]
)  # fmt: skip
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
answers = st.fixed_dictionaries({"instruction": words | values}) | st.dictionaries(names, values)
instructed = st.builds(lambda head, more: {**more, **head}, answers, st.dictionaries(names, values))
as_json = instructed.map(lambda answer: json.dumps(answer).encode())
bodies = st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | as_json


@settings(max_examples=200, deadline=None)
@given(body=bodies, attributes=st.sampled_from(["{}", '{"call_sid":"CA1","from":"+1"}']))
def test_an_assignment_callbacks_answer_is_carried_out_whole_or_not_at_all(body: bytes, attributes: str) -> None:
    rig = Rig()
    rig.worker("Alice", attributes='{"contact_uri":"client:alice"}')
    task = rig.task(attributes=attributes)
    reservation = rig.reservation(task)
    before = len(rig.engine.store.events)
    reply = Reply(200, "application/json", body)
    assert usable(reply)
    code = instruction = None
    try:
        instruction = instruct(rig.engine, reservation.sid, reply)
    except Complaint as complaint:
        code = complaint.code
    if code is None:
        assert (instruction is None) is (not body.strip())
        assert rig.now(reservation).reservation_status in {"pending", "accepted", "rejected"}
    else:
        assert code in {40001, 40005, 55555} | set(range(40100, 40160))
        assert rig.now(reservation) == reservation
        assert len(rig.engine.store.events) == before


@given(st.integers(100, 599), st.text(max_size=30), st.binary(max_size=20))
def test_an_answer_is_usable_or_not_or_a_complaint(status: int, content_type: str, body: bytes) -> None:
    code, good = None, False
    try:
        good = usable(Reply(status, content_type, body))
    except Complaint as complaint:
        code = complaint.code
    if code is None:
        assert good is (status == 200)
    else:
        assert (code, status) == (40000, 200)


@given(st.text(min_size=1, max_size=20), st.dictionaries(st.text(max_size=10), st.text(max_size=20)))
def test_every_form_is_signed_as_twilios_validator_reads_it(secret: str, form: dict[str, str]) -> None:
    url = "http://127.0.0.1:8080/hook?x=1"
    try:
        signed = signature(secret, url, form)
    except UnicodeEncodeError:  # halves of surrogate pairs, which no form holds
        return
    assert signed == RequestValidator(secret).compute_signature(url, form)


@given(st.binary(max_size=80) | st.recursive(values, lambda inner: st.dictionaries(st.text(), inner)).map(
    lambda it: json.dumps({"url": it, "method": it, "params": it, "event_type": it, "payload": it}).encode()
))  # fmt: skip
def test_whatever_is_sent_is_written_down_somehow(body: bytes) -> None:
    scope = {"query_string": body[:20], "headers": [], "method": "POST", "path": "/p"}
    method, path = call_of(scope, body)
    assert isinstance(method, str)
    assert isinstance(path, str)
    for content_type in (b"", b"application/json"):
        assert isinstance(rest_params(body[:20], content_type, body), dict)
    assert isinstance(bridge_params(body), dict)
    text = body.decode("latin-1")
    assert frame_type(text) is None or isinstance(frame_type(text), str)
    frame_payload(text)


fields = st.dictionaries(st.sampled_from(Rule.__struct_fields__), values | st.dictionaries(st.text(), st.text()))


@given(st.sampled_from(sorted(ACTIONS)), fields)
def test_a_rule_is_taken_and_works_or_is_refused(action: Any, more: dict[str, Any]) -> None:
    faults = Faults(Random(1))  # noqa: S311 chance, no secret
    more.pop("action", None)
    try:
        fault = faults.add(action, **more)
    except InvalidArgument:
        assert len(faults) == 0
        return
    assert fault.rule.stage in ACTIONS[action]
    json.dumps(fault.view(), default=repr)
    status, headers, body = rule_answer(fault.rule)
    assert 200 <= status <= 599
    assert all(isinstance(part, bytes) for pair in headers for part in pair)
    assert isinstance(body, bytes)


@pytest.mark.parametrize("event_type", ["reservation.created", "worker.activity.update", "workspace.updated"])
def test_every_value_of_a_callback_is_text_and_every_name_twilios(event_type: str) -> None:
    rig = Rig()
    rig.change_workspace(friendly_name="x")
    alice = rig.worker("Alice", activity_sid=rig.activity("Offline"))
    with rig.engine.transaction() as tx:
        tx.emit("worker.activity.update", alice)
    rig.worker("Bob")
    rig.task()
    (event,) = [each for each in rig.engine.store.events.values() if each.event_type == event_type]
    form = event_form(rig.engine.account_sid, event)
    assert {type(value) for value in form.values()} == {str}
    assert all(name[0].isupper() and "_" not in name for name in form)
