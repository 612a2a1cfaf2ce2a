"""One text with variables in single braces."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.prompt_template import TextPrompt
from flowisectl.nodes.prompts._values import prompt_values


class PromptTemplate(Node):
    definition = NodeDefinition(
        name="promptTemplate",
        label="Prompt Template",
        category="Prompts",
        version=1.0,
        base_classes=("PromptTemplate", "BaseStringPromptTemplate", "BasePromptTemplate", "Runnable"),
        description="One text with variables in single braces",
        inputs=(
            NodeParam("template", "Template", "string", rows=4),
            NodeParam("promptValues", "Format Prompt Values", "json", optional=True, list=True, accept_variable=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TextPrompt:
        return TextPrompt(template=inputs.text("template"), values=prompt_values(inputs))
