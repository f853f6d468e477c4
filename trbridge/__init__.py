"""TaskRouter for Python: live clients for workspaces, workers and task queues.

>>> from trbridge import Workspace, WorkspaceCapability

The emulator that routes on your own machine is :mod:`trbridge.emulator` (extra ``emulator``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability
    from .checkpoints import FileCheckpoint
    from .client_stats import ClientStats
    from .clients.task_queue import TaskQueue
    from .clients.worker import Worker
    from .clients.workspace import Workspace
    from .errors import (
        ApiError,
        BadRequest,
        CheckpointError,
        ClientClosed,
        Conflict,
        ConnectionFailed,
        ConnectionLost,
        DecodeError,
        Forbidden,
        Gone,
        HandlerError,
        InvalidArgument,
        InvalidToken,
        MethodNotAllowed,
        NotFound,
        NotReady,
        PreconditionFailed,
        RequestError,
        RequestTimeout,
        ReservationGone,
        ServerError,
        SlowConsumer,
        TaskRouterError,
        TokenError,
        TokenExpired,
        TokenProviderError,
        TokenRejected,
        TooManyRequests,
        TransportError,
        Unauthorized,
        WrongIdentity,
        WrongTokenKind,
    )
    from .events import Disconnected, StateChange
    from .handler_limits import HandlerLimits
    from .policies import Policy
    from .requester import HttpPool
    from .streams import Event
    from .tls import small_tls_buffers
    from .tokens import peek_unverified, verify

__version__ = "0.1.0"

# Public name -> the room it lives in. Imported when first asked for: `import trbridge` alone costs next
# to nothing, and a program pays only for the client it uses.
_ROOMS = {
    "capabilities": ("TaskQueueCapability", "WorkerCapability", "WorkspaceCapability"),
    "checkpoints": ("FileCheckpoint",),
    "clients.task_queue": ("TaskQueue",),
    "clients.worker": ("Worker",),
    "clients.workspace": ("Workspace",),
    "errors": (
        "ApiError",
        "BadRequest",
        "CheckpointError",
        "ClientClosed",
        "Conflict",
        "ConnectionFailed",
        "ConnectionLost",
        "DecodeError",
        "Forbidden",
        "Gone",
        "HandlerError",
        "InvalidArgument",
        "InvalidToken",
        "MethodNotAllowed",
        "NotFound",
        "NotReady",
        "PreconditionFailed",
        "RequestError",
        "RequestTimeout",
        "ReservationGone",
        "ServerError",
        "SlowConsumer",
        "TaskRouterError",
        "TokenError",
        "TokenExpired",
        "TokenProviderError",
        "TokenRejected",
        "TooManyRequests",
        "TransportError",
        "Unauthorized",
        "WrongIdentity",
        "WrongTokenKind",
    ),
    "client_stats": ("ClientStats",),
    "events": ("Disconnected", "StateChange"),
    "handler_limits": ("HandlerLimits",),
    "policies": ("Policy",),
    "requester": ("HttpPool",),
    "streams": ("Event",),
    "tls": ("small_tls_buffers",),
    "tokens": ("peek_unverified", "verify"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "ApiError",
    "BadRequest",
    "CheckpointError",
    "ClientClosed",
    "ClientStats",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "Disconnected",
    "Event",
    "FileCheckpoint",
    "Forbidden",
    "Gone",
    "HandlerError",
    "HandlerLimits",
    "HttpPool",
    "InvalidArgument",
    "InvalidToken",
    "MethodNotAllowed",
    "NotFound",
    "NotReady",
    "Policy",
    "PreconditionFailed",
    "RequestError",
    "RequestTimeout",
    "ReservationGone",
    "ServerError",
    "SlowConsumer",
    "StateChange",
    "TaskQueue",
    "TaskQueueCapability",
    "TaskRouterError",
    "TokenError",
    "TokenExpired",
    "TokenProviderError",
    "TokenRejected",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "Worker",
    "WorkerCapability",
    "Workspace",
    "WorkspaceCapability",
    "WrongIdentity",
    "WrongTokenKind",
    "peek_unverified",
    "small_tls_buffers",
    "verify",
]


def __getattr__(name: str) -> Any:
    try:
        room = _ROOM_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(f".{room}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
