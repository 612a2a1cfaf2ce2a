"""Makes an answer of texts, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.texts.documents import QUERY_ANSWER, QUERY_REFINE
from flowisectl.texts.text import filled


@dataclass(frozen=True, kw_only=True)
class _Refine:
    answer: str
    refine: str

    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str:
        found = ""
        for place, text in enumerate(texts or [""]):
            prompt = filled(self.refine if place else self.answer, query=question, context=text, existingAnswer=found)
            heard = teller if place >= len(texts) - 1 else None
            found = (await ask(model, [ChatMessage(role="user", content=prompt)], heard)).text
        return found


class RefineLlamaIndex(Node):
    definition = NodeDefinition(
        name="refineLlamaIndex",
        label="Refine",
        category="Response Synthesizer",
        version=1.0,
        base_classes=("Refine", "ResponseSynthesizer"),
        description="Makes an answer of the first text, and makes it better with every further one",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("refinePrompt", "Refine Prompt", "string", default=QUERY_REFINE.ours, optional=True, rows=4),
            NodeParam("textQAPrompt", "Text QA Prompt", "string", default=QUERY_ANSWER.ours, optional=True, rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> _Refine:
        return _Refine(
            answer=inputs.wording("textQAPrompt", context.texts.of(QUERY_ANSWER)),
            refine=inputs.wording("refinePrompt", context.texts.of(QUERY_REFINE)),
        )
