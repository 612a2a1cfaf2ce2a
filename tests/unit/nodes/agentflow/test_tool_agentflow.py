from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from agentflow_steps import take_step

from flowisectl.errors import FlowError, InvalidRequest, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.testing import InMemoryFactory, run_context


class SpyTool:
    """Keeps its calls and answers with a text."""

    return_direct = False

    def __init__(self, text: str = "done", artifacts: tuple[Mapping[str, Any], ...] = ()) -> None:
        self.spec = ToolSpec(name="spy", description="", parameters={})
        self.outcome = ToolOutcome(text=text, artifacts=artifacts)
        self.calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append((arguments, flow))
        return self.outcome


async def test_the_tool_gets_its_arguments_and_the_flow() -> None:
    tool = SpyTool(artifacts=({"type": "png"},))
    context = run_context(nodes=InMemoryFactory(spy=tool))
    rows = [{"inputArgName": "input", "inputArgValue": "6*7"}, {"inputArgName": "", "inputArgValue": "x"}]
    updates = [{"key": "k", "value": "{{ output }}"}]
    inputs = {"toolAgentflowSelectedTool": "spy", "toolInputArgs": rows, "toolUpdateState": updates}

    result = await take_step("toolAgentflow", inputs, context, state={"s": 1})

    arguments, flow = tool.calls[0]
    assert arguments == {"input": "6*7"}
    assert (flow["input"], flow["state"], flow["sessionId"]) == ("Q", {"s": 1}, "session-1")
    assert result.output == {"content": "done", "artifacts": [{"type": "png"}]}
    assert result.input == {"toolInputArgs": rows, "selectedTool": "spy"}
    assert result.state == {"s": 1, "k": "done"}
    assert context.events.text() == "done"  # type: ignore[attr-defined]


async def test_a_tool_s_failure_is_told_as_an_error() -> None:
    class Refusing(SpyTool):
        async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
            raise InvalidRequest("a is missing")

    context = run_context(nodes=InMemoryFactory(spy=Refusing()))

    with pytest.raises(FlowError, match=r"^Error: a is missing$"):
        await take_step("toolAgentflow", {"toolAgentflowSelectedTool": "spy", "toolInputArgs": ""}, context)


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        ("text", "text"),
        ('{"a": 1}', {"a": 1}),
        (r"\{\"a\": \[1\]\}", {"a": [1]}),
        ("[1, 2", "[1, 2"),
        (r"C:\\dir", "C:\\dir"),
        (5, 5),
    ],
)
async def test_arguments_lose_markdown_s_escapes_and_become_data(value: Any, argument: Any) -> None:
    tool = SpyTool()
    inputs = {"toolAgentflowSelectedTool": "spy", "toolInputArgs": [{"inputArgName": "a", "inputArgValue": value}]}

    await take_step("toolAgentflow", inputs, run_context(nodes=InMemoryFactory(spy=tool)))

    assert tool.calls[0][0] == {"a": argument}


async def test_a_component_with_several_tools_calls_them_all() -> None:
    factory = InMemoryFactory(kit=[SpyTool("one"), SpyTool("two")])

    result = await take_step("toolAgentflow", {"toolAgentflowSelectedTool": "kit"}, run_context(nodes=factory))

    assert result.output == {"content": "one\ntwo"}


async def test_the_tool_is_built_with_its_config_and_credential() -> None:
    factory = InMemoryFactory(spy=SpyTool())
    config = {"url": "u", "FLOWISE_CREDENTIAL_ID": "cred-1"}

    await take_step("toolAgentflow", {"selectedTool": "spy", "selectedToolConfig": config}, run_context(nodes=factory))

    assert factory.built == [("spy", config, "toolAgentflow_0", "cred-1")]


async def test_a_node_without_a_tool_says_so() -> None:
    with pytest.raises(MissingInput, match=r"^Tool not selected$"):
        await take_step("toolAgentflow", {})
