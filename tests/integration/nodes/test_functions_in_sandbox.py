"""User-written JavaScript of nodes, run by the real sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from flowisectl.clients.http import open_http
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import UserFunctionError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.javascript import JavaScript
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.nodes.prompts.chat_prompt_template import ChatPromptTemplate
from flowisectl.nodes.tools.custom_tool import CustomTool
from flowisectl.nodes.utilities.custom_function import CustomFunction
from flowisectl.nodes.utilities.if_else_function import IfElseFunction
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import InMemoryTools, InMemoryVariables, run_context


@pytest.fixture
async def javascript() -> AsyncIterator[JavaScript]:
    async with open_http() as http, open_sandbox(http, timeout_seconds=20, processes=1) as sandbox:
        yield sandbox


async def test_a_function_works_with_the_run(javascript: JavaScript) -> None:
    code = "return { n: $list.items.length, who: `${$vars.name}/${$flow.chatId}/${$input}`, session: typeof $flow.sessionId }"
    inputs = NodeInputs({"javascriptFunction": code, "functionInputVariables": {"list": '{"items": [1, 2]}'}})
    context = run_context(javascript=javascript, variables=InMemoryVariables({"name": "Ann"}), question="q")

    assert await CustomFunction().build(inputs, context) == {"n": 2, "who": "Ann/chat-1/q", "session": "string"}
    assert (await CustomFunction().run(inputs, context))["session"] == "undefined"


async def test_line_numbers_and_errors_are_those_of_the_users_code(javascript: JavaScript) -> None:
    inputs = NodeInputs({"javascriptFunction": "const a = 1;\nthrow new RangeError('too ' + a);"})

    with pytest.raises(UserFunctionError, match=r"^Error: NodeVM Execution Error: RangeError: too 1"):
        await CustomFunction().run(inputs, run_context(javascript=javascript))


async def test_tools_are_called_from_code(javascript: JavaScript) -> None:
    class Adds:
        spec = ToolSpec(name="adds", description="", parameters={})
        return_direct = False

        async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
            return ToolOutcome(text=str(arguments["a"] + arguments["b"]))

    inputs = NodeInputs({"javascriptFunction": "return 'sum ' + await $tools['adds']._call({ a: 2, b: 3 })", "tools": [Adds()]})

    assert await CustomFunction().build(inputs, run_context(javascript=javascript)) == "sum 5"


async def test_the_code_of_a_message_history_sees_variables_that_the_request_overrides(javascript: JavaScript) -> None:
    inputs = NodeInputs({"messageHistoryCode": "return [{role: 'user', content: $vars.a + $vars.b}]", "vars": {"b": "new"}})
    context = run_context(javascript=javascript, variables=InMemoryVariables({"a": "kept ", "b": "old"}))

    prompt = await ChatPromptTemplate().build(inputs, context)

    assert [message.text for message in prompt.messages({})] == ["kept new"]


async def test_a_branch_is_chosen(javascript: JavaScript) -> None:
    inputs = NodeInputs({"ifFunction": "if ($input === 'yes') { return 'taken' }", "elseFunction": "return ['not', $input]"})

    assert (await IfElseFunction().build(inputs, run_context(javascript=javascript, question="yes"))).value == "taken"
    other = await IfElseFunction().build(inputs, run_context(javascript=javascript, question="no"))
    assert (other.value, other.dead_output) == (["not", "no"], "returnTrue")


async def test_messages_are_made_with_the_classes_that_flows_use(javascript: JavaScript) -> None:
    code = """const { AIMessage, HumanMessage, ToolMessage } = require('@langchain/core/messages');
    return [
        new HumanMessage('2+2?'),
        new AIMessage({ content: '', tool_calls: [{ id: '1', name: 'add', args: { a: 2 } }] }),
        new ToolMessage({ tool_call_id: '1', content: '4' }),
        new AIMessage('four'),
    ]"""

    prompt = await ChatPromptTemplate().build(NodeInputs({"messageHistoryCode": code}), run_context(javascript=javascript))

    assert [(message.role, message.text) for message in prompt.history] == [
        ("user", "2+2?"),
        ("assistant", ""),
        ("tool", "4"),
        ("assistant", "four"),
    ]
    assert prompt.history[1].tool_calls[0].arguments == {"a": 2}


async def test_a_custom_tool_gets_its_arguments(javascript: JavaScript) -> None:
    stored = {
        "name": "t",
        "description": "d",
        "func": "return $a.toUpperCase() + $flow.state.x",
        "schema": '[{"property": "a", "type": "string"}]',
    }
    context = run_context(javascript=javascript, tools=InMemoryTools({"t-1": stored}))

    tool = await CustomTool().build(NodeInputs({"selectedTool": "t-1"}), context)

    assert (await tool.call({"a": "hi"}, {"state": {"x": 1}})).text == "HI1"
