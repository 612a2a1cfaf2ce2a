"""What `flowisectl predict --stream` prints: the answer, and its line ended whatever comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flowisectl.cli.app import run
from flowisectl.cli.failure import CommandFailed
from flowisectl.cli.prediction_client import Event, PredictionClient

FLOW = "00000000-0000-4000-8000-000000000000"


def streams(monkeypatch: pytest.MonkeyPatch, *words: str, fails: bool = False) -> None:
    def stream(self: PredictionClient, flow_id: str, body: Any) -> Iterator[Event]:
        yield Event("start", "", "")
        for word in words:
            yield Event("token", word, "")
        if fails:
            raise CommandFailed("no luck")

    monkeypatch.setattr(PredictionClient, "stream", stream)


@pytest.mark.parametrize(
    ("words", "fails", "printed", "said"),
    [
        (("Hel", "lo"), False, "Hello\n", ""),
        (("Hel",), True, "Hel\n", "flowisectl: no luck\n"),
        ((), True, "", "flowisectl: no luck\n"),
    ],
    ids=["an answer", "an answer that breaks off", "no answer"],
)
def test_a_failure_stands_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], fails: bool, printed: str, said: str
) -> None:
    streams(monkeypatch, *words, fails=fails)

    status = run(["predict", FLOW, "hi", "--stream", "--url", "http://127.0.0.1:9"])

    seen = capsys.readouterr()
    assert (seen.out, seen.err, status) == (printed, said, int(fails))
