"""`flowisectl texts`, and what a broken file of texts does to other commands."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.settings import EngineSettings, Settings
from flowisectl.cli.takeover.way_back import differences
from flowisectl.texts.server import IP_ADVICE

Run = Callable[..., Any]


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of texts that is in force."""
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({"ip-advice": "Ask your provider.", "pricing": [{"title": "Free"}]}), "utf8")
    monkeypatch.setenv("BUILT_IN_TEXTS_PATH", str(file))
    return file


@pytest.fixture
def flowise(tmp_path: Path) -> Path:
    """A folder with a package that has one of the texts."""
    folder = tmp_path / "their" / "node_modules" / "flowise"
    (folder / "dist" / "utils").mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "flowise", "version": "5.5.5"}', "utf8")
    (folder / "dist" / "utils" / "prompt.js").write_text("exports.ASSISTANT_PROMPT_GENERATOR = `Please do {{task}}.`;", "utf8")
    return tmp_path / "their"


def test_the_list_says_whose_each_text_is(flowisectl: Run, texts: Path) -> None:
    ended = flowisectl("texts", "list")

    assert ended.status == 0
    assert "● ip-advice" in ended.out and "  route-question" in ended.out
    assert "2 replaced" in ended.out
    rows = {row["name"]: row for row in json.loads(flowisectl("texts", "list", "--json").out)}
    assert rows["ip-advice"]["isReplaced"] and not rows["route-question"]["isReplaced"]


def test_without_a_file_all_are_ours(flowisectl: Run) -> None:
    assert "all are flowisectl's own" in flowisectl("texts", "list").out
    assert flowisectl("texts", "show", "ip-advice").out == f"{IP_ADVICE.ours}\n"


def test_a_text_is_shown_as_it_is_in_force(flowisectl: Run, texts: Path) -> None:
    assert flowisectl("texts", "show", "ip-advice").out == "Ask your provider.\n"
    assert flowisectl("texts", "show", "ip-advice", "--ours").out == f"{IP_ADVICE.ours}\n"
    assert json.loads(flowisectl("texts", "show", "pricing").out) == [{"title": "Free"}]
    assert json.loads(flowisectl("texts", "show", "sql-query", "--json").out)["placeholders"] == ["table_info", "input"]


def test_an_unknown_name_is_told(flowisectl: Run) -> None:
    ended = flowisectl("texts", "show", "nothing")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "flowisectl: there is no built-in text nothing: `flowisectl texts list` shows the names\n"


def test_texts_are_taken_over_into_a_file_that_others_cannot_read(flowisectl: Run, flowise: Path, tmp_path: Path) -> None:
    ended = flowisectl("texts", "take-over", str(flowise), "--out", "mine.json")

    file = tmp_path / "mine.json"
    assert ended.status == 1  # one of them was found, the others were not
    assert json.loads(file.read_bytes()) == {"assistant-instruction": "Please do {task}."}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "✓ assistant-instruction       flowise 5.5.5, dist/utils/prompt.js" in ended.out
    assert "✗ ip-advice" in ended.out
    assert ended.out.endswith(f"BUILT_IN_TEXTS_PATH={file}\n")


def test_what_was_taken_over_can_be_used(flowisectl: Run, flowise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flowisectl("texts", "take-over", str(flowise))
    monkeypatch.setenv("BUILT_IN_TEXTS_PATH", "flowise-texts.json")

    assert flowisectl("texts", "show", "assistant-instruction").out == "Please do {task}.\n"


def test_every_text_that_was_found_makes_it_a_success(flowisectl: Run, flowise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowisectl.texts import anchors

    wanted = tuple(anchor for anchor in anchors.ANCHORS if anchor.text.name == "assistant-instruction")
    monkeypatch.setattr("flowisectl.texts.taking_over.take_over.__defaults__", (wanted,))

    ended = flowisectl("texts", "take-over", str(flowise), "--json")

    assert ended.status == 0
    assert [row["isFound"] for row in json.loads(ended.out)] == [True]


def test_a_file_that_is_there_is_kept(flowisectl: Run, flowise: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}", "utf8")

    refused = flowisectl("texts", "take-over", str(flowise), "--out", "mine.json")
    forced = flowisectl("texts", "take-over", str(flowise), "--out", "mine.json", "--force")

    assert (refused.status, refused.err) == (
        1,
        "flowisectl: mine.json is there already: name another file with --out, or overwrite it with --force\n",
    )
    assert forced.status == 1 and "assistant-instruction" in (tmp_path / "mine.json").read_text("utf8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "their"]


@pytest.mark.parametrize(("folder", "told"), [("nowhere", "there is no such folder"), (".", "holds none of the texts")])
def test_a_folder_without_flowise_is_told(flowisectl: Run, tmp_path: Path, folder: str, told: str) -> None:
    ended = flowisectl("texts", "take-over", folder)

    assert (ended.status, ended.out) == (1, "")
    assert told in ended.err
    assert not (tmp_path / "flowise-texts.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [("start",), ("start", "--role", "all-in-one"), ("start-worker",), ("start-worker", "--processes", "2"), ("texts", "list")],
    ids=" ".join,
)
def test_nothing_starts_with_a_broken_file(flowisectl: Run, texts: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    texts.write_text('{"agentflow-summary": "Sum up."}', "utf8")

    ended = flowisectl(*arguments)

    assert ended.status == 2
    assert ended.err == (
        f"flowisectl: BUILT_IN_TEXTS_PATH='{texts}' is not allowed: "
        "the text 'agentflow-summary' cannot be used: it lacks {conversation}\n"
    )
    assert not (tmp_path / "data").exists()


def test_doctor_reads_the_file(flowisectl: Run, texts: Path) -> None:
    def texts_row() -> dict[str, str]:
        return next(row for row in json.loads(flowisectl("doctor", "--json").out) if row["what"] == "texts")

    assert texts_row() == {"level": "ok", "what": "texts", "text": f"2 of {texts} take the place of built-in ones"}
    texts.write_text("[]", "utf8")
    assert texts_row()["level"] == "broken" and "must be a JSON object" in texts_row()["text"]


def test_somebody_who_moves_is_told_of_the_words_until_theirs_are_in_force(texts: Path) -> None:
    told = [differences(settings) for settings in (Settings(), Settings(engine=EngineSettings(texts_path=texts)))]

    assert ["texts take-over" in " ".join(lines) for lines in told] == [True, False]
