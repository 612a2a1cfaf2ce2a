"""Answers with the prompt that fits the question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.routed_answers import MultiPromptChain as Chain
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.texts.documents import ROUTE_QUESTION


class MultiPromptChain(Node):
    definition = NodeDefinition(
        name="multiPromptChain",
        label="Multi Prompt Chain",
        category="Chains",
        version=2.0,
        base_classes=("MultiPromptChain", "MultiRouteChain", "BaseChain", "Runnable"),
        description="Answers with the one of several prompts that fits the question",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("promptRetriever", "Prompt Retriever", "PromptRetriever", list=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Chain:
        return Chain(model=inputs.require("model"), prompts=inputs.items("promptRetriever"), choice=context.texts.of(ROUTE_QUESTION))

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
