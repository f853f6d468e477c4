"""Calls of the REST API from Python, inside the process: the same table of routes, checks and errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ...errors import InvalidArgument, api_error
from ...wire import encode_params, wire_name
from ..state.model import Entity, Reservation
from .answer import Call
from .dispatch import dispatch
from .lookup import MODELS
from .routes import ROUTES

if TYPE_CHECKING:
    from ..server import Emulator

__all__ = ["ask", "operation_on"]

_OPERATIONS: Final = {route.operation_id: route for route in ROUTES}
_KINDS: Final = {kind: name for name, kind in MODELS.items()} | {Reservation: "task_reservation"}


def ask(emulator: Emulator, operation_id: str, place: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out an operation, in the emulator's thread.

    Args:
        emulator: The emulator, running.
        operation_id: Its published name, such as ``CreateTask``.
        place: The variables of its path.
        fields: Its parameters: REST's names in snake_case, any values that a client takes.

    Returns:
        The body of REST's answer.

    Raises:
        InvalidArgument: The operation has no such parameter.
        ApiError: What REST would answer with.
    """
    route = _OPERATIONS[operation_id]
    known = [each.key for each in route.parameters if each.where == "form"]
    for name in fields:
        if name not in known:
            raise InvalidArgument(f"{operation_id} has no parameter {name!r}", hint=f"it has {', '.join(known)}")
    form = encode_params(None, fields)
    call = Call(
        method=route.method,
        path=tuple(route.path.format(**place).split("/")[1:]),
        form={name: value if isinstance(value, list) else [value] for name, value in form.items()},
        base_url=emulator.api_base_url,
        account_sid=emulator.account_sid,
    )
    answer = dispatch(emulator.engine, call)
    body = answer.body or {}
    if not answer.ok:
        raise api_error(answer.status, str(body["message"]), code=body["code"], more_info=body["more_info"])
    return body


def operation_on(entity: Entity, verb: str) -> tuple[str, dict[str, str]]:
    """The operation that updates or deletes something, and where it is.

    Args:
        entity: What it is about.
        verb: ``"Update"`` or ``"Delete"``.

    Raises:
        InvalidArgument: There is no such operation.
    """
    operation_id = f"{verb}{wire_name(_KINDS[type(entity)])}"
    if operation_id not in _OPERATIONS:
        raise InvalidArgument(f"REST has no {operation_id}")
    parents = {"TaskSid": "task_sid", "WorkerSid": "worker_sid"}
    place = {name: getattr(entity, key) for name, key in parents.items() if hasattr(entity, key)}
    return operation_id, {**place, "Sid": entity.sid}
