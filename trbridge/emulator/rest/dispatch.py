"""One call of the REST API, made inside the process: what REST and the event bridge both come down to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from ...errors import ApiError, ServerError
from ..access.rate_limits import RateLimits
from .answer import Answer, Call, error_answer, rate_headers
from .handlers import handle
from .router import Router, Segments

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["dispatch", "methods_of"]

_log = logging.getLogger("trbridge.emulator.dispatch")
_router: Final = Router()


def dispatch(engine: Engine, call: Call, limits: RateLimits | None = None) -> Answer:
    """Carry out a call. Whatever goes wrong becomes an answer too: nothing is raised.

    Args:
        engine: The emulator's core.
        call: What is asked for.
        limits: Counts requests; None for no limits and no headers about them.
    """
    try:
        route, sids = _router.find(call.method, call.path)
        return handle(engine, route, sids, call, limits)
    except ApiError as error:
        answer = error_answer(error)
    except Exception:  # noqa: BLE001 a fault of ours is the service's 500, and the next request gets its chance
        _log.exception("%s /%s failed", call.method, "/".join(call.path[:6]))
        answer = error_answer(ServerError("An internal error occurred in the emulator; its log tells which."))
    if limits is not None:
        answer.headers.update({**rate_headers(), **answer.headers})
    return answer


def methods_of(path: Segments) -> tuple[str, ...]:
    """The methods that a path takes; none if there is no such path."""
    return _router.methods(path)
