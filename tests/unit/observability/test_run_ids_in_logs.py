"""Every line of a run carries the run's ids; a line of nothing carries none."""

from __future__ import annotations

import asyncio
import contextvars
import io
import json
import logging

import pytest

from config.settings import LogSettings
from flowisectl.observability.last_error import watch_errors
from flowisectl.observability.logging import LineFormatter, open_logging
from flowisectl.observability.run_ids import RunIdsFilter, set_run_ids

log = logging.getLogger("flowisectl.some.module")


@pytest.fixture(autouse=True)
def own_root_handlers():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


async def test_lines_of_two_runs_at_once_carry_their_own_ids() -> None:
    stream = io.StringIO()
    open_logging(LogSettings(), "worker", stream=stream)

    async def run(job: str) -> None:
        set_run_ids(job=job, worker="w")
        await asyncio.sleep(0)
        set_run_ids(flow=f"flow-{job}", chat="c")
        await asyncio.create_task(deeper())

    async def deeper() -> None:
        log.warning("something")

    await asyncio.gather(run("one"), run("two"))
    log.warning("outside")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {(line.get("job"), line.get("flow"), line.get("chat"), line.get("worker")) for line in lines[:2]} == {
        ("one", "flow-one", "c", "w"),
        ("two", "flow-two", "c", "w"),
    }
    assert "job" not in lines[2]


def test_on_a_terminal_the_beginnings_of_the_ids_stand_behind_the_text() -> None:
    def said() -> str:
        set_run_ids(job="0123456789abcdef", flow="fedcba9876543210", chat="chat")
        record = logging.makeLogRecord({"msg": "hello", "levelname": "INFO"})
        RunIdsFilter().filter(record)
        return LineFormatter("worker").format(record)

    assert contextvars.copy_context().run(said).endswith("worker: hello  [job=01234567 flow=fedcba98 chat=chat]")


def test_the_last_error_is_kept_in_one_line_without_secrets() -> None:
    watcher = watch_errors()

    try:
        raise ValueError("password=hunter2hunter2\nand more")
    except ValueError:
        log.exception("it failed")
    log.warning("not an error")

    assert watcher.text.startswith("it failed (ValueError: password=********")
    assert "hunter2" not in watcher.text and "\n" not in watcher.text
    assert watcher.at_ms > 0
