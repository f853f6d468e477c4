"""Event callbacks received: who may call, and what is taken."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator
from webhook_caller import FORM, NOW, SECRET, WS, WT, Caller, heard, signed

from trbridge.webhooks import EventCallbacks

# -- who may call ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signature", "status"), [(None, 403), ("", 403), ("x", 403), ("\xe9", 403), ("right", 204)])
async def test_only_who_knows_the_secret_is_heard(signature: str | None, status: int) -> None:
    app = signed()
    got = heard(app)
    assert await Caller(app).post(signature=signature) == status
    assert len(got) == (status == 204)


async def test_a_header_that_comes_twice_is_refused() -> None:
    """Two readers could read two things (check 35); also where both are right."""
    caller = Caller(signed())
    right = RequestValidator(SECRET).compute_signature(caller.url, FORM).encode()
    for name in (b"x-twilio-signature", b"X-Twilio-Signature"):
        assert await caller.post(more=[(name, right)]) == 400
    assert await caller.post(more=[(b"host", b"example.com")]) == 400
    assert await caller.post(more=[(b"content-type", b"application/x-www-form-urlencoded")]) == 400
    settings = (b"x-twilio-webhooks-signature-settings", b"algorithm=HMAC_SHA1")
    assert await caller.post(more=[settings, settings]) == 400
    assert await caller.post(more=[settings]) == 204


async def test_a_parameter_that_comes_twice_is_refused() -> None:
    caller = Caller(signed())
    body = urlencode([*FORM.items(), ("TaskSid", WT)]).encode()
    right = RequestValidator(SECRET).compute_signature(caller.url, FORM)
    assert await caller.post(body, signature=right) == 400


async def test_a_shared_keys_signature() -> None:
    caller = Caller(signed())
    settings = (b"x-twilio-webhooks-signature-settings", b"key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
    strong = RequestValidator(SECRET).compute_signature(caller.url, FORM, "HMAC_SHA256")
    assert await caller.post(signature=strong, more=[settings]) == 204
    assert await caller.post(signature="right", more=[settings]) == 403
    assert await caller.post(more=[(settings[0], b"algorithm=none")]) == 403


async def test_while_the_auth_token_is_changed_two_will_do() -> None:
    app = EventCallbacks(["f" * 32, SECRET])
    assert await Caller(app).post() == 204


async def test_behind_a_proxy_the_url_is_told() -> None:
    """What the service has asked for is signed, not what the proxy asks for."""
    outside = "https://example.com/hooks/taskrouter?key=1"
    inside = Caller(signed(url="https://user:pass@example.com/hooks/taskrouter?key=1"), "http://10.0.0.7:8000/events")
    right = RequestValidator(SECRET).compute_signature(outside, FORM)
    assert await inside.post(signature=right) == 204
    assert await inside.post() == 403
    assert await Caller(signed(), "http://10.0.0.7:8000/events").post(signature=right) == 403


async def test_a_path_is_signed_as_it_was_sent() -> None:
    for path in ("/ev%20ents", "/", ""):
        caller = Caller(signed(), f"https://example.com{path}")
        assert await caller.post() == 204
    caller = Caller(signed(), "https://example.com/ev%20ents")
    assert await caller.post(raw_path=None, path="/ev ents") == 204


async def test_no_host_is_no_url() -> None:
    app = signed()
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = Caller(app).scope([kind]) | {"headers": [kind, (b"x-twilio-signature", b"x")]}
    assert await Caller(app).raw(scope, urlencode(FORM).encode()) == 400


@pytest.mark.parametrize(("age", "status"), [(0, 204), (299, 204), (-299, 204), (301, 403), (-301, 403)])
async def test_a_replay_outside_the_window_is_refused(age: int, status: int) -> None:
    app = EventCallbacks(SECRET, replay_window=300, now=lambda: NOW + age)
    assert await Caller(app).post() == status


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "9" * 20, "١٢"])
async def test_with_a_window_there_must_be_a_timestamp(stamp: str) -> None:
    assert await Caller(signed(replay_window=300)).post(FORM | {"Timestamp": stamp}) == 403


async def test_a_refusal_says_which_url_was_meant_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """A URL that a proxy has changed is the usual reason."""
    caller = Caller(signed(), "https://example.com/events\x1b[31m?key=hush")
    with caplog.at_level(logging.WARNING, "trbridge.webhooks"):
        assert await caller.post(signature="x") == 403
    assert "https://example.com/events" in caplog.text
    assert "url=..." in caller.text
    for secret in ("hush", "\x1b", SECRET):
        assert secret not in caplog.text
        assert secret not in caller.text


# -- unsigned ------------------------------------------------------------------------------------------------


LOCAL: dict[str, Any] = {"client": ("127.0.0.1", 5000)}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]:8000/"])
async def test_unsigned_from_this_machine(url: str) -> None:
    app = EventCallbacks(unsigned=True)
    got = heard(app)
    assert await Caller(app, url).post(signature=None, **LOCAL) == 204
    assert len(got) == 1


@pytest.mark.parametrize(
    ("scope", "more"),
    [
        ({"client": ("203.0.113.9", 1)}, []),
        ({"client": ("::ffff:203.0.113.9", 1)}, []),
        ({"client": None}, []),
        ({**LOCAL, "headers": [(b"host", b"evil.example")]}, []),
        ({**LOCAL, "headers": [(b"host", b"127.0.0.1.nip.io")]}, []),
        ({**LOCAL, "headers": [(b"host", b"")]}, []),
        (LOCAL, [(b"x-forwarded-for", b"203.0.113.9")]),
        (LOCAL, [(b"forwarded", b"for=203.0.113.9")]),
        (LOCAL, [(b"origin", b"https://evil.example")]),
        (LOCAL, [(b"Origin", b"null")]),
        (LOCAL, [(b"sec-fetch-site", b"cross-site")]),
        ({**LOCAL, "headers": [(b"host", b"evil.example@localhost")]}, []),
        ({**LOCAL, "headers": [(b"host", b"[::1]evil.example")]}, []),
    ],
)
async def test_unsigned_from_elsewhere_is_refused(scope: dict[str, Any], more: list[tuple[bytes, bytes]]) -> None:
    """By address, by the name that was asked for (DNS rebinding), through no proxy, and of no web page (CSRF)."""
    app = EventCallbacks(unsigned=True)
    got = heard(app)
    headers = scope.get("headers", [(b"host", b"127.0.0.1:8000")])
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    full = Caller(app, "http://127.0.0.1:8000/").scope(()) | scope | {"headers": [*headers, kind, *more]}
    assert await Caller(app).raw(full, urlencode(FORM).encode()) == 403
    assert got == []


# -- what is no callback ---------------------------------------------------------------------------------------


async def test_other_methods_and_contents() -> None:
    caller = Caller(signed())
    assert await caller.post(method="GET") == 405
    assert caller.headers["allow"] == "POST"
    json = [(b"content-type", b"application/json")]
    assert await caller.raw(caller.scope(json), b"{}") == 415
    assert await caller.raw(caller.scope(()), b"") == 415


@pytest.mark.parametrize("body", [b"a", b"a=%ff", b"\xff=1", b"&".join(b"a%d=1" % n for n in range(300)), b"a=1&&b"])
async def test_a_form_that_is_none(body: bytes) -> None:
    assert await Caller(signed()).post(body) == 400


async def test_a_form_without_a_type() -> None:
    caller = Caller(signed())
    assert await caller.post({"WorkspaceSid": WS}) == 400
    assert await caller.post({}) == 400


async def test_a_body_has_an_end() -> None:
    """It is not read further than that, whatever it says of its length (check 22)."""
    caller = Caller(signed(max_body=100))
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    assert await caller.raw(caller.scope([kind]), *[b"a" * 60] * 1000) == 413
    assert await caller.raw(caller.scope([kind]), b"a=1", b"&b=2") == 403


async def test_a_caller_that_hangs_up_gets_no_answer() -> None:
    caller = Caller(signed())
    assert await caller.raw(caller.scope([(b"content-type", b"application/x-www-form-urlencoded")])) == 0


async def test_a_websocket_is_closed_and_anything_else_is_nothing() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await signed()({"type": "websocket"}, receive, send)
    await signed()({"type": "new"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
