"""REST, bridge and websocket together, with routing between them: the flows a client lives by (wire-protocol 3.8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from trbridge.emulator import Emulator


class Floor:
    """One worker at work: REST for the back office, the bridge and a socket for the worker."""

    def __init__(self, emulator: Emulator, http: httpx.AsyncClient, dialect: str = "") -> None:
        self.emulator = emulator
        self.http = http
        self.api = f"{emulator.api_base_url}/Workspaces/{emulator.workspace_sid}"
        self.worker_sid = ""
        self.token = ""
        self.socket: ClientConnection | None = None

    @property
    def channel(self) -> str:
        return f"{self.emulator.event_bridge_base_url}/v1/wschannels/{self.emulator.account_sid}/{self.worker_sid}"

    async def rest(self, method: str, path: str, **form: str) -> Any:
        auth = self.emulator.account_sid, self.emulator.auth_token
        answer = await self.http.request(method, f"{self.api}/{path}", data=form or None, auth=auth)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def bridge(self, method: str, path: str, params: Any = None, status: int = 200, **more: Any) -> Any:
        body = {"url": f"{self.api}/{path}", "method": method, "token": self.token, **more}
        content = json.dumps({**body, "params": params} if params is not None else body)
        answer = await self.http.post(self.channel, content=content, headers={"Content-Type": "text/plain"})
        assert answer.status_code == status, answer.text
        return answer.json().get("payload")

    async def activity(self, name: str) -> str:
        listed = await self.rest("GET", "Activities")
        return str(next(one["sid"] for one in listed["activities"] if one["friendly_name"] == name))

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event, heartbeats aside."""
        assert self.socket is not None
        async with asyncio.timeout(10):
            text = "\n"
            while not text.strip():
                text = str(await self.socket.recv())
        frame = json.loads(text)
        return frame["event_type"], frame["payload"]


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    async with Emulator(clock="manual", random_seed=1) as emulator, httpx.AsyncClient(trust_env=False) as http:
        floor = Floor(emulator, http)
        floor.worker_sid = (await floor.rest("POST", "Workers", FriendlyName="Alice"))["sid"]
        floor.token = emulator.mint("worker", floor.worker_sid)
        url = f"{floor.channel.replace('http', 'ws')}?token={floor.token}&closeExistingSessions=false"
        async with connect(url, compression=None, proxy=None, ping_interval=None) as floor.socket:
            yield floor


async def test_a_worker_comes_gets_a_task_and_completes_it(floor: Floor) -> None:
    ready = await floor.bridge("GET", f"Workers/{floor.worker_sid}", event_type="ready")
    assert ready["activity_name"] == "Offline"
    mine = f"Workers/{floor.worker_sid}/Reservations"
    assert (await floor.bridge("GET", mine, {"ReservationStatus": "pending"}))["reservations"] == []
    available = await floor.activity("Available")
    await floor.bridge("POST", f"Workers/{floor.worker_sid}", {"ActivitySid": available})
    assert (await floor.event())[0] == "worker.activity.update"

    task = await floor.rest("POST", "Tasks", Attributes='{"type": "support"}')
    assert task["assignment_status"] == "pending", "as the service answers; routing comes after"
    name, mashup = await floor.event()
    assert (name, mashup["sid"]) == ("reservation.created", task["sid"])
    assert (await floor.bridge("GET", f"Tasks/{task['sid']}"))["assignment_status"] == "reserved"
    path = f"Tasks/{task['sid']}/Reservations/{mashup['reservation_sid']}"
    assert (await floor.bridge("GET", path))["reservation_status"] == "pending"

    accepted = await floor.bridge("POST", path, {"ReservationStatus": "accepted"})
    assert accepted["reservation_status"] == "accepted"
    name, mashup = await floor.event()
    assert (name, mashup["assignment_status"]) == ("reservation.accepted", "assigned")

    done = await floor.bridge("POST", f"Tasks/{task['sid']}", {"AssignmentStatus": "completed", "Reason": "solved"})
    assert (done["assignment_status"], done["reason"]) == ("completed", "solved")
    assert {(await floor.event())[0], (await floor.event())[0]} == {"task.completed", "reservation.completed"}
    figures = await floor.bridge("GET", f"Workers/{floor.worker_sid}/Statistics")
    assert figures["cumulative"]["reservations_accepted"] == 1


async def test_a_reservation_nobody_answers_times_out_and_the_worker_is_put_aside(floor: Floor) -> None:
    await floor.bridge("POST", f"Workers/{floor.worker_sid}", {"ActivitySid": await floor.activity("Available")})
    await floor.event()
    task = await floor.rest("POST", "Tasks")
    assert (await floor.event())[0] == "reservation.created"
    await floor.emulator.advance(120)
    names = {(await floor.event())[0], (await floor.event())[0]}
    assert names == {"reservation.timeout", "worker.activity.update"}
    assert (await floor.bridge("GET", f"Workers/{floor.worker_sid}"))["activity_name"] == "Offline"
    assert (await floor.bridge("GET", f"Tasks/{task['sid']}"))["assignment_status"] == "pending"
    types = [one["event_type"] for one in (await floor.rest("GET", "Events"))["events"]]
    assert "reservation.timeout" in types


async def test_an_old_version_of_a_reservation_accepts_nothing(floor: Floor) -> None:
    await floor.bridge("POST", f"Workers/{floor.worker_sid}", {"ActivitySid": await floor.activity("Available")})
    await floor.rest("POST", "Tasks")
    listed = await floor.bridge("GET", f"Workers/{floor.worker_sid}/Reservations")
    url = listed["reservations"][0]["url"]
    content = json.dumps(
        {"url": url, "method": "POST", "token": floor.token, "params": {"ReservationStatus": "accepted"}}
    )
    refused = await floor.http.post(floor.channel, content=content, headers={"If-Match": "99"})
    assert (refused.status_code, refused.json()["code"]) == (412, 20412)


async def test_deleting_a_worker_ends_its_socket(floor: Floor) -> None:
    await floor.rest("DELETE", f"Workers/{floor.worker_sid}")
    assert floor.socket is not None
    async with asyncio.timeout(10):
        await floor.socket.wait_closed()
    assert floor.socket.close_code == 4004
    assert await floor.bridge("GET", f"Workers/{floor.worker_sid}", status=404) is None
