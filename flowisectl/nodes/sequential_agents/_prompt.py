"""What the model of a node is asked: prompts with their values, the part of the conversation that was chosen, images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.engine.agentflow.js_values import MISSING
from flowisectl.engine.coded_messages import coded_messages
from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import GraphState, Turn
from flowisectl.engine.legacy.values import flow_of, resolved
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import variables_of
from flowisectl.engine.user_input import image_parts
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.agent_conversation import fitted, latest_exchange
from flowisectl.llm.prompt_template import format_template


async def prompt_messages(inputs: NodeInputs, context: RunContext, turn: Turn, model: ChatModel) -> list[ChatMessage]:
    """System prompt, images of the request, prepended messages, the conversation, human prompt."""
    values = await input_values(inputs, context, turn.state, "promptValues")
    system = format_template(inputs.text("systemMessagePrompt"), values)
    human = format_template(inputs.text("humanMessagePrompt"), values)
    images = await image_parts(context, model)
    return fitted(
        [
            *([ChatMessage(role="system", content=system)] if system else []),
            *([ChatMessage(role="user", content=images)] if images else []),
            *await _prepended(inputs, context, turn.state),
            *_conversation(inputs.text("conversationHistorySelection", "all_messages"), context, turn.state),
            *([ChatMessage(role="user", content=human)] if human else []),
        ],
        model.provider,
    )


async def input_values(inputs: NodeInputs, context: RunContext, state: GraphState, name: str) -> dict[str, Any]:
    """The values of a JSON input; `$flow…`, `$vars…` and other nodes stand for what they have said. Raises InvalidFlow."""
    if inputs.get(name) is None:
        return {}
    data = inputs.json(name)
    if not isinstance(data, Mapping):
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): {name} is no JSON object: {inputs.text(name)[:200]}")
    flow, variables = flow_of(context, state), await variables_of(context, inputs)
    values = {key: _value(value, flow, variables, state) for key, value in data.items()}
    return {key: "" if value is MISSING or value is None else value for key, value in values.items()}


def spoken(value: Any, state: GraphState) -> Any:
    """What a node has said, when the value is a reference to one; else the value itself."""
    if isinstance(value, str) and value.startswith('{"id"'):
        try:
            value = orjson.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping) and set(value) == {"id"}:
        message = state.last_of(str(value["id"]))
        return "" if message is None else message.text
    return value


def _value(value: Any, flow: Mapping[str, Any], variables: Mapping[str, Any], state: GraphState) -> Any:
    return resolved(spoken(value, state), flow, variables, state)


def _conversation(selection: str, context: RunContext, state: GraphState) -> Sequence[ChatMessage]:
    """The chosen messages. A node that waits for the results of its tools sees these whatever was chosen."""
    if selection == "all_messages":
        return state.messages
    ends_with_tool = bool(state.messages) and state.messages[-1].role == "tool"
    latest = latest_exchange(state.messages)
    if selection == "last_message":
        return latest
    question = [ChatMessage(role="user", content=context.request.final_question)] if selection == "user_question" else []
    return [*question, *latest] if ends_with_tool else question


async def _prepended(inputs: NodeInputs, context: RunContext, state: GraphState) -> list[ChatMessage]:
    return await coded_messages(
        inputs.text("messageHistory"), inputs, context, flow=flow_of(context, state), question=context.request.final_question
    )
