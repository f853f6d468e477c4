"""Statistics as the REST API frames them: whose they are, and where they came from (rest-api 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...errors import BadRequest
from ...sids import is_sid
from ..views import page_view
from .answer import Answer, Call
from .filters import rows_of
from .lookup import Place
from .paging import PageRequest, take_page
from .parameters import shown
from .route import Route

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["MAX_QUEUES", "bulk_figures", "figures", "figures_list"]

MAX_QUEUES: Final = 50
"""Queues a bulk request may name (rest-api 1.5)."""

_OWNERS: Final = {"task_queue": "task_queue_sid", "workflow": "workflow_sid", "worker": "worker_sid"}


def _fetch(engine: Engine, kind: str, entity: Any, values: dict[str, Any]) -> dict[str, Any]:
    from .. import statistics

    result: dict[str, Any] = statistics.fetch(engine.store, kind, entity, values, engine.now())
    return result


def _frame(call: Call, place: Place) -> dict[str, Any]:
    assert place.workspace is not None  # noqa: S101 every statistics route is below a workspace
    owner = {} if place.parent is None else {_OWNERS[place.parent.kind]: place.parent.sid}
    return {"account_sid": call.account_sid, "workspace_sid": place.workspace.sid, **owner}


def _url(call: Call) -> str:
    return "/".join((call.base_url, *call.path[1:]))


def figures(engine: Engine, route: Route, call: Call, place: Place, values: dict[str, Any]) -> Answer:
    """The statistics of a workspace, its workers, a queue, a workflow or a worker."""
    result = _fetch(engine, route.kind, place.parent or place.workspace, values)
    return Answer(200, {**_frame(call, place), **result, "url": _url(call)})


def figures_list(engine: Engine, route: Route, call: Call, place: Place, values: dict[str, Any]) -> Answer:
    """The statistics of all queues, a page of them. The items have no ``url`` (rest-api 4.5)."""
    request = PageRequest.of(values)
    named = {"friendly_name": values.pop("friendly_name")} if "friendly_name" in values else {}
    rows = rows_of(engine.store, "task_queue", place, call.account_sid, named, engine.now())
    page = take_page(rows, request)
    items = [
        {**_frame(call, place), "task_queue_sid": queue.sid, **_fetch(engine, "task_queue", queue, values)}
        for queue in page.rows
    ]
    return Answer(200, page_view(route, call, page, items))


def bulk_figures(engine: Engine, call: Call, place: Place) -> Answer:
    """The real-time statistics of up to 50 queues, named in a JSON body (rest-api 4.6).

    Raises:
        BadRequest: The body names no queues, too many, or something else.
    """
    sids = _queue_sids(call.json)
    result = _fetch(engine, "task_queues_bulk", place.workspace, {"queue_sids": sids})
    data = result["task_queue_data"]
    return Answer(
        200,
        {**_frame(call, place), "task_queue_data": data, "task_queue_response_count": len(data), "url": _url(call)},
    )


def _queue_sids(body: Any) -> list[str]:
    # The documentation's table says QueueSids, its sample queueSids (rest-api 6).
    given = (body.get("queueSids") or body.get("QueueSids")) if isinstance(body, dict) else None
    if not isinstance(given, list) or not given:
        raise BadRequest('Missing required parameter QueueSids: the body must be JSON such as {"queueSids": ["WQ..."]}')
    if len(given) > MAX_QUEUES:
        raise BadRequest(f"Invalid QueueSids. {len(given)} queues are more than {MAX_QUEUES}.")
    for sid in given:
        if not is_sid(sid, "WQ"):
            raise BadRequest(f"Invalid QueueSids. '{shown(str(sid))}' is not the SID of a task queue.")
    return list(dict.fromkeys(given))
