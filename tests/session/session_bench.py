"""A bench for a session: a clock that jumps from deadline to deadline, and a record of all effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from trbridge.errors import ConnectionFailed, TaskRouterError
from trbridge.session import Effect, Failure, Session, SessionOptions, State, effects

E = TypeVar("E")


class Bench:
    """Drives one session.

    Args:
        random: The jitter, always the same.
        seed: Makes the jitter random, but the same in every run.
        can_refresh: There is a token provider.
        expires_at: When the token runs out.
        wall: True to pass a second clock, which runs like the first until :meth:`sleep` is called.
        options: For the session.
    """

    def __init__(
        self,
        random: float = 0.5,
        *,
        seed: int | None = None,
        can_refresh: bool = False,
        expires_at: float | None = None,
        wall: bool = False,
        **options: Any,
    ) -> None:
        self.now = 1000.0
        self.drift = 5e8
        self.with_wall = wall
        chance = (lambda: random) if seed is None else Random(seed).random  # noqa: S311  jitter, no secret
        self.session = Session(
            random=chance, options=SessionOptions(**options), expires_at=expires_at, can_refresh=can_refresh
        )
        self.log: list[tuple[float, Effect]] = []
        self.answer: Callable[[Effect], None] = lambda effect: None

    @property
    def wall(self) -> float | None:
        return self.now + self.drift if self.with_wall else None

    def state(self) -> State:
        return self.session.state

    def take(self) -> list[Effect]:
        """Collect what is to be done, letting :attr:`answer` react to each."""
        new: list[Effect] = []
        for effect in self.session.effects():
            self.log.append((self.now, effect))
            new.append(effect)
            self.answer(effect)
        return new

    def do(self, happened: Callable[..., None], *args: Any, **kwargs: Any) -> list[Effect]:
        """Let something happen now."""
        happened(self.now, *args, **kwargs)
        return self.take()

    def connect(self) -> list[Effect]:
        self.session.connect(self.now, self.wall)
        return self.take()

    def open(self) -> list[Effect]:
        return self.do(self.session.opened, self.session.epoch)

    def fail(self, kind: str = "refused", status: int | None = None, retry_after: float | None = None) -> list[Effect]:
        return self.do(self.session.failed, self.session.epoch, failure(kind, status, retry_after))

    def lose(self, code: int | None = None, reason: str = "") -> list[Effect]:
        return self.do(self.session.lost, self.session.epoch, code, reason)

    def be_ready(self) -> list[Effect]:
        return self.do(self.session.ready_succeeded, self.session.epoch)

    def receive(self) -> None:
        self.session.received(self.now)

    def fail_ready(self, error: TaskRouterError, retry_after: float | None = None) -> list[Effect]:
        return self.do(self.session.ready_failed, self.session.epoch, error, retry_after)

    def up(self) -> list[Effect]:
        """Connect, open and be ready."""
        return [*self.connect(), *self.open(), *self.be_ready()]

    def wake(self) -> list[Effect]:
        """Jump to the deadline."""
        deadline = self.session.deadline
        assert deadline is not None
        assert deadline >= self.now, "a deadline in the past"
        self.now = deadline
        self.session.wake(self.now, self.wall)
        return self.take()

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> list[Effect]:
        """Let time pass, from deadline to deadline; ``each`` is called before every one."""
        until, new = self.now + seconds, list[Effect]()
        for _ in range(100_000):
            deadline = self.session.deadline
            if deadline is None or deadline > until:
                self.now = until
                return new
            each()
            new += self.wake()
        raise AssertionError("the session never comes to rest")

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: the session's clock stands still."""
        self.drift += seconds

    def of(self, kind: type[E]) -> list[E]:
        return [effect for _, effect in self.log if isinstance(effect, kind)]

    def times(self, kind: type[Any]) -> list[float]:
        """When effects of a kind were asked for, counted from the start."""
        return [moment - 1000.0 for moment, effect in self.log if isinstance(effect, kind)]

    def states(self) -> list[State]:
        return [effect.new for effect in self.of(effects.StateChanged)]


def failure(kind: str = "refused", status: int | None = None, retry_after: float | None = None) -> Failure:
    error = ConnectionFailed("no way", status=status)
    error.kind = kind
    return Failure(kind, error, status, retry_after)


def kinds(found: Sequence[Effect]) -> list[str]:
    """Names of effects, without the changes of state."""
    return [type(effect).__name__ for effect in found if not isinstance(effect, effects.StateChanged)]
