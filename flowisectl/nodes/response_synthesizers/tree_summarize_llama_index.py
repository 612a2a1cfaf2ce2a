"""Makes answers of texts, and one answer of these."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.query_engine import packed
from flowisectl.texts.documents import QUERY_ANSWER
from flowisectl.texts.text import filled

MOST_LEVELS = 10


@dataclass(frozen=True, kw_only=True)
class _Tree:
    prompt: str

    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str:
        lots = packed(texts) or [""]
        for _ in range(MOST_LEVELS):
            if len(lots) == 1:
                break
            answers = await asyncio.gather(*(ask(model, self._asked(question, lot), None) for lot in lots))
            lots = packed([answer.text for answer in answers]) or [""]
        return (await ask(model, self._asked(question, lots[0]), teller)).text

    def _asked(self, question: str, context: str) -> list[ChatMessage]:
        return [ChatMessage(role="user", content=filled(self.prompt, query=question, context=context))]


class TreeSummarizeLlamaIndex(Node):
    definition = NodeDefinition(
        name="treeSummarizeLlamaIndex",
        label="TreeSummarize",
        category="Response Synthesizer",
        version=1.0,
        base_classes=("TreeSummarize", "ResponseSynthesizer"),
        description="Makes an answer of as many texts as fit, and one answer of all of these",
        tags=("LlamaIndex",),
        inputs=(NodeParam("prompt", "Prompt", "string", default=QUERY_ANSWER.ours, optional=True, rows=4),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> _Tree:
        return _Tree(prompt=inputs.wording("prompt", context.texts.of(QUERY_ANSWER)))
