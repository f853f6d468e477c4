"""What goes to OpenTelemetry is read by others, and kept: it holds no secret (check 4)."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from secrets_of import found_in

from trbridge import BadRequest, TaskRouterError, Workspace, WorkspaceCapability
from trbridge.emulator import Emulator
from trbridge.telemetry import Telemetry

_SECRET = "swordfishswordfish"


async def test_check_4_no_span_or_metric_holds_a_secret() -> None:
    """Neither the socket's URL nor the page's, nor headers, parameters, refusals, or what a handler raised."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    async with Emulator(random_seed=7) as emulator:
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        token = capability.allow_fetch_subresources().allow_update_subresources().to_jwt()
        bridge = emulator.event_bridge_base_url
        emulator.faults.add("answer", at="upgrade", status=503, times=1)
        client = Workspace(
            token,
            telemetry=Telemetry(tracers, MeterProvider([reader])),
            api_base_url=emulator.api_base_url,
            event_bridge_base_url=bridge,
        )

        def failing(_: object) -> None:
            raise ValueError(_SECRET)

        async with client:
            client.emitter.on("x", failing)
            client.emitter.publish("x", {"sip": _SECRET})
            with pytest.raises(BadRequest, match=_SECRET):
                await client.activities.create(friendly_name=_SECRET * 10)
            async for _ in await client.activities.fetch(page_size=1):
                pass
            emulator.faults.add("answer", at="request", via="bridge", method="GET", status=401, times=1)
            with pytest.raises(TaskRouterError):
                await client.fetch()
            metrics = repr(reader.get_metrics_data())
    text = json.dumps([json.loads(span.to_json()) for span in spans.get_finished_spans()]) + metrics
    for expected in (
        "connect",
        "handle x",
        "ValueError",
        "POST /v1/Workspaces/{sid}/Activities",
        "trbridge.client.lag",
    ):
        assert expected in text
    assert found_in(text, [token, emulator.auth_token, _SECRET]) == []
