from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import LogSettings
from flowisectl.observability.logging import masked, open_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def test_elsewhere_than_on_a_terminal_a_line_is_json_with_the_ids_of_the_run() -> None:
    stream = io.StringIO()
    open_logging(LogSettings(), "worker", stream=stream)

    logging.getLogger("flowisectl.x").warning("job %s took long", "j1", extra={"job": "j1", "flow": "f1"})

    line = json.loads(stream.getvalue())
    assert (line["level"], line["role"], line["logger"], line["message"]) == ("warning", "worker", "flowisectl.x", "job j1 took long")
    assert (line["job"], line["flow"]) == ("j1", "f1")
    assert line["time"].endswith("Z")


def test_on_a_terminal_a_line_is_for_people() -> None:
    stream = Terminal()
    open_logging(LogSettings(), "main", stream=stream)

    logging.getLogger("x").info("listening")

    assert stream.getvalue().rstrip().endswith("[INFO]: main: listening")


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("error", ["e"]),
        ("warn", ["e", "w"]),
        ("info", ["e", "w", "i"]),
        ("verbose", ["e", "w", "i", "v"]),
        ("debug", ["e", "w", "i", "v", "d"]),
    ],
)
def test_the_level_decides_what_is_seen(level: str, seen: list[str]) -> None:
    stream = io.StringIO()
    open_logging(LogSettings(level=level), "main", stream=stream)
    log = logging.getLogger("x")

    for number, text in ((40, "e"), (30, "w"), (20, "i"), (15, "v"), (10, "d")):
        log.log(number, text)

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == seen


def test_debug_shows_everything_but_not_the_libraries_chatter() -> None:
    stream = io.StringIO()
    open_logging(LogSettings(debug=True), "main", stream=stream)

    logging.getLogger("x").debug("mine")
    logging.getLogger("aiosqlite").debug("theirs")

    assert "mine" in stream.getvalue()
    assert "theirs" not in stream.getvalue()


def test_files_get_json_too(tmp_path: Path) -> None:
    open_logging(LogSettings(path=tmp_path / "logs"), "main", stream=io.StringIO())

    logging.getLogger("x").info("to a file")

    assert json.loads((tmp_path / "logs" / "main.log").read_text(encoding="utf8"))["message"] == "to a file"


def test_an_error_comes_with_its_traceback_and_without_its_secret() -> None:
    stream = io.StringIO()
    open_logging(LogSettings(), "main", stream=stream)

    try:
        raise RuntimeError("could not reach redis://user:hunter2@host:6379")
    except RuntimeError:
        logging.getLogger("x").exception("failed")

    line = json.loads(stream.getvalue())
    assert "RuntimeError" in line["error"]
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer abcdef123456", "api_key=abcdef123456", '"apiKey": "abcdef123456"', "sk-abcdef123456", "password: abcdef123456",
     "postgres://u:abcdef123456@h/db", "token=abcdef123456&x=1"],
)  # fmt: skip
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert "abcdef123456" not in masked(text)


@pytest.mark.parametrize(
    "text", ["flow 6f0c1f5e-8a83-4b7e-9d7f-2f1f4dd0a111 took 3 ms", "listening on http://localhost:3000", "40 tokens streamed"]
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert masked(text) == text
