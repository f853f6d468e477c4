"""A bot's work on a task is a span, and so are the handler's part and the requests in it."""

from __future__ import annotations

from typing import Any

from bot_bench import Station
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from trbridge.telemetry import Telemetry


async def test_a_job_is_a_span_with_its_handler_and_its_requests(station: Station) -> None:
    """One trace for each task, from the event to its completion; a handler that fails is red."""
    spans, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    bot = station.bot(station.worker(), telemetry=Telemetry(tracers, MeterProvider()))

    @bot.task(on_error="complete")
    async def work(task: Any) -> str:
        if task.attributes["n"]:
            raise ZeroDivisionError
        return "solved"

    async with station.running(bot):
        tasks = [station.task(n=number) for number in range(2)]
        await station.completed(*tasks)
    found = spans.get_finished_spans()
    for sid, status in zip(tasks, (StatusCode.UNSET, StatusCode.ERROR), strict=True):
        (job,) = [span for span in found if span.name == "job" and _fact(span, "trbridge.task") == sid]
        (handled,) = [span for span in found if span.name == "handle task" and _fact(span, "trbridge.task") == sid]
        assert _parent(handled) == _id(job)
        assert handled.status.status_code is status
        posted = [span for span in found if span.name.startswith("POST ") and _parent(span) == _id(job)]
        assert [span.name.rpartition("/v1/Workspaces/{sid}")[2] for span in posted] == [
            "/Tasks/{sid}/Reservations/{sid}",
            "/Tasks/{sid}",
        ]


def _fact(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def _id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def _parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id
