"""What trbridge is meant to reach, as ratios within one run. A target that is missed stays, with what was reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from .dispatch.frames import BESIDE
from .harness import Table

__all__ = ["TARGETS", "Target", "Verdict", "judge"]


class Target(NamedTuple):
    """A ratio that is to be at least, or at most, so much.

    Attributes:
        table: Name of the table.
        measured: The variant that is to reach it.
        against: The variant it is compared with.
        metric: What of both.
        sense: ``>=`` or ``<=``.
        value: The ratio.
    """

    table: str
    measured: str
    against: str
    metric: str
    sense: Literal[">=", "<="]
    value: float


class Verdict(NamedTuple):
    """A target and what was found.

    Attributes:
        target: The target.
        ratio: Median of the ratios of each round; None if a side of it was not measured.
        of_medians: Ratio of the medians; it lacks what the rounds' measurements share, and is near the other.
    """

    target: Target
    ratio: float | None
    of_medians: float | None = None

    @property
    def word(self) -> str:
        """In a word."""
        if self.ratio is None:
            return "not measured"
        reached = self.ratio >= self.target.value if self.target.sense == ">=" else self.ratio <= self.target.value
        return "reached" if reached else "missed"


_RAW: Final = "websockets + json.loads"
_PYEE: Final = f"{_RAW} + pyee"
_IMPORTS: Final = "websockets, httpx, pyee, PyJWT"
_NPM: Final = "npm twilio-taskrouter"

_NOTHING: Final = "Starlette, does nothing"

TARGETS: Final = (
    Target("dispatch", "trbridge", _RAW, "per_cpu_s", ">=", 1.1),
    Target("dispatch", "trbridge", _PYEE, "per_cpu_s", ">=", 1.3),
    Target("dispatch", "trbridge, coroutine", f"{_PYEE}, coroutine", "per_cpu_s", ">=", 1.0),
    Target("dispatch", "trbridge, nobody listens", _RAW, "per_cpu_s", ">=", 1.5),
    Target("paced", "trbridge", _RAW, "cpu_us", "<=", 1.05),
    Target("reservations", "trbridge", _RAW, "per_cpu_s", ">=", 1.1),
    Target("reservations", "trbridge", _PYEE, "per_cpu_s", ">=", 1.3),
    Target("reservations", "trbridge, coroutine", f"{_PYEE}, coroutine", "per_cpu_s", ">=", 1.0),
    Target("growth", f"trbridge, beside {BESIDE} connected clients", "trbridge", "cpu_us", "<=", 1.15),
    Target("growth", "trbridge, 1,000 reservations on its desk", "trbridge", "cpu_us", "<=", 1.15),
    Target("npm", "trbridge", _NPM, "per_cpu_s", ">=", 8.0),
    Target("requests", "trbridge on httpx's own transport", "httpx", "cpu_ms", "<=", 1.0),
    Target("requests", "trbridge[fast]", "twilio-python, async", "per_cpu_s", ">=", 1.0),
    Target("requests-32", "trbridge[fast]", "httpx", "per_cpu_s", ">=", 4.0),
    Target("pages", "trbridge", "json, dicts", "cpu_ms", "<=", 0.40),
    Target("pages", "trbridge", "twilio-python", "cpu_ms", "<=", 0.06),
    Target("connections", "trbridge", "websockets", "kib_each", "<=", 1.0),
    Target("connections-tls", "trbridge, small_tls_buffers()", "websockets", "kib_each", "<=", 0.30),
    Target("connections", "trbridge's connection", "websockets", "per_cpu_s", ">=", 1.0),
    Target("connections", "trbridge", "websockets + ready by httpx", "per_cpu_s", ">=", 1.0),
    Target("connections", "trbridge's connection", "websockets", "back_cpu_s", "<=", 0.9),
    Target("connections", "trbridge", "websockets + ready by httpx", "back_cpu_s", "<=", 0.9),
    Target("import", "import trbridge", _IMPORTS, "net_cpu_ms", "<=", 0.6),
    Target("import", "from trbridge import Worker", _IMPORTS, "net_cpu_ms", "<=", 0.7),
    Target("emulator-get", "trbridge serve", _NOTHING, "per_cpu_s", ">=", 0.5),
    Target("emulator-post", "trbridge serve", _NOTHING, "per_cpu_s", ">=", 0.5),
    Target("fan-out", "trbridge serve", _NOTHING, "p99_ms", "<=", 2.0),
    Target("routing-10", "15,000 workers, 10 queues", "100 workers, 10 queues", "free_us", "<=", 2.0),
    Target("routing-10", "15,000 workers, 10 queues", "100 workers, 10 queues", "narrow_us", "<=", 2.0),
    Target("routing-10", "15,000 workers, 10 queues", "100 workers, 10 queues", "backlog_us", "<=", 2.0),
    Target("routing-1000", "15,000 workers, 1,000 queues", "100 workers, 1,000 queues", "free_us", "<=", 2.0),
    Target("routing-1000", "15,000 workers, 1,000 queues", "100 workers, 1,000 queues", "narrow_us", "<=", 2.0),
    Target("routing-1000", "15,000 workers, 1,000 queues", "100 workers, 1,000 queues", "backlog_us", "<=", 2.0),
)


def judge(tables: Iterable[Table]) -> list[Verdict]:
    """How far each target that belongs to these tables was reached."""
    by_name = {table.name: table for table in tables}
    return [_judge(target, by_name[target.table]) for target in TARGETS if target.table in by_name]


def _judge(target: Target, table: Table) -> Verdict:
    of_medians = table.ratio_of_medians(target.measured, target.against, target.metric)
    return Verdict(target, table.ratio(target.measured, target.against, target.metric), of_medians)
