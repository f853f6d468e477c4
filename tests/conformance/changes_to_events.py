"""Changes to what happens by itself: events, reservations, losing the connection and coming back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from changes import Change
from comparison import Is
from expectation import Expected, Posted
from recording import Step
from translation import camel_case, iso

from trbridge import Disconnected, TaskRouterError
from trbridge.clients.base import Client

_EVENT_NAMES = {
    "queue_sid": "task_queue_sid",
    "queue_name": "task_queue_friendly_name",
    "workflow_name": "workflow_friendly_name",
}
"""What a frame calls otherwise than the REST API does (wire-protocol 7.3)."""


def emits(*events: tuple[str, Any]) -> Change:
    """These events, instead of the recorded ones."""

    def change(expected: Expected, step: Step) -> None:
        expected.events = list(events)

    return change


def emits_first(*events: tuple[str, Any]) -> Change:
    """These events, and then the recorded ones."""

    def change(expected: Expected, step: Step) -> None:
        expected.events = [*events, *expected.events]

    return change


def renames(old: str, new: str) -> Change:
    """An event has another name."""

    def change(expected: Expected, step: Step) -> None:
        expected.events = [(new if name == old else name, value) for name, value in expected.events]

    return change


def in_order(expected: Expected, step: Step) -> None:
    """Events come in the order of their frames."""
    names = [frame["event_type"].removeprefix("worker.") for frame in _frames(step)]
    expected.events.sort(key=lambda event: names.index(event[0]))


def nothing_happens(expected: Expected, step: Step) -> None:
    """No request, no attempt, no event."""
    expected.posts, expected.sockets, expected.events, expected.open_sockets = [], [], [], 1


# -- ready ---------------------------------------------------------------------------------------------


def gives_up_on_ready(error: type[TaskRouterError]) -> Change:
    """The client says why the ready request was refused, and ends."""

    def change(expected: Expected, step: Step) -> None:
        expected.events = [("connected", None), ("disconnected", Is(Disconnected)), ("error", Is(error))]
        expected.fails = Is(error)

    return change


def is_ready_all_the_same(expected: Expected, step: Step) -> None:
    """The client is ready and looks for pending reservations, which nobody recorded an answer to."""
    asked = copy.deepcopy(expected.posts[0])
    asked.url, asked.event_type, asked.params = f"{asked.url}/Reservations", None, {"ReservationStatus": "pending"}
    expected.posts.append(asked)
    expected.events = [("connected", None), ("ready", Is(Client)), ("error", Is(TaskRouterError))]


# -- reservations --------------------------------------------------------------------------------------


def reservations_from_events(expected: Expected, step: Step) -> None:
    """Nothing is fetched for a reservation's event: what the frame brings is what the event brings."""
    frames = iter([frame for frame in _frames(step) if "reservation" in frame["event_type"]])
    expected.posts = []
    expected.events = [
        (name, _reservation(next(frames), value) if "reservation" in name else value) for name, value in expected.events
    ]


def brings_a_task(expected: Expected, step: Step) -> None:
    """The event brings its payload as what it is."""
    expected.posts = []
    expected.events = [(name, value["properties"]["task"]) for name, value in expected.events]


def asks_for_the_second_page(expected: Expected, step: Step) -> None:
    """Each task is asked for once, and then the list's second page, which has no recorded answer."""
    page = copy.deepcopy(expected.posts[1])
    meta = expected.answers[1][1]["body"]["payload"]["meta"]
    page.url, page.params = meta["next_page_url"], None
    expected.posts = [*expected.posts[:3], page]
    expected.events.append(("error", Is(TaskRouterError)))


def follows_its_events(expected: Expected, step: Step) -> None:
    """All events of one reservation bring the same object, as the last of them left it."""
    last = {value["resource"]: value for _, value in expected.events}
    expected.events = [(name, last[value["resource"]]) for name, value in expected.events]


def arrives_all_the_same(expected: Expected, step: Step) -> None:
    """The event comes, where the original loses it."""
    frame = _frames(step)[0]
    task = {"$entity": "Task", "properties": {"attributes": frame["payload"]["attributes"]}}
    properties = {"sid": frame["payload"]["reservation_sid"], "task": task}
    expected.posts = []
    expected.events = [(frame["event_type"], {"$entity": "Reservation", "properties": properties})]


def _frames(step: Step) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = step.get("frames") or [step["frame"]]
    return frames


def _reservation(frame: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    payload = frame["payload"]
    status = frame["event_type"].rpartition(".")[2]
    properties = {
        "sid": payload["reservation_sid"],
        "taskSid": payload["sid"],
        "workspaceSid": payload["workspace_sid"],
        "reservationStatus": "pending" if status == "created" else status,
        "task": {
            "$entity": "Task",
            "resource": recorded["resource"].partition("/Reservations/")[0],
            "properties": dict(
                _task_field(name, value) for name, value in payload.items() if name != "reservation_sid"
            ),
        },
    }
    return {**recorded, "properties": properties}


def _task_field(name: str, value: Any) -> tuple[str, Any]:
    if name in ("attributes", "addons"):
        value = json.loads(value)
    elif name.startswith("date_"):
        value = {"$date": iso(value)}
    return camel_case(_EVENT_NAMES.get(name, name)), value


# -- losing the connection and coming back -------------------------------------------------------------


def one_disconnected(expected: Expected, step: Step) -> None:
    """``disconnected`` comes once for each outage; each attempt that fails is an ``error``, and a loss is none."""
    connected = ".connect." not in expected.home.transcript
    kept = []
    for name, value in expected.events:
        if (name == "disconnected" and not connected) or (name == "error" and connected):
            continue
        connected = {"connected": True, "disconnected": False}.get(name, connected)
        kept.append((name, value))
    expected.events = kept


def differs(change: Change) -> Callable[[Expected, Step], bool]:
    """Whether the change makes a difference."""

    def when(expected: Expected, step: Step) -> bool:
        changed = copy.deepcopy(expected)
        change(changed, step)
        return changed != expected

    return when


def stops(error: type[TaskRouterError]) -> Change:
    """It gives up at once, and says so."""

    def change(expected: Expected, step: Step) -> None:
        lost = [event for event in expected.events[:1] if event[0] == "disconnected"]
        expected.sockets = [] if lost else expected.sockets[:1]
        expected.posts, expected.open_sockets = [], 0
        expected.events = [*lost, ("error", Is(error))]

    return change


def stands_by(expected: Expected, step: Step) -> None:
    """It does not come back by itself for a long time."""
    expected.posts, expected.sockets, expected.events = [], [], expected.events[:1]
    expected.open_sockets = 0


def waits_longer(expected: Expected, step: Step) -> None:
    """The last attempt comes later."""
    last = max(index for index, post in enumerate(expected.posts) if post.event_type == "ready")
    expected.posts, expected.sockets, expected.events = (
        expected.posts[:last],
        expected.sockets[:-1],
        expected.events[:-2],
    )
    expected.open_sockets = 0


def after_the_silence(expected: Expected, step: Step) -> bool:
    """Whether the socket was given up in this step or before."""
    return expected.open_sockets == 2 or any(name == "disconnected" for name, _ in expected.events)


def one_socket_less(expected: Expected, step: Step) -> None:
    """The socket that was given up is closed."""
    assert expected.open_sockets is not None
    expected.open_sockets -= 1


def comes_back(expected: Expected, step: Step) -> None:
    """The connection is given up, and made again."""
    home = expected.home
    sid = home.channel.rpartition("/")[2]
    url = f"{home.workspace_url}{_OWN[sid[:2]].format(sid)}"
    ready = Posted(home.channel, url, "GET", home.token, event_type="ready")
    pending = Posted(home.channel, f"{url}/Reservations", "GET", home.token, {"ReservationStatus": "pending"})
    expected.posts = [ready, pending] if sid.startswith("WK") else [ready]
    expected.sockets = [f"token={home.token}&closeExistingSessions=false"]
    expected.events = [("disconnected", Is(Disconnected)), ("connected", None), ("ready", Is(Client))]


_OWN = {"WS": "/", "WK": "/Workers/{}", "WQ": "/TaskQueues/{}"}
