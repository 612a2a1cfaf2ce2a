"""The file of texts that take the place of built-in ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowisectl.texts.conversations import AGENTFLOW_SUMMARY
from flowisectl.texts.file import MOST_BYTES, BrokenTexts, read_texts
from flowisectl.texts.server import IP_ADVICE, PRICING


def test_what_the_file_names_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({"agentflow-summary": "Sum up – {conversation}", "pricing": [{"title": "Free"}]}), "utf8")

    texts = read_texts(file)

    assert texts.of(AGENTFLOW_SUMMARY) == "Sum up – {conversation}"
    assert [*texts.rows(PRICING)] == [{"title": "Free"}]
    assert texts.of(IP_ADVICE) == IP_ADVICE.ours


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"agentflow-sumary": "{conversation}"}', "no built-in text 'agentflow-sumary': do you mean agentflow-summary"),
        (b'{"zzz": "x"}', "texts list"),
        (b'{"conversation-summary": "Go on from {summary}"}', r"'conversation-summary' cannot be used: it lacks \{new_lines\}"),
        (b'{"pricing": "free"}', "'pricing' cannot be used: it must be a list"),
        (b" " * (MOST_BYTES + 1), "larger than 1 MB"),
        (b"\xff\xfe", "it is not JSON"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "texts.json"
    file.write_bytes(content)

    with pytest.raises(BrokenTexts, match=told):
        read_texts(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenTexts, match="cannot be read: No such file"):
        read_texts(tmp_path / "none.json")
