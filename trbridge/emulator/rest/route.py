"""What a row of the table of routes says."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final, Literal

import msgspec

from .parameters import Parameter, Reader

__all__ = ["PAGING", "Method", "Route", "Verb", "path_parameters"]

Method = Literal["GET", "POST", "DELETE"]
Verb = Literal["list", "create", "fetch", "update", "delete", "statistics", "statistics_list", "bulk_statistics"]

_PREFIXES: Final = {"WorkspaceSid": "WS", "WorkerSid": "WK", "TaskQueueSid": "WQ", "WorkflowSid": "WW", "TaskSid": "WT"}
_VARIABLE: Final = re.compile(r"\{(\w+)\}")

PAGING: Final = (
    Parameter(name="PageSize", where="query", type="integer", minimum=1, maximum=1000),
    Parameter(name="Page", where="query", type="integer", minimum=0),
    Parameter(name="PageToken", where="query"),
)
"""What every list takes (rest-api 1.1)."""


class Route(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One operation.

    Attributes:
        operation_id: Its published name, such as ``CreateTask``.
        method: ``GET``, ``POST`` or ``DELETE``.
        path: Template of the path, such as ``/v1/Workspaces/{Sid}``.
        kind: What it is about: ``worker``, ``task_reservation``; for statistics, whose.
        verb: What it does; together with ``kind`` it finds the handler.
        parameters: Everything it takes, the path's variables included.
        status: HTTP status of success.
        response: Published name of what it answers with (of one item, for a list), or None.
        list_key: Name of the array in a list's answer, or None if the answer is no list.
        etag: Whether the description promises an ``ETag`` header.
        json_body: Whether the body is JSON and not a form.
    """

    operation_id: str
    method: Method
    path: str
    kind: str
    verb: Verb
    parameters: tuple[Parameter, ...]
    status: int = 200
    response: str | None = None
    list_key: str | None = None
    etag: bool = False
    json_body: bool = False

    @cached_property
    def read_query(self) -> Reader:
        """Reads the query."""
        return Reader(one for one in self.parameters if one.where == "query")

    @cached_property
    def read_form(self) -> Reader:
        """Reads the form."""
        return Reader(one for one in self.parameters if one.where == "form")


def path_parameters(path: str, sid: str | None = None) -> tuple[Parameter, ...]:
    """The variables of a path.

    Args:
        path: The template.
        sid: Prefix of ``{Sid}``, or None where a name may stand in its place.
    """
    return tuple(
        Parameter(name=name, where="path", required=True, sid=sid if name == "Sid" else _PREFIXES[name])
        for name in _VARIABLE.findall(path)
    )
