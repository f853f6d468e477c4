"""Reservations as they come: in REST's dialect, and in the two of the socket."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import TC, WA, WK, WQ, WR, WS, WT, Bridge, W, mashup, nested, raw, reservation, sid, task

from trbridge.errors import DecodeError, InvalidArgument
from trbridge.resources.binding import read_instance
from trbridge.resources.instance import merge
from trbridge.resources.reservation import STATUS_BY_EVENT, ReservationInstance
from trbridge.resources.reservation_event import reservation_from_event


def fetched(bridge: Bridge, status: str = "pending", **changes: Any) -> ReservationInstance:
    return read_instance(ReservationInstance, raw(reservation(status, **changes)), bridge.context)


def came(bridge: Bridge, payload: Any, event: str | None = "reservation.created") -> ReservationInstance:
    result = reservation_from_event(raw(payload), bridge.context, event)
    assert result is not None
    return result


def test_the_mashup_of_v1s_socket_becomes_a_reservation_with_its_task() -> None:
    """wire-protocol 6.3: the payload's sid is the task's."""
    one = came(Bridge(WK), mashup())
    assert (one.sid, one.task_sid, one.worker_sid, one.workspace_sid) == (WR, WT, WK, WS)
    assert (one.reservation_status, one.task_channel_sid, one.date_created) == ("pending", TC, None)
    assert one.extra == {}
    assert one.task is not None
    assert (one.task.sid, one.task.task_queue_sid, one.task.task_queue_friendly_name) == (WT, WQ, "English")
    assert one.task.workflow_friendly_name == one.task.workflow_name == "Default"
    assert one.task.queue_name == "English"
    assert one.task.date_created is not None
    assert one.task.date_created.timestamp() == 1893575400
    assert one.task.extra == {"counter": 0, "reservation_sid": WR}
    assert one.resource_url == f"{W}/Tasks/{WT}/Reservations/{WR}"


def test_the_nested_form_of_v2s_socket_becomes_a_reservation_with_its_task() -> None:
    one = came(Bridge(), nested("accepted"), "reservation.accepted")
    assert (one.sid, one.task_sid, one.worker_sid, one.worker_name) == (WR, WT, WK, "Alice")
    assert (one.reservation_status, one.reservation_timeout, one.version) == ("accepted", 120, 0)
    assert one.worker_previous_activity_sid == WA
    assert one.date_created is not None
    assert one.task is not None
    assert (one.task.version, one.task.task_queue_friendly_name, one.task.priority) == (2, "English", 3)
    assert one.task.resource_url == f"{W}/Tasks/{WT}"
    assert one.extra == {}


@pytest.mark.parametrize(("part", "status"), STATUS_BY_EVENT.items())
def test_an_events_name_tells_the_status_in_v1s_dialect(part: str, status: str) -> None:
    assert came(Bridge(WK), mashup(), f"reservation.{part}").reservation_status == status
    assert came(Bridge(WK), mashup(), f"worker.reservation.{part}").reservation_status == status


def test_an_unknown_event_tells_no_status() -> None:
    assert came(Bridge(WK), mashup(), "reservation.pondered").reservation_status is None
    assert came(Bridge(WK), mashup(), None).reservation_status is None


def test_a_payloads_own_status_counts_more_than_the_events_name() -> None:
    assert came(Bridge(), nested("wrapping"), "reservation.accepted").reservation_status == "wrapping"
    silent = {name: value for name, value in nested().items() if name != "reservation_status"}
    assert came(Bridge(), silent, "reservation.accepted").reservation_status == "accepted"


@pytest.mark.parametrize("payload", [None, 5, [], "x", {}, task(), {"sid": 5}, {"sid": WR[:1]}])
def test_a_payload_that_names_no_reservation_makes_none(payload: object) -> None:
    """Q33 and Q66: v1 threw, or made one without a SID."""
    assert reservation_from_event(raw(payload), Bridge(WK).context, "reservation.created") is None


def test_a_mashup_may_be_odd() -> None:
    one = came(Bridge(WK), mashup(priority="high", attributes="{oops", worker_sid=sid("WK", 2)))
    assert one.worker_sid == sid("WK", 2)
    assert one.task is not None
    assert (one.task.priority, one.task.attributes) == (0, "{oops")


def test_what_is_no_json_is_refused() -> None:
    import msgspec

    with pytest.raises(DecodeError):
        reservation_from_event(msgspec.Raw(b"{nope"), Bridge().context)


# -- events about a reservation that is known already -----------------------------------------------------


def test_an_event_updates_reservation_and_task_in_place() -> None:
    one = came(Bridge(WK), mashup())
    its_task = one.task
    merge(one, raw(mashup(assignment_status="assigned", priority=9)), event="reservation.accepted")
    assert one.reservation_status == "accepted"
    assert one.task is its_task
    assert its_task is not None
    assert (its_task.assignment_status, its_task.priority) == ("assigned", 9)


def test_the_mashup_does_not_overwrite_what_is_the_reservations() -> None:
    """Its dates, SID and SIDs are the task's."""
    one = fetched(Bridge(WK))
    before = (one.sid, one.date_created, one.date_updated, one.worker_name, one.account_sid)
    merge(one, raw(mashup()), event="reservation.rescinded")
    assert one.reservation_status == "rescinded"
    assert (one.sid, one.date_created, one.date_updated, one.worker_name, one.account_sid) == before
    assert one.task is not None
    assert one.task.assignment_status == "reserved"


def test_a_nested_event_updates_what_rest_brought() -> None:
    one = fetched(Bridge())
    merge(one, raw(nested("accepted", version=3)))
    assert (one.reservation_status, one.version, one.worker_name) == ("accepted", 3, "Alice")
    assert one.task is not None
    assert one.task.priority == 3


def test_a_flat_answer_leaves_the_task_that_is_known() -> None:
    """wire-protocol 7.4: answers to actions have no nested task."""
    one = came(Bridge(), nested())
    merge(one, raw({"sid": WR, "task_sid": WT, "reservation_status": "accepted"}))
    assert one.task is not None
    assert (one.reservation_status, one.task.priority) == ("accepted", 3)


def test_a_payload_about_no_reservation_changes_nothing() -> None:
    one = fetched(Bridge())
    merge(one, raw(task(priority=7)), event="reservation.failed")
    assert one.reservation_status == "pending"
    assert one.task is not None
    assert one.task.priority == 0


def test_a_payload_about_another_reservation_is_refused() -> None:
    one = fetched(Bridge(WK))
    for payload in (nested(sid=sid("WR", 2)), mashup(reservation_sid=sid("WR", 2))):
        with pytest.raises(InvalidArgument, match="cannot take over"):
            merge(one, raw(payload), event="reservation.accepted")
    assert one.reservation_status == "pending"


async def test_fetching_keeps_the_task_object() -> None:
    bridge = Bridge(WK)
    one = came(bridge, mashup())
    its_task = one.task
    bridge.answer(reservation("accepted"))
    await one.fetch()
    assert one.task is its_task
    assert its_task is not None
    assert its_task.priority == 3


# -- where it is, and what it belongs to ------------------------------------------------------------------


def test_without_its_task_it_is_found_below_its_worker() -> None:
    one = fetched(Bridge(), task_sid=None)
    assert one.resource_url == f"{W}/Workers/{WK}/Reservations/{WR}"
    assert one.task is None
    mine = fetched(Bridge(WK), task_sid=None, worker_sid=None)
    assert mine.resource_url == f"{W}/Workers/{WK}/Reservations/{WR}"
    with pytest.raises(InvalidArgument, match="has no task_sid"):
        fetched(Bridge(), task_sid=None, worker_sid=None).fetch()


def test_it_knows_task_worker_channel_and_workspace() -> None:
    one = fetched(Bridge(), task_channel_sid=TC)
    assert one.task is not None
    assert one.worker is not None
    assert one.task_channel is not None
    assert one.workspace is not None
    assert [one.task.sid, one.worker.sid, one.task_channel.sid, one.workspace.sid] == [WT, WK, TC, WS]
    assert one.worker.resource_url == f"{W}/Workers/{WK}"


async def test_its_task_can_be_completed_through_it() -> None:
    bridge = Bridge(WK)
    one = fetched(bridge, "accepted")
    assert one.task is not None
    bridge.answer(task(assignment_status="completed"))
    await one.task.complete(reason="done")
    assert bridge.sent == [("POST", f"/Tasks/{WT}", {"AssignmentStatus": "completed", "Reason": "done"})]
    assert one.task.assignment_status == "completed"
