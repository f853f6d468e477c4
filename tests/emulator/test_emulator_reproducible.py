"""The same seed, the same random seed and the same clock make the same contact center, to the SID and the second."""

from __future__ import annotations

import json
from pathlib import Path

from trbridge.emulator import Emulator
from trbridge.emulator.clock import ManualClock

SEED = {
    "workspaces": [
        {
            "friendly_name": "Support",
            "workers": [{"friendly_name": "Alice", "activity": "Available"}],
            "task_queues": [{"friendly_name": "All"}],
            "workflows": [
                {
                    "friendly_name": "Main",
                    "configuration": {"task_routing": {"filters": [], "default_filter": {"queue": "All"}}},
                }
            ],
            "tasks": [{"attributes": {"caller": "+1"}}, {"attributes": {"caller": "+2"}}],
        }
    ]
}


async def run(seed: Path, random_seed: int) -> tuple[str, object]:
    """Begin with the seed, and let an hour pass: reservations are made and time out."""
    async with Emulator(seed=seed, random_seed=random_seed, clock=ManualClock(1_900_000_000)) as emulator:
        await emulator.advance(3600)
        return emulator.auth_token, emulator.engine.store.snapshot()


async def test_sids_and_times_are_the_same_on_every_run(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    first = await run(seed, 7)
    assert await run(seed, 7) == first
    assert await run(seed, 8) != first
