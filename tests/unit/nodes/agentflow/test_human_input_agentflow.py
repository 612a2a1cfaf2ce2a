from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step, with_model

from flowisectl.errors import FlowError
from flowisectl.testing import ScriptedChatModel, run_context

FIXED = {"humanInputDescriptionType": "fixed", "humanInputDescription": "ok?", "humanInputEnableFeedback": True}
SAID = [{"role": "user", "content": "Q"}, {"role": "user", "content": "draft", "name": "llm"}]


async def test_the_question_follows_the_last_message_and_stops_the_run() -> None:
    context = run_context()

    result = await take_step("humanInputAgentflow", FIXED, context, chat_history=SAID)

    assert result.stops
    assert result.output == {"content": "draft\n\nok?"}
    assert result.chat_history == [{"role": "assistant", "content": "draft\n\nok?"}]
    assert result.input == {"messages": SAID, "humanInputEnableFeedback": True}
    assert context.events.text() == "draft\n\nok?"  # type: ignore[attr-defined]


async def test_there_is_a_question_even_when_nobody_wrote_one_or_said_anything() -> None:
    result = await take_step("humanInputAgentflow", {"humanInputDescriptionType": "fixed", "humanInputDescription": ""})

    assert result.output == {"content": "Do you want to proceed?"}


async def test_a_model_may_put_the_question() -> None:
    model = ScriptedChatModel("shall we?")
    inputs = {"humanInputDescriptionType": "dynamic", "humanInputModel": "chatScripted", "humanInputModelPrompt": "ask"}
    context = with_model(model)

    result = await take_step("humanInputAgentflow", inputs, context, chat_history=SAID)

    assert result.output == {"content": "shall we?"}
    assert model.calls[0].texts == [("user", "Q"), ("user", "draft"), ("user", "ask")]
    assert context.events.text() == "shall we?"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("human_input", "content", "fulfilled", "remembered"),
    [
        ({"type": "proceed", "startNodeId": "h", "feedback": ""}, "proceed", [True, False], None),
        ({"type": "reject", "startNodeId": "h", "feedback": "no"}, "no", [False, True], [{"role": "user", "content": "no"}]),
    ],
)
async def test_an_answer_chooses_the_branch(human_input: dict[str, Any], content: str, fulfilled: list[bool], remembered: Any) -> None:
    past = [{"role": "user", "content": "Q", "additional_kwargs": {"fileUploads": []}}]

    result = await take_step("humanInputAgentflow", FIXED, past=past, human_input=human_input)

    assert not result.stops
    assert result.output["content"] == content
    assert [condition["isFulfilled"] for condition in result.output["conditions"]] == fulfilled
    assert [condition["type"] for condition in result.output["conditions"]] == ["proceed", "reject"]
    assert all(("feedback" in condition) is bool(human_input["feedback"]) for condition in result.output["conditions"])
    assert result.chat_history == remembered
    assert result.input == {**human_input, "messages": [{"role": "user", "content": "Q"}, {"role": "user", "content": content}]}


async def test_another_answer_is_refused() -> None:
    with pytest.raises(FlowError, match="must be 'proceed' or 'reject', not 'maybe'"):
        await take_step("humanInputAgentflow", FIXED, human_input={"type": "maybe"})
