"""Spans and metrics of clients, taken in by OpenTelemetry's own SDK."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest
from client_bench import Bench
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider, SpanKind, StatusCode
from seat_bench import Seat

from trbridge import HandlerLimits, InvalidArgument, NotFound, telemetry
from trbridge.resources.reservation import ReservationInstance
from trbridge.telemetry import Telemetry


class Observatory:
    """Keeps what clients tell it.

    Attributes:
        telemetry: To give to clients.
        tracer: For spans of the user's own.
    """

    def __init__(self) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = provider.get_tracer("user")
        self.telemetry = Telemetry(provider, MeterProvider([self._reader]))

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """Name of the metric to its points: attributes and value."""
        data = self._reader.get_metrics_data()
        return {
            metric.name: [(dict(point.attributes or {}), point.value) for point in metric.data.data_points]  # type: ignore[union-attr]
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def everything(self) -> str:
        """All of it as text, for searching."""
        return json.dumps([json.loads(span.to_json()) for span in self.spans]) + repr(self.metrics())


@pytest.fixture
def observatory() -> Observatory:
    return Observatory()


def facts(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


WORKER = "/v1/Workspaces/{sid}/Workers/{sid}"


async def test_connecting_is_an_attempt_and_a_request(absent: Seat, observatory: Observatory) -> None:
    """And where to, but not with what: the URL of the socket has the token in it."""
    async with absent.make(telemetry=observatory.telemetry):
        (connect,) = observatory.named("connect")
        (ready,) = observatory.named(f"GET {WORKER}")
    assert connect.kind is ready.kind is SpanKind.CLIENT
    client = {"trbridge.kind": "worker", "trbridge.channel": absent.worker.sid}
    assert facts(connect) == client | {"network.protocol.name": "websocket", "server.address": "127.0.0.1"}
    assert facts(ready) == client | {
        "http.request.method": "GET",
        "url.template": WORKER,
        "url.path": f"/v1/Workspaces/{absent.worker.workspace_sid}/Workers/{absent.worker.sid}",
    }
    assert connect.status.status_code is StatusCode.UNSET


async def test_a_request_in_a_handler_is_part_of_its_span(absent: Seat, observatory: Observatory) -> None:
    """Whoever looks for why a reservation was accepted late sees the event, how long it waited, and the request."""
    accepted = asyncio.Event()
    async with absent.make(telemetry=observatory.telemetry) as client:

        @client.on("reservation.created")
        async def take(reservation: ReservationInstance) -> None:
            await reservation.accept()
            accepted.set()

        await absent.task()
        async with asyncio.timeout(10):
            await accepted.wait()
    (handled,) = observatory.named("handle reservation.created")
    (accept,) = observatory.named("POST /v1/Workspaces/{sid}/Tasks/{sid}/Reservations/{sid}")
    assert handled.kind is SpanKind.CONSUMER
    assert handled.context is not None
    assert accept.parent is not None
    assert accept.parent.span_id == handled.context.span_id
    found = facts(handled)
    assert found["trbridge.event"] == "reservation.created"
    assert str(found["trbridge.handler"]).startswith("test_a_request_in_a_handler_is_part_of_its_span.<locals>.take()")
    assert str(found["trbridge.sid"]).startswith("WR")
    assert str(found["trbridge.task"]).startswith("WT")
    assert float(found["trbridge.waited"]) >= 0.0


async def test_what_a_connection_brings_is_no_part_of_what_was_current_then(
    absent: Seat, observatory: Observatory
) -> None:
    """A bot connects once, perhaps in a span, and lives for months: each event begins a trace of its own."""
    with observatory.tracer.start_as_current_span("startup"):
        client = absent.make(telemetry=observatory.telemetry)
        await client.connect()
    client.emitter.on("x", lambda _: None)
    absent.client = client
    absent.inject("x", None)
    await absent.settle()
    with observatory.tracer.start_as_current_span("nightly"):
        client.reconnect()
        await client.connect()
    absent.inject("x", None)
    await absent.settle()
    with observatory.tracer.start_as_current_span("asked"):
        await client.fetch()
    await client.aclose()
    assert len(observatory.named("connect")) == len(observatory.named("handle x")) == 2
    children = [span.name for span in observatory.spans if span.parent is not None]
    assert children == [f"GET {WORKER}"], "the one that was asked for in a span"


async def test_functions_are_spans_too_and_nobody_is_hurt_by_one_that_raises(
    absent: Seat, observatory: Observatory
) -> None:
    """What was raised is on the span by its class; its words may be anybody's."""
    async with absent.make(telemetry=observatory.telemetry) as client:
        client.emitter.on("plain", lambda _: None)
        client.emitter.on("broken", lambda _: dict[str, int]()["my secret"])
        client.emitter.on("late", lambda _: asyncio.sleep(0))
        absent.client = client
        for name in ("plain", "broken", "late"):
            absent.inject(name, None)
        await absent.settle()
    (plain,), (broken,) = observatory.named("handle plain"), observatory.named("handle broken")
    assert plain.status.status_code is StatusCode.UNSET
    assert broken.status.status_code is StatusCode.ERROR
    assert facts(broken)["error.type"] == "KeyError"
    assert broken.status.description is None
    assert len(observatory.named("handle late")) == 2, "the call, and what it has returned"
    assert "my secret" not in observatory.everything()


async def test_what_a_handler_waits_for_its_turn_is_in_its_span(absent: Seat, observatory: Observatory) -> None:
    """And one that never had its turn has none."""
    gate, limits = asyncio.Event(), HandlerLimits(concurrency=1, queue=1)
    async with absent.make(telemetry=observatory.telemetry, handlers=limits) as client:
        client.emitter.on("x", lambda _: gate.wait())
        absent.client = client
        for _ in range(4):
            absent.inject("x", None)
        await absent.settle()
        assert client.stats.overflows == 2
        gate.set()
        await client.emitter.aclose(drain=10.0)
    assert len([span for span in observatory.named("handle x") if "trbridge.waited" in facts(span)]) == 2


async def test_a_refused_request_says_why_and_a_repeated_one_that_it_was(
    absent: Seat, observatory: Observatory
) -> None:
    client = absent.make(telemetry=observatory.telemetry, max_retries=1)
    client._requester._random = lambda: 0.0
    async with client:
        absent.bench.emulator.faults.add("answer", at="request", via="bridge", method="GET", status=503, times=1)
        await client.fetch()
        absent.bench.emulator.faults.add("answer", at="request", via="bridge", method="GET", status=404, times=1)
        with pytest.raises(NotFound):
            await client.fetch()
    first, repeated, refused = observatory.named(f"GET {WORKER}")
    assert (len(first.events), [event.name for event in repeated.events]) == (0, ["retry"])
    assert repeated.status.status_code is StatusCode.UNSET
    assert facts(refused)["error.type"] == "NotFound"
    assert facts(refused)["http.response.status_code"] == 404
    assert refused.status.status_code is StatusCode.ERROR


async def test_attempts_that_fail_are_spans_with_the_reason(absent: Seat, observatory: Observatory) -> None:
    absent.bench.emulator.faults.add("answer", at="upgrade", status=503, times=2)
    client = absent.make(telemetry=observatory.telemetry)
    client._link._options = type(client._link._options)(longest_retry=0.001)
    async with client:
        pass
    attempts = observatory.named("connect")
    assert [span.status.status_code for span in attempts] == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    assert facts(attempts[0])["http.response.status_code"] == 503


async def test_metrics_are_the_stats(absent: Seat, observatory: Observatory) -> None:
    """Each figure under its name, for each client by its channel; gone with the client."""
    client = absent.make(telemetry=observatory.telemetry)
    assert observatory.metrics() == {}
    async with client:
        absent.client = client
        await absent.settle()
        found = observatory.metrics()
        mine = {"trbridge.kind": "worker", "trbridge.channel": absent.worker.sid}
        assert found.pop("trbridge.client.ready") == [(mine, 1)]
        assert found == {f"trbridge.client.{name}": [(mine, value)] for name, value in asdict(client.stats).items()}
        assert found["trbridge.client.connects"] == [(mine, 1)]
    assert observatory.metrics() == {}


async def test_clients_of_one_channel_are_one_series(absent: Seat, observatory: Observatory) -> None:
    """A series has one value at a time."""
    async with (
        absent.make(telemetry=observatory.telemetry),
        absent.make(telemetry=observatory.telemetry),
    ):
        ((_, connects),) = observatory.metrics()["trbridge.client.connects"]
    assert connects == 2


async def test_without_a_provider_there_are_no_spans_to_pay_for(absent: Seat) -> None:
    """The API is there, and imported, but nobody has set it up; or it is switched off."""
    for given in (None, Telemetry(NoOpTracerProvider(), NoOpMeterProvider())):
        async with absent.make(telemetry=given) as client:
            assert client._tracing is None
            assert client.emitter._run == client.emitter._run_plainly


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it and has not got it is told what to install; who does not ask never hears of it."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setattr(telemetry, "_process", None)
    with pytest.raises(InvalidArgument, match=r"pip install 'trbridge\[telemetry\]'"):
        Telemetry()
    assert telemetry.of_process() is None


_USER: str = """
import asyncio, sys
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(spans))
metrics.set_meter_provider(MeterProvider([reader]))
"""
_PLAIN: str = """
import asyncio, sys
"""
_MAIN: str = """
from trbridge import Workspace

async def main():
    async with Workspace(sys.stdin.read(), api_base_url=sys.argv[1], event_bridge_base_url=sys.argv[2]):
        print("opentelemetry" in sys.modules)
        if "opentelemetry" in sys.modules:
            print([span.name for span in spans.get_finished_spans()])
            print(len(reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics) > 10)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (_USER, ["True", "['connect', 'GET /v1/Workspaces/{sid}']", "True"]),
        (_PLAIN, ["False"]),
    ],
    ids=["used", "not used"],
)
async def test_the_processs_providers_are_found_and_nothing_is_imported_without_them(
    bench: Bench, program: str, said: list[str]
) -> None:
    """As a user has it: a program that sets OpenTelemetry up, and one that does not."""
    bases = [bench.bases["api_base_url"], bench.bases["event_bridge_base_url"]]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error", "-c", program + _MAIN, *bases],
        input=bench.token(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (said, "")
