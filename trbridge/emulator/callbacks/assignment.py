"""What an assignment callback's answer means, and carrying it out (routing 6.1 and 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ...errors import ApiError
from ..instructions import InstructionRefused, carry_out
from ..state.model import Reservation
from .outbound import Reply

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Complaint", "instruct", "usable"]

_GONE: Final = {"call": 40114, "redirect": 40123, "conference": 40136}
"""Instruction to the code for a reservation that is pending no more; 40135 for the others."""


class Complaint(Exception):
    """Something the debugger should hear.

    Args:
        code: The debugger's code.
        message: What happened.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def usable(reply: Reply) -> bool:
    """Whether an answer counts; if not, the fallback URL is asked.

    Raises:
        Complaint: It is 200, but not JSON.
    """
    if reply.status != 200:
        return False
    if not reply.body.strip():
        return True  # "I'll decide later, by REST"
    if reply.content_type.partition(";")[0].strip() != "application/json":
        raise Complaint(40000, f"the answer is not application/json but {reply.content_type[:80] or 'of no type'}")
    return True


def instruct(engine: Engine, reservation_sid: str, reply: Reply) -> str | None:
    """Carry out what a usable answer says.

    Returns:
        The instruction; None if there was none.

    Raises:
        Complaint: The answer cannot be understood, or not be carried out; then nothing has changed.
    """
    if not reply.body.strip():
        return None
    answer = _decoded(reply.body)
    instruction = answer.get("instruction")
    if not isinstance(instruction, str) or not instruction:
        raise Complaint(40005, "the answer has no instruction")
    try:
        with engine.transaction() as tx:
            reservation = engine.store.get(Reservation, reservation_sid)
            if reservation is None:
                raise Complaint(_gone(instruction), f"reservation {reservation_sid} is there no more")
            carry_out(tx, reservation, instruction, _parameters(answer))
    except InstructionRefused as error:
        raise Complaint(error.debugger_code, error.message) from error
    except ApiError as error:
        raise Complaint(_gone(instruction), error.message) from error
    return instruction


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Complaint(40001, f"the answer is JSON that cannot be read: {error}") from error
    if not isinstance(answer, dict):  # JSON within JSON, for one
        raise Complaint(40001, f"the answer is JSON, but no object: {type(answer).__name__}")
    return answer


def _gone(instruction: str) -> int:
    return _GONE.get(instruction.strip().lower(), 40135)


def _parameters(answer: dict[str, Any]) -> dict[str, Any]:
    """Parameters as instructions take them: text, but for the flags, which may come as text too."""
    values = {key: value for key, value in answer.items() if key != "instruction" and value is not None}
    return {key: _flag(value) if key == "accept" else _text(value) for key, value in values.items()}


def _flag(value: Any) -> bool:
    return value is True or str(value).strip().lower() in {"true", "1", "yes"}


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
