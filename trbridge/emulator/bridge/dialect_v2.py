"""What the second generation of clients asks for, in terms of the table of routes (wire-protocol 4.7)."""

from __future__ import annotations

from typing import Any, Final

from ...errors import BadRequest
from ..rest.answer import Call
from ..rest.paging import MAX_PAGE_SIZE, Page, PageRequest, Rows, token_after
from ..rest.parameters import Form, Reader, is_true, shown
from ..rest.route import PAGING
from ..state.model import Entity
from ..state.store import Store

__all__ = ["contents", "extra_filters", "is_relative", "page_request", "path_of", "renamed"]

_NAMES: Final = {
    "TaskChannelUniqueName": "TaskChannel",
    "TaskChannelSid": "TaskChannel",
    "DequeueStatusCallbackEvents": "DequeueStatusCallbackEvent",
}
"""Parameters that REST calls otherwise."""

_COLLECTIONS: Final = {"WorkerChannels": "Channels"}


def is_relative(url: str) -> bool:
    """Whether a URL is written as the second generation does: ``Workspaces/WS...``."""
    return url.startswith("Workspaces")


def path_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of REST that stands for a path of theirs."""
    return tuple(_COLLECTIONS.get(segment, segment) for segment in path)


def renamed(params: dict[str, list[str]]) -> dict[str, list[str]]:
    """Parameters under REST's names."""
    return {_NAMES.get(name, name): values for name, values in params.items()}


def extra_filters(call: Call) -> dict[str, Any]:
    """Filters that REST does not have: reservations under way only (``Active=true``)."""
    return {"active": True} if is_true(_last(call, "Active") or "") else {}


def page_request(store: Store, kind: type[Entity], rows: Rows, call: Call) -> PageRequest:
    """Which page they ask for: ``AfterSid`` a row, or by ``NextToken`` in an ordered list.

    Raises:
        BadRequest: There is no such row.
    """
    size = _page_size(call.query)["page_size"]
    after_sid = _last(call, "AfterSid")
    if after_sid is None:
        return PageRequest(size, 0, _last(call, "NextToken"))
    row = store.get(kind, after_sid)
    if row is None or row.workspace_sid not in call.path:
        raise BadRequest(f"Invalid AfterSid. There is no '{shown(after_sid)}' in this list.")
    return PageRequest(size, 0, token_after(rows.position(row)))


def _page_size(query: Form) -> dict[str, int]:
    return {"page_size": MAX_PAGE_SIZE, **_read_size(query)}


_read_size: Final = Reader([PAGING[0]])


def _last(call: Call, name: str) -> str | None:
    values = call.query.get(name)
    return values[-1] if values and values[-1] else None


def contents(page: Page, views: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """A page as they read it.

    Only ``contents``, ``after_sid`` and ``meta`` are known to be read; the counters are as in the samples [I].
    """
    first, last = (page.rows[0].sid, page.rows[-1].sid) if page.rows else (None, None)
    meta: dict[str, Any] = {"list_key": "contents"}
    if page.next_token is not None:
        meta["next_token"] = page.next_token
    return {
        "contents": views,
        "total": total,
        "page": 0,
        "start": 0,
        "end": max(len(views) - 1, 0),
        "nextPage": 0,
        "lastPage": 0,
        "meta": meta,
        "after_sid": last if page.next_token is not None else None,
        "before_sid": first if page.previous_token is not None else None,
    }
