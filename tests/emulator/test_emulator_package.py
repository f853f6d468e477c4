"""The package: its core can be used without the web framework, and the front door opens when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import trbridge.emulator

CORE = """
import sys
import trbridge.emulator
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import task_queues, workers, workflows, workspaces
engine = Engine()
with engine.transaction() as tx:
    workspaces.create(tx, engine.account_sid, {"friendly_name": "S"})
print(sorted({"starlette", "uvicorn", "yaml", "httpx", "jwt", "asyncio", "lark"} & set(sys.modules)))
"""


def test_the_core_needs_no_framework() -> None:
    ran = subprocess.run([sys.executable, "-c", CORE], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_emulator_is_there_when_asked_for() -> None:
    from trbridge.emulator.server import Emulator

    assert trbridge.emulator.Emulator is Emulator


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Simulator'"):
        trbridge.emulator.__getattr__("Simulator")
