"""The rows and the metadata of an answered prediction."""

from __future__ import annotations

import uuid
from dataclasses import replace

import orjson
import pytest

from flowisectl.engine.agentflow.messages import prepended_messages
from flowisectl.engine.context import RunRequest
from flowisectl.engine.result import FlowResult
from flowisectl.errors import InvalidRequest
from flowisectl.predictions.messages import message_rows, metadata_of, user_message_id
from flowisectl.predictions.question import question_content, question_text
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import to_response, to_run_request

REQUEST = PredictionRequest(
    flow_id="11111111-1111-4111-8111-111111111111",
    flow_version="v1",
    chat_id="chat",
    message_id="22222222-2222-4222-8222-222222222222",
    body={"question": "why?"},
    accepted_ms=1_763_900_000_123,
)


def test_a_prediction_that_runs_twice_makes_the_same_two_ids() -> None:
    result = FlowResult(text="because", user_content="why?")

    first = message_rows(REQUEST, RunRequest(question="why?"), result, "session")
    second = message_rows(REQUEST, RunRequest(question="why?"), result, "session")

    assert [row["id"] for row in first] == [row["id"] for row in second]
    assert first[0]["id"] != first[1]["id"]
    assert uuid.UUID(user_message_id(REQUEST.message_id)).version == 4


def test_the_question_keeps_the_time_at_which_it_was_accepted() -> None:
    user, answer = message_rows(REQUEST, RunRequest(), FlowResult(text="a", user_content="q"), "s")

    assert user["createdDate"] == "2025-11-23T12:13:20.123Z"
    assert user["role"] == "userMessage"
    assert answer["id"] == REQUEST.message_id


def test_an_empty_list_of_documents_is_kept_and_what_is_absent_is_null() -> None:
    found = FlowResult(text="a", stored={"sourceDocuments": [], "followUpPrompts": []})

    _, answer = message_rows(REQUEST, RunRequest(), found, "s")
    _, plain = message_rows(REQUEST, RunRequest(), FlowResult(text="a"), "s")

    assert (answer["sourceDocuments"], answer["followUpPrompts"]) == ([], None)
    assert plain["sourceDocuments"] is None


def test_metadata_says_only_what_there_is_and_decodes_follow_up_prompts_once() -> None:
    result = FlowResult(text="t", fields={"text": "t"}, stored={"followUpPrompts": ["more?"]}, is_stream_valid=True)
    response = to_response("CHATFLOW", REQUEST.body, REQUEST, result, "session")

    metadata = metadata_of(response)

    assert metadata == {
        "chatId": "chat",
        "chatMessageId": REQUEST.message_id,
        "question": "why?",
        "sessionId": "session",
        "followUpPrompts": '["more?"]',
    }
    assert orjson.loads(orjson.loads(response["followUpPrompts"])) == ["more?"]


def test_an_agentflow_answers_without_members_of_chatflows() -> None:
    result = FlowResult(text="t", fields={"text": "t", "question": "why?", "executionId": "e", "agentFlowExecutedData": []})

    response = to_response("AGENTFLOW", REQUEST.body, REQUEST, result, "session")

    assert list(response) == ["text", "question", "chatId", "chatMessageId", "executionId", "agentFlowExecutedData", "sessionId"]


def test_an_agentflow_gives_the_question_back_as_it_was_sent() -> None:
    result = FlowResult(text="t", fields={"text": "t", "question": "5"})

    assert to_response("AGENTFLOW", {"question": 5}, REQUEST, result, "session")["question"] == 5
    nothing = to_response("AGENTFLOW", {"question": None}, REQUEST, FlowResult(text="t", fields={"text": "t"}), "session")
    assert list(nothing)[:3] == ["text", "question", "chatId"] and nothing["question"] is None


def test_a_list_of_uploads_that_was_sent_empty_is_kept_as_such() -> None:
    user, _ = message_rows(replace(REQUEST, body={"uploads": []}), RunRequest(), FlowResult(text="a"), "s")
    other, _ = message_rows(REQUEST, RunRequest(), FlowResult(text="a"), "s")

    assert (user["fileUploads"], other["fileUploads"]) == ([], None)


def test_members_of_a_wrong_type_count_as_absent() -> None:
    run = to_run_request("CHATFLOW", {"question": 7, "history": "no", "form": [1], "overrideConfig": "x", "leadEmail": 3}, (), "")

    assert run.question == "7"
    assert run.history == ()
    assert run.form is None
    assert run.override_config == {}
    assert run.lead_email is None


def test_a_question_that_is_no_text_is_asked_as_json_and_kept_as_javascript_prints_it() -> None:
    assert [question_text(value) for value in ("a", None, 5, {"a": 1}, [1, "b"])] == ["a", "null", "5", '{"a":1}', '[1,"b"]']
    values = (None, 5, True, {"a": 1}, [1, "b", None])
    assert [question_content(value) for value in values] == ["", "5", "1", "[object Object]", "[object Object]"]


def test_a_history_that_is_no_list_is_handed_on_to_agentflows_to_be_refused() -> None:
    assert to_run_request("AGENTFLOW", {"history": ""}, (), "").history == ()
    with pytest.raises(InvalidRequest, match="Invalid history format"):
        prepended_messages(to_run_request("AGENTFLOW", {"history": "no"}, (), "").history)


def test_a_null_question_counts_for_a_chatflow_only() -> None:
    assert to_run_request("CHATFLOW", {"question": None}, (), "").has_question is True
    assert to_run_request("AGENTFLOW", {"question": None}, (), "").has_question is False
    assert to_run_request("CHATFLOW", {}, (), "").has_question is False
