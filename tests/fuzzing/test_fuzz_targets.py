"""The fuzzers can find something: each is shown a reader that breaks a promise."""

from __future__ import annotations

from typing import Any

import pytest

from fuzz.targets import TARGETS, answers, events, expressions, pages, tokens, workflows
from trbridge.answers import Inflater
from trbridge.emulator.expressions import Compiled, Context
from trbridge.emulator.seeds import seed
from trbridge.emulator.seeds.seed import Seed
from trbridge.errors import DecodeError, ExpressionError
from trbridge.signatures import Secrets
from trbridge.tokens import peek_unverified
from trbridge.wire import Event

SIGNED = (
    b'{"alg":"HS256"}\0{"account_sid":"AC11111111111111111111111111111111","channel":"WS22222222222222222222222222222222",'
    b'"workspace_sid":"WS22222222222222222222222222222222"}'
)
PAGE = f"https://taskrouter.twilio.com@evil.example/v1/Workspaces/WS{'2' * 32}".encode()
CONFIGURATION = f'{{"task_routing":{{"default_filter":{{"queue":"WQ{"4" * 32}"}}}}}}'.encode()


BOMB = bytes([0, 0]) + b"OK|\n{}"


def _raise(error: Exception) -> Any:
    def reader(*_: Any, **__: Any) -> Any:
        raise error

    return reader


def _unseparated(*_: Any, **__: Any) -> Any:
    return Compiled("a", Context.STEP, lambda _: None)  # type: ignore[arg-type,return-value]


def _unchecked(token: str, *_: Any, **__: Any) -> Any:
    return peek_unverified(token)


BROKEN: dict[str, tuple[str, bytes, Any, str, Any]] = {
    "an event of another name": ("event", b'{"event_type":"x"}', events, "decode_event", lambda _: Event("y")),
    "JSON that is refused": ("event", b'{"event_type":"x"}', events, "decode_event", _raise(DecodeError("no"))),
    "text taken for a heartbeat": ("event", b"no", events, "decode_event", lambda _: None),
    "an exception of a library": ("event", b"no", events, "decode_event", _raise(ValueError("no"))),
    "a token that nobody checked": (
        "token",
        SIGNED[:-1] + b" }",
        tokens,
        "verify",
        _unchecked,
    ),
    "a token in the refusal": ("token", b"x" * 50, tokens, "peek_unverified", _raise(DecodeError("x" * 50))),
    "an answer larger than allowed": ("answer", BOMB, Inflater, "body", lambda _: b"0" * 5000),
    "an answer that is no reply": ("answer", BOMB, answers, "read_answer", _raise(KeyError("no"))),
    "a callback that nobody signed": ("callback", b"/ x\nEventType=a", Secrets, "have_signed", lambda *_: True),
    "a page of elsewhere": ("page", PAGE, pages, "check_page_url", lambda url, *_: url),
    "a token that is not redacted": ("page", b"x", pages, "redacted", lambda text: text),
    "an answer that is neither": ("expression", b"a == 1", expressions, "compile_expression", _unseparated),
    "a refusal of two lines": ("expression", b"a", expressions, "compile_expression", _raise(ExpressionError("a\nb"))),
    "no number where one is": ("workflow", CONFIGURATION, workflows, "is_sid", lambda *_: False),
    "half a seed": (
        "seed",
        b"workspaces: [{friendly_name: S}]",
        seed,
        "export",
        lambda _: Seed(workspaces=[]),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_promise_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, data, module, function, broken = BROKEN[name]
    TARGETS[reader](data)
    monkeypatch.setattr(module, function, broken)
    with pytest.raises(Exception):  # noqa: B017, PT011
        TARGETS[reader](data)
