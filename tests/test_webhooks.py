"""Event callbacks received: what handlers get of them."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from webhook_caller import AC, EV, FORM, NOW, SECRET, WS, WT, Caller, heard, signed

from trbridge import NotReady, Workspace, WorkspaceCapability
from trbridge.errors import HandlerError, InvalidArgument, TaskRouterError
from trbridge.events import Emitter
from trbridge.resources.event import EventInstance
from trbridge.resources.task import TaskInstance
from trbridge.webhooks import EventCallbacks

# -- what handlers get ---------------------------------------------------------------------------------


async def test_a_callback_reaches_the_handler_as_what_it_is_about() -> None:
    app = signed()
    got = heard(app)
    async with app.listen() as listening:
        assert await Caller(app).post() == 204
        event = await anext(listening)
    (task,) = got
    assert isinstance(task, TaskInstance)
    assert (task.sid, task.workspace_sid, task.priority, task.assignment_status) == (WT, WS, 3, "pending")
    assert task.attributes == {"name": "Zoë & co"}
    assert task.extra["event_sid"] == EV
    assert task.extra["event_date_ms"] == NOW * 1000 + 500
    assert (event.type, event.payload, event.origin) == ("task.created", task, "callback")


async def test_it_answers_204_before_the_handlers_run() -> None:
    """The service waits 15 seconds and no longer (routing 6.3)."""
    app, order = signed(), list[str]()
    app.on("task.created", lambda _: order.append("handler"))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": urlencode(FORM).encode()}

    async def send(message: Any) -> None:
        order.append(message["type"])

    caller = Caller(app)
    right = RequestValidator(SECRET).compute_signature(caller.url, FORM)
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    await app(caller.scope([kind, (b"X-Twilio-Signature", right.encode())]), receive, send)
    assert order == ["http.response.start", "http.response.body", "handler"]


async def test_the_answer_has_the_content_type_that_is_expected() -> None:
    caller = Caller(signed())
    await caller.post()
    assert (caller.headers, caller.text) == ({"content-type": "application/json"}, "")


async def test_what_came_already_is_not_told_again() -> None:
    """The service may repeat a callback, and so may whoever saw it."""
    app = signed()
    got = heard(app)
    caller = Caller(app)
    without_sid = {name: value for name, value in FORM.items() if name != "Sid"} | {"ResourceSid": "WT" + "9" * 32}
    for form in (FORM, FORM, without_sid, without_sid):
        assert await caller.post(form) == 204
    assert len(got) == 2


async def test_an_event_about_nothing_known_is_handed_on_itself() -> None:
    app = signed()
    got = heard(app, "new.thing")
    form = FORM | {"EventType": "new.thing", "ResourceSid": "XX" + "0" * 32, "NewThingColour": "red"}
    assert await Caller(app).post(form) == 204
    assert isinstance(got[0], EventInstance)
    assert got[0].event_data["new_thing_colour"] == "red"
    assert got[0].event_date_ms == NOW * 1000 + 500


async def test_seconds_will_do_for_milliseconds() -> None:
    app = signed()
    got = heard(app)
    await Caller(app).post({name: value for name, value in FORM.items() if name != "TimestampMs"})
    await Caller(app).post(FORM | {"Sid": "EV" + "5" * 32, "Timestamp": "soon", "TimestampMs": ""})
    assert [one.extra["event_date_ms"] for one in got] == [NOW * 1000, None]


async def test_an_event_cannot_pass_for_the_clients_own() -> None:
    app = signed()
    assert heard(app, "ready") == heard(app, "error")
    got = heard(app, "server.error")
    await Caller(app).post(FORM | {"EventType": "error"})
    assert len(got) == 1


async def test_without_a_client_there_is_nothing_to_ask() -> None:
    app = signed()
    got = heard(app)
    await Caller(app).post()
    with pytest.raises(NotReady) as caught:
        await got[0].fetch()
    assert "emitter=workspace" in (caught.value.hint or "")


async def test_a_handler_that_raises_is_reported() -> None:
    app = signed()
    errors: list[TaskRouterError] = []
    app.on("error", errors.append)
    app.on("task.created", lambda _: 1 / 0)
    assert await Caller(app).post() == 204
    assert isinstance(errors[0], HandlerError)


async def test_an_emitter_of_ones_own() -> None:
    emitter = Emitter()
    app = signed(emitter=emitter)
    assert app.emitter is emitter
    got = heard(app)
    await Caller(app).post()
    assert len(got) == 1


# -- a workspace's handlers ------------------------------------------------------------------------------


def workspace(sid: str = WS) -> Workspace:
    return Workspace(WorkspaceCapability(AC, SECRET, sid).to_jwt())


async def test_a_workspace_gets_them_among_its_other_events() -> None:
    """And what it hands out can be fetched with it."""
    client = workspace()
    got: list[TaskInstance] = []
    client.on("task.created", got.append)
    app = signed(emitter=client)
    assert await Caller(app).post() == 204
    assert got[0].resource_url == f"https://taskrouter.twilio.com/v1/Workspaces/{WS}/Tasks/{WT}"
    assert client._doubles is app._doubles


async def test_another_workspaces_are_refused() -> None:
    client = workspace("WS" + "8" * 32)
    got = heard(client)
    assert await Caller(signed(emitter=client)).post() == 403
    assert got == []


async def test_a_workspace_that_does_not_know_its_name_yet_takes_them() -> None:
    client = Workspace(lambda: "asked later")
    got = heard(client)
    assert await Caller(signed(emitter=client)).post() == 204
    assert len(got) == 1


@pytest.mark.parametrize("own", [True, False])
async def test_it_lives_as_long_as_the_server(own: bool) -> None:
    """At its end handlers that still run get five seconds; those of a workspace are the workspace's."""
    emitter = None if own else Emitter()
    app = signed(emitter=emitter)
    ended: list[str] = []

    @app.on("task.created")
    async def slow(_: TaskInstance) -> None:
        await asyncio.sleep(0)
        ended.append("handler")

    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, Any]:
        message = asked.pop(0)
        if not asked:
            await Caller(app).post()
        return message

    async def send(message: Any) -> None:
        ended.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert ended[0] == "lifespan.startup.complete"
    assert ended[-1] == "lifespan.shutdown.complete"
    assert ("handler" in ended) == own
    await app.emitter.aclose()


# -- made wrongly ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"auth_token": ""},
        {"auth_token": []},
        {"auth_token": "short"},
        {"auth_token": SECRET, "unsigned": True},
        {"auth_token": SECRET, "url": "example.com/x"},
        {"auth_token": SECRET, "replay_window": 0},
        {"auth_token": SECRET, "replay_window": float("nan")},
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        EventCallbacks(**options)
    assert SECRET not in str(caught.value)


def test_the_secret_shows_nowhere() -> None:
    app = signed()
    assert SECRET not in f"{app} {app!r}"
    with pytest.raises(TypeError, match="auth token"):
        pickle.dumps(app)
    assert repr(EventCallbacks(unsigned=True)) == "<EventCallbacks unsigned, for this machine>"


@given(st.binary(max_size=300), st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=5))
async def test_anything_at_all_is_answered(body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """No request makes an exception (check 42)."""
    app = signed()
    got = heard(app)
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    caller = Caller(app)
    assert await caller.raw(caller.scope([kind, *headers]), body) in {400, 403}
    assert got == []
