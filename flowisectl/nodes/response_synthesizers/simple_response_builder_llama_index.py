"""Makes an answer of the texts that fit into one prompt."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.query_engine import ANSWER, filled, packed


class _Simple:
    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str:
        context = next(iter(packed(texts)), "")
        return (await ask(model, [ChatMessage(role="user", content=filled(ANSWER, query=question, context=context))], teller)).text


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
        return _Simple()
