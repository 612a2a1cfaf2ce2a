"""Processes of two versions side by side: nobody is given an answer in a form that it has not said it can read."""

from __future__ import annotations

from importlib import metadata

import orjson
import pytest

from flowisectl.documents.request import UpsertResult
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.queue.packed import FORM, PLAIN, UnknownForm, answer_of
from flowisectl.worker.tasks import to_outcome

ANSWER = orjson.dumps({"text": "four", "agentFlowExecutedData": ["the same", "the same", "the same"] * 100})
OF_AN_OLD_MAIN = {"flow_id": "f", "flow_version": "v", "chat_id": "c", "message_id": "m", "body": {"question": "q"}}


def test_a_job_without_a_mark_is_answered_plainly() -> None:
    request = PredictionRequest.from_json(OF_AN_OLD_MAIN)

    stored = to_outcome(PredictionResult(body=ANSWER), request.reads).result

    assert request.reads == PLAIN
    assert stored.endswith(b"\n" + ANSWER)
    assert b"packed" not in stored.partition(b"\n")[0]


def test_a_job_with_the_mark_is_answered_packed() -> None:
    request = PredictionRequest.from_json({**OF_AN_OLD_MAIN, "reads": FORM})

    stored = to_outcome(PredictionResult(body=ANSWER), request.reads).result

    assert orjson.loads(stored.partition(b"\n")[0])["packed"] == FORM
    assert len(stored) < len(ANSWER) / 3


def test_a_mark_of_a_newer_main_is_no_reason_to_write_what_this_version_does_not_know() -> None:
    stored = PredictionResult(body=ANSWER).to_bytes(reads=FORM + 5)

    assert PredictionResult.from_bytes(stored).body == ANSWER


@pytest.mark.parametrize("kind", [PredictionResult, UpsertResult])
def test_a_form_of_a_newer_worker_is_named_with_the_job_and_the_version(kind: type[PredictionResult | UpsertResult]) -> None:
    stored = b'{"error":"","kind":"","status":200,"packed":2}\n' + b"what will be"

    with pytest.raises(UnknownForm) as told:
        kind.from_bytes(stored, "job-7")

    for part in ("job-7", "form 2", metadata.version("flowisectl"), "upgrade"):
        assert part in told.value.message


def test_people_are_told_that_an_answer_has_a_newer_form() -> None:
    shown = answer_of(b'{"error":"","kind":"","status":200,"packed":2}\n' + b"what will be").decode()

    assert "form 2" in shown
    assert "what will be" not in shown
