"""Answers from an API that is called with POST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.api_answers import POST_ANSWER, POST_CALL, ApiChain
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.nodes.chains._api import api_chain


class PostApiChain(Node):
    definition = NodeDefinition(
        name="postApiChain",
        label="POST API Chain",
        category="Chains",
        version=1.0,
        base_classes=("POSTApiChain", "BaseChain", "Runnable"),
        description="Answers from an API that is called with POST",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("apiDocs", "API Documentation", "string", rows=4),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam("urlPrompt", "URL Prompt", "string", default=POST_CALL, rows=4, additional=True),
            NodeParam("ansPrompt", "Answer Prompt", "string", default=POST_ANSWER, rows=4, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ApiChain:
        return api_chain("POST", inputs, context, call_prompt=POST_CALL, answer_prompt=POST_ANSWER)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
