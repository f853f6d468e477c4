"""Builders of capability tokens: what twilio-python's capability classes put in, call for call.

A builder holds the account's auth token, so neither its text nor a pickle of it shows anything secret::

    WorkerCapability(account_sid, auth_token, workspace_sid, worker_sid).allow_update_activities().to_jwt(ttl=3600)
"""

from __future__ import annotations

from types import EllipsisType
from typing import ClassVar, Self, TypedDict, Unpack

from .capability_builder import Capability

__all__ = ["Capability", "Options", "TaskQueueCapability", "WorkerCapability", "WorkerOptions", "WorkspaceCapability"]


class Options(TypedDict, total=False):
    """Keywords of every builder, with twilio-python's names and defaults (wire-protocol 1.5).

    Attributes:
        ttl: Whole seconds the token lives. Default 3600.
        valid_until: When it ends instead, in seconds since 1970; wins over ``ttl``. Default None.
        nbf: From when on it counts, in seconds since 1970; None for at once, ``...`` (the default) for
            the moment of making it.
        allow_web_sockets: Call the method of that name. Default True.
        allow_fetch_self: The same. Default True.
        allow_update_self: The same. Default False.
        allow_delete_self: The same. Default False.
        allow_fetch_subresources: The same. Default False.
        allow_delete_subresources: The same. Default False.
        allow_update_subresources: The same. Default False.
    """

    ttl: int
    valid_until: float | None
    nbf: float | EllipsisType | None
    allow_web_sockets: bool
    allow_fetch_self: bool
    allow_update_self: bool
    allow_delete_self: bool
    allow_fetch_subresources: bool
    allow_delete_subresources: bool
    allow_update_subresources: bool


class WorkerOptions(Options, total=False):
    """Keywords of :class:`WorkerCapability`.

    Attributes:
        allow_fetch_activities: Call the method of that name. Default True.
        allow_fetch_reservations: The same. Default True.
        allow_fetch_worker_reservations: The same. Default True.
        allow_update_activities: The same. Default False.
        allow_update_reservations: The same. Default False.
    """

    allow_fetch_activities: bool
    allow_fetch_reservations: bool
    allow_fetch_worker_reservations: bool
    allow_update_activities: bool
    allow_update_reservations: bool


class WorkspaceCapability(Capability):
    """Builds tokens for a Workspace client. By default they open the channel and read the workspace.

    Args:
        account_sid: The account (``AC``).
        auth_token: Its auth token, which signs.
        workspace_sid: The workspace (``WS``).
        **options: See :class:`Options`.

    Raises:
        InvalidArgument: A SID is not of its kind, or the auth token cannot be one.
    """

    __slots__ = ()
    _prefix = "WS"

    def __init__(self, account_sid: str, auth_token: str, workspace_sid: str, **options: Unpack[Options]) -> None:
        super().__init__(account_sid, auth_token, workspace_sid, workspace_sid, **options)


class TaskQueueCapability(Capability):
    """Builds tokens for a TaskQueue client. By default they open the channel and read the queue.

    Args:
        account_sid: The account (``AC``).
        auth_token: Its auth token, which signs.
        workspace_sid: The workspace (``WS``).
        taskqueue_sid: The task queue (``WQ``).
        **options: See :class:`Options`.

    Raises:
        InvalidArgument: A SID is not of its kind, or the auth token cannot be one.
    """

    __slots__ = ()
    _prefix = "WQ"
    _sid_claim = "taskqueue_sid"

    def __init__(
        self, account_sid: str, auth_token: str, workspace_sid: str, taskqueue_sid: str, **options: Unpack[Options]
    ) -> None:
        super().__init__(account_sid, auth_token, workspace_sid, taskqueue_sid, **options)

    @property
    def resource_url(self) -> str:
        """URL of the task queue."""
        return f"{self.workspace_url}/TaskQueues/{self.channel_sid}"


class WorkerCapability(Capability):
    """Builds tokens for a Worker client.

    By default they open the channel and read the worker, the activities, the tasks and reservations. A
    worker that is to take work needs :meth:`allow_update_reservations`, and to change its activity
    :meth:`allow_update_activities`.

    Args:
        account_sid: The account (``AC``).
        auth_token: Its auth token, which signs.
        workspace_sid: The workspace (``WS``).
        worker_sid: The worker (``WK``).
        **options: See :class:`WorkerOptions`.

    Raises:
        InvalidArgument: A SID is not of its kind, or the auth token cannot be one.
    """

    __slots__ = ()
    _prefix = "WK"
    _sid_claim = "worker_sid"
    _switches: ClassVar[dict[str, bool]] = {
        **Capability._switches,
        "allow_fetch_activities": True,
        "allow_fetch_reservations": True,
        "allow_fetch_worker_reservations": True,
        "allow_update_activities": False,
        "allow_update_reservations": False,
    }

    def __init__(
        self, account_sid: str, auth_token: str, workspace_sid: str, worker_sid: str, **options: Unpack[WorkerOptions]
    ) -> None:
        super().__init__(account_sid, auth_token, workspace_sid, worker_sid, **options)

    @property
    def resource_url(self) -> str:
        """URL of the worker."""
        return f"{self.workspace_url}/Workers/{self.channel_sid}"

    def allow_fetch_activities(self) -> Self:
        """Allow listing the workspace's activities."""
        return self.allow("Activities", "GET")

    def allow_fetch_reservations(self) -> Self:
        """Allow reading all tasks of the workspace and their reservations."""
        return self.allow("Tasks/**", "GET")

    def allow_fetch_worker_reservations(self) -> Self:
        """Allow reading the worker's own reservations."""
        return self.allow(f"{self.resource_url}/Reservations/**", "GET")

    def allow_update_activities(self) -> Self:
        """Allow changing the worker's activity, and nothing else of it."""
        return self.allow(self.resource_url, "POST", post_filter={"ActivitySid": {"required": True}})

    def allow_update_reservations(self) -> Self:
        """Allow answering reservations and changing tasks; all tasks, as Twilio's libraries have it."""
        return self.allow("Tasks/**", "POST").allow(f"{self.resource_url}/Reservations/**", "POST")

    # The PHP library's names.
    allow_activity_updates = allow_update_activities
    allow_reservation_updates = allow_update_reservations
