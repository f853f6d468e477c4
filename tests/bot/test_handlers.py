"""What may be a handler, and what is refused when it is said."""

from __future__ import annotations

from typing import Any

import pytest
from bot_bench import Station

from trbridge import InvalidArgument
from trbridge.bot.handlers import make_route


def test_nonsense_is_refused_when_it_is_said(station: Station) -> None:
    """Of handlers and of bots, not when the first task comes."""
    alice = station.worker()
    bot: Any = station.bot(alice)
    for arguments in ({"where": 7}, {"deadline": 0}, {"deadline": -1}, {"on_error": "panic"}):
        with pytest.raises(InvalidArgument, match=next(iter(arguments))):
            bot.task(**arguments)(print)
    wrong: dict[str, Any]
    for wrong in ({"deadline": 0}, {"on_error": "x"}, {"drain_activity_sid": "Away"}, {"drain_timeout": float("nan")}):
        with pytest.raises(InvalidArgument, match=next(iter(wrong))):
            station.bot(alice, **wrong)
    for handler in (7, lambda: None, lambda a, b, c: None):
        with pytest.raises(InvalidArgument, match="task"):
            bot.task()(handler)
    bot.task()(print)  # a built-in without a signature to speak of


def test_a_function_without_a_signature_gets_the_task() -> None:
    """Some that are written in C tell nothing of their parameters."""
    assert make_route(max, None, None, "leave").takes_reservation is False
