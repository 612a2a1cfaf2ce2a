"""Every metric of main and worker, as Prometheus and `promtool check metrics` would read it, in both formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from flowisectl.observability.metrics import MAX_SERIES, Counter, Histogram, Metric, to_text
from flowisectl.observability.process_metrics import dependency_metrics, process_metrics
from flowisectl.observability.readiness import Check, ReadinessReport
from flowisectl.queue.gauges import queue_gauges
from flowisectl.queue.overview import Overview, RedisFacts
from flowisectl.queue.pace import Pace
from flowisectl.queue.summary import QueueSnapshot
from flowisectl.web.metrics import MainMetrics
from flowisectl.worker.metrics import WorkerMetrics

DOCUMENTED = {
    "chatflow_created", "agentflow_created", "assistant_created", "tool_created", "custom_mcp_server_created", "vector_upserted",
    "chatflow_prediction_internal", "chatflow_prediction_external", "agentflow_prediction_internal", "agentflow_prediction_external",
    "http_request_duration_ms", "flowise_version_info",
}  # fmt: skip
"""Names that Flowise gives away; of these promtool would like others."""
NO_UNIT = {"roles", "waiting", "suspects", "running", "capacity", "dead", "up", "streams", "info", "total"}


def all_metrics() -> Sequence[Metric]:
    """Both roles' metrics, each with a series at least."""
    main, worker = MainMetrics(lambda: 2.0), WorkerMetrics()
    queue = QueueSnapshot(
        name="q", queue="prediction", taken_ms=0, waiting=1, running=2, oldest_wait_seconds=1.5, kept_done=0, kept_failed=0, workers=(),
        last_jobs=(), redis_version="9", redis_memory_bytes=1, pace=Pace(wait_p50_seconds=0.1, wait_p95_seconds=0.2),
    )  # fmt: skip
    facts = RedisFacts(
        version="9", round_trip_ms=1, memory_bytes=1, memory_limit_bytes=0, eviction_policy="noeviction", has_append_only_file=True,
        saves=False, role="master",
    )  # fmt: skip
    report = ReadinessReport(checks={"redis": Check(is_ok=True, milliseconds=2)})
    gauges = queue_gauges(Overview(taken_ms=0, redis=facts, queues=(queue,), roles=()))
    found = (*main.all(), *worker.all(), *gauges, *process_metrics(), *dependency_metrics(report))
    for metric in found:
        if isinstance(metric, Counter):
            metric.add(*("x" for _ in metric.labels))
        elif isinstance(metric, Histogram):
            metric.observe(0.3, *("x" for _ in metric.labels))
    return found


def families_of(page: bytes, *, is_open: bool) -> list[Any]:
    read: Any = open_families if is_open else text_families
    return list(read(page.decode()))


def samples_of(families: Any) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in families:
        for sample in family.samples:
            labels = {name: str(float(value)) if name == "le" else value for name, value in sample.labels.items()}
            # this parser gives every counter of the older format the end that OpenMetrics wants
            found.setdefault(sample.name.removesuffix("_total"), {})[tuple(sorted(labels.items()))] = sample.value
    return found


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.name)
def test_a_metric_is_named_as_promtool_wants_it(metric: Metric) -> None:
    name = metric.name

    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert metric.about.endswith(".") or ":" in metric.about
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) and not label.startswith("__") for label in metric.labels)
    assert "le" not in metric.labels
    assert ("quantile" in metric.labels) == (metric.kind == "summary")
    if name not in DOCUMENTED:
        assert name.endswith("_total") == (metric.kind == "counter")
        assert name.rpartition("_")[2] in {"seconds", "bytes", *NO_UNIT}
        assert not re.search(r"_(ms|milliseconds|s|sec|minutes|kb|mb|count|sum|bucket|gauge|counter|histogram)(_|$)", name)


def test_no_name_is_taken_twice_and_the_documented_ones_are_there() -> None:
    names = [metric.name for metric in all_metrics()]

    assert len(set(names)) == len(names)
    assert set(names) >= DOCUMENTED


def test_both_formats_give_every_sample_the_same_name_and_value() -> None:
    metrics = [metric for metric in all_metrics() if not metric.name.startswith("flowise_process")]

    text = samples_of(families_of(to_text(metrics, {"app": "a"}), is_open=False))
    page = to_text(metrics, {"app": "a"}, is_open=True).decode()
    opened = samples_of(families_of(page.encode(), is_open=True))

    assert page.endswith("\n# EOF\n")
    assert opened == text
    names = {line.split("{")[0] for line in page.splitlines() if not line.startswith("#")}
    assert {metric.name for metric in metrics if isinstance(metric, Counter)} <= names


def test_each_family_has_its_help_and_its_type_once_before_its_samples() -> None:
    lines = to_text(all_metrics(), {"app": "a"}).decode().splitlines()

    known: list[str] = []
    for line in lines:
        if line.startswith("# HELP "):
            known.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert known[-1] == line.split()[2]
        else:
            assert line.startswith(known[-1])
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("is_open", [False, True])
def test_help_and_labels_with_odd_signs_are_read_back(is_open: bool) -> None:
    counter = Counter("odd_total", 'A "quoted"\nline with a \\.', ("label",))
    counter.add('"\\\n é')

    [family] = families_of(to_text([counter], {}, is_open=is_open), is_open=is_open)

    assert family.documentation == 'A "quoted"\nline with a \\.'
    assert family.samples[0].labels == {"label": '"\\\n é'}


def test_whatever_clients_ask_for_a_metric_keeps_within_its_bounds() -> None:
    metrics = MainMetrics(lambda: 0.0)
    for number in range(10 * MAX_SERIES):
        metrics.requests.add("GET", f"/api/v1/x{number}", "404")
        metrics.durations.observe(1.0, "GET", f"/api/v1/x{number}", "404")

    assert len(list(metrics.requests.samples())) <= MAX_SERIES + 1
    assert metrics.durations.count("other", "other", "other") >= 9 * MAX_SERIES
