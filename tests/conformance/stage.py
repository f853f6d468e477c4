"""Where transcripts are replayed: a loop whose clock jumps, a bridge that knows all answers, and one client."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from deviations import deviations_of
from expectation import Expected, Home, expect, expect_all
from jumping_loop import JumpingLoop
from observed import Observed
from recorded_bridge import RecordedBridge
from recording import Step, Transcript
from replay import Replay
from verdict import compare

from trbridge import HttpPool
from trbridge.clients.base import Client

__all__ = ["Stage", "open_stage"]

RECORDED_AT = 1614834367.0
"""2021-03-04T05:06:07Z, when the recording's clock starts."""

SERVER_OPERATIONS = frozenset({"server_close", "server_drop", "server_down", "server_refuses_next"})
"""Where these occur it is all about reconnecting, and the moments are chance (Q27): the steps are seen as one."""


@dataclass
class Stage:
    """What all replays share."""

    runner: asyncio.Runner
    loop: JumpingLoop
    bridge: RecordedBridge
    pool: HttpPool

    def run(self, transcript: Transcript) -> list[str]:
        """Replay it; what differs, in words."""
        return self.runner.run(_replay(transcript, self))


@contextmanager
def open_stage() -> Iterator[Stage]:
    """A stage for any number of transcripts, one after the other."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner, pytest.MonkeyPatch.context() as patch:
        loop = runner.get_loop()
        assert isinstance(loop, JumpingLoop)
        bridge, pool = RecordedBridge(), HttpPool()
        defaults = Client.__init__.__kwdefaults__
        assert defaults is not None
        patch.setitem(defaults, "wall", lambda: RECORDED_AT + loop.time() - loop.started_at)
        patch.setattr("random.random", lambda: 1 - 2**-53)  # the longest wait that jitter allows: v1's
        runner.run(bridge.start())
        yield Stage(runner, loop, bridge, pool)
        runner.run(pool.aclose())
        runner.run(bridge.stop())


async def _replay(transcript: Transcript, stage: Stage) -> list[str]:
    stage.loop.restart()
    stage.bridge.forget()
    home = _home(transcript, stage.bridge)
    replay = Replay(transcript, stage.loop, stage.bridge, stage.pool)
    try:
        for step in (*transcript.connect, *transcript.setup):
            filled = _filled(step, stage.bridge)
            await replay.prepare(filled, expect(filled, home))
        if transcript.operations & SERVER_OPERATIONS and not transcript.is_about_silence:
            return await _at_once(replay, transcript, home, stage.bridge)
        return await _step_by_step(replay, transcript, home, stage.bridge)
    finally:
        await replay.aclose()


async def _step_by_step(replay: Replay, transcript: Transcript, home: Home, bridge: RecordedBridge) -> list[str]:
    found: list[str] = []
    for index, raw in enumerate(transcript.steps):
        step = _filled(raw, bridge)
        if step["op"] == "construct" and step["args"]:
            home = home._replace(token=step["args"][0])
        expected = _deviated(transcript, index, expect(step, home), step)
        observed = await replay.perform(step, expected)
        home = _home_after(step, observed, home)
        found += [f"step {index} {each}" for each in compare(expected, observed)]
    return found


async def _at_once(replay: Replay, transcript: Transcript, home: Home, bridge: RecordedBridge) -> list[str]:
    steps = [_filled(step, bridge) for step in transcript.steps]
    for step in steps:
        home = _home_after(step, Observed(), home)
    nothing = Expected(home)
    recorded = list(_without_unseen(steps, home))
    expected = _deviated(transcript, 0, expect_all(recorded), {"op": "all"})
    bridge.script(expected.answers)
    seen = [await replay.perform(step, nothing) for step in steps]
    return [*compare(expected, Observed.of_all(seen)), *_lateness(recorded, seen, len(expected.sockets))]


def _lateness(recorded: list[Expected], seen: list[Observed], all_attempts: int) -> Iterator[str]:
    """No attempt may come later than v1's, unless it never comes."""
    v1 = mine = 0
    for index, (expected, observed) in enumerate(zip(recorded, seen, strict=True)):
        v1 += len(expected.sockets)
        mine += len(observed.sockets)
        if mine < min(v1, all_attempts):
            yield f"step {index}: {v1} attempts expected by now, got {mine}"


def _without_unseen(steps: list[Step], home: Home) -> Iterator[Expected]:
    """The steps' expectations, without attempts that no server was there to see."""
    down = False
    for step in steps:
        expected = expect(step, home)
        down = {"server_down": True, "server_up": False}.get(step["op"], down)
        expected.sockets = [] if down else expected.sockets
        yield expected


def _filled(step: Step, bridge: RecordedBridge) -> Step:
    text = json.dumps(step).replace("{api}", f"{bridge.url}/v1").replace("{bridge}", bridge.url)
    filled: Step = json.loads(text)
    return filled


def _home(transcript: Transcript, bridge: RecordedBridge) -> Home:
    token, claims = next(iter(transcript.tokens.items()), ("", {}))
    channel = claims.get("worker_sid") or claims.get("taskqueue_sid") or claims.get("workspace_sid")
    return Home(
        transcript=transcript.id,
        workspace_url=f"{bridge.url}/v1/Workspaces/{claims.get('workspace_sid')}",
        channel=f"{bridge.url}/v1/wschannels/{claims.get('account_sid')}/{channel}",
        token=token,
    )


def _home_after(step: Step, observed: Observed, home: Home) -> Home:
    if step["op"] == "call" and step["call"]["method"] == "updateToken" and observed.raises is None:
        return home._replace(token=step["call"]["args"][0], renewed=True)
    return home


def _deviated(transcript: Transcript, index: int, expected: Expected, step: Step) -> Expected:
    if transcript.blocked:
        expected.sockets = [each["url"] for each in transcript.blocked]
    for deviation in deviations_of(transcript.id, index, expected, step):
        before = copy.deepcopy(expected)
        deviation.change(expected, step)
        assert expected != before, f"{deviation.instead!r} changes nothing here: take it out of the table"
    return expected
