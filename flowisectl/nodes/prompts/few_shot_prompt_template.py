"""A text with worked examples in its middle."""

from __future__ import annotations

import re

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.llm.prompt_template import FewShotPrompt, TextPrompt

_JINJA_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class FewShotPromptTemplate(Node):
    definition = NodeDefinition(
        name="fewShotPromptTemplate",
        label="Few Shot Prompt Template",
        category="Prompts",
        version=1.0,
        base_classes=("FewShotPromptTemplate", "BaseStringPromptTemplate", "BasePromptTemplate", "Runnable"),
        description="A text with worked examples in its middle",
        inputs=(
            NodeParam("examples", "Examples", "string", rows=4),
            NodeParam("examplePrompt", "Example Prompt", "PromptTemplate"),
            NodeParam("prefix", "Prefix", "string", rows=4),
            NodeParam("suffix", "Suffix", "string", rows=4),
            NodeParam("exampleSeparator", "Example Separator", "string"),
            NodeParam(
                "templateFormat",
                "Template Format",
                "options",
                default="f-string",
                options=(Option("f-string", "f-string"), Option("jinja-2", "jinja-2")),
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> FewShotPrompt:
        example = inputs.require("examplePrompt")
        if not isinstance(example, TextPrompt):
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) needs a Prompt Template as its example prompt")
        examples = inputs.json("examples")
        if not isinstance(examples, list) or not all(isinstance(item, dict) for item in examples):
            raise InvalidFlow("Invalid JSON in the FewShotPromptTemplate's examples")
        return FewShotPrompt(
            examples=examples,
            example=example,
            prefix=_template(inputs, "prefix"),
            suffix=_template(inputs, "suffix"),
            separator=inputs.text("exampleSeparator"),
        )


def _template(inputs: NodeInputs, name: str) -> str:
    """A template in single braces; a jinja-2 template writes its variables in double ones."""
    text = inputs.text(name)
    return _JINJA_VARIABLE.sub(r"{\1}", text) if inputs.text("templateFormat") == "jinja-2" else text
