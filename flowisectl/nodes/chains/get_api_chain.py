"""Answers from an API that is read with GET."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.api_answers import GET_ANSWER, GET_URL, ApiChain
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.nodes.chains._api import api_chain


class GetApiChain(Node):
    definition = NodeDefinition(
        name="getApiChain",
        label="GET API Chain",
        category="Chains",
        version=1.0,
        base_classes=("GETApiChain", "BaseChain", "Runnable"),
        description="Answers from an API that is read with GET",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("apiDocs", "API Documentation", "string", rows=4),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam("urlPrompt", "URL Prompt", "string", default=GET_URL, rows=4, additional=True),
            NodeParam("ansPrompt", "Answer Prompt", "string", default=GET_ANSWER, rows=4, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ApiChain:
        return api_chain("GET", inputs, context, call_prompt=GET_URL, answer_prompt=GET_ANSWER)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
