"""Does to a trbridge client what a transcript did to the original, and collects what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from constructing import mint, with_defaults
from expectation import Expected, Posted
from jumping_loop import JumpingLoop
from observed import Observed
from recorded_bridge import RecordedBridge
from recording import Step, Transcript
from translation import member, python_value, resolve

import trbridge
from trbridge import HttpPool, InvalidArgument, TaskRouterError
from trbridge.clients.base import Client
from trbridge.resources.instance import InstanceResource
from trbridge.resources.page import Page
from trbridge.session import SessionOptions

__all__ = ["Replay"]

CLIENTS = {"workspace": "Workspace", "worker": "Worker", "taskqueue": "TaskQueue"}
_QUIET = 40
"""Turns of the loop without anything happening after which nothing more will: loopback delivers at once."""
_PATIENCE = 0.1
"""Seconds, of the machine's clock, to wait for something that should come."""


class Replay:
    """One transcript, one client (now and then two).

    Args:
        transcript: What to replay.
        loop: The loop it runs on.
        bridge: Plays the service.
        pool: HTTP connections, shared with other transcripts.
    """

    def __init__(self, transcript: Transcript, loop: JumpingLoop, bridge: RecordedBridge, pool: HttpPool) -> None:
        self._transcript = transcript
        self._loop = loop
        self._bridge = bridge
        self._pool = pool
        self.tokens = {label: mint(claims, transcript.id) for label, claims in transcript.tokens.items()}
        self._labels = {token: label for label, token in self.tokens.items()}
        self.names: dict[str, Any] = {}
        self._clients: list[Any] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._events: list[tuple[str, Any]] = []
        self._closed = 0
        self._now = Observed()
        self._operations: Mapping[str, Callable[[Step, Expected], Awaitable[None]]] = {
            "construct": self._construct,
            "call": self._call,
            "calls": self._calls,
            "server_frame": self._server_frame,
            "server_frames": self._server_frame,
            "server_close": self._server_close,
            "server_drop": self._server_drop,
            "server_down": self._server_down,
            "server_up": self._server_up,
            "server_refuses_next": self._server_refuses_next,
            "advance_clock": self._advance_clock,
            "wait": self._wait,
            "page_event": self._leave_the_page,
            "assign": self._assign,
            "inspect": self._nothing,
        }

    @property
    def client(self) -> Any:
        """The client that was made last."""
        return self._clients[-1]

    async def perform(self, step: Step, expected: Expected) -> Observed:
        """Do one step and wait until everything that came of it is done."""
        self._now = Observed()
        self._events.clear()
        posts, upgrades = len(self._bridge.posts), len(self._bridge.upgrades)
        self._bridge.script(expected.answers)
        await self._operations[step["op"]](step, expected)
        if expected.advance:
            await self._loop.advance(expected.advance, self._settle)
        await self._settle(
            lambda: (
                len(self._bridge.posts) - posts >= len(expected.posts)
                and len(self._bridge.upgrades) - upgrades >= len(expected.sockets)
                and len(self._now.calls) >= (expected.called or 0)
                and len(self._events) >= len(expected.events)
                and (expected.fails is None or self._now.fails is not None)
            )
        )
        observed = self._now
        observed.posts = [self._labelled(*post) for post in self._bridge.posts[posts:]]
        observed.sockets = [self._without_token(target) for target in self._bridge.upgrades[upgrades:]]
        observed.open_sockets = sum(socket.open for socket in self._bridge.sockets)
        observed.events = list(self._events)
        if observed.events:
            self.names["reservation"] = observed.events[-1][1]
        return observed

    async def aclose(self) -> None:
        """End the clients."""
        for client in self._clients:
            closing = self._loop.create_task(client.aclose(drain=0))
            await self._settle(closing.done)
            assert closing.done(), f"{client!r} does not close"
            await closing
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        logging.getLogger("trbridge").handlers.clear()  # debug=True added one

    # -- operations --------------------------------------------------------------------------------

    async def _construct(self, step: Step, expected: Expected) -> None:
        cls = getattr(trbridge, CLIENTS[step["client"]])
        args = with_defaults(step["client"], [self._value(each) for each in step["args"]])
        try:
            # v1 compares nothing; ours does a minute after it is ready, which some transcripts last (F28).
            client = cls(*args, http=self._pool, session=SessionOptions(compare_every=None))
        except TaskRouterError as error:
            self._now.raises = error
            return
        self._clients.append(client)
        self.names["client"] = self.names.get("client", client)
        self._spawn(self._collect(client))
        if self._transcript.blocked:
            self._bridge.upgrades.append(client.websocket_url())  # away from this machine: look, do not dial
        else:
            self._watch(self._loop.create_task(client.connect()))

    async def _call(self, step: Step, expected: Expected) -> None:
        call = step["call"]
        observed = self._now
        args = [self._value(each) for each in call["args"]]
        observed.args_before = [self._value(each) for each in call["args"]]
        observed.args_after = args
        try:
            target = resolve(call["object"], self.names)
            observed.target = target
            outcome = self._invoke(target, call["method"], args)
        except (TaskRouterError, AttributeError) as error:
            observed.raises = error
            return
        if isinstance(outcome, asyncio.Future):
            self._watch(outcome)

    def _invoke(self, target: Any, method: str, args: list[Any]) -> Any:
        if method == "updateToken":  # it is the client's, whatever it was called on (Q9)
            return self.names["client"].update_token(*(args or [None]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # two of the worker's methods; v1 warns, too
            return member(target, method)(*args)

    async def _calls(self, step: Step, expected: Expected) -> None:
        """Several lists at once; which, only the requests tell."""
        for post in expected.posts:
            getattr(self.names["client"], post.url.rpartition("/")[2].lower()).fetch(self._called_back)

    async def _server_frame(self, step: Step, expected: Expected) -> None:
        for frame in step.get("frames") or [step["frame"]]:
            text = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
            for socket in self._bridge.sockets:
                if socket.open:
                    socket.send(text)

    async def _server_close(self, step: Step, expected: Expected) -> None:
        self._closed += 1  # the oldest that the server has not closed yet; the client may have done so
        socket = self._bridge.sockets[self._closed - 1]
        if socket.open:
            socket.close(step["code"], step.get("reason") or "")

    async def _server_drop(self, step: Step, expected: Expected) -> None:
        self._closed += 1
        self._bridge.sockets[self._closed - 1].drop()

    async def _server_down(self, step: Step, expected: Expected) -> None:
        await self._bridge.stop()

    async def _server_up(self, step: Step, expected: Expected) -> None:
        await self._bridge.start()

    async def _server_refuses_next(self, step: Step, expected: Expected) -> None:
        self._bridge.refusals.extend(step["replies"])

    async def _advance_clock(self, step: Step, expected: Expected) -> None:
        for socket in self._bridge.sockets:
            socket.mute = self._transcript.is_about_silence
        await self._loop.advance(step["ms"] / 1000, self._settle)

    async def _wait(self, step: Step, expected: Expected) -> None:
        """The one transcript in real time; its clock is moved like the others'."""
        await self._loop.advance(3.0 if "third" in step["until"] else 1.0, self._settle)

    async def _leave_the_page(self, step: Step, expected: Expected) -> None:
        """A program has no page to leave; it closes the client."""
        closing = self._loop.create_task(self.client.aclose(drain=0))
        await self._settle(closing.done)

    async def _assign(self, step: Step, expected: Expected) -> None:
        try:
            self.names["e"].friendly_name = "x"
        except (AttributeError, TaskRouterError):
            self._now.raises = InvalidArgument("refused")

    async def _nothing(self, step: Step, expected: Expected) -> None:
        """A look at JavaScript's objects."""

    # -- what comes of it --------------------------------------------------------------------------

    def _called_back(self, error: Any, result: Any) -> None:
        self._now.calls.append((error, result))

    def _value(self, value: Any) -> Any:
        return python_value(value, self._called_back, self.tokens)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(self._loop.create_task(work))

    def _watch(self, future: asyncio.Future[Any]) -> None:
        """Note how an awaitable fails, in the step that it fails in."""

        def done(future: asyncio.Future[Any]) -> None:
            if not future.cancelled() and (error := future.exception()) is not None:
                self._now.fails = error

        future.add_done_callback(done)

    async def _collect(self, client: Any) -> None:
        with contextlib.suppress(TaskRouterError):
            async for event in client.listen(size=10_000):
                if event.type != "state":
                    self._events.append((event.type, event.payload))

    async def prepare(self, step: Step, expected: Expected) -> None:
        """Do a step that is not what the transcript is about, and give its result the name of later steps."""
        observed = await self.perform(step, expected)
        assert observed.raises is None, observed.raises
        assert observed.fails is None, observed.fails
        for error, result in observed.calls:
            assert error is None, error
            self.names.update(dict.fromkeys(_names_of(result, step), result))

    def _labelled(self, target: str, body: dict[str, Any]) -> Posted:
        post = Posted(
            channel=f"{self._bridge.url}{target}",
            url=body["url"],
            method=body["method"],
            token=self._labels.get(body["token"], body["token"]),
            params=body.get("params"),
            event_type=body.get("event_type"),
        )
        assert set(body) <= {"url", "method", "token", "params", "event_type"}
        return post

    def _without_token(self, target: str) -> str:
        query = target if self._transcript.blocked else target.partition("?")[2]
        for token, label in self._labels.items():
            query = query.replace(token, label)
        return query

    async def _settle(self, until: Callable[[], bool] = lambda: True) -> None:
        """Let everything happen that is going to happen by itself."""
        quiet, before = 0, self._progress()
        give_up = time.monotonic() + _PATIENCE
        while quiet < _QUIET or (not until() and time.monotonic() < give_up):
            await asyncio.sleep(0)
            now = self._progress()
            quiet, before = (quiet + 1, before) if now == before else (0, now)

    def _progress(self) -> tuple[int, ...]:
        bridge = self._bridge
        return bridge.activity, len(bridge.posts), len(bridge.upgrades), len(self._events), len(self._now.calls)


def _names_of(result: Any, step: Step) -> list[str]:
    """What the recorder called a result."""
    if isinstance(result, Page):
        return ["last"] if step["call"]["object"] == "page" else ["page", "channels", "reservations"]
    return ["e", "entity"] if isinstance(result, (InstanceResource, Client)) else ["s"]
