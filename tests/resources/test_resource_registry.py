"""What a payload is: by SID, by list name, by URL."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from fake_bridge import TC, WC, WK, WQ, WS, Bridge, W, page, raw, sid, worker
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import DecodeError
from trbridge.resources.instance import ReadOnlyInstance
from trbridge.resources.page import Page
from trbridge.resources.registry import INSTANCES, LISTS, materialize
from trbridge.resources.statistics import (
    STATISTICS_BY_PATH,
    TaskQueueBulkRealTimeStatistics,
    TaskQueueStatistics,
    TaskQueueStatisticsItem,
    WorkerInstanceStatistics,
    WorkersStatistics,
)
from trbridge.resources.task_channel import TaskChannelInstance
from trbridge.resources.worker import WorkerInstance, WorkerList
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workspace import WorkspaceInstance


def made(payload: Any) -> Any:
    return materialize(raw(payload), Bridge().context)


@pytest.mark.parametrize("prefix", INSTANCES)
def test_a_sid_tells_the_class(prefix: str) -> None:
    assert type(made({"sid": sid(prefix)})) is INSTANCES[prefix]


@pytest.mark.parametrize("cls", LISTS)
def test_a_lists_name_and_its_items_tell_the_class(cls: Any) -> None:
    found = made(page(cls.key, [{"sid": sid(cls.item.prefix)}]))
    assert isinstance(found, Page)
    assert type(found[0]) is cls.item
    assert found[0].extra == {}


def test_two_lists_are_called_channels() -> None:
    """rest-api 1.1: v1 makes worker channels of either."""
    assert type(made(page("channels", [{"sid": WC}]))[0]) is WorkerChannelInstance
    assert type(made(page("channels", [{"sid": TC}]))[0]) is TaskChannelInstance
    assert made(page("channels", [{"sid": WC}, {"sid": TC}])).data == [{"sid": WC}, {"sid": TC}]


def test_a_list_of_workspaces_is_known_by_its_items() -> None:
    assert type(made(page("workspaces", [{"sid": WS}]))[0]) is WorkspaceInstance


@pytest.mark.parametrize("path", STATISTICS_BY_PATH)
def test_a_url_tells_which_statistics(path: str) -> None:
    url = f"https://taskrouter.twilio.com/v1/Workspaces{path.replace('{sid}', WQ)}?Minutes=5"
    assert type(made({"url": url, "account_sid": "x"})) is STATISTICS_BY_PATH[path]


def test_one_worker_and_all_workers_one_queue_and_several_are_told_apart() -> None:
    assert type(made({"url": f"{W}/Workers/{WK}/Statistics"})) is WorkerInstanceStatistics
    assert type(made({"url": f"{W}/Workers/Statistics"})) is WorkersStatistics
    assert type(made({"url": f"{W}/TaskQueues/{WQ}/Statistics"})) is TaskQueueStatistics
    assert type(made({"url": f"{W}/TaskQueues/RealTimeStatistics"})) is TaskQueueBulkRealTimeStatistics
    assert type(made(page("task_queues_statistics", [{}]))[0]) is TaskQueueStatisticsItem


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        "hello",
        [{"sid": WK}],
        {},
        {"a_b": 1, "attributes": "{}"},
        {"sid": None},
        {"sid": 5},
        {"sid": ["x"], "meta": 5},
        {"sid": "XX"},
        {"meta": {"key": "workers"}},
        {"meta": {"key": "workers"}, "workers": {}},
        {"url": 5},
        {"url": "https://x/y"},
    ],
)
def test_whatever_else_it_is_delivered_as_it_is(payload: Any) -> None:
    """5.9, 5: never lost."""
    assert made(payload) == payload


def test_a_list_asked_for_may_be_answered_with_something_else() -> None:
    bridge = Bridge()
    answer = materialize(raw(worker()), bridge.context, WorkerList(bridge.context))
    assert type(answer) is WorkerInstance


def test_bytes_that_are_no_json_are_refused() -> None:
    for text in (b"nope", b"{nope", b""):
        with pytest.raises(DecodeError):
            materialize(msgspec.Raw(text), Bridge().context)


jsons = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**80), 2**80), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)
fields = sorted({field.encode_name for cls in INSTANCES.values() for field in msgspec.structs.fields(cls)})
sids = st.sampled_from([sid(prefix) for prefix in (*INSTANCES, "TT")])
keys = st.sampled_from([cls.key for cls in LISTS] + ["task_queues_statistics", "things"])
urls = st.sampled_from([f"https://x/v1/Workspaces{path.replace('{sid}', WQ)}" for path in STATISTICS_BY_PATH])
instances = st.builds(
    lambda one, rest: {"sid": one, **rest}, sids, st.dictionaries(st.sampled_from(fields), jsons, max_size=6)
)
lists = st.builds(
    lambda key, items, meta: {key: items, "meta": {**meta, "key": key}},
    keys,
    st.one_of(st.lists(st.one_of(jsons, instances), max_size=3), jsons),
    st.dictionaries(st.sampled_from(["page", "page_size", "next_page_url"]), jsons),
)
statistics = st.builds(
    lambda url, rest: {**rest, "url": url},
    urls,
    st.dictionaries(st.sampled_from(["cumulative", "realtime", "total_tasks", "task_queue_data"]), jsons),
)


@given(st.one_of(jsons, instances, lists, statistics))
def test_any_payload_is_delivered(payload: Any) -> None:
    """No JSON makes anything but an object, and every resource can show itself and what was odd about it."""
    result = made(payload)
    for one in result if isinstance(result, Page) else [result]:
        repr(one)
        if isinstance(one, ReadOnlyInstance):
            for name in dir(type(one)):
                if name in ("attributes", "configuration", "addons", "last_reserved_time", "extra"):
                    getattr(one, name)
