"""An agent for engines that calls tools by Claude's function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agents._tool_agent import answer_with_tools

SYSTEM = "You are a helpful AI assistant."


class AnthropicAgentLlamaIndex(Node):
    definition = NodeDefinition(
        name="anthropicAgentLlamaIndex",
        label="Anthropic Agent",
        category="Agents",
        version=1.0,
        base_classes=("AnthropicAgent", "AgentRunner"),
        description="An agent for engines that calls tools by Claude's function calling",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("tools", "Tools", "Tool_LlamaIndex", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "Anthropic Claude Model", "BaseChatModel_LlamaIndex"),
            NodeParam("systemMessage", "System Message", "string", optional=True, rows=4, additional=True),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with_tools(inputs, context, system=SYSTEM, may_stream=False)
