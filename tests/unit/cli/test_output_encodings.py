"""Commands speak on streams whose encoding does not have all characters, as under the locale POSIX or a Latin-1 one."""

from __future__ import annotations

import io
import json
import sys

import pytest
from test_views import status_of

from flowisectl.cli import output
from flowisectl.cli.views.status import status_view


def latin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Make standard output as a terminal of Latin-1 has it; gives what arrives there."""
    arrived = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(arrived, encoding="latin-1", write_through=True))
    return arrived


def test_a_view_has_question_marks_for_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = latin(monkeypatch)

    output.show(status_view(status_of()))

    text = arrived.getvalue().decode("latin-1")
    assert "? all is well" in text and "ready" in text


def test_json_is_utf_8_where_the_encoding_does_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = latin(monkeypatch)

    output.write_json({"flow": "天気 ✓"})
    output.write_line("plain")

    assert json.loads(arrived.getvalue().decode("utf-8").removesuffix("plain\n")) == {"flow": "天気 ✓"}


def test_an_answer_goes_on_where_a_character_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = latin(monkeypatch)

    for piece in ("Grüße", " an ", "天気"):
        output.write_piece(piece)

    assert arrived.getvalue().decode("latin-1") == "Grüße an ??"
