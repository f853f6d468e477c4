"""Faults on purpose: rules that say what goes wrong, where, how often.

A rule matches exchanges (see :mod:`.record`) at a stage of theirs and does something to them. The stages:

==========  ==========================================================================================
request     an HTTP request, before anything is done about it
answer      its answer, after everything is done: what the caller does not hear has happened all the same
upgrade     the handshake of a websocket
frame       a frame to a client
callback    a request that the emulator makes
==========  ==========================================================================================
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from random import Random
from typing import Any, Final, Literal, get_args

import msgspec

from ...errors import InvalidArgument
from .record import Entry, matches

__all__ = ["ACTIONS", "Action", "Fault", "Faults", "Rule", "Stage", "may_be_sent"]

Stage = Literal["request", "answer", "upgrade", "frame", "callback"]
Action = Literal["answer", "drop", "close", "malform", "suppress", "duplicate", "hold", "delay"]

ACTIONS: Final[dict[str, tuple[Stage, ...]]] = {
    "answer": ("request", "answer", "upgrade", "callback"),
    "drop": ("request", "answer", "upgrade", "frame", "callback"),
    "close": ("frame", "upgrade"),
    "malform": ("answer", "frame", "callback"),
    "suppress": ("frame",),
    "duplicate": ("frame",),
    "hold": ("request", "answer", "upgrade", "frame", "callback"),
    "delay": ("request", "answer", "upgrade", "frame", "callback"),
}
"""What can be done, and at which stages; the first is taken where none is given."""

_VIA: Final[dict[str, tuple[str, ...]]] = {
    "request": ("rest", "bridge"),
    "answer": ("rest", "bridge"),
    "upgrade": ("socket",),
    "frame": ("frame",),
    "callback": ("callback",),
}

_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\xa0-\xff]*")
_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
"""Close codes below 3000 that may be sent (RFC 6455 section 7.4.1 and the IANA registry)."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong, where, how often.

    Attributes:
        action: ``answer`` with a status and body of your own; ``drop`` the connection without a word; ``close``
            the websocket with a code (at ``upgrade``: right after it was opened); ``malform`` the body or frame
            (half of it, or ``text``); ``suppress`` or ``duplicate`` a frame; ``hold`` it until it is released;
            ``delay`` it.
        at: The stage. Left out it is ``frame`` for a rule about an event type, else the action's usual one.
        via: Only ``rest`` or only ``bridge`` requests.
        method: Only this method.
        path: Only this path, ``*`` standing for anything; for a callback its URL.
        channel: Only the event bridge's channel with this SID.
        event_type: Only these frames or event callbacks, ``*`` standing for anything. Blank frames are of the
            type ``heartbeat`` and match only if a type is given.
        skip: How many that match are let pass first.
        times: How many are met then; all of them when left out.
        probability: How likely each is met, by the engine's own chance.
        delay: Seconds of the engine's clock to wait first, whatever the action.
        status: For ``answer``: the HTTP status.
        body: For ``answer``: JSON; the error body that goes with the status when left out. Text is sent as it
            is.
        headers: For ``answer``: more headers.
        code: For ``close``: the close code.
        reason: For ``close``: the reason.
        text: For ``malform``: what is sent in place of the body or frame.
    """

    action: Action
    at: Stage | None = None
    via: Literal["rest", "bridge"] | None = None
    method: str | None = None
    path: str | None = None
    channel: str | None = None
    event_type: str | None = None
    skip: int = 0
    times: int | None = None
    probability: float = 1.0
    delay: float = 0.0
    status: int = 503
    body: Any = None
    headers: dict[str, str] = {}
    code: int = 1011
    reason: str = ""
    text: str | None = None

    @property
    def stage(self) -> Stage:
        """Where it applies."""
        if self.at is not None:
            return self.at
        stages = ACTIONS[self.action]
        return "frame" if self.event_type is not None and "frame" in stages else stages[0]

    def matches(self, stage: Stage, entry: Entry) -> bool:
        """Whether it is about an exchange at a stage."""
        return (
            stage == self.stage
            and entry.what in _VIA[stage]
            and self.via in {None, entry.what}
            and (self.method is None or self.method.upper() == entry.method)
            and self.channel in {None, entry.channel}
            and matches(self.path, entry.path)
            and (matches(self.event_type, entry.event_type) if self.event_type else entry.event_type != "heartbeat")
        )


class Fault:
    """A rule at work.

    Attributes:
        number: Its name among the others.
        rule: What it says.
        matched: How many exchanges it was about.
        used: How many it was applied to.
    """

    def __init__(self, number: int, rule: Rule) -> None:
        self.number = number
        self.rule = rule
        self.matched = 0
        self.used = 0
        self._held: list[asyncio.Future[None]] = []

    @property
    def held(self) -> int:
        """How many exchanges it holds."""
        return len(self._held)

    def applies(self, random: Random) -> bool:
        """Count one more match; tell whether this one is met."""
        self.matched += 1
        rule = self.rule
        met = (
            self.matched > rule.skip
            and (rule.times is None or self.used < rule.times)
            and (rule.probability >= 1 or random.random() < rule.probability)
        )
        self.used += met
        return met

    async def hold(self) -> None:
        """Wait until released."""
        waiting = asyncio.get_running_loop().create_future()
        self._held.append(waiting)
        try:
            await waiting
        finally:
            if waiting in self._held:
                self._held.remove(waiting)

    def release(self) -> int:
        """Let go on what is held, in order; return how many that were. What comes next is held again."""
        held, self._held = self._held, []
        for waiting in held:
            if not waiting.done():
                waiting.set_result(None)
        return len(held)

    def view(self) -> dict[str, Any]:
        """As JSON shows it."""
        counts = {"number": self.number, "matched": self.matched, "used": self.used, "held": self.held}
        rule: dict[str, Any] = msgspec.to_builtins(self.rule)
        return {**counts, **rule, "at": self.rule.stage}

    def __repr__(self) -> str:
        return f"Fault({self.number}, {self.rule!r})"


class Faults:
    """The rules of an emulator. The first one that is met applies; those after it do not count the exchange.

    Args:
        random: Chance, for rules with a probability.

    Example::

        faults = emulator.faults
        faults.add("answer", status=429, headers={"Retry-After": "2"}, path="*/Tasks", times=3)
        faults.add("drop", at="answer", method="POST", path="*/Reservations/*", times=1)
        faults.add("close", code=1011, event_type="reservation.created")
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: dict[int, Fault] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults.values()))

    def add(self, action: Action | Rule, **fields: Any) -> Fault:
        """Add a rule, after those there are.

        Args:
            action: What to do; or a whole rule.
            **fields: See :class:`Rule`.

        Raises:
            InvalidArgument: There is no such field or action, a value is of the wrong kind, or the action is
                not possible at the stage.
        """
        rule = action if isinstance(action, Rule) else _read({"action": action, **fields})
        _check(rule)
        self._number += 1
        fault = self._faults[self._number] = Fault(self._number, rule)
        return fault

    def get(self, number: int) -> Fault:
        """The rule with a number.

        Raises:
            KeyError: There is none.
        """
        return self._faults[number]

    def remove(self, number: int) -> None:
        """Take a rule away; what it holds goes on.

        Raises:
            KeyError: There is none with this number.
        """
        self._faults.pop(number).release()

    def clear(self) -> None:
        """Take all rules away; what they hold goes on."""
        for fault in self:
            self.remove(fault.number)

    def watch(self, stage: Stage) -> bool:
        """Whether any rule is about a stage."""
        return any(fault.rule.stage == stage for fault in self._faults.values())

    def take(self, stage: Stage, entry: Entry) -> Fault | None:
        """The rule to apply to an exchange at a stage, if any; it is counted, and the entry names it."""
        for fault in self._faults.values():
            if fault.rule.matches(stage, entry) and fault.applies(self._random):
                entry.fault = fault.number
                return fault
        return None


def _read(fields: dict[str, Any]) -> Rule:
    try:
        return msgspec.convert(fields, Rule)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"this is no fault rule: {error}", hint=_HINT) from None


_HINT: Final = f"a rule has {', '.join(Rule.__struct_fields__)}; actions are {', '.join(get_args(Action))}"


def _check(rule: Rule) -> None:
    if rule.stage not in ACTIONS[rule.action]:
        raise InvalidArgument(
            f"{rule.action!r} cannot be done at {rule.stage!r}", hint=f"only at {', '.join(ACTIONS[rule.action])}"
        )
    bounds = {
        "skip": rule.skip >= 0,
        "times": rule.times is None or rule.times >= 1,
        "probability": 0 <= rule.probability <= 1,
        "delay": 0 <= rule.delay < float("inf"),
        "status": 200 <= rule.status <= 599,
        "headers": all(_HEADER.fullmatch(f"{name}:{value}") for name, value in rule.headers.items()),
        "code": may_be_sent(rule.code),
        "via": rule.via is None or rule.stage in {"request", "answer"},
        "reason": len(rule.reason.encode()) <= 123,  # a close frame has no room for more (RFC 6455 section 5.5)
    }
    for name, good in bounds.items():
        if not good:
            raise InvalidArgument(f"{name} of a fault rule cannot be {getattr(rule, name)!r}")
    if rule.action == "delay" and rule.delay == 0:
        raise InvalidArgument("a rule that delays needs delay: how many seconds")


def may_be_sent(code: int) -> bool:
    """Whether a close frame may have this code."""
    return code in _CODES or 3000 <= code <= 4999
