"""`scripts/bench` as one person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"
ROW = "200-token stream, 64 clients"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bench reads Linux' accounts of processes"),
]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(BENCH), *arguments], capture_output=True, text=True, check=False)


def test_a_stream_is_measured_with_all_its_tokens(tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    done = bench("--quick", "--rounds", "1", "--only", ROW, "--json", str(out))

    assert done.returncode == 0, done.stderr
    data = json.loads(out.read_text())
    assert [row["name"] for row in data["rows"]] == [ROW]
    figures = data["rows"][0]["median"]
    assert figures["errors"] == figures["broken_streams"] == figures["tokens_lost"] == 0
    assert min(figures[name] for name in ("cpu_main_ms", "cpu_worker_ms", "cpu_redis_ms", "rss_main_mib", "first_token_ms")) > 0
    assert ROW in done.stdout


def test_the_guard_fails_when_a_row_costs_far_more_than_was_recorded(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    mine = ("--rounds", "1", "--only", ROW, "--baseline", str(baseline))

    recorded = bench("--record", *mine)
    assert recorded.returncode == 0, recorded.stderr
    data = json.loads(baseline.read_text())
    baseline.write_text(json.dumps({**data, "cpu_ms": {ROW: data["cpu_ms"][ROW] / 10}}))
    grown = bench("--guard", *mine)

    assert grown.returncode == 1, grown.stderr
    assert "worse" in grown.stdout
    baseline.write_text(json.dumps({**data, "cpu_ms": {ROW: data["cpu_ms"][ROW] * 2}}))
    assert bench("--guard", *mine).returncode == 0


def test_a_row_that_is_not_there_is_named() -> None:
    done = bench("--quick", "--only", "no such row")

    assert done.returncode != 0
    assert "no such row" in done.stderr
