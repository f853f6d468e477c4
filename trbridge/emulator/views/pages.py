"""A page of a list: its rows, and how to get to the others (rest-api 1.1; for v2, wire-protocol 4.7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..rest.answer import Call
from ..rest.paging import Page
from ..rest.route import Route

__all__ = ["page_view"]

_PAGING = ("PageSize", "Page", "PageToken")


def page_view(route: Route, call: Call, page: Page, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of a list's answer."""
    base = "/".join((call.base_url, *call.path[1:]))
    # Only what the list reads: the rest of a query was ignored, and need not travel on.
    known = [one.name for one in route.parameters if one.where == "query" and one.name not in _PAGING]
    filters = [(name, value) for name in known for value in call.query.get(name, ())]

    def url(number: int, token: str | None = None) -> str:
        query = [*filters, ("PageSize", page.size), ("Page", number)]
        return f"{base}?{urlencode([*query, ('PageToken', token)] if token else query)}"

    following, preceding = page.next_token, page.previous_token
    return {
        route.list_key or "contents": rows,
        "meta": {
            "page": page.number,
            "page_size": page.size,
            "first_page_url": url(0),
            "previous_page_url": url(max(page.number - 1, 0), preceding) if preceding else None,
            "url": url(page.number, call.query["PageToken"][-1] if call.query.get("PageToken") else None),
            "next_page_url": url(page.number + 1, following) if following else None,
            "key": route.list_key,
        },
    }
