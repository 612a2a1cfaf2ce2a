from __future__ import annotations

from agentflow_steps import take_step

from flowisectl.engine.context import RunRequest
from flowisectl.testing import run_context


async def test_a_chat_begins_with_its_question() -> None:
    result = await take_step("startAgentflow", {"startInputType": "chatInput"})

    assert (result.input, result.output) == ({"question": "Q"}, {"question": "Q"})
    assert result.chat_history is None


async def test_the_state_begins_with_the_configured_values_under_the_kept_ones() -> None:
    rows = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}, {"key": "", "value": "x"}]

    result = await take_step("startAgentflow", {"startInputType": "chatInput", "startState": rows}, state={"b": "kept"})

    assert result.state == {"a": "1", "b": "kept"}


async def test_the_state_may_come_as_json_text() -> None:
    result = await take_step("startAgentflow", {"startInputType": "chatInput", "startState": '[{"key": "a", "value": "1"}]'})

    assert result.state == {"a": "1"}


async def test_marks_for_memory_and_state_are_told() -> None:
    result = await take_step("startAgentflow", {"startInputType": "chatInput", "startEphemeralMemory": "true", "startPersistState": True})

    assert result.output == {"question": "Q", "ephemeralMemory": True, "persistState": True}


async def test_a_form_that_comes_with_the_request_is_newer_than_the_session_s() -> None:
    context = run_context(request=RunRequest(form={"a": 1}))
    inputs = {"startInputType": "formInput", "formTitle": "T", "formDescription": "D", "formInputTypes": [{"name": "a"}]}

    sent = await take_step("startAgentflow", inputs, context, input="a: 1", form={"a": "old"})
    kept = await take_step("startAgentflow", inputs, input="question", form={"a": "old"})

    assert sent.output == {"form": "a: 1"}
    assert kept.output == {"form": {"a": "old"}}
    assert sent.input == {"form": {"title": "T", "description": "D", "inputs": [{"name": "a"}]}}


async def test_a_webhook_shows_its_payload_and_the_question_made_of_it() -> None:
    result = await take_step("startAgentflow", {"startInputType": "webhookTrigger"}, webhook={"body": {"x": 1}})

    assert result.output == {"webhook": {"body": {"x": 1}}, "question": "Q"}


async def test_a_schedule_begins_with_its_question_or_its_form() -> None:
    context = run_context(request=RunRequest(form={"a": 1}, has_question=False, is_scheduled=True))
    fields = [{"name": "a"}]

    asked = await take_step("startAgentflow", {"startInputType": "scheduleInput"})
    filled = await take_step("startAgentflow", {"startInputType": "scheduleInput", "scheduleFormInputTypes": fields}, context, input="a: 1")

    assert asked.output == {"question": "Q"}
    assert filled.output == {"form": "a: 1"}
    assert filled.input["form"]["inputs"] == fields


async def test_a_resume_has_no_question() -> None:
    result = await take_step("startAgentflow", {"startInputType": "chatInput"}, input=None)

    assert result.output == {}
