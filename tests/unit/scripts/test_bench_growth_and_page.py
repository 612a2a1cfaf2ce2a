"""Charts of growth, and the page that is rewritten."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import bench_path  # noqa: F401
import pytest
from benchmark import flows
from benchmark.chart import Line, Panel, Scale, chart, number, round_step
from benchmark.growth import Series, exponent, grows_too_fast, growth_chart, growth_tables
from benchmark.measures import Row
from benchmark.page import growth_block, suite_blocks, with_blocks

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.flow_check import check_flow
from flowisectl.nodes.credential_types import secret_fields
from flowisectl.nodes.discovery import load_catalogue

PAGE = Path(__file__).resolve().parents[3] / "docs" / "performance.md"
SVG = "{http://www.w3.org/2000/svg}"


def row(x: float, cpu: float, name: str = "chain") -> Row:
    figures = {"per_second": 10.0, "p50_ms": cpu, "p95_ms": cpu, "cpu_main_ms": cpu, "cpu_worker_ms": 0.0, "cpu_redis_ms": 0.0}
    return Row(name=name, x=x, rounds=[{**figures, "cpu_ms": cpu, "errors": 0}])


def series(*rows: Row) -> Series:
    ticks = [str(one.x) for one in rows if one.name == rows[0].name]
    return Series(name="nodes", title="More nodes", x_label="nodes", ticks=ticks, rows=[*rows])


def test_an_exponent_tells_how_fast_cost_grows() -> None:
    assert exponent([row(10, 1), row(100, 10)], "cpu_ms") == pytest.approx(1.0)
    assert exponent([row(10, 1), row(100, 100)], "cpu_ms") == pytest.approx(2.0)
    assert exponent([row(0, 1), row(100, 5)], "cpu_ms") == 0.0


def test_growth_beyond_proportion_is_named() -> None:
    grown = series(row(10, 1), row(100, 100), row(10, 1, "calm"), row(100, 2, "calm"))

    assert grows_too_fast(grown) == ["chain"]
    assert [line[9] for line in growth_tables([grown])[0].rows] == ["", "2.00", "", "0.30"]


def test_a_chart_is_svg_with_a_line_for_each_kind_of_work() -> None:
    drawn = ElementTree.fromstring(growth_chart(series(row(10, 1), row(100, 3), row(10, 2, "<b>"), row(100, 4, "<b>"))))

    assert len(drawn.findall(f".//{SVG}polyline")) == 4
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert {"More nodes", "<b>", "chain", "nodes"} <= set(texts)


def test_a_chart_stays_within_its_frame() -> None:
    drawn = ElementTree.fromstring(
        chart("t", "x", ["1", "2", "3"], [Panel(title="p", lines=[Line(label="a", values=[0.01, 5.0, 4999.0])])])
    )

    points = [tuple(map(float, pair.split(","))) for line in drawn.iter(f"{SVG}polyline") for pair in line.attrib["points"].split()]
    assert all(0 <= x <= 760 and 0 <= y <= 300 for x, y in points)
    assert points[0][1] > points[1][1] > points[2][1]


def test_a_wide_range_is_drawn_by_powers_of_ten() -> None:
    wide, narrow = Scale(min_value=1, max_value=900), Scale(min_value=10, max_value=40)

    assert wide.marks() == [1, 10, 100, 1000]
    assert narrow.marks()[0] == 0
    assert narrow.share(20) == narrow.share(40) / 2 <= 0.5


@pytest.mark.parametrize(("largest", "step"), [(3.2, 1.0), (45, 10.0), (900, 200.0), (0, 1.0)])
def test_steps_are_round(largest: float, step: float) -> None:
    assert round_step(largest) == step


@pytest.mark.parametrize(("value", "text"), [(0.25, "0.25"), (3.0, "3"), (3.26, "3.3"), (15.4, "15"), (1500, "1.5k"), (12_345, "12k")])
def test_labels_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_a_block_of_the_page_is_replaced_and_nothing_else() -> None:
    page = "before\n<!-- load -->\nold\n<!-- /load -->\nafter\n"

    once = with_blocks(page, {"load": "| new \\1 |"})

    assert once == "before\n<!-- load -->\n\n| new \\1 |\n\n<!-- /load -->\nafter\n"
    assert with_blocks(once, {"load": "| new \\1 |"}) == once
    with pytest.raises(ValueError, match="0 blocks called other"):
        with_blocks(page, {"other": ""})


def test_the_page_has_a_place_for_everything_that_is_written() -> None:
    blocks = suite_blocks([], [], {"processor": "p", "cores": 2, "memory_gib": 1, "system": "s", "python": "3"}, 3)

    written = with_blocks(PAGE.read_text(), {**blocks, "growth": growth_block([series(row(10, 1), row(100, 3))])})

    assert "![More nodes](growth-nodes.svg)" in written


@pytest.mark.parametrize(
    "flow",
    [
        flows.function_flow(),
        flows.chain_flow("http://127.0.0.1/v1"),
        flows.agent_flow("http://127.0.0.1/v1", window=20),
        flows.long_flow(30),
        flows.rag_flow("http://127.0.0.1/v1", "/tmp/x", "text"),
    ],
)
def test_every_measured_flow_runs_here(flow: dict[str, object]) -> None:
    verdict = check_flow(parse_flow(flow, name="f"), load_catalogue(), has_extra=lambda _: True, secret_fields=secret_fields())

    assert verdict.is_complete


def test_a_long_flow_has_as_many_nodes_as_it_says() -> None:
    assert len(flows.long_flow(300)["nodes"]) == 300
