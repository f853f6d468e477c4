"""What each verb of the table of routes does: find, read, operate, show.

The handlers are the same for all kinds of resource; what differs is in tables: how a kind is found
(:mod:`.lookup`), filtered (:mod:`.filters`), changed (:mod:`..operations`) and shown (:mod:`..views`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..access.rate_limits import RateLimits
from ..bridge import dialect_v2
from ..operations import (
    activities,
    reservations,
    task_channels,
    task_queues,
    tasks,
    worker_channels,
    workers,
    workflows,
    workspaces,
)
from ..state.model import Entity
from ..views import Scope, page_view, view_of
from .answer import Answer, Call, check_version, count_request
from .figures import bulk_figures, figures, figures_list
from .filters import rows_of
from .lookup import MODELS, Place, find_place
from .paging import PageRequest, Rows, take_page
from .route import Route

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["handle"]


class Ask(msgspec.Struct, frozen=True):
    """All that a handler needs to know."""

    engine: Engine
    route: Route
    call: Call
    place: Place
    values: dict[str, Any]

    @property
    def scope(self) -> Scope:
        """How the answer looks at things."""
        return Scope(self.engine.store, self.call.base_url, self.engine.now())

    @property
    def operations(self) -> Any:
        """The module with the kind's verbs."""
        return _OPERATIONS[self.route.kind]


_OPERATIONS: Final[dict[str, ModuleType]] = {
    "workspace": workspaces,
    "activity": activities,
    "task_channel": task_channels,
    "worker": workers,
    "worker_channel": worker_channels,
    "task_queue": task_queues,
    "workflow": workflows,
    "task": tasks,
    "task_reservation": reservations,
    "worker_reservation": reservations,
}


def handle(engine: Engine, route: Route, sids: Mapping[str, str], call: Call, limits: RateLimits | None) -> Answer:
    """Carry out one operation.

    Raises:
        ApiError: As the operation does; or something in the path is not there, or a parameter is wrong.
    """
    place = find_place(engine.store, route.kind, sids, call.account_sid, call.path)
    values = route.read_form(call.form) if call.method == "POST" else route.read_query(call.query)
    ask = Ask(engine, route, call, place, values)
    scope = place.workspace.sid if place.workspace is not None else call.account_sid
    rates = count_request(limits, route.operation_id, values, scope, engine.now())
    answer = _HANDLERS[route.verb](ask)
    answer.headers.update(rates)
    return answer


def _tagged(entity: Entity) -> dict[str, str]:
    """The ``ETag`` of what has a version, quoted [I]: tasks, workers and reservations show it nowhere else."""
    version = getattr(entity, "version", None)
    return {} if version is None or entity.kind == "worker_channel" else {"ETag": f'"{version}"'}


def _show(ask: Ask, entity: Entity, status: int) -> Answer:
    view = view_of(ask.route.kind, ask.scope, entity, ask.call.dialect)
    if ask.call.dialect == "v2" and ask.route.verb == "update":
        view.pop("task", None)  # what an action on a reservation answers with is flat (wire-protocol 7.4)
    return Answer(status, view, _tagged(entity))


def _fetch(ask: Ask) -> Answer:
    return _show(ask, ask.place.entity, 200)


def _list(ask: Ask) -> Answer:
    internal = ask.call.dialect == "v2"
    if internal:
        ask.values.update(dialect_v2.extra_filters(ask.call))
    rows = _rows(ask)
    if internal:
        request = dialect_v2.page_request(ask.engine.store, MODELS[ask.route.kind], rows, ask.call)
    else:
        request = PageRequest.of(ask.values)
    page = take_page(rows, request)
    scope = ask.scope
    shown = [view_of(ask.route.kind, scope, row, ask.call.dialect) for row in page.rows]
    if internal:
        return Answer(200, dialect_v2.contents(page, shown, sum(1 for _ in rows.after(None))))
    body = page_view(ask.route, ask.call, page, shown)
    return Answer(200, body, _list_tag(page.rows) if ask.route.etag else {})


def _rows(ask: Ask) -> Rows:
    engine = ask.engine
    return rows_of(engine.store, ask.route.kind, ask.place, ask.call.account_sid, ask.values, engine.now())


def _list_tag(rows: list[Any]) -> dict[str, str]:
    """A list's ``ETag``: another one as soon as a row of the page is [I]."""
    text = ",".join(f"{row.sid}.{row.version}" for row in rows)
    return {"ETag": f'W/"{zlib.crc32(text.encode()):08x}"'}


def _create(ask: Ask) -> Answer:
    # The answer shows the new resource as it was made; what routing does to it next, a fetch shows. So a
    # new task reads "pending" as it does from the service, also if a worker gets it in the same breath.
    parent = ask.call.account_sid if ask.route.kind == "workspace" else ask.place.workspace
    with ask.engine.transaction() as tx:
        made = ask.operations.create(tx, parent, ask.values)
        return _show(ask, tx.store.get(type(made), made.sid) or made, 201)


def _update(ask: Ask) -> Answer:
    entity = ask.place.entity
    check_version(ask.call.if_match, getattr(entity, "version", None))
    with ask.engine.transaction() as tx:
        changed = ask.operations.update(tx, entity, ask.values)
        return _show(ask, tx.store.get(type(changed), changed.sid) or changed, 200)


def _delete(ask: Ask) -> Answer:
    check_version(ask.call.if_match, getattr(ask.place.entity, "version", None))
    with ask.engine.transaction() as tx:
        ask.operations.delete(tx, ask.place.entity)
    return Answer(204)


_HANDLERS: Final[dict[str, Callable[[Ask], Answer]]] = {
    "list": _list,
    "create": _create,
    "fetch": _fetch,
    "update": _update,
    "delete": _delete,
    "statistics": lambda ask: figures(ask.engine, ask.route, ask.call, ask.place, ask.values),
    "statistics_list": lambda ask: figures_list(ask.engine, ask.route, ask.call, ask.place, ask.values),
    "bulk_statistics": lambda ask: bulk_figures(ask.engine, ask.call, ask.place),
}
