from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step, with_model

from flowisectl.engine.agentflow.step import StepResult
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.testing import ScriptedChatModel
from flowisectl.texts.text import BuiltInTexts

SCENARIOS = [{"scenario": "Asks about money"}, {"scenario": "Asks for help"}]


async def choose(answer: str | ChatReply, scenarios: Any = SCENARIOS, model: ScriptedChatModel | None = None, **fields: Any) -> StepResult:
    inputs = {
        "conditionAgentModel": "chatScripted",
        "conditionAgentInput": "Q",
        "conditionAgentInstructions": "decide",
        "conditionAgentScenarios": scenarios,
        "conditionAgentEnableMemory": True,
        **fields.pop("inputs", {}),
    }
    context = fields.pop("context", None) or with_model(model or ScriptedChatModel(answer))
    return await take_step("conditionAgentAgentflow", inputs, context, **fields)


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ('{"output": "Asks for help"}', 1),
        ('{"output": "asks about MONEY"}', 0),
        ('```json\n{"output": "Asks about money"}\n```', 0),
        ('Sure: {"output": "Asks about"}', 0),
        ('{"output": "help"}', 1),
        ('{"output": "The user Asks about money today"}', 0),
        ('{"output": "something else"}', 1),
    ],
)
async def test_an_answer_means_the_scenario_that_fits_best_or_the_last(answer: str, chosen: int) -> None:
    result = await choose(answer)

    assert [condition["isFulfilled"] for condition in result.output["conditions"]] == [index == chosen for index in range(2)]
    assert [condition["output"] for condition in result.output["conditions"]] == ["Asks about money", "Asks for help"]
    assert result.output["content"] == answer


@pytest.mark.parametrize("answer", ["no data", '{"other": 1}', '{"output": 5}', ""])
async def test_an_answer_without_a_scenario_fails_with_what_the_model_said(answer: str) -> None:
    with pytest.raises(FlowError, match=r"^Error in Condition Agent node: Failed to parse a valid scenario") as caught:
        await choose(answer)

    assert str(caught.value).endswith(f'Raw LLM Response: "{answer}"')


async def test_the_model_gets_its_task_an_example_the_past_and_the_question() -> None:
    model = ScriptedChatModel('{"output": "Asks for help"}')

    result = await choose("", model=model, past=[{"role": "user", "content": "before"}])

    roles = [role for role, _ in model.calls[0].texts]
    assert roles == ["system", "user", "assistant", "user", "user"]
    assert "**Scenarios**" in model.calls[0].texts[0][1]
    assert model.calls[0].texts[2][1].startswith('```json\n{"output": ')
    assert model.calls[0].texts[3:] == [
        ("user", "before"),
        ("user", '{"input": Q, "scenarios": ["Asks about money","Asks for help"], "instruction": decide}'),
    ]
    shown = "### Input\nQ\n\n### Scenarios\n1. Asks about money\n2. Asks for help\n\n### Instruction\ndecide"
    assert result.input == {"messages": [{"role": "user", "content": "before"}, {"role": "user", "content": shown}]}
    assert not model.calls[0].streamed


async def test_the_prompt_and_its_example_are_those_that_the_flow_carries() -> None:
    model = ScriptedChatModel('{"output": "Asks for help"}')
    example = '<p><strong>Input</strong>: <code>{"input": "i"}</code></p><p><strong>Output</strong>: <code>{"output": "o"}</code></p>'
    default = f"<p>Sort it.</p>{example}"

    await choose("", model=model, params={"conditionAgentSystemPrompt": {"default": default}})

    assert model.calls[0].texts[0][1].startswith("Sort it.")
    assert model.calls[0].texts[1:3] == [("user", '{"input": "i"}'), ("assistant", '```json\n{"output": "o"}\n```')]


async def test_a_flow_that_carries_no_prompt_gets_the_operators() -> None:
    model = ScriptedChatModel('{"output": "Asks for help"}')
    texts = BuiltInTexts(replaced={"condition-agent": "<p>Sort it.</p>"})

    await choose("", context=with_model(model, texts=texts))

    assert model.calls[0].texts[0] == ("system", "Sort it.")
    assert model.calls[0].texts[2][1].startswith('```json\n{"output": ')  # the example of ours: theirs shows none


@pytest.mark.parametrize(("override", "prompt"), [(True, "mine"), (False, None)])
async def test_a_prompt_of_one_s_own_counts_only_when_it_is_switched_on(override: bool, prompt: str | None) -> None:
    model = ScriptedChatModel('{"output": "Asks for help"}')

    await choose("", model=model, inputs={"conditionAgentOverrideSystemPrompt": override, "conditionAgentSystemPrompt": "mine"})

    assert (model.calls[0].texts[0][1] == "mine") is (prompt is not None)


async def test_only_the_first_node_leaves_the_question_in_the_history() -> None:
    first = await choose('{"output": "help"}')
    later = await choose('{"output": "help"}', chat_history=[{"role": "user", "content": "x"}])

    assert first.chat_history == [{"role": "user", "content": "Q"}]
    assert later.chat_history == []


async def test_a_node_without_scenarios_says_so() -> None:
    with pytest.raises(FlowError, match="has no scenarios"):
        await choose("", scenarios=[])


async def test_the_choice_comes_with_what_the_model_told() -> None:
    reply = ChatReply(text='{"output": "help"}', usage={"total_tokens": 5}, response_metadata={"finish_reason": "stop"})

    output = (await choose(reply)).output

    assert (output["usageMetadata"], output["responseMetadata"]) == ({"total_tokens": 5}, {"finish_reason": "stop"})


async def test_the_prompt_that_a_flow_carries_has_the_spelling_that_models_know() -> None:
    model = ScriptedChatModel('{"output": "Asks for help"}')
    default = (
        "<p>Sort it.</p>\n  <ul><li><strong>A</strong>: one</li><li>two</li></ul><h2>Form</h2>"
        '<p>Say <code>{"output": "<the_choice>"}</code> only.</p><h2>Ways</h2>'
        '<ol><li><p>Input: <code>{"a": 1}</code></p><p>Output: <code>{"b": 2}</code></p></li><li>last</li></ol>'
    )

    await choose("", model=model, params={"conditionAgentSystemPrompt": {"default": default}})

    assert model.calls[0].texts[0][1] == (
        'Sort it.\n\n* **A**: one\n* two\n\n## Form\n\nSay {"output": ""} only. \n\n## Ways\n\n'
        '1. Input: `{"a": 1}`  \nOutput: `{"b": 2}`\n2. last'
    )
