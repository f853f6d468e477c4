"""Checks of form values: what is taken, and that a refusal names the parameter and repeats the value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import checks
from trbridge.emulator.state.model import Activity, Worker, Workspace
from trbridge.errors import BadRequest


@pytest.mark.parametrize("form", [{}, {"friendly_name": None}, {"friendly_name": ""}])
def test_a_required_value_must_be_there(form: dict[str, str | None]) -> None:
    with pytest.raises(BadRequest, match="Missing required parameter FriendlyName") as caught:
        checks.required(form, "friendly_name")
    assert (caught.value.status, caught.value.code) == (400, 20001)


def test_a_name_has_up_to_64_characters() -> None:
    """rest-api 1.5; characters, not bytes."""
    assert checks.name({"friendly_name": "é" * 64}) == "é" * 64
    with pytest.raises(BadRequest, match=r"Invalid FriendlyName.*up to 64 characters; it has 65"):
        checks.name({"friendly_name": "é" * 65})


@pytest.mark.parametrize("name", [" ", "\t\n", "half a pair \ud800"])
def test_a_name_is_text_and_not_blank(name: str) -> None:
    with pytest.raises(BadRequest, match="is not a name"):
        checks.name({"friendly_name": name})


@pytest.mark.parametrize("name", ["voice", "_x", "$x", "a1_$", "A"])
def test_a_unique_name_is_an_identifier(name: str) -> None:
    assert checks.unique_name({"unique_name": name}) == name


@pytest.mark.parametrize("name", ["1a", "a-b", "a b", "a.b", "é", "a\n"])
def test_what_expressions_could_not_read_is_no_unique_name(name: str) -> None:
    with pytest.raises(BadRequest, match="Invalid UniqueName"):
        checks.unique_name({"unique_name": name})


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))))
def test_attributes_are_kept_to_the_letter(document: dict[str, object]) -> None:
    text = json.dumps(document, indent=1)
    if len(text) <= checks.ATTRIBUTES_LENGTH:
        assert checks.json_object({"attributes": text}) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{", "valid JSON"),
        ("{'a': 1}", "valid JSON"),
        ('{"a": NaN}', "valid JSON"),
        ('{"a": "\udcff"}', "valid JSON"),
        ('{"a":' + "[" * 4000, "valid JSON"),
        ("[]", "a JSON object"),
        ('"text"', "a JSON object"),
        ("null", "a JSON object"),
        ("1", "a JSON object"),
    ],
)
def test_attributes_must_be_an_object_in_json(text: str, wanted: str) -> None:
    with pytest.raises(BadRequest, match=f"Invalid Attributes.*{wanted}"):
        checks.json_object({"attributes": text})


def test_attributes_have_up_to_4096_characters_blanks_included() -> None:
    longest = "{" + " " * 4094 + "}"
    assert checks.json_object({"attributes": longest}) == longest
    with pytest.raises(BadRequest, match="up to 4096 characters; it has 4097"):
        checks.json_object({"attributes": longest + " "})


def test_blank_attributes_are_none() -> None:
    assert checks.json_object({"attributes": " "}) == "{}"


@pytest.mark.parametrize("url", ["http://localhost:80/x?y=1", "https://example.com", " https://example.com "])
def test_a_url_is_absolute_http(url: str) -> None:
    assert checks.url({"event_callback_url": url}, "event_callback_url") == url.strip()


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "/path", "https://", "https://a b", "javascript:x", "http://[", "x"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(BadRequest, match=r"Invalid EventCallbackUrl.*absolute http or https URL"):
        checks.url({"event_callback_url": url}, "event_callback_url")


def test_a_blank_url_takes_away_the_one_there_was() -> None:
    assert checks.url({"event_callback_url": ""}, "event_callback_url") is None


@pytest.mark.parametrize(("value", "fine"), [(0, False), (1, True), (50, True), (51, False)])
def test_a_number_lies_between_its_bounds(value: int, fine: bool) -> None:
    form = {"max_reserved_workers": value}
    if fine:
        assert checks.whole_number(form, "max_reserved_workers", 1, 50) == value
    else:
        with pytest.raises(BadRequest, match=f"Invalid MaxReservedWorkers. '{value}' is not between 1 and 50"):
            checks.whole_number(form, "max_reserved_workers", 1, 50)


def test_a_choice_is_one_of_its_words() -> None:
    assert checks.choice({"task_order": "LIFO"}, "task_order", ("FIFO", "LIFO")) == "LIFO"
    with pytest.raises(BadRequest, match=r"Invalid TaskOrder\. 'lifo' is not one of FIFO, LIFO"):
        checks.choice({"task_order": "lifo"}, "task_order", ("FIFO", "LIFO"))


def test_a_reference_is_to_something_of_the_same_workspace(engine: Engine, workspace: Workspace) -> None:
    [activity, *_] = engine.store.in_workspace(Activity, workspace.sid)
    form = {"activity_sid": activity.sid}
    assert checks.reference(engine.store, workspace.sid, form, "activity_sid", Activity) is activity
    with pytest.raises(BadRequest, match=f"'{activity.sid}' is not the SID of an existing activity"):
        checks.reference(engine.store, "WS" + "0" * 32, form, "activity_sid", Activity)
    with pytest.raises(BadRequest, match=r"Invalid ActivitySid\. 'WAx'"):
        checks.reference(engine.store, workspace.sid, {"activity_sid": "WAx"}, "activity_sid", Activity)


def test_a_long_value_is_shown_shortened() -> None:
    """The message goes into logs and terminals."""
    assert len(str(checks.invalid("attributes", "x" * 5000, "short"))) < 200


def test_a_full_workspace_takes_no_more(engine: Engine, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LIMITS", checks.LIMITS | {Worker: (0, "workers")})
    with pytest.raises(BadRequest, match="has 0 workers already"):
        checks.limit(engine.store, workspace, Worker)
    checks.limit(engine.store, workspace, Activity)
