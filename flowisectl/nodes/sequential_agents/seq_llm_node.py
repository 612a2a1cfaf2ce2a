"""A call of a chat model among sequential agents."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn, Update, WorkPart, name_of
from flowisectl.engine.legacy.values import shown_message
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.structured_output import data_of
from flowisectl.nodes.sequential_agents._params import (
    CATEGORY,
    history_params,
    human_param,
    model_param,
    previous_param,
    prompt_values_param,
    structured_param,
    system_param,
    update_param,
)
from flowisectl.nodes.sequential_agents._prompt import prompt_messages
from flowisectl.nodes.sequential_agents._state import new_values
from flowisectl.nodes.sequential_agents._structured import row_schema
from flowisectl.nodes.sequential_agents._tables import table_rows


class SeqLlmNode(Node):
    definition = NodeDefinition(
        name="seqLLMNode",
        label="LLM Node",
        category=CATEGORY,
        version=4.1,
        base_classes=("LLMNode",),
        description="Asks the chat model once",
        inputs=(
            NodeParam("llmNodeName", "Name", "string", placeholder="LLM"),
            system_param(additional=True),
            *history_params(),
            human_param(),
            previous_param(),
            model_param(),
            prompt_values_param(additional=True),
            structured_param("llmStructuredOutput"),
            update_param(),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        label = inputs.text("llmNodeName", inputs.label)

        async def act(turn: Turn) -> Update:
            model: ChatModel = inputs.get("model") or turn.model
            messages = await prompt_messages(inputs, context, turn, model)
            rows = table_rows(inputs, "llmStructuredOutput")
            specs = tuple(tool.spec for tool in turn.tools)
            reply = await model.invoke(messages, ChatOptions(json_schema=row_schema(rows)) if rows else ChatOptions(tools=specs))
            data = data_of(reply.text) if rows else None
            said = ChatMessage(
                role="assistant",
                content=reply.text if data is None else orjson.dumps(data).decode(),
                name=name_of(label),
                tool_calls=() if data is not None else reply.tool_calls,
                extra={"nodeId": inputs.node_id},
            )
            output: dict[str, Any] = shown_message(said) if data is None else data
            return Update(messages=(said,), values=await new_values(inputs, context, turn, output))

        return WorkPart(node_id=inputs.node_id, label=label, act=act)
