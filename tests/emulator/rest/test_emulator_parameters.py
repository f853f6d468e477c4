"""Parameters become values, or a 400 that repeats what was wrong."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.emulator.rest.parameters import Parameter, Reader, declare, is_true, shown, snake_case
from trbridge.errors import BadRequest

WK = "WK" + "0a" * 16


def read(declaration: str, *texts: str) -> object:
    """The value of one parameter given once or several times."""
    parameter = declare("form", declaration)[0]
    return Reader([parameter])({parameter.name: list(texts)}).get(parameter.key)


@pytest.mark.parametrize(
    ("declaration", "text", "value"),
    [
        ("FriendlyName", " Alice ", " Alice "),
        ("TargetWorkers", "", ""),
        ("Priority:integer", "10", 10),
        ("Priority:integer", " -3 ", -3),
        ("Available:boolean", "true", True),
        ("Available:boolean", "YES", True),
        ("Available:boolean", "1", True),
        ("Available:boolean", "false", False),
        ("Available:boolean", "on", False),
        ("WorkerSid:WK", WK, WK),
        ("TaskOrder:FIFO|LIFO", "LIFO", "LIFO"),
        ("Url:uri", "https://example.test/hook?x=1", "https://example.test/hook?x=1"),
        ("Url:uri", "", ""),
        ("Method:http-method", "post", "POST"),
        ("VirtualStartTime:date-time", "2030-01-02T03:04:05Z", 1893553445.0),
        ("VirtualStartTime:date-time", "2030-01-02T03:04:05.5Z", 1893553445.5),
        ("VirtualStartTime:date-time", "2030-01-02T04:04:05+01:00", 1893553445.0),
        ("VirtualStartTime:date-time", "2030-01-02T04:04:05 01:00", 1893553445.0),
        ("VirtualStartTime:date-time", "2030-01-02T03:04:05", 1893553445.0),
        ("VirtualStartTime:date-time", "2030-01-02", 1893542400.0),
    ],
)
def test_text_becomes_a_value(declaration: str, text: str, value: object) -> None:
    assert read(declaration, text) == value


@pytest.mark.parametrize(
    "declaration", ["A:integer", "A:boolean", "A:WK", "A:a|b", "A:date-time", "A:http-method", "A:array"]
)
def test_a_blank_says_nothing(declaration: str) -> None:
    """Callers send every field of a form; only for text is nothing a value."""
    assert Reader(declare("form", declaration))({"A": [" "]}) == {}


@pytest.mark.parametrize(
    ("declaration", "text", "message"),
    [
        ("Priority:integer", "ten", "Invalid Priority. 'ten' is not a whole number."),
        ("Priority:integer", "1.5", "Invalid Priority. '1.5' is not a whole number."),
        ("Priority:integer", "9" * 5000, "is not a whole number."),
        ("Priority:integer", "٣", "is not a whole number."),
        ("WorkerSid:WK", "WQ" + "0" * 32, "is not a SID that starts with WK and has 32 hexadecimal digits."),
        ("WorkerSid:WK", "../../etc", "'../../etc'"),
        ("TaskOrder:FIFO|LIFO", "fifo", "Invalid TaskOrder. 'fifo' is not one of FIFO, LIFO."),
        ("Url:uri", "ftp://example.test/", "is not an absolute http or https URL."),
        ("Url:uri", "http://[", "is not an absolute http or https URL."),
        ("Url:uri", "/relative", "is not an absolute http or https URL."),
        ("Url:uri", "http://a b/", "is not an absolute http or https URL."),
        ("Method:http-method", "PUT", "is not one of GET, POST."),
        ("Start:date-time", "yesterday", "Invalid Start. 'yesterday' is not a date and time such as"),
        ("Start:date-time", "2030-13-01T00:00:00Z", "'2030-13-01T00:00:00Z'"),
        ("Event:array:start|end", "start,stop", "Invalid Event. 'stop' is not one of start, end."),
    ],
)
def test_what_cannot_be_read_is_refused_and_repeated(declaration: str, text: str, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(declaration, text)
    assert message in caught.value.message
    assert caught.value.code == 20001
    assert len(caught.value.message) < 300


def test_numbers_have_bounds() -> None:
    size = Parameter(name="PageSize", where="query", type="integer", minimum=1, maximum=1000)
    assert Reader([size])({"PageSize": ["1000"]}) == {"page_size": 1000}
    with pytest.raises(BadRequest, match=r"Invalid PageSize\. '0' is not between 1 and 1000\."):
        Reader([size])({"PageSize": ["0"]})
    low = Parameter(name="Page", where="query", type="integer", minimum=0)
    with pytest.raises(BadRequest, match="'-1' is not 0 or more"):
        Reader([low])({"Page": ["-1"]})
    high = Parameter(name="Priority", where="query", type="integer", maximum=9)
    with pytest.raises(BadRequest, match="'10' is not 9 or less"):
        Reader([high])({"Priority": ["10"]})


def test_lists_come_repeated_joined_or_both() -> None:
    """Both forms are in the published examples (rest-api 1)."""
    assert read("AssignmentStatus:array", "pending", "reserved") == ("pending", "reserved")
    assert read("AssignmentStatus:array", "pending,reserved", " assigned ,") == ("pending", "reserved", "assigned")


def test_of_a_repeated_single_value_the_last_counts() -> None:
    assert read("FriendlyName", "a", "b") == "b"


def test_unknown_names_are_ignored_and_missing_required_ones_named() -> None:
    reader = Reader(declare("form", "FriendlyName! Available:boolean"))
    assert reader({"FriendlyName": ["x"], "Nonsense": ["y"], "Available": []}) == {"friendly_name": "x"}
    for form in ({}, {"FriendlyName": [""]}):
        with pytest.raises(BadRequest, match="Missing required parameter FriendlyName in the post body"):
            reader(form)


def test_the_short_notation() -> None:
    name, sid, words, many = declare("query", "Name! Sid:WK Order:FIFO|LIFO Event:array:a|b")
    assert (name.required, name.type, name.where) == (True, "string", "query")
    assert (sid.sid, sid.required) == ("WK", False)
    assert (words.choices, words.type) == (("FIFO", "LIFO"), "string")
    assert (many.choices, many.type) == (("a", "b"), "array")
    with pytest.raises(msgspec.ValidationError, match="Invalid enum value"):
        declare("form", "Name:number")


def test_names_are_snake_cased() -> None:
    assert snake_case("DequeuePostWorkActivitySid") == "dequeue_post_work_activity_sid"
    assert snake_case("If-Match") == "if_match"
    assert declare("form", "MultiTaskEnabled")[0].key == "multi_task_enabled"


def test_truth() -> None:
    assert [text for text in ("true", "True", "1", "yes", "0", "no", "", "false", "y") if is_true(text)] == [
        "true",
        "True",
        "1",
        "yes",
    ]


def test_an_error_shows_a_value_on_one_line_and_in_part() -> None:
    assert shown("a\r\nb\x1b") == r"a\r\nb\x1b"
    assert shown("x" * 10_000) == "x" * 100 + "..."


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for declaration in ("A:integer", "A:boolean", "A:WK", "A:a|b", "A:date-time", "A:uri", "A:array:a|b"):
        message = ""
        try:
            read(declaration, text)
        except BadRequest as error:
            message = error.message
        assert len(message) < 1000
        assert message.isprintable()
