"""A prompt that a chain may choose."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.routing import RoutedPrompt


class PromptRetriever(Node):
    definition = NodeDefinition(
        name="promptRetriever",
        label="Prompt Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("PromptRetriever",),
        description="A prompt that a chain with several may choose",
        inputs=(
            NodeParam("name", "Prompt Name", "string"),
            NodeParam("description", "Prompt Description", "string", rows=3),
            NodeParam("systemMessage", "Prompt System Message", "string", rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RoutedPrompt:
        return RoutedPrompt(
            name=str(inputs.require("name")), description=inputs.text("description"), system_message=inputs.text("systemMessage")
        )
