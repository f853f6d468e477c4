"""Answers: a value or a typed error, whatever comes, and never more than there is room for."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.answers import MAX_ANSWER, Answer, Inflater, printable, read_answer
from trbridge.errors import (
    ApiError,
    BadRequest,
    DecodeError,
    Gone,
    NotFound,
    PreconditionFailed,
    RequestError,
    ServerError,
    TooManyRequests,
)
from trbridge.wire import Reply, Request

WS = f"WS{'1' * 32}"
BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
GET, POST = Request("GET", f"{BASE}/Tasks"), Request("POST", f"{BASE}/Activities", {"FriendlyName": "x"})
TWILIO = {"code": 20001, "message": "No.", "more_info": "https://www.twilio.com/docs/errors/20001", "status": 400}


def read(status: int, body: bytes, request: Request = GET, reason: str = "", **headers: str) -> Reply:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_answer(Answer(status, reason, headers, body), request, WS, 1_000_000.0)


def failure(status: int, body: bytes = b"", request: Request = GET, reason: str = "", **headers: str) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(status, body, request, reason, **headers)
    return caught.value


def read_or_error(status: int, body: bytes, request: Request, reason: str) -> Reply | RequestError:
    try:
        return read(status, body, request, reason)
    except RequestError as error:
        return error


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    """v1 took nothing but 200 (Q3)."""
    reply = read(status, b'{"event_type": "ready", "payload": {"sid": "WS1"}}', etag='"7"')
    assert (bytes(reply.payload), reply.event_type, reply.etag) == (b'{"sid": "WS1"}', "ready", '"7"')


@pytest.mark.parametrize("body", [b"", b"  \n", b'{"event_type":null,"payload":null}'])
def test_a_delete_may_be_answered_with_nothing(body: bytes) -> None:
    """v1 never called back after an empty body (Q7)."""
    assert bytes(read(204, body, Request("DELETE", f"{BASE}/Tasks/WT1")).payload) == b"null"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"1", b"{", b'{"event_type": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_success_that_is_no_json_object_is_a_decode_error(body: bytes) -> None:
    """F66."""
    error = failure(200, body)
    assert isinstance(error, DecodeError)
    assert error.status == 200
    assert error.hint is None


def test_a_web_page_in_place_of_an_answer_is_called_one() -> None:
    error = failure(200, b"<html>Welcome to the hotel wifi</html>", content_type="text/html; charset=utf-8")
    assert "web page" in (error.hint or "")
    assert "hotel" not in str(error)


def test_twilios_words_reach_the_caller() -> None:
    """v1 dropped the body of a failure (Q4)."""
    error = failure(400, msgspec.json.encode({**TWILIO, "details": {"field": "x"}}))
    assert isinstance(error, BadRequest)
    assert (error.message, error.code, error.status, error.more_info) == ("No.", 20001, 400, TWILIO["more_info"])
    assert error.details == {"field": "x"}


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Gateway</html>", b"[1]", b"null", b"{", b"\xff", b"[" * 60_000, b'{"message": ""}']
)
@pytest.mark.parametrize(("status", "cls"), [(502, ServerError), (404, NotFound), (418, ApiError), (302, ApiError)])
def test_a_failure_without_twilios_words_is_named_by_its_reason(body: bytes, status: int, cls: type) -> None:
    """F66: no KeyError, no JSONDecodeError, and no HTML in the message."""
    error = failure(status, body, reason="So It Goes")
    assert type(error) is cls
    assert error.message == "So It Goes"
    assert error.code is None
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "message"), [(502, "Bad Gateway"), (599, "status 599"), (412, "Precondition Failed")]
)
def test_without_a_reason_the_status_speaks(status: int, message: str) -> None:
    """HTTP/2 has no reason phrases."""
    assert failure(status).message == message


@pytest.mark.parametrize(
    "body",
    [
        {"code": "20001", "message": 7, "more_info": ["x"]},
        {"code": True, "message": None, "more_info": 1.5},
        {"code": 1.5, "message": {}, "more_info": None, "status": "x"},
    ],
)
def test_fields_of_the_wrong_type_are_left_out(body: dict[str, object]) -> None:
    error = failure(400, msgspec.json.encode(body))
    assert (error.code, error.message, error.more_info) == (None, "Bad Request", None)


def test_words_from_outside_are_fit_for_a_log() -> None:
    """Checks 28 and 29: one line, nothing that moves the cursor or turns the text around, not endless."""
    error = failure(400, msgspec.json.encode({"message": "a\r\nb\x1b[31m\u202ec" + "x" * 5000, "more_info": "http\n"}))
    assert error.message.startswith("a\\r\\nb\\x1b[31m\\u202ecx")
    assert len(error.message) == 1000
    assert error.more_info == "http\\n"
    assert str(failure(403, b"", Request("GET", f"{BASE}/a\nb"))).isprintable()


@given(st.text(), st.integers(3, 50))
def test_printable_text_is_one_visible_line(text: str, limit: int) -> None:
    line = printable(text, limit)
    assert line.isprintable()
    assert len(line) <= limit
    assert line == text or not text.isprintable() or len(text) > limit


@pytest.mark.parametrize(("status", "cls"), [(410, Gone), (412, PreconditionFailed), (429, TooManyRequests)])
def test_each_status_has_its_class_and_hint(status: int, cls: type) -> None:
    error = failure(status)
    assert type(error) is cls
    assert error.hint


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_on_the_error(status: int) -> None:
    error = failure(status, retry_after="7")
    assert isinstance(error, (TooManyRequests, ServerError))
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("status", "body", "headers", "unknown"),
    [
        (400, TWILIO, {}, False),
        (404, None, {}, False),
        (429, None, {}, False),
        (500, TWILIO, {}, True),
        (502, None, {}, True),
        (504, None, {}, True),
        (503, None, {}, True),
        (503, None, {"retry_after": "1"}, False),
        (503, TWILIO, {}, False),
    ],
)
def test_whether_a_failed_change_may_have_happened(
    status: int, body: object, headers: dict[str, str], unknown: bool
) -> None:
    """A gateway that gives up has passed the request on; a service that declines has not (F64)."""
    encoded = b"<html>" if body is None else msgspec.json.encode(body)
    error = failure(status, encoded, POST, **headers)
    assert error.outcome_unknown is unknown
    assert ("may have been carried out" in (error.hint or "")) is unknown
    assert failure(status, encoded, GET, **headers).outcome_unknown is False, "a GET changes nothing"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=10,
)


@given(
    st.integers(100, 999),
    st.one_of(
        st.binary(),
        JSON.map(msgspec.json.encode),
        st.builds(
            msgspec.json.encode,
            st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("code", "message", "more_info", "status", "details", "payload"), JSON)
            ),
        ),
    ),
    st.text(max_size=20),
    st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_every_answer_is_a_reply_or_a_request_error(status: int, body: bytes, reason: str, method: str) -> None:
    """Check 42: nothing that a server can send leaks another exception."""
    outcome = read_or_error(status, body, Request(method, f"{BASE}/Tasks"), reason)
    if isinstance(outcome, Reply):
        assert 200 <= status < 300
    else:
        assert outcome.status == status
        assert str(outcome).isprintable()


@given(st.binary(max_size=2000), st.integers(1, 300), st.integers(0, 3000), st.booleans())
def test_a_body_is_the_same_after_inflating_up_to_the_limit(data: bytes, size: int, limit: int, packed: bool) -> None:
    sent = gzip.compress(data) if packed else data
    inflater = Inflater("gzip" if packed else "", limit)
    for start in range(0, len(sent), size):
        inflater.feed(sent[start : start + size])
    assert inflater.body() == data[:limit]
    assert inflater.overflown == (len(data) > limit)


def test_a_gzip_bomb_never_takes_more_memory_than_the_limit() -> None:
    """Check 22: 64 MiB of zeros in 64 KiB; a library that inflates first would make all of them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(64)) + packer.flush()
    tracemalloc.start()
    try:
        inflater = Inflater("gzip", 1024 * 1024)
        inflater.feed(bomb)
        inflater.feed(bomb)
        assert inflater.overflown
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert len(inflater.body()) == 1024 * 1024 < MAX_ANSWER


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "\x1b[2J"])
def test_other_compressions_are_refused(coding: str) -> None:
    """Only gzip is asked for, and only gzip can be undone within the limit."""
    with pytest.raises(DecodeError, match="not asked for") as caught:
        Inflater(coding, 100)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("coding", ["gzip", "GZIP ", "x-gzip"])
def test_bytes_that_are_no_gzip_are_a_decode_error(coding: str) -> None:
    with pytest.raises(DecodeError, match="gzip"):
        Inflater(coding, 100).feed(b"{}")


def test_an_answer_hides_its_body() -> None:
    """Tracebacks that show local variables would print it."""
    assert repr(Answer(200, "OK", {}, b"secret")) == "<Answer 200, 6 bytes>"
