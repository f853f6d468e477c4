"""What is written for others to read holds no secret: exports, records, data files, command lines (checks 4, 6)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner
from secrets_of import found_in

from trbridge import Workspace, WorkspaceCapability
from trbridge.cli.root import trbridge
from trbridge.emulator import Emulator

KEY, KEY_SECRET = "SK" + "5" * 32, "swordfishswordfishswordfish12345"
SECRET = "0123456789abcdef" * 2


async def test_neither_export_nor_record_nor_data_file_holds_a_secret(tmp_path: Path) -> None:
    """After a client has used its token, in the body, in the URL of a socket, and after a wrong one."""
    data = tmp_path / "box.db"
    options: dict[str, Any] = {"auth_token": SECRET, "api_keys": {KEY: KEY_SECRET}, "data": str(data)}
    async with Emulator(random_seed=7, **options) as emulator, asyncio.timeout(10):
        capability = WorkspaceCapability(emulator.account_sid, SECRET, emulator.workspace_sid)
        token = capability.allow_fetch_subresources().allow_update_subresources().to_jwt()
        bridge = emulator.event_bridge_base_url
        async with Workspace(token, api_base_url=emulator.api_base_url, event_bridge_base_url=bridge) as workspace:
            await workspace.activities.create(friendly_name="Lunch")
        shown = [
            msgspec.json.encode(emulator.export()).decode(),
            *[str(entry.view()) for entry in emulator.record],
            *[str(alert) for alert in emulator.alerts],
        ]
        assert len(shown) > 3
        assert "Lunch" in "".join(shown)
        written = _all_bytes(tmp_path)
    assert "Lunch" in written
    for text in (*shown, written):
        assert found_in(text, [token, SECRET, KEY_SECRET]) == []


def _all_bytes(directory: Path) -> str:
    return b"".join(path.read_bytes() for path in directory.iterdir()).decode("latin-1")


def commands() -> dict[str, click.Command]:
    """Every command, by name; as the group loads them, when asked for."""
    context = click.Context(trbridge)
    found = {name: trbridge.get_command(context, name) for name in trbridge.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def test_no_command_takes_a_secret_as_an_argument() -> None:
    """Check 6: arguments are visible to everybody on the machine; a file, stdin or the environment are not."""
    found = commands()
    assert {"serve", "token", "listen"} <= set(found)
    for name, command in found.items():
        for parameter in command.params:
            words = " ".join([*parameter.opts, *parameter.secondary_opts, parameter.name or ""]).lower()
            if any(word in words for word in ("secret", "password", "auth_token", "auth-token", "token")):
                assert isinstance(parameter.type, click.File), f"{name} {parameter.opts}"


@pytest.mark.parametrize("name", ["serve", "token", "listen", "demo", "export"])
def test_one_that_is_given_all_the_same_is_refused_and_not_repeated(name: str) -> None:
    """``exec`` hands its arguments to another program, whose they are."""
    for option in ("--auth-token", "--token", "--secret", "--api-key-secret"):
        result = CliRunner().invoke(trbridge, [name, f"{option}={SECRET}"])
        assert result.exit_code == 2
        assert SECRET not in result.output
