"""Controls: time that passes, alerts, and the application's own start and stop."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from callback_rig import Rig
from plain_http import plain_client
from webhook import Webhook

from trbridge.emulator import Emulator, passing
from trbridge.emulator.alerts import Alerts, alerts_of
from trbridge.emulator.state.store import Store
from trbridge.errors import InvalidArgument


@pytest.mark.parametrize("seconds", [-1, -0.001, float("inf"), float("nan")])
async def test_time_goes_forward_and_has_an_end(seconds: float) -> None:
    async with Rig() as rig:
        before = rig.engine.now()
        with pytest.raises(InvalidArgument, match="0 or more seconds"):
            await rig.advance(seconds)
        assert rig.engine.now() == before


async def test_stops_that_a_float_cannot_add_up_to_are_reached_all_the_same() -> None:
    """0.1 + 0.2 is not 0.3: a moment that is computed is met, not missed by a hair and waited for."""
    async with Rig() as rig:
        met: list[float] = []
        start = rig.engine.now()
        for tenth in range(1, 30):
            rig.app.alarms.at(start + tenth * 0.1, lambda: met.append(rig.engine.now()))
        async with asyncio.timeout(10):
            assert await rig.advance(3) == start + 3
        assert len(met) == 29
        assert met == sorted(met)


async def test_alarms_and_deadlines_come_in_one_order() -> None:
    async with Rig() as rig:
        seen: list[str] = []
        rig.engine.subscribe(lambda done: seen.extend(event.event_type for event in done.events))
        task = rig.task(timeout=10)
        seen.clear()
        rig.app.alarms.at(rig.engine.now() + 9, lambda: seen.append("alarm at 9"))
        rig.app.alarms.at(rig.engine.now() + 11, lambda: seen.append("alarm at 11"))
        await rig.advance(20)
        assert seen == ["alarm at 9", "task.canceled", "alarm at 11"]
        assert rig.now(task).reason == "Task TTL Exceeded"


async def test_who_never_answers_does_not_stop_time_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "_PATIENCE", 0.001)

    async with Webhook(lambda _asked: None) as hook, Rig() as rig:
        rig.change_workspace(event_callback_url=hook.url())
        assert rig.app.callbacks.busy
        before = rig.engine.now()
        assert await rig.advance(10) == before + 10


async def test_a_delay_on_a_clock_that_runs_by_itself_ends_by_itself() -> None:
    async with Emulator() as emulator:
        emulator.faults.add("delay", delay=0.01)
        auth = emulator.account_sid, emulator.auth_token
        async with plain_client(emulator.api_base_url, auth=auth) as client, asyncio.timeout(10):
            assert (await client.get("/Workspaces")).status_code == 200
        assert next(iter(emulator.faults)).used == 1


async def test_the_application_starts_and_stops_with_any_servers_lifespan() -> None:
    rig = Rig()
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return next(messages)

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    await rig.app({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not rig.app.callbacks.busy


def test_alerts_are_the_stores_and_only_the_latest_are_kept() -> None:
    store = Store()
    alerts = alerts_of(store)
    assert alerts_of(store) is alerts is not alerts_of(Store())
    gone = weakref.ref(alerts)
    del store, alerts
    gc.collect()
    assert gone() is None
    few = Alerts(size=2)
    for number in range(3):
        few.add(11200 + number, "x", float(number), resource_sid="WT1")
    assert (few.codes(), len(few)) == ([11201, 11202], 2)
    few.clear()
    assert list(few) == []
