"""Calling the tools that a model asked for, and asking a human before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.engine.legacy.parts import Approval, Turn
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.llm.prompt_template import format_template
from flowisectl.nodes.sequential_agents._params import APPROVAL

EXTRAS = ("usedTools", "sourceDocuments", "artifacts")


async def call_tools(tools: Sequence[Tool], calls: Sequence[ToolCall], flow: Mapping[str, Any], node_id: str) -> tuple[ChatMessage, ...]:
    """The results, one message for each call, in order. A tool that fails says so to the model."""
    by_name = {tool.spec.name.lower(): tool for tool in tools}
    return tuple(await asyncio.gather(*(_call(by_name.get(call.name.lower()), call, flow, node_id) for call in calls)))


async def _call(tool: Tool | None, call: ToolCall, flow: Mapping[str, Any], node_id: str) -> ChatMessage:
    outcome, error = ToolOutcome(text=""), ""
    if tool is None:
        error = f"{call.name} is not a valid tool, try another one."
    else:
        try:
            outcome = await tool.call(call.arguments, flow)
        except Exception as failure:
            error = str(failure) or type(failure).__name__
    documents = [document.to_json() for document in outcome.source_documents]
    used: dict[str, Any] = {
        "tool": call.name,
        "toolInput": dict(call.arguments if outcome.tool_input is None else outcome.tool_input),
        "toolOutput": outcome.text,
    }
    if documents:
        used["sourceDocuments"] = documents
    if error:
        used["error"] = error
    extra: dict[str, Any] = {"nodeId": node_id, "usedTools": [used]}
    if documents:
        extra["sourceDocuments"] = documents
    if outcome.artifacts:
        extra["artifacts"] = [dict(artifact) for artifact in outcome.artifacts]
    return ChatMessage(role="tool", content=error or outcome.text, name=call.name, tool_call_id=call.id, extra=extra)


def gathered(messages: Sequence[ChatMessage], name: str) -> list[Any]:
    """What messages carry under one of `EXTRAS`, joined."""
    return [item for message in messages for item in message.extra.get(name) or ()]


def approval_of(inputs: NodeInputs, model: ChatModel | None = None) -> Approval:
    """How the node asks a human: its model words the question."""

    async def ask(turn: Turn, calls: Sequence[ToolCall]) -> str:
        wanted = orjson.dumps([{"tool": call.name, "toolInput": dict(call.arguments)} for call in calls]).decode()
        text = format_template(inputs.wording("approvalPrompt", APPROVAL), {"tools": wanted})
        reply = await (model or turn.model).invoke([ChatMessage(role="user", content=text)])
        return reply.text

    return Approval(approve=inputs.text("approveButtonText", "Yes"), reject=inputs.text("rejectButtonText", "No"), ask=ask)
