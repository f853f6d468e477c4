"""Lists: search, create, and act by SID."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import TC, WA, WC, WK, WR, WT, Bridge, W, activity, page, reservation, sid, worker

from trbridge.errors import InvalidArgument
from trbridge.resources.activity import ActivityInstance, ActivityList
from trbridge.resources.event import EventList
from trbridge.resources.page import Page
from trbridge.resources.reservation import ReservationInstance, ReservationList
from trbridge.resources.task import TaskList
from trbridge.resources.task_channel import TaskChannelInstance, TaskChannelList
from trbridge.resources.worker import WorkerInstance, WorkerList
from trbridge.resources.worker_channel import WorkerChannelInstance, WorkerChannelList


async def test_fetch_by_sid_brings_one() -> None:
    bridge = Bridge()
    bridge.answer(worker(), etag='"3"')
    one = await WorkerList(bridge.context).fetch(WK)
    assert isinstance(one, WorkerInstance)
    assert one.etag == '"3"'
    assert bridge.sent == [("GET", f"/Workers/{WK}", None)]


async def test_fetch_brings_a_page_that_knows_its_list() -> None:
    bridge = Bridge()
    workers = WorkerList(bridge.context)
    bridge.answer(page("workers", [worker(1), worker(2)]))
    found = await workers.fetch(available=True, page_size=100)
    assert isinstance(found, Page)
    assert [type(one) for one in found] == [WorkerInstance] * 2
    assert found.resource is workers
    assert bridge.sent == [("GET", "/Workers", {"Available": "true", "PageSize": "100"})]


async def test_filters_that_take_several_values_stay_lists() -> None:
    bridge = Bridge()
    bridge.answer(page("tasks", []))
    await TaskList(bridge.context).fetch(assignment_status=["pending", "reserved"], has_addons=False)
    assert bridge.last.params == {"AssignmentStatus": ["pending", "reserved"], "HasAddons": "false"}


async def test_create_update_and_delete() -> None:
    bridge, called = Bridge(), list[Any]()
    activities = ActivityList(bridge.context)
    bridge.answer(activity(friendly_name="Lunch"))
    bridge.answer(activity(friendly_name="Break"))
    bridge.answer(None)
    assert isinstance(await activities.create(friendly_name="Lunch", available=False), ActivityInstance)
    assert (await activities.update(WA, friendly_name="Break")).friendly_name == "Break"
    activities.delete(WA, lambda error, result: called.append((error, result)))
    await bridge.settle()
    assert called == [(None, None)]
    assert bridge.sent == [
        ("POST", "/Activities", {"FriendlyName": "Lunch", "Available": "false"}),
        ("POST", f"/Activities/{WA}", {"FriendlyName": "Break"}),
        ("DELETE", f"/Activities/{WA}", None),
    ]


async def test_create_without_parameters_sends_none_as_in_v1() -> None:
    bridge = Bridge()
    bridge.answer(worker())
    WorkerList(bridge.context).create(lambda error, result: None)
    await bridge.settle()
    assert bridge.sent == [("POST", "/Workers", None)]


async def test_if_match_on_a_list() -> None:
    bridge = Bridge()
    workers = WorkerList(bridge.context)
    bridge.answer(worker())
    bridge.answer(None)
    await workers.update(WK, friendly_name="x", if_match='"3"')
    await workers.delete(WK, if_match='"4"')
    assert [request.if_match for request in bridge.requests] == ['"3"', '"4"']
    with pytest.raises(InvalidArgument):
        ActivityList(bridge.context).update(WA, friendly_name="x", if_match='"3"')


async def test_async_for_walks_all_pages() -> None:
    bridge = Bridge()
    bridge.answer(page("workers", [worker(1), worker(2)], next_page_url=f"{W}/Workers?Page=1&PageToken=x"))
    bridge.answer(page("workers", [worker(3)], previous_page_url=f"{W}/Workers?Page=0"))
    found = [one.sid async for one in WorkerList(bridge.context)]
    assert found == [sid("WK", 1), sid("WK", 2), sid("WK", 3)]
    assert [request.url for request in bridge.requests] == [f"{W}/Workers", f"{W}/Workers?Page=1&PageToken=x"]


async def test_a_workers_channels_are_found_by_unique_name_too() -> None:
    bridge = Bridge()
    channels = WorkerChannelList(bridge.context, f"{W}/Workers/{WK}")
    for _ in range(4):
        bridge.answer({"sid": WC, "worker_sid": WK})
    assert isinstance(await channels.fetch("voice"), WorkerChannelInstance)
    await channels.fetch(WC)
    await channels.fetch(TC)
    await channels.update("voice", capacity=3, available=False)
    base = f"/Workers/{WK}/Channels"
    assert bridge.sent == [
        ("GET", f"{base}/voice", None),
        ("GET", f"{base}/{WC}", None),
        ("GET", f"{base}/{TC}", None),
        ("POST", f"{base}/voice", {"Capacity": "3", "Available": "false"}),
    ]
    with pytest.raises(InvalidArgument):
        channels.fetch(WK)


async def test_task_channels_are_found_by_unique_name_too() -> None:
    bridge = Bridge()
    channels = TaskChannelList(bridge.context)
    bridge.answer({"sid": TC, "unique_name": "voice"})
    bridge.answer(None)
    assert isinstance(await channels.fetch("voice"), TaskChannelInstance)
    await channels.delete("voice")
    assert bridge.sent == [("GET", "/TaskChannels/voice", None), ("DELETE", "/TaskChannels/voice", None)]
    with pytest.raises(InvalidArgument):
        channels.fetch("../Workers")


async def test_reservations_of_a_worker_act_below_their_task() -> None:
    bridge = Bridge()
    reservations = ReservationList(bridge.context, f"{W}/Workers/{WK}")
    bridge.answer(page("reservations", [reservation()]))
    bridge.answer(reservation("accepted"))
    found = await reservations.fetch(reservation_status="pending")
    assert isinstance(found[0], ReservationInstance)
    await found[0].accept()
    assert bridge.sent == [
        ("GET", f"/Workers/{WK}/Reservations", {"ReservationStatus": "pending"}),
        ("POST", f"/Tasks/{WT}/Reservations/{WR}", {"ReservationStatus": "accepted"}),
    ]


def test_what_cannot_be_created_has_no_create() -> None:
    for cls in (EventList, ReservationList, WorkerChannelList):
        assert not hasattr(cls, "create")
        assert not hasattr(cls, "delete")
    assert not hasattr(EventList, "update")


def test_repr_shows_where_it_is() -> None:
    assert repr(ActivityList(Bridge().context)) == f"<ActivityList {W}/Activities>"
