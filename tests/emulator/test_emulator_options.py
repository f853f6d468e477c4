"""Choices by name, and no secret in sight."""

from __future__ import annotations

import pytest

from trbridge.emulator import Emulator
from trbridge.emulator.operations import tasks, workers
from trbridge.emulator.options import Options, choose
from trbridge.emulator.routing import lifecycle
from trbridge.errors import InvalidArgument


def test_choices_have_names() -> None:
    options = choose({"rate_limits": False, "max_sockets": 5})
    assert (options.rate_limits, options.max_sockets, options.workspace_events) == (False, 5, False)
    with pytest.raises(InvalidArgument, match="no option 'colour'; it has rate_limits, "):
        choose({"colour": "red"})
    with pytest.raises(InvalidArgument, match="max_assignments must be 1 or more"):
        choose({"max_assignments": 0})


async def test_a_task_is_canceled_after_as_many_rounds_as_were_chosen() -> None:
    """One of Twilio's pages says 1,000 rounds, another 10: whoever wants to see it happen chooses 2."""
    async with Emulator(clock="manual", max_assignments=2) as emulator:
        engine = emulator.engine
        workspace = engine.store.workspaces[emulator.workspace_sid]
        [available] = [one for one in engine.store.activities.values() if one.available]
        with engine.transaction() as tx:
            workers.create(tx, workspace, {"friendly_name": "Alice", "activity_sid": available.sid})
            task = tasks.create(tx, workspace, {})
        for _ in range(2):
            [pending] = [one for one in engine.store.reservations.values() if one.reservation_status == "pending"]
            with engine.transaction() as tx:
                lifecycle.reject(tx, pending)
        assert engine.store.tasks[task.sid].assignment_status == "canceled"


def test_an_api_keys_secret_is_not_shown() -> None:
    """Security check 2."""
    assert "secret" not in repr(Options(api_keys={"SK": "secret"}))
