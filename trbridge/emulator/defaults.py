"""What a new workspace contains (rest-api 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from .state.model import Activity, TaskChannel, TaskQueue, Workflow, Workspace
from .state.transaction import Transaction

__all__ = ["ACTIVITIES", "SINGLE_TASKING_ACTIVITIES", "TASK_CHANNELS", "TEMPLATES", "fill"]

ACTIVITIES: Final = (("Offline", False), ("Available", True), ("Unavailable", False))
"""Name and ``available``. The first is the default and the timeout activity."""

SINGLE_TASKING_ACTIVITIES: Final = (("Offline", False), ("Idle", True), ("Reserved", False), ("Busy", False))
"""The same for a workspace with ``multi_task_enabled`` false, as they were before 2018 (routing 5)."""

TASK_CHANNELS: Final = {"default": "Default", "voice": "Voice", "sms": "SMS", "chat": "Chat", "video": "Video"}
"""Unique name to friendly name. They cannot be deleted [I]. Only the name of ``default`` has been seen."""

TEMPLATES: Final = ("NONE", "FIFO")
"""What ``Template`` may be when a workspace is created."""


def fill(
    tx: Transaction,
    workspace: Workspace,
    template: str = "NONE",
    activities: Sequence[tuple[str, bool]] | None = None,
) -> Workspace:
    """Give a new workspace its activities, task channels and what its template adds; return it as it is then.

    They belong to the workspace being created, so there are no events for them [I].

    Args:
        tx: The transaction.
        workspace: The new workspace.
        template: ``NONE`` or ``FIFO``.
        activities: Name and ``available`` of other activities than the usual ones, at least one; without a
            template.
    """
    table = activities or (ACTIVITIES if workspace.multi_task_enabled else SINGLE_TASKING_ACTIVITIES)
    made = {
        name: tx.create(Activity, workspace.sid, friendly_name=name, available=available) for name, available in table
    }
    for unique_name, friendly_name in TASK_CHANNELS.items():
        tx.create(TaskChannel, workspace.sid, friendly_name=friendly_name, unique_name=unique_name)
    if template == "FIFO":
        _fifo(tx, workspace, made)
    first = made[table[0][0]].sid
    return tx.update(workspace, default_activity_sid=first, timeout_activity_sid=first)


def _fifo(tx: Transaction, workspace: Workspace, activities: dict[str, Activity]) -> None:
    moves = (
        {}
        if workspace.multi_task_enabled
        else {
            "reservation_activity_sid": activities["Reserved"].sid,
            "assignment_activity_sid": activities["Busy"].sid,
        }
    )
    queue = tx.create(TaskQueue, workspace.sid, friendly_name="Sample Queue", **moves)
    routing = {"task_routing": {"filters": [], "default_filter": {"queue": queue.sid}}}
    tx.create(Workflow, workspace.sid, friendly_name="Default Fifo Workflow", configuration=json.dumps(routing))
