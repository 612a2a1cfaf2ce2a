"""An agent that calls tools by its model's function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agents._tool_agent import answer_with_tools

SYSTEM = "You are a helpful AI assistant."


class ToolAgentNode(Node):
    definition = NodeDefinition(
        name="toolAgent",
        label="Tool Agent",
        category="Agents",
        version=2.0,
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="An agent that calls tools by its model's function calling",
        inputs=(
            NodeParam("tools", "Tools", "Tool", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "Tool Calling Chat Model", "BaseChatModel"),
            NodeParam("chatPromptTemplate", "Chat Prompt Template", "ChatPromptTemplate", optional=True),
            NodeParam("systemMessage", "System Message", "string", default=SYSTEM, optional=True, rows=4, additional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True, additional=True),
            NodeParam("enableDetailedStreaming", "Enable Detailed Streaming", "boolean", default=False, optional=True, additional=True),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with_tools(inputs, context, system=SYSTEM)
