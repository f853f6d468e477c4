"""A day of a bot: 24 hours, tokens of ten minutes, a cut connection every hour, 2,000 tasks."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from random import Random
from typing import Any

from bot_bench import Station
from day_loop import DayLoop, run, until
from uncounted import uncounted

from trbridge.bot import Bot
from trbridge.emulator import Emulator
from trbridge.emulator.engine import Committed
from trbridge.emulator.state.model import Task
from trbridge.events import Disconnected
from trbridge.session import State

HOUR = 3600.0
TASKS = 2_000
LIFETIME = 600


class Day:
    """What happened."""

    def __init__(self) -> None:
        self.minted = 0
        self.worked: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.lost: list[Disconnected] = []
        self.errors: list[Exception] = []
        self.objects: dict[int, Counter[str]] = {}

    def note(self, committed: Committed) -> None:
        """Count tasks that came to their end, by their status; the service forgets them after a while."""
        for change in committed.changes:
            if isinstance(change.new, Task) and isinstance(change.old, Task):
                was, now = change.old.assignment_status, change.new.assignment_status
                self.ended[now] += was != now and now in {"completed", "canceled"}


def test_a_day_of_a_bot() -> None:
    """Each task worked exactly once, no disconnect caused by expiry, memory flat (reliability (a) 5)."""
    day = uncounted(lambda: run(live))
    assert len(day.worked) == TASKS
    assert set(day.worked.values()) == {1}
    assert +day.ended == {"completed": TASKS}
    # Every cut is an outage, and there is no other; the token was renewed some 160 times meanwhile.
    assert [event.code for event in day.lost] == [1006, 1012] * 12
    assert day.errors == []
    assert 24 * HOUR / LIFETIME <= day.minted <= 24 * HOUR / (LIFETIME - 100)
    assert grown(day.objects[3], day.objects[24]) == {}


async def live(loop: DayLoop) -> Day:
    """The day."""
    day, random = Day(), Random(4)  # noqa: S311
    async with Emulator(random_seed=4, clock=loop) as emulator:
        station = Station(emulator)
        alice = station.worker(capacity=3)

        async def mint() -> str:
            day.minted += 1
            return emulator.mint("worker", alice, ttl=LIFETIME)

        bot = Bot(mint, **station.options(wall=loop.now))
        loop.watch(lambda: is_busy(bot))
        bot.worker.on("disconnected", day.lost.append)
        bot.worker.on("error", day.errors.append)

        @bot.task()
        async def work(task: Any) -> str:
            day.worked[task.sid] += 1
            await asyncio.sleep(random.uniform(5, 60))
            return "done"

        async with station.running(bot):
            station.engine.subscribe(day.note)
            hours = asyncio.ensure_future(pass_hours(loop, emulator, day))
            await customers(loop, station, random)
            await station.until(lambda: sum(day.ended.values()) == TASKS, HOUR)
            await hours
            bot.worker.remove_listener("disconnected", day.lost.append)  # the last one is its own doing
    return day


async def customers(loop: DayLoop, station: Station, random: Random) -> None:
    """Tasks come all day, at any moment, cut line or not."""
    moments = sorted(loop.now() + random.uniform(1, 24 * HOUR - 300) for _ in range(TASKS))
    for number, moment in enumerate(moments):
        await until(moment)
        station.task(n=number)


async def pass_hours(loop: DayLoop, emulator: Emulator, day: Day) -> None:
    """Cut the line every hour, without a word or as a service that restarts."""
    for hour in range(1, 25):
        await until(loop.began + hour * HOUR - 1)
        await emulator.cut_sockets(None if hour % 2 else 1012)
        if hour in (3, 24):
            await until(loop.now() + 120)
            day.objects[hour] = living()


def is_busy(bot: Bot) -> bool:
    """Whether a request or a handshake is on its way."""
    state = bot.worker.state
    return bool(bot.worker._requester._under_way) or state in {State.CONNECTING, State.CONNECTED}


def living() -> Counter[str]:
    """How many objects of the SDK's, and of asyncio's, there are. The emulator keeps a log by design."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    ours = ("trbridge.", "asyncio.", "_asyncio.", "httpx.", "websockets.", "h11.")
    theirs = ("trbridge.emulator.", "trbridge.policies.")  # the emulator remembers tokens
    return Counter(name for name in names if name.startswith(ours) and not name.startswith(theirs))


def grown(before: Counter[str], after: Counter[str]) -> dict[str, tuple[int, int]]:
    """Kinds of objects of which there are noticeably more: 15 busy hours would leave hundreds of each."""
    return {name: (before[name], number) for name, number in after.items() if number > before[name] + 15}
