"""HTTP/1.1 as a client speaks it: both libraries say and understand the same."""

from __future__ import annotations

import sys
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.requester.speaking import Exchange, default_exchange
from trbridge.requester.with_h11 import H11Exchange
from trbridge.requester.with_httptools import HttptoolsExchange

BOTH = pytest.mark.parametrize("speaks", [H11Exchange, HttptoolsExchange])
POST = httpx.Request("POST", "http://127.0.0.1:1/v1/wschannels/AC/WS", headers={"If-Match": "3"}, content=b"{}")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
NEXT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate"

# What is read, whether the connection ends then, the body, and whether another exchange may follow.
ANSWERS = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: 3\r\n\r\nabcde", False, b"abcde", True),
    (b"HTTP/1.1 204 No Content\r\n\r\n", False, b"", True),
    (
        b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n",
        False,
        b"abcde",
        True,
    ),
    (b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", False, b"a", True),
    (b"HTTP/1.1 500 Oh no\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", False, b"a", False),
    (b"HTTP/1.0 200 OK\r\n\r\nabcde", True, b"abcde", False),
]
BROKEN = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Le",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data, cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def read(speaks: type[Exchange], parts: list[bytes], ends: bool) -> Exchange:
    exchange = speaks()
    exchange.request(POST, b"{}")
    for part in [*parts, b""] if ends else parts:
        exchange.feed(part)
    return exchange


@given(number=st.integers(0, len(ANSWERS) - 1), cuts=st.lists(st.integers(0, 200), max_size=20))
def test_an_answer_is_understood_in_whatever_pieces_it_comes(number: int, cuts: list[int]) -> None:
    """And by both libraries alike."""
    data, ends, body, may_go_on = ANSWERS[number]
    one, other = (read(speaks, pieces(data, cuts), ends) for speaks in (H11Exchange, HttptoolsExchange))
    for exchange in (one, other):
        assert (exchange.complete, b"".join(exchange.body), exchange.may_go_on) == (True, body, may_go_on)
    lowered = [[(name.lower(), value) for name, value in exchange.headers] for exchange in (one, other)]
    assert lowered[0] == lowered[1]
    assert (one.status, one.reason, one.version) == (other.status, other.reason, other.version)


@BOTH
@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_answer_is_an_error_of_httpx(speaks: type[Exchange], data: bytes) -> None:
    """Half of one, none, one with two lengths (RFC 9112 section 6.3), one without end."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(speaks, pieces(data, [*range(0, len(data), 1000)]), ends=True)


@BOTH
@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 ", CHUNKED + b"0\r\nX: ", CHUNKED + b"0\r\na: b\r\nX: "]
)
def test_what_is_not_the_body_has_an_end(speaks: type[Exchange], beginning: bytes) -> None:
    """Httptools itself would take all of it, in time that grows with the square (check 22)."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(speaks, [beginning, *[b"a" * 65536] * 5], ends=False)


@BOTH
def test_small_chunks_are_no_head(speaks: type[Exchange]) -> None:
    """Five bytes about each byte."""
    exchange = read(speaks, [CHUNKED, *[b"1\r\na\r\n" * 10_000] * 5, b"0\r\n\r\n"], ends=False)
    assert (exchange.complete, sum(map(len, exchange.body))) == (True, 50_002)


@BOTH
@pytest.mark.parametrize("after", [b"H", b"\x00\x01", NEXT])
def test_nothing_may_follow_an_answer(speaks: type[Exchange], after: bytes) -> None:
    """It would be taken for the answer to the next request; what was asked for stays right."""
    exchange = read(speaks, [ANSWERS[0][0] + after], ends=False)
    assert (exchange.status, exchange.complete, b"".join(exchange.body)) == (200, True, b"abcde")
    assert not exchange.may_go_on


def test_a_protocol_nobody_asked_for_is_no_answer() -> None:
    """A 101 says that what follows is not HTTP."""
    switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    for speaks in (H11Exchange, HttptoolsExchange):
        with pytest.raises(httpx.RemoteProtocolError):
            read(speaks, [switched], ends=True)


def test_both_write_the_same() -> None:
    """Byte for byte."""
    written = {speaks().request(POST, b"{}") for speaks in (H11Exchange, HttptoolsExchange)}
    (only,) = written
    assert only.startswith(b"POST /v1/wschannels/AC/WS HTTP/1.1\r\nHost: 127.0.0.1:1\r\n")
    assert only.endswith(b"\r\n\r\n{}")


@BOTH
@pytest.mark.parametrize("value", [b"a\r\nX: b", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_be_two_is_not_sent(speaks: type[Exchange], value: bytes) -> None:
    """Check 20, once more at the last moment."""
    with pytest.raises(httpx.LocalProtocolError):
        speaks().request(httpx.Request("POST", "http://127.0.0.1/", headers=[(b"X", value)]), b"")


def test_the_faster_one_is_taken_if_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra ``fast`` brings it; without it all goes on as before."""
    assert default_exchange() is HttptoolsExchange
    monkeypatch.delitem(sys.modules, "trbridge.requester.with_httptools")
    monkeypatch.setitem(sys.modules, "httptools", None)
    assert default_exchange() is H11Exchange
