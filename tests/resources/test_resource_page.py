"""Pages: sequences that know their neighbours."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from fake_bridge import WK, WS, Bridge, W, page, raw, sid, worker

from trbridge.errors import DecodeError, InvalidArgument
from trbridge.resources import page as page_module
from trbridge.resources.page import Page
from trbridge.resources.pages import decode_page
from trbridge.resources.registry import materialize
from trbridge.resources.worker import WorkerInstance, WorkerList

TWILIO = "https://taskrouter.twilio.com/v1"


def read(bridge: Bridge, payload: dict[str, Any]) -> Page[WorkerInstance]:
    result = materialize(raw(payload), bridge.context, WorkerList(bridge.context))
    assert isinstance(result, Page)
    return result


def test_a_page_is_a_sequence() -> None:
    found = read(Bridge(), page("workers", [worker(1), worker(2)], page=3, page_size=2))
    assert (len(found), found.page, found.page_size) == (2, 3, 2)
    assert [one.sid for one in found] == [one.sid for one in found.data] == [sid("WK", 1), sid("WK", 2)]
    assert found[-1].sid == sid("WK", 2)
    assert (found.has_next, found.has_previous) == (False, False)
    assert repr(found) == "<Page 3 of workers: 2 items>"


async def test_next_and_previous_ask_for_the_url_exactly_as_it_came() -> None:
    bridge = Bridge()
    after, before = f"{W}/Workers?PageSize=2&Page=2&PageToken=PTx", f"{W}/Workers?PageSize=2&Page=0"
    found = read(bridge, page("workers", [], next_page_url=after, previous_page_url=before))
    assert repr(found).endswith("more follow>")
    bridge.answer(page("workers", [worker()]))
    bridge.answer(page("workers", []))
    following = await found.next()
    assert isinstance(following[0], WorkerInstance)
    assert following.resource is found.resource
    await found.previous()
    assert [request.url for request in bridge.requests] == [after, before]
    assert [request.params for request in bridge.requests] == [None, None]


async def test_next_calls_back() -> None:
    bridge, called = Bridge(), list[Any]()
    found = read(bridge, page("workers", [], next_page_url=f"{W}/Workers?Page=1"))
    bridge.answer(page("workers", [worker()]))
    found.next(lambda error, result: called.append(result))
    await bridge.settle()
    assert [one.sid for one in called[0]] == [WK]


async def test_the_services_own_address_is_fine_whatever_the_client_was_given() -> None:
    """The service names its own address even to those who reach it by another one."""
    bridge = Bridge(api_base_url="http://127.0.0.1:8000/v1")
    bridge.answer(page("workers", []))
    bridge.answer(page("workers", []))
    own = f"{TWILIO}/Workspaces/{WS}/Workers?Page=1"
    await read(bridge, page("workers", [], next_page_url=own)).next()
    given = f"http://127.0.0.1:8000/v1/Workspaces/{WS}/Workers?Page=1"
    await read(bridge, page("workers", [], next_page_url=given)).next()
    assert [request.url for request in bridge.requests] == [own, given]


@pytest.mark.parametrize(
    "url",
    [
        f"https://evil.example/v1/Workspaces/{WS}/Workers",
        f"https://taskrouter.twilio.com.evil.example/v1/Workspaces/{WS}/Workers",
        f"https://taskrouter.twilio.com@evil.example/v1/Workspaces/{WS}/Workers",
        f"http://taskrouter.twilio.com/v1/Workspaces/{WS}/Workers",
        f"{TWILIO}/Workspaces/{sid('WS', 2)}/Workers",
        f"{TWILIO}/Workspaces/{WS}/../../Accounts",
        "/v1/Workspaces",
    ],
)
def test_a_foreign_page_url_is_never_asked_for(url: str) -> None:
    bridge = Bridge()
    with pytest.raises(InvalidArgument):
        read(bridge, page("workers", [], next_page_url=url)).next()
    assert bridge.requests == []


def test_a_page_that_is_its_own_neighbour_is_no_way_on() -> None:
    with pytest.raises(DecodeError, match="never end"):
        read(Bridge(), page("workers", [], url=f"{W}/X", next_page_url=f"{W}/X")).next()


async def test_a_walk_in_circles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "_MOST_PAGES", 3)
    bridge = Bridge()
    one, other = f"{W}/Workers?Page=1", f"{W}/Workers?Page=2"
    for number in range(5):
        here, there = (one, other) if number % 2 else (other, one)
        bridge.answer(page("workers", [], url=here, next_page_url=there))
    start = read(bridge, page("workers", [], next_page_url=one))
    with pytest.raises(DecodeError, match="does not end"):
        [worker async for worker in start]


def test_an_odd_item_costs_nothing_but_its_odd_field() -> None:
    items = [worker(1), worker(2, available="perhaps"), None, 5, worker(3)]
    found = read(Bridge(), page("workers", items))
    assert [one.sid for one in found] == [sid("WK", 1), sid("WK", 2), sid("WK", 3)]
    assert [one.available for one in found] == [True, None, True]
    assert found[1].extra == {"available": "perhaps"}
    assert found[1].resource_url.endswith(sid("WK", 2))


def test_extra_of_items_is_their_own() -> None:
    found = read(Bridge(), page("workers", [worker(1, a=1), worker(2, b=2), {"no": "sid"}]))
    assert [one.extra for one in found] == [{"a": 1}, {"b": 2}, {}]


@pytest.mark.parametrize("meta", [None, 5, {}, {"page": "x"}])
def test_a_list_with_odd_paging_is_still_a_list(meta: object) -> None:
    found = read(Bridge(), {"workers": [worker()], "meta": meta})
    assert [one.sid for one in found] == [WK]
    assert (found.page, found.page_size, found.has_next) == (0, 50, False)


@pytest.mark.parametrize("payload", [None, 5, [], {}, {"workers": 5}, {"tasks": []}, {"sid": WK}])
def test_what_is_no_such_page_is_none(payload: object) -> None:
    bridge = Bridge()
    assert decode_page(WorkerInstance, "workers", raw(payload), bridge.context) is None


def test_bytes_that_are_no_json_are_no_page() -> None:
    assert decode_page(WorkerInstance, "workers", msgspec.Raw(b"nope"), Bridge().context) is None


def test_one_object_ties_all_items_of_a_page() -> None:
    """1,000 items must not cost 1,000 objects."""
    found = read(Bridge(), page("workers", [worker(1), worker(2)]))
    assert found[0]._bound is found[1]._bound
