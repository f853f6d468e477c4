"""``trbridge export`` gives back the seed that ``trbridge serve --seed`` began with."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from trbridge.cli.root import trbridge
from trbridge.emulator import Emulator

SEED: dict[str, Any] = {
    "workspaces": [
        {
            "friendly_name": "Support",
            "default_activity": "Away",
            "timeout_activity": "Away",
            "activities": [{"friendly_name": "Away"}, {"friendly_name": "Here", "available": True}],
            "workers": [
                {"friendly_name": "Alice", "activity": "Here", "attributes": {"langs": ["fr"]}},
                {"friendly_name": "Bob", "activity": "Away", "channels": {"chat": {"capacity": 3}}},
            ],
            "task_queues": [{"friendly_name": "French", "target_workers": "langs HAS 'fr'"}],
            "workflows": [
                {
                    "friendly_name": "Main",
                    "configuration": {"task_routing": {"filters": [], "default_filter": {"queue": "French"}}},
                }
            ],
            "tasks": [{"workflow": "Main", "task_channel": "chat", "attributes": {"caller": "+1"}, "priority": 0}],
        }
    ]
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(trbridge, ["export", *arguments])


def serve(data: Path, **more: Any) -> None:
    async def once() -> None:
        async with Emulator(data=data, clock="manual", **more):
            pass

    asyncio.run(once())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file that an emulator left, which had begun with ``SEED``."""
    seed, data = tmp_path / "seed.json", tmp_path / "box.db"
    seed.write_text(json.dumps(SEED))
    serve(data, seed=seed)
    return data


def test_export_gives_the_seed_back_in_both_forms_and_leaves_the_file_alone(data: Path, tmp_path: Path) -> None:
    before = data.read_bytes()
    result = run("--data", str(data), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == SEED
    assert yaml.safe_load(run("--data", str(data)).stdout) == SEED
    written = tmp_path / "out.yaml"
    assert run("--data", str(data), "-o", str(written)).stdout == ""
    assert yaml.safe_load(written.read_text(encoding="utf-8")) == SEED
    assert data.read_bytes() == before


def test_what_was_exported_is_a_seed_again(data: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.yaml", tmp_path / "again.db"
    run("--data", str(data), "-o", str(first))
    serve(again, seed=first)
    assert run("--data", str(again)).stdout == first.read_text(encoding="utf-8")


async def test_a_file_in_use_another_file_and_a_place_that_is_none_are_told(data: Path, tmp_path: Path) -> None:
    async with Emulator(data=data):
        result = run("--data", str(data))
    assert (result.exit_code, "is in use by another process" in result.output) == (1, True)
    assert "GET /_trbridge/export" in result.output
    other = tmp_path / "other.db"
    other.write_text("something else")
    assert run("--data", str(other)).exit_code == 1
    assert run("--data", str(tmp_path / "none.db")).exit_code == 2
    nowhere = run("--data", str(data), "-o", str(tmp_path / "none" / "out.yaml"))
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (1, True)
