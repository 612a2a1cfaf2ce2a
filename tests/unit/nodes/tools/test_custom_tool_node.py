"""Tools written in JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import UserFunctionError
from flowisectl.errors import FlowError, InvalidRequest, MissingInput
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools.custom_tool import CustomTool
from flowisectl.testing import InMemoryTools, InMemoryVariables, PythonJavaScript, run_context

STORED = {
    "name": "weather",
    "description": "tells the weather",
    "func": "look",
    "schema": '[{"property": "city", "type": "string", "description": "where", "required": true}, {"property": "days", "type": "number"}]',
}


async def tool_of(function: Any, stored: Mapping[str, Any] = STORED, **inputs: Any) -> Tool:
    context = run_context(
        tools=InMemoryTools({"t-1": stored}),
        javascript=PythonJavaScript({"look": function}),
        variables=InMemoryVariables({"unit": "C"}),
        question="from the run",
    )
    return await CustomTool().build(NodeInputs({"selectedTool": "t-1", **inputs}, node_id="t_0", label="Custom Tool"), context)


async def test_the_model_is_offered_what_is_stored() -> None:
    tool = await tool_of(None)

    assert (tool.spec.name, tool.spec.description, tool.return_direct) == ("weather", "tells the weather", False)
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "where"}, "days": {"type": "number"}},
        "required": ["city"],
        "additionalProperties": False,
    }


async def test_the_code_sees_its_arguments_in_their_types() -> None:
    tool = await tool_of(
        lambda names, host: f"{names['$city']} {names['$days'] + 1} {names['$vars']['unit']} {names['$flow']['chatId']} {names['$input']}"
    )

    outcome = await tool.call({"city": 5, "days": "2"}, {"chatId": "c", "input": "asked"})

    assert outcome.text == "5 3 C c asked"


@pytest.mark.parametrize(("result", "text"), [({"a": 1}, '{"a":1}'), ([1], "[1]"), (None, ""), ("plain", "plain"), (2.5, "2.5")])
async def test_results_become_text(result: Any, text: str) -> None:
    assert (await (await tool_of(lambda names, host: result)).call({"city": "Rome"}, {})).text == text


async def test_errors_keep_their_text() -> None:
    tool = await tool_of(None, {**STORED, "func": "unknown"})

    with pytest.raises(UserFunctionError, match=r"^NodeVM Execution Error: ReferenceError"):
        await tool.call({"city": "Rome"}, {})


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "city is missing"),
        ({"city": "Rome", "days": "many"}, "days must be of type number"),
        ({"city": ["Rome"]}, "city must be of type"),
    ],
)
async def test_the_code_does_not_run_with_arguments_that_the_schema_refuses(arguments: dict[str, Any], reason: str) -> None:
    ran: list[Any] = []
    tool = await tool_of(lambda names, host: ran.append(names))

    with pytest.raises(InvalidRequest, match=r"^Received tool input did not match expected schema$") as caught:
        await tool.call(arguments, {})
    assert str(caught.value.__cause__).startswith(reason)
    assert ran == []


async def test_the_node_may_replace_everything() -> None:
    tool = await tool_of(
        lambda names, host: names["$n"],
        customToolName="mine",
        customToolDesc="my own",
        customToolFunc="look",
        customToolSchema="z.object({ n: z.number() })",
        returnDirect=True,
    )

    assert (tool.spec.name, tool.spec.description, tool.return_direct) == ("mine", "my own", True)
    assert (await tool.call({"n": "7"}, {})).text == "7"


async def test_variables_of_the_request_win() -> None:
    tool = await tool_of(lambda names, host: names["$vars"], vars={"unit": "F"})

    assert (await tool.call({"city": "Rome"}, {})).text == '{"unit":"F"}'


async def test_a_tool_that_is_gone_or_not_chosen_is_told() -> None:
    with pytest.raises(FlowError, match=r"^Error: Tool t-2 not found$"):
        await tool_of(None, selectedTool="t-2")
    with pytest.raises(MissingInput, match="'t_0'"):
        await tool_of(None, selectedTool="")
