"""A million events, the bad ones included: does what the client and the emulator keep stay the same (check 25)?

An emulator and a client in one process, over a real websocket. Among the events are names that nobody knows, repeated
ones, frames that are no events, and a stream that nobody reads. Run ``python -m benchmarks.flood [--events 1000000]``.
It exits with 1 if the memory is more than a tenth larger at the end than after a tenth of the events, or if an event
did not arrive.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import resource
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from trbridge import Workspace
from trbridge.emulator import Emulator

GROWTH = 1.10
BATCH = 500
LOOKS = 10
"""How often the memory is looked at."""


def memory() -> float:
    """Megabytes of this process, now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def frame(number: int) -> str | dict[str, Any]:
    """Nearly always an event of a task; each thing that must not pile up comes once in a while."""
    match number % 100:
        case 1:
            return {"event_type": f"made.up.{number}", "payload": {"sid": f"XX{number}"}}
        case 2:
            return f"no json {number}"
        case 3:
            return {"event_type": 5, "payload": None}
        case 4 | 5:
            number = 4  # the same again and again
    attributes = json.dumps({"number": number, "text": "x" * 200})
    payload = {"sid": f"WT{number:032x}", "attributes": attributes, "workspace_sid": f"WS{0:032x}"}
    return {"event_type": "task.created", "payload": payload}


class Outcome(NamedTuple):
    """What came of it.

    Attributes:
        handled: Events that the handler got.
        sent: Those it should have got.
        growth: The memory at the end, divided by that after a tenth of the events.
    """

    handled: int
    sent: int
    growth: float


async def flood(events: int, looks: int = LOOKS) -> Outcome:
    """Send them, and look at the memory now and then."""
    async with Emulator(random_seed=1) as emulator:
        bases: Any = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }
        async with Workspace(emulator.mint("workspace"), **bases) as workspace:
            heard = Count(workspace)
            unread = workspace.listen()
            sizes = [memory()]
            began = time.monotonic()
            for look in range(looks):
                first = look * events // looks
                await _send(emulator, heard, range(first, (look + 1) * events // looks))
                sizes.append(memory())
                rate = (look + 1) * events / looks / (time.monotonic() - began)
                print(f"{heard.number:>10,} handled  {sizes[-1]:>7.1f} MB  {rate:>7,.0f} events/s", flush=True)
            unread.close()
    expected = sum(number % 100 not in {1, 2, 3} for number in range(events))
    return Outcome(heard.number, expected, sizes[-1] / sizes[1])


class Count:
    """Counts what a handler gets, and the errors."""

    def __init__(self, workspace: Workspace) -> None:
        self.number = 0
        self.marked = asyncio.Event()
        workspace.on("task.created", self._heard)
        workspace.emitter.on("flood.mark", lambda _: self.marked.set())

    def _heard(self, _: object) -> None:
        self.number += 1


async def _send(emulator: Emulator, heard: Count, numbers: range) -> None:
    for start in range(0, len(numbers), BATCH):
        for number in numbers[start : start + BATCH]:
            emulator.inject(emulator.workspace_sid, frame(number))
        heard.marked.clear()
        emulator.inject(emulator.workspace_sid, {"event_type": "flood.mark", "payload": {}})
        async with asyncio.timeout(30):
            await heard.marked.wait()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="how many (1,000,000)")
    options = parser.parse_args()
    logging.getLogger("trbridge").setLevel(logging.CRITICAL)  # ten thousand frames are no events, and said to be none
    outcome = asyncio.run(flood(max(LOOKS, options.events)))
    print(
        f"\n{outcome.handled:,} of {outcome.sent:,} handled; memory at the end is {outcome.growth:.3f} of what it was"
    )
    return 0 if outcome.handled == outcome.sent and outcome.growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
