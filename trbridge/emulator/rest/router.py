"""From a method and a path to a route, and to the 404 and 405 that say where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ...errors import MethodNotAllowed, NotFound
from .parameters import shown
from .route import Method, Route
from .routes import ROUTES

__all__ = ["Router", "Segments", "not_found"]

_SEGMENT: Final = re.compile(r"\{(\w+)\}")


Segments = Sequence[str]
"""A path in its parts, each decoded once: ``("v1", "Workspaces")``."""


def not_found(segments: Segments) -> NotFound:
    """The service's answer for a SID it does not know, or cannot be one (rest-api 1.2)."""
    path = "/".join(("", *segments))
    return NotFound(f"The requested resource {shown(path.removeprefix('/v1'))} was not found")


class _Node:
    """One step of the path: the words that may follow, or a variable, and what may be done here."""

    __slots__ = ("methods", "variable", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.methods: dict[str, tuple[Route, tuple[str, ...]]] = {}


class Router:
    """Finds routes.

    A word goes before a variable, so that ``Workers/Statistics`` is no worker (rest-api 4.1).

    Args:
        routes: The table; all operations when left out.
    """

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        names = []
        for segment in route.path.strip("/").split("/"):
            variable = _SEGMENT.fullmatch(segment)
            if variable is None:
                node = node.words.setdefault(segment, _Node())
            else:
                names.append(variable[1])
                node.variable = node.variable or _Node()
                node = node.variable
        node.methods[route.method] = (route, tuple(names))

    def find(self, method: str, segments: Segments) -> tuple[Route, dict[str, str]]:
        """The route and the values of its path's variables, as they stand there.

        Raises:
            NotFound: No operation has such a path.
            MethodNotAllowed: Some have, but not with this method.
        """
        node, values = self._walk(segments)
        if node is None or not node.methods:
            raise not_found(segments)
        found = node.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowed(f"{shown(method)} is not allowed here; {', '.join(node.methods)} is")
        route, names = found
        return route, dict(zip(names, values, strict=True))

    def methods(self, segments: Segments) -> tuple[Method, ...]:
        """The methods that the path takes; none if there is no such path."""
        node, _ = self._walk(segments)
        return tuple(route.method for route, _ in node.methods.values()) if node is not None else ()

    def _walk(self, segments: Segments) -> tuple[_Node | None, list[str]]:
        node: _Node | None = self._root
        values: list[str] = []
        for segment in segments:
            if node is None:
                break
            word = node.words.get(segment)
            if word is None:
                values.append(segment)
                word = node.variable
            node = word
        return node, values
