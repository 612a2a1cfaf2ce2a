"""An agent for engines that calls tools by its model's function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agents._tool_agent import answer_with_tools

SYSTEM = "You are a helpful AI assistant."


class OpenAIToolAgentLlamaIndex(Node):
    definition = NodeDefinition(
        name="openAIToolAgentLlamaIndex",
        label="OpenAI Tool Agent",
        category="Agents",
        version=2.0,
        base_classes=("OpenAIToolAgent", "AgentRunner"),
        description="An agent for engines that calls tools by its model's function calling",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("tools", "Tools", "Tool_LlamaIndex", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "OpenAI/Azure Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("systemMessage", "System Message", "string", optional=True, rows=4, additional=True),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with_tools(inputs, context, system=SYSTEM)
