"""Places on a channel: never more than the capacity, first come, first served, none lost."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from trbridge.bot.capacity import Capacity
from trbridge.resources.worker_channel import WorkerChannelInstance

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(0, 0)),
        st.tuples(st.just("leave"), st.integers(0, 10)),
        st.tuples(st.just("give up"), st.integers(0, 10)),
        st.tuples(st.just("capacity"), st.integers(0, 4)),
    ),
    max_size=40,
)


def channel(capacity: int, name: str | None = "default") -> WorkerChannelInstance:
    return WorkerChannelInstance(task_channel_unique_name=name, configured_capacity=capacity)


class Crowd:
    """Those who want a place, in the order they came."""

    def __init__(self) -> None:
        self.capacity = Capacity()
        self.capacity.learn(channel(2))
        self.waiting: list[asyncio.Task[None]] = []
        self.held = 0

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen."""
        if what == "come":
            self.waiting.append(asyncio.ensure_future(self.capacity.acquire("default")))
        elif what == "leave" and self.held:
            self.capacity.release("default")
            self.held -= 1
        elif what == "give up" and self.waiting:
            await self.give_up(number)
        elif what == "capacity":
            self.capacity.learn(channel(number))
        for _ in range(3):
            await asyncio.sleep(0)

    async def give_up(self, number: int) -> None:
        """One of those who wait has enough."""
        gone = self.waiting.pop(number % len(self.waiting))
        gone.cancel()
        await asyncio.wait({gone})
        if not gone.cancelled():
            self.capacity.release("default")

    def count(self, before: int) -> None:
        """Who was let in, and whether that was right."""
        admitted = [task for task in self.waiting if task.done()]
        assert admitted == self.waiting[: len(admitted)]  # first come, first served
        self.waiting = self.waiting[len(admitted) :]
        self.held += len(admitted)
        limit = self.capacity.limit("default")
        assert self.capacity.busy("default") == self.held <= max(before, limit)
        assert not self.waiting or self.held >= limit

    async def go_home(self) -> None:
        """Nobody waits any more."""
        for task in self.waiting:
            task.cancel()
        if self.waiting:
            await asyncio.wait(self.waiting)


@given(STEPS)
def test_whatever_happens_no_place_is_lost_and_none_given_twice(steps: list[tuple[str, int]]) -> None:
    """Comers, leavers, those who give up, and a capacity that changes, in any order."""

    async def story() -> None:
        crowd = Crowd()
        for what, number in steps:
            before = crowd.held
            await crowd.step(what, number)
            crowd.count(before)
        await crowd.go_home()

    asyncio.run(story())


async def test_let_in_and_cancelled_in_one_turn() -> None:
    """The place goes to the next one, not nowhere."""
    capacity = Capacity()
    capacity.learn(channel(1))
    assert capacity.try_acquire("default")
    first, second = (asyncio.ensure_future(capacity.acquire("default")) for _ in range(2))
    await asyncio.sleep(0)
    capacity.release("default")
    first.cancel()
    async with asyncio.timeout(10):
        await second
    assert first.cancelled()
    assert capacity.busy("default") == 1


def test_channels_do_not_share_places() -> None:
    """Voice and chat have capacities of their own; what is not known is unlimited; a name is needed."""
    capacity = Capacity()
    capacity.learn(channel(1, "voice"))
    capacity.learn(channel(1, None))
    assert capacity.try_acquire("voice")
    assert not capacity.try_acquire("voice")
    assert all(capacity.try_acquire("chat") for _ in range(100))
