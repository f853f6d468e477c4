"""Spans and metrics for OpenTelemetry. The only user of its API (extra ``telemetry``).

Nothing of it is imported unless the program does so itself, or gives a client a :class:`Telemetry`: a provider that
somebody has set up is what makes spans worth their time, and without one there is none.

No attribute has a token: URLs go without their query, parameters and bodies not at all (check 4).
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import os
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

from .around import Around
from .client_stats import ClientStats
from .errors import InvalidArgument, TaskRouterError
from .handler_limits import name_of

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import Span, SpanKind, Tracer, TracerProvider
    from opentelemetry.util.types import AttributeValue

    from .wire import Request

__all__ = ["Telemetry", "Tracing", "of_process"]

T = TypeVar("T")

_NAME: Final = "trbridge"
_SID: Final = re.compile(r"\b[A-Z]{2}[0-9a-f]{32}\b")
_GAUGES: Final = {"waiting": "{event}", "lag": "s"}
_PROVIDERS_BY_NAME: Final = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER")


class Observable(Protocol):
    """A client, as far as metrics are about it."""

    kind: ClassVar[Any]

    @property
    def stats(self) -> ClientStats:
        """What it has been through."""

    @property
    def state(self) -> str:
        """Where its connection stands."""

    @property
    def channel_sid(self) -> str:
        """Which channel it is connected to."""


class Telemetry:
    """Where spans and metrics of clients go. Give it to clients as ``telemetry=`` to have providers of your own.

    Without it clients use those of the process, if the program has imported OpenTelemetry when they connect.
    To have none, give them ``Telemetry(NoOpTracerProvider(), NoOpMeterProvider())``.

    Args:
        tracer_provider: Makes the spans; default the process's.
        meter_provider: Takes the metrics; default the process's.

    Raises:
        InvalidArgument: ``opentelemetry-api`` is not installed.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        try:
            from opentelemetry import metrics
        except ImportError as error:
            raise InvalidArgument(
                "opentelemetry-api is not installed", hint="pip install 'trbridge[telemetry]'"
            ) from error
        self._tracer_provider = tracer_provider
        self._clients: WeakSet[Any] = WeakSet()
        self._lock = threading.Lock()  # metrics are read in a thread of the reader's
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        for name in asdict(ClientStats()):
            make = meter.create_observable_gauge if name in _GAUGES else meter.create_observable_counter
            make(f"trbridge.client.{name}", [self._reader(name)], unit=_GAUGES.get(name, "1"))
        meter.create_observable_gauge("trbridge.client.ready", [self._reader("ready")], unit="1")

    def attend(self, client: Observable) -> Tracing | None:
        """Observe a client from now on; until :meth:`leave`, or until nobody has it any more.

        Returns:
            What makes its spans; None if nobody wants any.
        """
        with self._lock:
            self._clients.add(client)
        tracer = self._tracer()
        return None if tracer is None else Tracing(tracer, _attributes(client))

    def leave(self, client: Observable) -> None:
        """Observe it no longer."""
        with self._lock:
            self._clients.discard(client)

    def _tracer(self) -> Tracer | None:
        from opentelemetry import trace

        provider = self._tracer_provider or trace.get_tracer_provider()
        # Of these, nothing comes; each event would pay for it all the same.
        if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
            return None
        return provider.get_tracer(_NAME)

    def _reader(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def read(_: CallbackOptions) -> Iterable[Observation]:
            from opentelemetry.metrics import Observation

            with self._lock:
                clients = list(self._clients)
            sums: dict[tuple[tuple[str, str], ...], float] = {}
            for client in clients:
                value = client.state == "ready" if name == "ready" else getattr(client.stats, name)
                key = tuple(_attributes(client).items())
                sums[key] = max(sums.get(key, 0.0), value) if name == "lag" else sums.get(key, 0) + value
            return [Observation(value, dict(key)) for key, value in sums.items()]

        return read


_process: Telemetry | None = None


def of_process() -> Telemetry | None:
    """The process's telemetry; None if the program does not use OpenTelemetry."""
    global _process  # noqa: PLW0603 - one for the process, as its providers are
    if _process is None and ("opentelemetry" in sys.modules or any(map(os.environ.get, _PROVIDERS_BY_NAME))):
        with contextlib.suppress(InvalidArgument):
            _process = Telemetry()
    return _process


class Tracing:
    """Makes the spans of one client.

    Args:
        tracer: OpenTelemetry's.
        attributes: Which client it is.
    """

    def __init__(self, tracer: Tracer, attributes: Mapping[str, str]) -> None:
        from opentelemetry.trace import SpanKind

        self._tracer = tracer
        self._attributes = attributes
        self._kinds = SpanKind

    @contextlib.contextmanager
    def request(self, request: Request) -> Iterator[None]:
        """Around one request, with all its attempts."""
        path = urlsplit(request.url).path
        template = _SID.sub("{sid}", path).rstrip("/")
        attributes = {"http.request.method": request.method, "url.template": template, "url.path": path}
        with self._span(f"{request.method} {template}", self._kinds.CLIENT, attributes) as span, _judged(span):
            yield

    def retried(self, attempt: int, wait: float) -> None:
        """The request under way is sent again."""
        from opentelemetry.trace import get_current_span

        get_current_span().add_event("retry", {"http.request.resend_count": attempt, "trbridge.wait": wait})

    def dial(self, dial: Callable[[str], Awaitable[T]]) -> Callable[[str], Awaitable[T]]:
        """The same way to open a socket, with a span around each attempt."""

        async def traced(url: str) -> T:
            parts = urlsplit(url)
            attributes = {**self._attributes, "network.protocol.name": "websocket"}
            if parts.hostname is not None:
                attributes["server.address"] = parts.hostname
            # Not the current one: what the socket brings until it ends would be a part of it.
            span = self._tracer.start_span("connect", kind=self._kinds.CLIENT, attributes=attributes)
            try:
                with _judged(span):
                    return await dial(url)
            finally:
                span.end()

        return traced

    @staticmethod
    def detached(start: Callable[[], None]) -> None:
        """Start something that goes on when the current span is over, and is no part of it."""
        from opentelemetry import context

        def run() -> None:
            context.attach(context.Context())
            start()

        contextvars.copy_context().run(run)

    @contextlib.contextmanager
    def handler(self, event: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> Iterator[None]:
        """Around a handler that is a function; one that is a coroutine function only starts in it."""
        if inspect.iscoroutinefunction(handler):
            yield
            return
        with self._span(f"handle {event}", self._kinds.CONSUMER, _about(event, handler, args)) as span, _judged(span):
            yield

    def handling(
        self, event: str, handler: Callable[..., Any], args: tuple[Any, ...], work: Coroutine[Any, Any, T]
    ) -> Coroutine[Any, Any, T]:
        """The same work, with a span from its first step to its last; how long it has waited is in it."""
        return self.work(f"handle {event}", _about(event, handler, args), work)

    def job(self, name: str, task_sid: str | None, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """The same for a part of a bot's work on a task."""
        return self.work(name, {"trbridge.task": task_sid or ""}, work)

    def work(
        self, name: str, attributes: Mapping[str, AttributeValue], work: Coroutine[Any, Any, T]
    ) -> Coroutine[Any, Any, T]:
        """The same work, with a span."""
        came = time.monotonic()

        @contextlib.contextmanager
        def span() -> Iterator[None]:
            waited = {"trbridge.waited": time.monotonic() - came}
            kind = self._kinds.CONSUMER
            with self._span(name, kind, {**attributes, **waited}) as made, _judged(made):
                yield

        return Around(work, span)

    def _span(
        self, name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue]
    ) -> contextlib.AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes={**self._attributes, **attributes},
            record_exception=False,  # a stack has lines of source, and so perhaps a secret
            set_status_on_exception=False,
        )


@contextlib.contextmanager
def _judged(span: Span) -> Iterator[None]:
    """Say on the span what was raised: its class, and status and code of an answer.

    Not its words: those of a handler's exception are the user's, those of the service quote parameters.
    """
    from opentelemetry.trace import StatusCode

    try:
        yield
    except BaseException as error:
        cause = getattr(getattr(error, "failure", None), "error", error)  # what a dial raises has the error in it
        span.set_attribute("error.type", type(cause).__qualname__)
        if isinstance(cause, TaskRouterError):
            for name, number in (("http.response.status_code", cause.status), ("trbridge.code", cause.code)):
                if number is not None:
                    span.set_attribute(name, number)
        span.set_status(StatusCode.ERROR)
        raise


def _attributes(client: Observable) -> dict[str, str]:
    return {"trbridge.kind": str(client.kind), "trbridge.channel": client.channel_sid}


def _about(event: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {"trbridge.event": event, "trbridge.handler": name_of(handler)}
    for key, name in (("trbridge.sid", "sid"), ("trbridge.task", "task_sid")):
        value = getattr(args[0], name, None) if args else None
        if isinstance(value, str):
            attributes[key] = value
    return attributes
