"""Metrics as Prometheus' own parser reads them, bounded whatever clients send."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowisectl.observability.metrics import MAX_SERIES, OTHER, Counter, Gauge, Histogram, Metric, to_text
from flowisectl.observability.process_metrics import dependency_metrics, process_metrics
from flowisectl.observability.readiness import Check, ReadinessReport


def read(*metrics: Metric, **common: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name → labels → value, as the parser of the reference client finds them."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(to_text(metrics, common).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_a_counter_keeps_its_documented_name() -> None:
    counter = Counter("chatflow_prediction_external", "Predictions.", ("status",))
    counter.add("success")
    counter.add("success", by=2)

    text = to_text([counter], {"app": "x"}).decode()

    assert 'chatflow_prediction_external{app="x",status="success"} 3\n' in text
    assert "# TYPE chatflow_prediction_external counter\n" in text


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram("took_seconds", "Took.", ("queue",), (0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(value, "a")

    found = read(histogram)

    buckets = {dict(labels)["le"]: value for labels, value in found["took_seconds_bucket"].items()}
    assert buckets == {"0.1": 2, "1": 3, "+Inf": 4}
    assert found["took_seconds_count"] == {(("queue", "a"),): 4}
    assert found["took_seconds_sum"][(("queue", "a"),)] == pytest.approx(7.65)


def test_gauges_are_asked_when_the_page_is_made() -> None:
    values = {("a",): 1.5}
    gauge = Gauge("waiting", "Jobs.", lambda: values, ("queue",))

    before = read(gauge)["waiting"]
    values["b",] = 2.0

    assert before == {(("queue", "a"),): 1.5}
    assert len(read(gauge)["waiting"]) == 2


def test_label_values_of_any_kind_are_read_back_as_they_were() -> None:
    counter = Counter("odd", "Line\nend and \\.", ("value",))
    odd = 'a "quoted" \\ back\nnew line é'
    counter.add(odd)

    assert read(counter)["odd_total"] == {(("value", odd),): 1} or read(counter)["odd"] == {(("value", odd),): 1}


def test_no_client_can_make_series_without_end() -> None:
    counter, histogram = Counter("c", "C.", ("path",)), Histogram("h", "H.", ("path",))
    for number in range(MAX_SERIES + 50):
        counter.add(str(number))
        histogram.observe(1, str(number))

    assert counter.value(OTHER) == 50
    assert histogram.count(OTHER) == 50


def test_a_process_tells_its_memory_its_cpu_and_what_it_depends_on() -> None:
    report = ReadinessReport(
        checks={"redis": Check(is_ok=True, milliseconds=2), "database": Check(is_ok=False, milliseconds=2000, reason="gone")}
    )

    found = read(*process_metrics(), *dependency_metrics(report))

    assert found["flowise_process_resident_memory_bytes"][()] > 1_000_000
    assert found["flowise_process_cpu_seconds_total"][()] > 0
    assert found["flowisectl_dependency_up"] == {(("name", "redis"),): 1, (("name", "database"),): 0}
    assert found["flowisectl_dependency_seconds"][(("name", "redis"),)] == 0.002


def test_label_values_that_are_known_are_there_from_the_start() -> None:
    counter = Counter("jobs_total", "Jobs.", ("outcome",), known=(("done",), ("failed",)))

    counter.add("failed")

    text = to_text([counter], {}).decode()
    assert 'jobs_total{outcome="done"} 0' in text and 'jobs_total{outcome="failed"} 1' in text
