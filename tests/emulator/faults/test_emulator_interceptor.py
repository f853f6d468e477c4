"""Faults and the record on real connections: requests to REST and the event bridge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from plain_http import plain_client

from trbridge.emulator import Emulator
from trbridge.emulator.state.model import Worker


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock="manual", random_seed=3) as running:
        yield running


@pytest.fixture
async def rest(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{emulator.api_base_url}/Workspaces/{emulator.workspace_sid}"
    auth = emulator.account_sid, emulator.auth_token
    async with plain_client(base, auth=auth) as client:
        yield client


async def bridge(emulator: Emulator, method: str, path: str, **params: Any) -> httpx.Response:
    """A call through the event bridge."""
    envelope = {
        "url": f"{emulator.api_base_url}/Workspaces/{emulator.workspace_sid}{path}",
        "method": method,
        "token": emulator.mint(),
        "params": params,
        "event_type": "e",
    }
    url = f"{emulator.event_bridge_base_url}/v1/wschannels/{emulator.account_sid}/{emulator.workspace_sid}"
    async with plain_client() as client:
        return await client.post(url, json=envelope)


def workers(emulator: Emulator) -> list[str]:
    return [worker.friendly_name for worker in emulator.engine.store.table(Worker).values()]


# The record


async def test_requests_are_written_down_with_what_came_of_them(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    await rest.get("/Workers", params={"FriendlyName": "x"})
    await rest.post("/Workers", data={"FriendlyName": "Alice"})
    await rest.post("/Workers", data={"FriendlyName": "Alice"})
    token = emulator.mint()
    await bridge(emulator, "POST", "/Activities", FriendlyName="Lunch")
    path = f"/v1/Workspaces/{emulator.workspace_sid}"
    seen = [(entry.what, entry.method, entry.path, dict(entry.params), entry.status) for entry in emulator.record]
    assert seen == [
        ("rest", "GET", f"{path}/Workers", {"FriendlyName": "x"}, 200),
        ("rest", "POST", f"{path}/Workers", {"FriendlyName": "Alice"}, 201),
        ("rest", "POST", f"{path}/Workers", {"FriendlyName": "Alice"}, 400),
        ("bridge", "POST", f"{path}/Activities", {"FriendlyName": "Lunch"}, 200),
    ]
    assert [entry.channel for entry in emulator.record] == [None, None, None, emulator.workspace_sid]
    assert {entry.when for entry in emulator.record} == {emulator.engine.now()}
    assert token not in "".join(map(repr, emulator.record))


async def test_large_bodies_are_let_through_and_not_kept(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    long = "x" * 100_000
    answer = await rest.post("/Workers", data={"FriendlyName": "Alice", "Unknown": long})
    assert answer.status_code == 201
    assert (await bridge(emulator, "GET", "/Workers", Unknown=long)).status_code == 200
    assert [entry.params for entry in emulator.record] == [{}, {}]


async def test_bodies_beyond_the_limit_are_refused_as_ever(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    limit = emulator.app.options.max_body

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(limit // 100_000 + 2):
            yield b"x" * 100_000

    assert (await rest.post("/Workers", content=b"x" * (limit + 1))).status_code == 413
    assert (await rest.post("/Workers", content=chunks())).status_code == 413


# Faults in requests


async def test_a_rule_answers_in_place_of_the_service_so_often(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    emulator.faults.add("answer", status=429, headers={"Retry-After": "2"}, path="*/Workers", times=2)
    answers = [await rest.post("/Workers", data={"FriendlyName": "Alice"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert answers[0].headers["retry-after"] == "2"
    assert answers[0].json()["code"] == 20429
    assert workers(emulator) == ["Alice"]
    assert [(entry.status, entry.fault) for entry in emulator.record] == [(429, 1), (429, 1), (201, None)]


@pytest.mark.parametrize("status", [204, 502])
async def test_any_status_and_any_body(emulator: Emulator, rest: httpx.AsyncClient, status: int) -> None:
    emulator.faults.add("answer", status=status, body="<html>Bad gateway</html>", headers={"Content-Type": "text/html"})
    answer = await rest.get("/Workers")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert answer.text == ("" if status == 204 else "<html>Bad gateway</html>")


async def test_a_rule_about_the_answer_comes_after_the_deed(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    """Fault F64: the outcome of a POST that got no answer is unknown to the caller, and it happened."""
    emulator.faults.add("drop", at="answer", method="POST", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await rest.post("/Workers", data={"FriendlyName": "Alice"})
    assert workers(emulator) == ["Alice"]
    (entry,) = emulator.record
    assert (entry.status, entry.error, entry.fault) == (None, "dropped", 1)
    assert (await rest.get("/Workers")).status_code == 200


async def test_a_dropped_request_never_happened(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    emulator.faults.add("drop", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await rest.post("/Workers", data={"FriendlyName": "Alice"})
    assert workers(emulator) == []


async def test_an_answer_can_be_replaced_or_garbled(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    whole = (await rest.get("/Activities")).text
    emulator.faults.add("malform", times=1)
    emulator.faults.add("malform", text='{"activities":[}', times=1)
    emulator.faults.add("answer", at="answer", status=200, body={"activities": []}, times=1)
    texts = [(await rest.get("/Activities")).text for _ in range(3)]
    assert texts == [whole[: len(whole) // 2], '{"activities":[}', '{"activities":[]}']


async def test_rules_can_tell_rest_from_the_event_bridge(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    emulator.faults.add("answer", via="bridge", path="*/Activities", status=500)
    assert (await rest.get("/Activities")).status_code == 200
    answer = await bridge(emulator, "GET", "/Activities")
    assert (answer.status_code, answer.json()["code"]) == (500, 20500)
    assert (await bridge(emulator, "GET", "/Workers")).status_code == 200
    emulator.faults.clear()
    emulator.faults.add("answer", channel=emulator.workspace_sid, status=503)
    assert (await bridge(emulator, "GET", "/Workers")).status_code == 503


@pytest.mark.parametrize("stage", ["request", "answer"])
async def test_a_delay_is_the_engines_time(emulator: Emulator, rest: httpx.AsyncClient, stage: Any) -> None:
    emulator.faults.add("delay", at=stage, delay=3, times=1)
    asking = asyncio.create_task(rest.post("/Workers", data={"FriendlyName": "Alice"}))
    await until(lambda: len(emulator.record) == 1 and emulator.app.alarms.next_due() is not None)
    await emulator.advance(2.9)
    assert workers(emulator) == ([] if stage == "request" else ["Alice"])
    assert not asking.done()
    await emulator.advance(0.1)
    assert (await asking).status_code == 201
    assert workers(emulator) == ["Alice"]


async def test_delays_come_before_whatever_else_a_rule_does(emulator: Emulator, rest: httpx.AsyncClient) -> None:
    emulator.faults.add("answer", status=503, delay=3)
    asking = asyncio.create_task(rest.get("/Workers"))
    await until(lambda: emulator.app.alarms.next_due() is not None)
    await emulator.advance(3)
    assert (await asking).status_code == 503


@pytest.mark.parametrize("stage", ["request", "answer"])
async def test_what_is_held_goes_on_when_it_is_released(
    emulator: Emulator, rest: httpx.AsyncClient, stage: Any
) -> None:
    fault = emulator.faults.add("hold", at=stage, method="POST")
    asking = asyncio.create_task(rest.post("/Workers", data={"FriendlyName": "Alice"}))
    await until(lambda: fault.held == 1)
    assert workers(emulator) == ([] if stage == "request" else ["Alice"])
    assert (await rest.get("/Workers")).status_code == 200
    fault.release()
    assert (await asking).status_code == 201


async def test_closing_does_not_wait_for_what_is_held_or_delayed() -> None:
    async with Emulator(clock="manual") as emulator:
        held = emulator.faults.add("hold", times=1)
        emulator.faults.add("delay", delay=9)
        auth = emulator.account_sid, emulator.auth_token
        async with plain_client(emulator.api_base_url, auth=auth) as client:
            asking = [asyncio.create_task(client.get("/Workspaces")) for _ in range(2)]
            await until(lambda: held.held == 1 and emulator.app.alarms.next_due() is not None)
            async with asyncio.timeout(2):
                await emulator.aclose()
            await asyncio.wait(asking)


async def until(condition: Any) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 what is waited for is many things
            await asyncio.sleep(0)
