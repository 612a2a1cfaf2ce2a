"""User code of sequential agents in the real sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from flowisectl.clients.http import open_http
from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.channels import applied, opened
from flowisectl.engine.legacy.parts import GraphState, Turn
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import UserFunctionError
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents.seq_condition import SeqCondition
from flowisectl.nodes.sequential_agents.seq_llm_node import SeqLlmNode
from flowisectl.nodes.sequential_agents.seq_state import SeqState
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import ScriptedChatModel, run_context

STATE = """{
  list: { value: (x, y) => x.concat(y), default: () => ["a"] },
  kept: { value: (x, y) => y ?? x, default: () => null },
  last: { value: null, default: () => 0 },
  most: { value: (x, y) => Math.max(x, y), default: () => 3 }
}"""
HISTORY = """const { AIMessage, HumanMessage, ToolMessage } = require('@langchain/core/messages');
// a worked example
return [
  new HumanMessage("What is 2 + 2?"),
  new AIMessage({ content: "", tool_calls: [{ id: "1", name: "sum", args: { a: 2 } }] }),
  new ToolMessage({ tool_call_id: "1", content: "4" }),
  new AIMessage("It is 4, " + $flow.state.name),
]"""


@pytest.fixture
async def context() -> AsyncIterator[RunContext]:
    async with open_http() as http, open_sandbox(http, timeout_seconds=10) as javascript:
        yield run_context(question="q", javascript=javascript)


def inputs_of(**values: Any) -> NodeInputs:
    return NodeInputs(values, node_id="n_0", label="Node")


async def test_rules_of_a_state_that_is_written_in_code(context: RunContext) -> None:
    part = await SeqState().build(inputs_of(stateMemoryCode=STATE, selectedStateTab_n_0="stateMemoryCode"), context)

    values = opened(part.channels, {})
    changed = await applied(part.channels, values, {"list": ["b"], "kept": None, "last": None, "most": 2})

    assert values == {"list": ["a"], "kept": None, "last": 0, "most": 3}
    assert changed == {"list": ["a", "b"], "kept": None, "last": None, "most": 3}
    assert {name: channel.kind for name, channel in part.channels.items() if channel.reduce is None} == {
        "list": "append",
        "kept": "replace",
        "last": "overwrite",
    }


async def test_prepended_messages_are_made_with_the_classes_that_flows_know(context: RunContext) -> None:
    model = ScriptedChatModel("ok")
    part = await SeqLlmNode().build(inputs_of(messageHistory=HISTORY), context)

    await part.act(Turn(model=model, state=GraphState(messages=(ChatMessage(role="user", content="q"),), values={"name": "Ada"})))

    assert model.calls[0].texts == [
        ("user", "What is 2 + 2?"),
        ("assistant", ""),
        ("tool", "4"),
        ("assistant", "It is 4, Ada"),
        ("user", "q"),
    ]
    assert model.calls[0].messages[1].tool_calls[0].arguments == {"a": 2}


async def test_prepended_messages_may_be_plain_objects_and_other_modules_load_as_ever(context: RunContext) -> None:
    model = ScriptedChatModel("ok")
    code = "const path = require('path'); return [{ role: 'ai', content: path.basename('/a/b') }]"
    part = await SeqLlmNode().build(inputs_of(messageHistory=code), context)

    await part.act(Turn(model=model, state=GraphState()))

    assert model.calls[0].texts == [("assistant", "b")]


async def test_a_mistake_in_the_code_is_told(context: RunContext) -> None:
    part = await SeqLlmNode().build(inputs_of(messageHistory="return nothing.here"), context)

    with pytest.raises(UserFunctionError, match="nothing"):
        await part.act(Turn(model=ScriptedChatModel(), state=GraphState()))


async def test_a_condition_in_code_reads_the_messages(context: RunContext) -> None:
    code = "const all = $flow.state.messages; return all[all.length - 1].content.includes('go') ? 'Next' : 'End'"
    part = await SeqCondition().build(inputs_of(conditionFunction=code), context)

    said = GraphState(messages=(ChatMessage(role="assistant", content="let us go"),))

    assert await part.choose(Turn(model=ScriptedChatModel(), state=said)) == "Next"
    assert await part.choose(Turn(model=ScriptedChatModel(), state=GraphState(messages=(ChatMessage(role="user", content="x"),)))) == "End"
