"""Makes an answer of texts, and makes it better with the next ones."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.query_engine import CompactRefine
from flowisectl.texts.documents import QUERY_ANSWER, QUERY_REFINE


class CompactrefineLlamaIndex(Node):
    definition = NodeDefinition(
        name="compactrefineLlamaIndex",
        label="Compact and Refine",
        category="Response Synthesizer",
        version=1.0,
        base_classes=("CompactRefine", "ResponseSynthesizer"),
        description="Makes an answer of as many texts as fit, and makes it better with the next ones",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("refinePrompt", "Refine Prompt", "string", default=QUERY_REFINE.ours, optional=True, rows=4),
            NodeParam("textQAPrompt", "Text QA Prompt", "string", default=QUERY_ANSWER.ours, optional=True, rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> CompactRefine:
        return CompactRefine(
            answer=inputs.wording("textQAPrompt", context.texts.of(QUERY_ANSWER)),
            refine=inputs.wording("refinePrompt", context.texts.of(QUERY_REFINE)),
        )
