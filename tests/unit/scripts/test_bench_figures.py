"""From answers to figures: what the bench counts, and how it judges."""

from __future__ import annotations

import json
from pathlib import Path

import bench_path  # noqa: F401
import pytest
from benchmark.guard import read_baseline, reference_seconds, verdicts, write_baseline
from benchmark.load import Round, Sample, dechunk, read_answer
from benchmark.measures import Row, percentile, row_of
from benchmark.report import comparison_table, factor, markdown, shown, target_table
from benchmark.works import figures_of

STREAM = (
    b'message:\ndata:{"event":"start","data":"w0 "}\n\nmessage:\ndata:{"event":"token","data":"w0 "}\n\n'
    b'message:\ndata:{"event":"token","data":"w1 "}\n\nmessage:\ndata:{"event":"end","data":"[DONE]"}\n\n'
)


def sample(*, text: str = "w0 w1 ", events: tuple[str, ...] = ("start", "end"), took: float = 0.1, status: int = 200) -> Sample:
    return Sample(took=took, first_token=0.05, status=status, text=text, events=[*events])


def row(name: str = "r", *cpu: float, **more: float) -> Row:
    return Row(name=name, rounds=[{"cpu_ms": value, **more} for value in cpu])


def test_a_stream_is_read_token_by_token() -> None:
    found = read_answer(Sample(took=1.0, status=200), STREAM, 0.25)

    assert (found.text, found.tokens, found.events, found.first_token) == ("w0 w1 ", 2, ["start", "end"], 0.25)


def test_a_plain_answer_gives_its_text_and_an_error_none() -> None:
    assert read_answer(Sample(took=1.0, status=200), b'{"text": "ok"}', None).text == "ok"
    assert read_answer(Sample(took=1.0, status=500), b"<html>", None).text == ""


def test_chunks_are_put_together_and_a_cut_answer_is_refused() -> None:
    assert dechunk(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") == b"abcde"
    with pytest.raises(ValueError):
        dechunk(b"3\r\nabc\r\n")


def test_tokens_that_did_not_arrive_are_lost_and_their_stream_is_broken() -> None:
    done = Round(samples=[sample(), sample(text="w0 ")], errors=[], seconds=2.0)

    found = figures_of(done, {"main": 0.002, "worker": 0.004, "redis": 0.0}, 2)

    assert found["tokens_lost"] == pytest.approx(0.25)
    assert found["broken_streams"] == 1
    assert found["tokens_per_second"] == pytest.approx(1.5)
    assert found["cpu_ms"] == pytest.approx(3.0)


def test_a_stream_in_another_order_or_without_its_end_is_broken() -> None:
    done = Round(samples=[sample(text="w1 w0 "), sample(events=("start",))], errors=[], seconds=1.0)

    assert figures_of(done, {}, 2)["broken_streams"] == 2


def test_all_tokens_of_a_request_that_failed_are_lost() -> None:
    done = Round(samples=[sample(), sample(status=500, text="")], errors=["TimeoutError"], seconds=1.0)

    found = figures_of(done, {}, 2)

    assert (found["requests"], found["errors"]) == (3, 2)
    assert found["tokens_lost"] == pytest.approx(2 / 3)


def test_a_row_survives_json() -> None:
    written = json.loads(json.dumps(row("r", 1.0, 3.0, 2.0, errors=0).to_json()))

    back = row_of(written)

    assert (back.median("cpu_ms"), back.least("cpu_ms"), back.spread("cpu_ms")) == (2.0, 1.0, 1.0)
    assert not back.is_broken
    assert row("r", 1.0, errors=1).is_broken


def test_percentiles_of_few_and_of_no_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0], 1.0) == 2.0
    assert percentile([], 0.5) == 0.0


def test_the_guard_sees_growth_and_takes_the_best_round() -> None:
    found = verdicts([row("a", 1.6, 1.4), row("b", 1.6, 1.7), row("new", 9.0)], 0.1, {"a": 1.0, "b": 1.0}, 0.1)

    assert [(one.name, one.has_grown) for one in found] == [("a", False), ("b", True)]


def test_the_guard_allows_a_slower_machine_for_what_it_is() -> None:
    slower = verdicts([row("a", 2.9)], 0.2, {"a": 1.0}, 0.1)
    faster = verdicts([row("a", 0.9)], 0.05, {"a": 1.0}, 0.1)

    assert not slower[0].has_grown
    assert faster[0].has_grown


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    write_baseline([row("a", 2.0, 1.0)], 0.05, tmp_path / "baseline.json")

    assert read_baseline(tmp_path / "baseline.json") == ({"a": 1.0}, 0.05)


def test_without_a_baseline_the_guard_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--record"):
        read_baseline(tmp_path / "none.json")


def test_the_reference_takes_time_of_this_process() -> None:
    assert reference_seconds(1) > 0


def test_targets_are_judged_by_their_side() -> None:
    rows = [
        Row(name="custom function, 64 clients", rounds=[{"per_second": 1300.0, "cpu_ms": 1.2}]),
        Row(name="200-token stream, 64 clients", rounds=[{"tokens_lost": 0.0}]),
    ]

    cells = {(line[0], line[1]): line for line in target_table(rows, "").rows}

    assert cells["custom function, 64 clients", "predictions/s"][5:] == ["8.6 ×", "≥ 1,200", "yes"]
    assert cells["", "CPU per prediction"][5:] == ["7.0 ×", "≤ 1.10 ms", "no"]
    assert cells["200-token stream, 64 clients", "tokens lost"][2:] == ["17.0 %", "0", "–", "–", "none", "yes"]


def test_a_comparison_tells_better_from_worse_and_both_from_noise() -> None:
    old = {"a": row("a", 1.0), "b": row("b", 1.0), "c": row("c", 1.0, 1.4)}

    found = comparison_table([row("a", 0.5), row("b", 2.0), row("c", 1.3)], old, ["cpu_ms"], "").rows

    assert [(line[0], line[4], line[5]) for line in found] == [("a", "0.50", "better"), ("b", "2.00", "worse"), ("c", "1.08", "same")]


def test_factors_count_upwards_whichever_way_is_better() -> None:
    assert factor(100.0, 1000.0, "per_second") == "10.0 ×"
    assert factor(10.0, 1.0, "p50_ms") == "10.0 ×"
    assert factor(0.17, 0.0, "tokens_lost") == "–"


@pytest.mark.parametrize(
    ("figure", "value", "text"),
    [("p50_ms", 3.14159, "3.14 ms"), ("rss_mib", 586.0, "586 MB"), ("per_second", 1234.5, "1,234"), ("tokens_lost", 0.0, "0")],
)
def test_numbers_are_shown_with_their_units(figure: str, value: float, text: str) -> None:
    assert shown(figure, value) == text


def test_a_table_for_a_page_has_a_rule_under_its_head() -> None:
    rows = [Row(name="custom function, 64 clients", rounds=[{"cpu_ms": 1.0}])]

    lines = markdown(target_table(rows, "")).splitlines()

    assert lines[1].startswith("| :-- | :-- | --:")
    assert lines[2].startswith("| custom function, 64 clients | CPU per prediction |")
