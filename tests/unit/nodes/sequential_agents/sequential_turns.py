"""One turn of one node, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.legacy.parts import GraphState, RoutePart, Turn, Update, WorkPart
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.testing import ScriptedChatModel, run_context

ASKED = ChatMessage(role="user", content="question?")


class Echo:
    """A tool that gives its arguments back, with a document; `fails` makes it raise."""

    return_direct = False

    def __init__(self, name: str = "echo", *, fails: bool = False) -> None:
        self.spec = ToolSpec(name=name, description="gives back", parameters={"type": "object"})
        self.flows: list[Mapping[str, Any]] = []
        self._fails = fails

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.flows.append(flow)
        if self._fails:
            raise ValueError("no luck")
        return ToolOutcome(text=f"echo {arguments['input']}", source_documents=(Document(page_content="d"),), artifacts=({"type": "png"},))


def wish(text: str = "hello", name: str = "echo", call_id: str = "c1") -> ToolCall:
    return ToolCall(id=call_id, name=name, arguments={"input": text})


def turn_of(
    model: ScriptedChatModel | None = None,
    *messages: ChatMessage,
    values: Mapping[str, Any] | None = None,
    tools: tuple[Tool, ...] = (),
    calls: tuple[ToolCall, ...] = (),
) -> Turn:
    state = GraphState(messages=messages or (ASKED,), values=values or {})
    return Turn(model=model or ScriptedChatModel(), state=state, tools=tools, calls=calls)


async def part_of(node: Node, inputs: Mapping[str, Any], **context: Any) -> Any:
    run = run_context(**{"question": "question?", **context})
    return await node.build(NodeInputs(inputs, node_id="n_0", label="The Node"), run)


async def act(node: Node, turn: Turn, inputs: Mapping[str, Any] | None = None, **context: Any) -> Update:
    part: WorkPart = await part_of(node, inputs or {}, **context)
    return await part.act(turn)


async def choose(node: Node, turn: Turn, inputs: Mapping[str, Any], **context: Any) -> str:
    part: RoutePart = await part_of(node, inputs, **context)
    return await part.choose(turn)
