"""Instructions to a reservation: accept, reject, dequeue, call, redirect, conference, supervise (routing 6.2).

There is no telephony here. An instruction is checked as the service checks it, and has the effect that it
would have if every call were answered at once: the reservation is accepted where the instruction says so, and
``worker_call_sid`` goes into the task's attributes where a call to the worker would have been made.

Parameters have the names of an assignment callback's answer: ``to``, ``from``, ``post_work_activity_sid``...
:func:`parameters_of` takes the prefix off those of the REST API (``DequeueTo``, ``CallUrl``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..errors import BadRequest, Gone
from ..sids import is_sid
from .routing.eligibility import decoded
from .routing.reservation_lifecycle import accept, reject
from .routing.transitions import status_of
from .state.model import Activity, Reservation, Task, Worker
from .state.transaction import Transaction

__all__ = ["INSTRUCTIONS", "InstructionRefused", "carry_out", "check_pending", "parameters_of"]

MAX_RING_SECONDS: Final = 999
_RECORD: Final = ("record-from-answer", "do-not-record")
_MODES: Final = ("monitor", "whisper", "barge")
Parameters = Mapping[str, Any]


class InstructionRefused(BadRequest):
    """An instruction that cannot be carried out.

    Args:
        message: Why.
        debugger_code: What the service's debugger calls it when an assignment callback's answer says the same.
    """

    def __init__(self, message: str, debugger_code: int) -> None:
        super().__init__(message, hint=f"the service's debugger lists this as {debugger_code}")
        self.debugger_code = debugger_code


def carry_out(tx: Transaction, reservation: Reservation, instruction: str, parameters: Parameters) -> Reservation:
    """Carry out an instruction.

    Args:
        tx: The transaction.
        reservation: The reservation.
        instruction: Its name, in any case [I].
        parameters: Its parameters, without prefix.

    Raises:
        BadRequest: There is no such instruction.
        InstructionRefused: It lacks something, or the reservation is in another state.
        Gone: The reservation timed out, was canceled or rescinded.
    """
    known = INSTRUCTIONS.get(instruction.strip().lower())
    if known is None:
        raise InstructionRefused(
            f"Invalid Instruction. '{instruction[:40]}' is not one of {', '.join(INSTRUCTIONS)}.", 55555
        )
    known(tx, reservation, parameters)
    return tx.store.reservations[reservation.sid]


def parameters_of(instruction: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an instruction in a form of the REST API, without their prefix."""
    name = instruction.strip().lower()
    if name == "reject":
        return {"activity_sid": form.get("worker_activity_sid")}
    if name not in {"dequeue", "call", "redirect"}:
        return dict(form)
    prefix = f"{name}_"
    return {key.removeprefix(prefix): value for key, value in form.items() if key.startswith(prefix)}


def check_pending(reservation: Reservation, verb: str, debugger_code: int) -> None:
    """Refuse what only a pending reservation allows.

    Raises:
        Gone: It is over without acceptance: timeout, canceled, rescinded (410, routing 4.4).
        InstructionRefused: It is in another state.
    """
    status = status_of(reservation)
    message = f"Cannot {verb} reservation {reservation.sid} because it is not pending: it is {status}."
    if status in {"timeout", "canceled", "rescinded"}:
        raise Gone(message)
    if status != "pending":
        raise InstructionRefused(message, debugger_code)


def _accept(tx: Transaction, reservation: Reservation, _parameters: Parameters) -> None:
    check_pending(reservation, "accept", 40135)
    accept(tx, reservation)


def _reject(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    if status_of(reservation) != "pending":
        raise BadRequest(
            f"Cannot reject reservation {reservation.sid} because it is not pending: it is {status_of(reservation)}."
        )
    reject(tx, reservation, _activity(tx, reservation, parameters.get("activity_sid"), 40100))


def _dequeue(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    check_pending(reservation, "dequeue", 40135)
    task = tx.store.tasks[reservation.task_sid]
    attributes = decoded(task.attributes)
    if not attributes.get("call_sid"):
        raise InstructionRefused(f"Cannot dequeue: task {task.sid} has no call_sid in its attributes.", 40140)
    activity = _activity(tx, reservation, parameters.get("post_work_activity_sid"), 40130)
    _callee(tx, reservation, parameters, "DequeueTo", 40131)
    # The caller ID falls back to the number that was dialled (routing 6.2).
    if not (parameters.get("from") or attributes.get("called") or attributes.get("to")):
        raise InstructionRefused("Cannot dequeue: DequeueFrom is missing, and the task tells no dialled number.", 40132)
    _seconds(parameters, "DequeueTimeout", 40133)
    _one_of(parameters, "record", "DequeueRecord", _RECORD, 40133)
    _call_worker(tx, task)
    accept(tx, reservation, post_work_activity_sid=activity)


def _call(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    check_pending(reservation, "call for", 40114)
    _given(parameters, "from", "CallFrom", 40110)
    _given(parameters, "url", "CallUrl", 40111)
    _callee(tx, reservation, parameters, "CallTo", 40112)
    _call_worker(tx, tx.store.tasks[reservation.task_sid])
    if parameters.get("accept"):
        accept(tx, reservation)


def _redirect(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    # Prose says that it accepts, the table that "accept" decides (routing 10.6): the table it is.
    check_pending(reservation, "redirect for", 40123)
    _given(parameters, "call_sid", "RedirectCallSid", 40120)
    _given(parameters, "url", "RedirectUrl", 40121)
    if parameters.get("accept"):
        accept(tx, reservation)


def _conference(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    check_pending(reservation, "make a conference for", 40136)
    attributes = decoded(tx.store.tasks[reservation.task_sid].attributes)
    if not (attributes.get("call_sid") or attributes.get("outbound_to")):
        raise InstructionRefused(
            f"Cannot make a conference: task {reservation.task_sid} has neither call_sid nor outbound_to "
            "in its attributes.",
            40142,
        )
    activity = _activity(tx, reservation, parameters.get("post_work_activity_sid"), 40137)
    _callee(tx, reservation, parameters, "To", 40138)
    _seconds(parameters, "Timeout", 40139)
    accept(tx, reservation, post_work_activity_sid=activity)


def _supervise(tx: Transaction, reservation: Reservation, parameters: Parameters) -> None:
    """Somebody listens in: nothing changes in TaskRouter (routing 4.7)."""
    if status_of(reservation) != "accepted":
        raise InstructionRefused(f"Cannot supervise reservation {reservation.sid} because it is not accepted.", 40146)
    supervisor = _given(parameters, "supervisor", "Supervisor", 40147)
    _one_of(parameters, "supervisor_mode", "SupervisorMode", _MODES, 40146)
    if is_sid(supervisor, "WK"):
        worker = tx.store.get(Worker, supervisor)
        if worker is None or worker.workspace_sid != reservation.workspace_sid or not _contact_uri(worker):
            raise InstructionRefused(f"Cannot supervise: {supervisor} is no worker with a contact_uri.", 40147)
    if not decoded(tx.store.tasks[reservation.task_sid].attributes).get("from"):
        raise InstructionRefused(f"Cannot supervise: task {reservation.task_sid} has no from in its attributes.", 40148)


INSTRUCTIONS: Final[Mapping[str, Callable[[Transaction, Reservation, Parameters], None]]] = {
    "accept": _accept,
    "reject": _reject,
    "dequeue": _dequeue,
    "call": _call,
    "redirect": _redirect,
    "conference": _conference,
    "supervise": _supervise,
}
"""Name to what it does."""


def _given(parameters: Parameters, key: str, name: str, code: int) -> str:
    value = parameters.get(key)
    if not value:
        raise InstructionRefused(f"Missing required parameter {name} in the post body", code)
    return str(value)


def _activity(tx: Transaction, reservation: Reservation, sid: str | None, code: int) -> str | None:
    if not sid:
        return None
    activity = tx.store.get(Activity, sid)
    if activity is None or activity.workspace_sid != reservation.workspace_sid:
        raise InstructionRefused(f"There is no activity '{sid[:40]}' in workspace {reservation.workspace_sid}.", code)
    return sid


def _callee(tx: Transaction, reservation: Reservation, parameters: Parameters, name: str, code: int) -> None:
    worker = tx.store.get(Worker, reservation.worker_sid)
    if not parameters.get("to") and (worker is None or not _contact_uri(worker)):
        raise InstructionRefused(
            f"{name} is missing, and worker {reservation.worker_sid} has no contact_uri in the attributes.", code
        )


def _contact_uri(worker: Worker) -> object:
    return decoded(worker.attributes).get("contact_uri")


def _seconds(parameters: Parameters, name: str, code: int) -> None:
    value = parameters.get("timeout")
    if value is not None and not (re.fullmatch("[0-9]{1,3}", str(value)) and int(value) > 0):
        raise InstructionRefused(f"Invalid {name}. '{str(value)[:40]}' is not between 1 and {MAX_RING_SECONDS}.", code)


def _one_of(parameters: Parameters, key: str, name: str, words: tuple[str, ...], code: int) -> None:
    value = parameters.get(key)
    if value and value not in words:
        raise InstructionRefused(f"Invalid {name}. '{str(value)[:40]}' is not one of {', '.join(words)}.", code)


def _call_worker(tx: Transaction, task: Task) -> None:
    # The call exists in name only.
    attributes = {**decoded(task.attributes), "worker_call_sid": tx.new_sid("CA")}
    task = tx.update(task, attributes=json.dumps(attributes, ensure_ascii=False))
    tx.emit("task.updated", task)
