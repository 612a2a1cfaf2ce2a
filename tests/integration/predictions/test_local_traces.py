"""MODE=main with traces: a run has its spans, and its line in the log all the same."""

from __future__ import annotations

import orjson
import pytest

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flowisectl.database.chat_flow import insert_flow
from flowisectl.observability.spans import SpanTelemetry
from flowisectl.predictions.local import LocalSubmitter
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.context import RunServices


def failing_flow() -> str:
    inputs = {"functionInputVariables": "", "javascriptFunction": "throw new Error('secret words')"}
    shared = {"name": "customFunction", "category": "Utilities", "inputParams": [], "outputs": {"output": "EndingNode"}}
    data = {"id": "customFunction_0", "label": "Greet", "inputs": inputs, **shared}
    return orjson.dumps({"nodes": [{"id": "customFunction_0", "data": data}], "edges": []}).decode()


async def test_the_line_of_a_failed_run_names_its_node_and_so_does_its_span(
    services: RunServices, caplog: pytest.LogCaptureFixture
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    row = await insert_flow(services.database, {"name": "f", "flowData": failing_flow(), "type": "CHATFLOW"})
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30, telemetry=SpanTelemetry(provider))
    request = PredictionRequest(
        flow_id=row["id"],
        flow_version=row["updatedDate"],
        chat_id="chat",
        message_id="22222222-2222-4222-8222-222222222222",
        body={"question": "hi"},
        accepted_ms=1_763_900_000_123,
    )

    result = await (await submitter.submit(request)).result()

    [line] = [record.getMessage() for record in caplog.records if "failed after" in record.getMessage()]
    assert not result.is_ok
    assert line.endswith("NodeError in node customFunction_0 (Greet)")
    assert any("customFunction" in span.name for span in exporter.get_finished_spans())
    assert "secret words" not in line
