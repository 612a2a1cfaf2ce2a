"""What machines ask of a main: is it alive, is it ready, its numbers."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families
from quart.testing import QuartClient

from flowisectl.observability.metrics import to_text
from flowisectl.observability.readiness import Readiness
from flowisectl.predictions.request import PredictionResult
from flowisectl.web.app import create_app
from flowisectl.web.metrics import Counted, MainMetrics
from flowisectl.web.services import WebServices


async def fine() -> None:
    return


async def gone() -> None:
    raise OSError("nothing answers")


async def test_a_server_is_alive_without_any_key(anybody: QuartClient) -> None:
    answer = await anybody.get("/healthz")

    assert (answer.status_code, await answer.get_data(as_text=True)) == (200, "OK")


async def test_a_ready_server_says_what_it_has_looked_at(services: WebServices) -> None:
    client = create_app(replace(services, readiness=Readiness({"database": fine, "redis": fine}))).test_client()

    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert {name: check["ok"] for name, check in (await answer.get_json())["checks"].items()} == {"database": True, "redis": True}


async def test_a_server_that_is_not_ready_says_why(services: WebServices) -> None:
    client = create_app(replace(services, readiness=Readiness({"database": gone, "redis": fine}))).test_client()

    answer = await client.get("/readyz")
    body = await answer.get_json()

    assert answer.status_code == 503
    assert body["status"] == "not ready"
    assert body["checks"]["database"]["reason"] == "nothing answers"


async def test_metrics_need_a_key_and_are_there_only_when_they_are_on(services: WebServices, anybody: QuartClient, admin, key) -> None:
    async def page(is_open: bool) -> bytes:
        return b"open" if is_open else b"one 1\n"

    with_metrics = create_app(replace(services, metrics=page)).test_client()

    assert (await anybody.get("/api/v1/metrics", headers=key)).status_code == 404
    assert (await with_metrics.get("/api/v1/metrics")).status_code == 401
    answer = await with_metrics.get("/api/v1/metrics", headers=key)
    assert (answer.status_code, await answer.get_data()) == (200, b"one 1\n")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    accepting = {**key, "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3"}
    answer = await with_metrics.get("/api/v1/metrics", headers=accepting)
    assert await answer.get_data() == b"open" and answer.content_type.startswith("application/openmetrics-text; version=1.0.0")


async def test_predictions_and_requests_are_counted_by_their_documented_names(services: WebServices, submitter, make_flow) -> None:
    flow = await make_flow()
    metrics = MainMetrics(lambda: 3)
    app = create_app(services)
    app.asgi_app = Counted(app.asgi_app, metrics, services.flows, [rule.rule for rule in app.url_map.iter_rules()])  # type: ignore[method-assign]
    client = app.test_client()

    good = await client.post(f"/api/v1/prediction/{flow['id']}", json={"question": "x"})
    submitter.submission.outcome = PredictionResult(error="no", error_kind="NodeError", status=500)
    bad = await client.post(f"/api/v1/prediction/{flow['id']}", json={"question": "x"})
    stream = await client.post(f"/api/v1/prediction/{flow['id']}", json={"question": "x", "streaming": True})
    await client.get("/nowhere/at/all")

    assert (good.status_code, bad.status_code, stream.status_code) == (200, 500, 200)
    found = {
        (sample.name, sample.labels.get("status", ""), sample.labels.get("route", "")): sample.value
        for family in text_string_to_metric_families(to_text(metrics.all(), {"app": "FlowiseAI"}).decode())
        for sample in family.samples
    }
    named = {(name.removesuffix("_total"), status): value for (name, status, _), value in found.items()}
    assert named["chatflow_prediction_external", "success"] == 1
    assert named["chatflow_prediction_external", "failure"] == 2
    assert found["flowisectl_open_streams", "", ""] == 3
    assert found["http_request_duration_ms_count", "", "/api/v1/prediction/:id"] >= 1
    assert found["http_requests_total", "", "unmatched"] == 1
