"""A handler that works until it is told to stop, and a source that only writes down what is asked of it."""

from __future__ import annotations

import asyncio
from typing import Any

from trbridge.client_stats import ClientStats
from trbridge.errors import TaskRouterError
from trbridge.events import Emitter
from trbridge.handler_limits import HandlerLimits

__all__ = ["Brake", "Desk", "nobody_left"]


class Desk:
    """An emitter with one handler that works until it is told to stop.

    Attributes:
        begun: Payloads of the events that it began with, in order.
        ended: Those that it got to the end of.
        gates: What it waits for, by payload.
        errors: What was reported.
    """

    def __init__(self, **limits: Any) -> None:
        loop = asyncio.get_running_loop()
        self.stats = ClientStats()
        self.emitter = Emitter(HandlerLimits(**limits), self.stats, loop.time)
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.gates: dict[int, asyncio.Future[None]] = {}
        self.errors: list[TaskRouterError] = []
        self.emitter.on("x", self.work)
        self.emitter.on("error", self.errors.append)

    async def work(self, number: int) -> None:
        self.begun.append(number)
        gate = self.gates[number] = asyncio.get_running_loop().create_future()
        await gate
        self.ended.append(number)

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.emitter.publish("x", number)

    def open(self, number: int) -> None:
        self.gates.pop(number).set_result(None)

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


class Brake:
    """Writes down what is asked of the source."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def hold(self, _: object) -> None:
        self.asked.append("hold")

    def release(self, _: object) -> None:
        self.asked.append("release")

    def give_up(self, error: TaskRouterError) -> None:
        self.asked.append(error)


def nobody_left(desk: Desk) -> bool:
    return not desk.emitter._lanes and desk.emitter.backlog() == (0.0, 0)
