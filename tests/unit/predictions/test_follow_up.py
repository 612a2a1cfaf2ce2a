"""Follow-up questions: which model is asked what, and that an answer never suffers from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowisectl.errors import ProviderError
from flowisectl.predictions.error_text import KEY_ADVICE, shown_error
from flowisectl.predictions.follow_up import MOST, PROVIDERS, follow_up_questions
from flowisectl.testing import InMemoryFactory, ScriptedChatModel, run_context
from flowisectl.texts.text import BuiltInTexts

QUESTIONS = '{"questions": ["And the second?", " ", "Why three?"]}'


def settings(provider: str = "chatOpenAI", **chosen: Any) -> dict[str, Any]:
    return {"status": True, "selectedProvider": provider, provider: {"credentialId": "cred", "modelName": "small", **chosen}}


@pytest.mark.parametrize(("provider", "node"), PROVIDERS.items())
async def test_the_chosen_model_reads_the_answer(provider: str, node: str) -> None:
    model = ScriptedChatModel(QUESTIONS)
    nodes = InMemoryFactory(**{node: lambda inputs, context: model})
    context = run_context(nodes=nodes)

    found = await follow_up_questions(settings(provider, prompt="Ask about: {history}", temperature="0.4"), "one two three", context)

    assert found == ["And the second?", "Why three?"]
    inputs = {"modelName": "small", "temperature": "0.4", "streaming": False}
    assert nodes.built == [(node, inputs, "followUpPrompts", "cred")]
    assert model.calls[0].texts == [("user", "Ask about: one two three")]
    assert model.calls[0].options.json_schema is not None


async def test_without_a_prompt_of_its_own_the_answer_is_read_all_the_same() -> None:
    model = ScriptedChatModel(QUESTIONS)

    await follow_up_questions(settings(), "ANSWER", run_context(nodes=InMemoryFactory(chatOpenAI=lambda *_: model)))

    assert "ANSWER" in model.calls[0].texts[0][1]


async def test_without_a_prompt_of_its_own_the_operators_words_are_used() -> None:
    model = ScriptedChatModel(QUESTIONS)
    texts = BuiltInTexts(replaced={"follow-up-questions": "After {history}?"})

    await follow_up_questions(settings(), "ANSWER", run_context(nodes=InMemoryFactory(chatOpenAI=lambda *_: model), texts=texts))

    assert model.calls[0].texts == [("user", "After ANSWER?")]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {**settings(), "status": False},
        {"status": True, "selectedProvider": "nobody", "nobody": {}},
        {"status": True, "selectedProvider": "chatOpenAI"},
        {"status": True, "selectedProvider": "chatOpenAI", "chatOpenAI": "x"},
    ],
)
async def test_a_flow_that_wants_none_asks_no_model(wrong: dict[str, Any]) -> None:
    assert await follow_up_questions(wrong, "answer", run_context(nodes=InMemoryFactory())) == []


async def test_an_empty_answer_and_a_tool_call_ask_no_model() -> None:
    context = run_context(nodes=InMemoryFactory())

    assert await follow_up_questions(settings(), "  ", context) == []
    assert await follow_up_questions(settings(), "answer", replace(context, is_tool_call=True)) == []


@pytest.mark.parametrize(
    "said",
    [
        "no JSON at all",
        '{"questions": "x"}',
        '{"other": []}',
        '{"questions": [1, null]}',
        ProviderError("the provider is away", provider="chatOpenAI"),
    ],
)
async def test_a_model_that_fails_gives_no_questions(said: Any) -> None:
    context = run_context(nodes=InMemoryFactory(chatOpenAI=lambda *_: ScriptedChatModel(said)))

    assert await follow_up_questions(settings(), "answer", context) == []


async def test_an_unknown_model_gives_no_questions() -> None:
    assert await follow_up_questions(settings(), "answer", run_context(nodes=InMemoryFactory())) == []


async def test_the_number_of_questions_is_bounded() -> None:
    many = '{"questions": [' + ",".join(['"q"'] * 50) + "]}"

    found = await follow_up_questions(settings(), "a", run_context(nodes=InMemoryFactory(chatOpenAI=lambda *_: ScriptedChatModel(many))))

    assert len(found) == MOST


def test_a_refused_key_is_told_with_advice_and_other_errors_stay() -> None:
    assert shown_error("Error: x - 401 Incorrect API key provided: sk-1") == KEY_ADVICE
    assert KEY_ADVICE.startswith("401 Unauthorized – check your API key")
    assert shown_error("Error: x - no luck") == "Error: x - no luck"
