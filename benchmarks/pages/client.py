"""Decodes one page, over and over: ``python -m benchmarks.pages.client VARIANT ITEMS TIMES``."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..children import CLIENT_CORE, pin

_WORKSPACE = f"WS{2:032x}"
_BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{_WORKSPACE}"


def _worker(number: int) -> dict[str, Any]:
    sid = f"WK{number:032x}"
    attributes = {
        "languages": ["en", "fr"],
        "skills": [f"s{number % 10}", "billing"],
        "contact_uri": f"client:agent{number}",
        "location": {"site": "Lyon", "floor": number % 5},
        "level": number % 4,
    }
    return {
        "sid": sid,
        "account_sid": f"AC{1:032x}",
        "workspace_sid": _WORKSPACE,
        "friendly_name": f"Agent {number}",
        "activity_sid": f"WA{4:032x}",
        "activity_name": "Idle",
        "available": True,
        "attributes": json.dumps(attributes),
        "date_created": "2030-01-01T00:00:00Z",
        "date_updated": "2030-01-02T09:00:00Z",
        "date_status_changed": "2030-01-02T09:00:00Z",
        "url": f"{_BASE}/Workers/{sid}",
        "links": {
            "channels": f"{_BASE}/Workers/{sid}/WorkerChannels",
            "activity": f"{_BASE}/Activities/WA{4:032x}",
            "workspace": _BASE,
            "worker_statistics": f"{_BASE}/Workers/{sid}/Statistics",
            "reservations": f"{_BASE}/Workers/{sid}/Reservations",
        },
    }


def page(items: int) -> bytes:
    """The answer to a list request (rest-api 1.1)."""
    meta = {"key": "workers", "page": 0, "page_size": items, "url": f"{_BASE}/Workers", "next_page_url": None}
    return json.dumps({"workers": [_worker(number) for number in range(items)], "meta": meta}).encode()


Decode = Callable[[bytes], Sequence[Any]]


def plain() -> Decode:
    """``json`` and dicts."""
    return lambda text: json.loads(text)["workers"]


def trbridge() -> Decode:
    """As ``workspace.workers.fetch`` does it: typed, bound to the client, dates as datetimes."""
    import msgspec

    from trbridge.completion import Operations
    from trbridge.resources.context import Context
    from trbridge.resources.registry import materialize
    from trbridge.resources.worker import WorkerList

    async def send(_: object) -> Any:
        raise NotImplementedError

    context = Context(send, Operations(lambda _: None), "https://taskrouter.twilio.com/v1", _WORKSPACE)
    workers = WorkerList(context)
    return lambda text: materialize(msgspec.Raw(text), context, workers).data


def plain_looking() -> Decode:
    """``plain``, and the attributes of each, which are JSON within the JSON."""
    return lambda text: [{**each, "attributes": json.loads(each["attributes"])} for each in plain()(text)]


def trbridge_looking() -> Decode:
    """``trbridge``, and the attributes of each."""
    decode = trbridge()

    def look(text: bytes) -> Sequence[Any]:
        workers = decode(text)
        for each in workers:
            each.attributes  # noqa: B018 - parsed when it is looked at
        return workers

    return look


def pydantic() -> Decode:
    """Models of pydantic, validated from the JSON directly: its fastest way."""
    from datetime import datetime

    from pydantic import BaseModel

    class Worker(BaseModel):
        sid: str
        account_sid: str
        workspace_sid: str
        friendly_name: str
        activity_sid: str
        activity_name: str
        available: bool
        attributes: str
        date_created: datetime
        date_updated: datetime
        date_status_changed: datetime

    class Listed(BaseModel):
        workers: list[Worker]

    return lambda text: Listed.model_validate_json(text).workers


def twilio() -> Decode:
    """twilio-python's instances."""
    from twilio.base.version import Version
    from twilio.rest import Client
    from twilio.rest.taskrouter.v1.workspace.worker import WorkerInstance

    version: Version = Client("AC" + "0" * 32, "x").taskrouter.v1
    return lambda text: [WorkerInstance(version, each, _WORKSPACE) for each in json.loads(text)["workers"]]


VARIANTS: dict[str, Callable[[], Decode]] = {
    each.__name__: each for each in (plain, plain_looking, trbridge, trbridge_looking, pydantic, twilio)
}


def main(variant: str, items: str, times: str) -> None:
    """Measure one variant and print what was found."""
    text = page(int(items))
    decode = VARIANTS[variant]()
    found = decode(text)
    if len(found) != int(items):
        sys.exit(f"{len(found)} items instead of {items}")
    spent = []
    for _ in range(int(times)):
        gc.collect()
        began = time.process_time()
        found = decode(text)
        spent.append(time.process_time() - began)
    spent.sort()
    print(json.dumps({"cpu_ms": spent[len(spent) // 2] * 1e3}))


if __name__ == "__main__":
    pin(CLIENT_CORE)
    main(*sys.argv[1:])
