"""Makes an answer of the texts that fit into one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.query_engine import packed
from flowisectl.texts.documents import QUERY_ANSWER
from flowisectl.texts.text import filled


@dataclass(frozen=True, kw_only=True)
class _Simple:
    prompt: str

    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str:
        content = filled(self.prompt, query=question, context=next(iter(packed(texts)), ""))
        return (await ask(model, [ChatMessage(role="user", content=content)], teller)).text


class SimpleResponseBuilderLlamaIndex(Node):
    definition = NodeDefinition(
        name="simpleResponseBuilderLlamaIndex",
        label="Simple Response Builder",
        category="Response Synthesizer",
        version=1.0,
        base_classes=("SimpleResponseBuilder", "ResponseSynthesizer"),
        description="Makes an answer of the texts that fit into one prompt, and leaves out the rest",
        tags=("LlamaIndex",),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> _Simple:
        return _Simple(prompt=context.texts.of(QUERY_ANSWER))
