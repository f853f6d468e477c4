"""Seeds: from text to workspaces, and back."""

from __future__ import annotations

from random import Random

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.seeds import seed
from trbridge.errors import InvalidArgument

from .oracles import check, check_refusal

__all__ = ["read_seed"]


def read_seed(data: bytes) -> None:
    """Any bytes are refused with a place, and nothing is made; or planted, and the export makes the same again."""
    form: seed.Format = "json" if data[:1] in (b"{", b"[") else "yaml"
    try:
        parsed = seed.parse(data, form)
    except InvalidArgument as error:
        check_refusal(error)
        return
    engine = _engine()
    try:
        seed.apply(engine, parsed)
    except InvalidArgument as error:
        check_refusal(error)
        check(engine.store.workspaces == {}, "half of it was made")
        return
    try:
        exported = seed.export(engine)
    except InvalidArgument as error:  # two of one name, and something that refers to them
        check_refusal(error)
        return
    check(_sizes(exported) == _sizes(parsed), "there is more or less than was in the seed")
    again = seed.parse(seed.dump(exported, form), form)
    check(again == exported, "it is not read as it was written")
    second = _engine()
    seed.apply(second, again)
    check(seed.export(second) == exported, "the export does not make the same again")


def _sizes(whole: seed.Seed) -> list[tuple[int, ...]]:
    return [(len(one.workers), len(one.task_queues), len(one.workflows), len(one.tasks)) for one in whole.workspaces]


def _engine() -> Engine:
    return Engine(clock=ManualClock(), random=Random(7))  # noqa: S311 - not for secrets
