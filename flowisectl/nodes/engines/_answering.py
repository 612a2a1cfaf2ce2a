"""How engines answer from documents: the answer as it comes, then the documents when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flowisectl.engine.answer_events import answer_events, answer_from
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.document import Document
from flowisectl.llm.chat_streaming import AnswerTeller, teller_to
from flowisectl.llm.query_engine import CompactRefine
from flowisectl.texts.documents import QUERY_ANSWER, QUERY_REFINE


class DocumentEngine(Protocol):
    async def respond(self, question: str, teller: AnswerTeller | None = None) -> tuple[str, list[Document]]: ...


async def answer_with(engine: DocumentEngine, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
    teller = teller_to(answer_events(context))
    text, documents = await engine.respond(question_text(context), teller)
    return answer_from(documents, text, inputs, context)


def built_in_synthesizer(context: RunContext) -> CompactRefine:
    """What makes the answer where the flow has no synthesizer."""
    return CompactRefine(answer=context.texts.of(QUERY_ANSWER), refine=context.texts.of(QUERY_REFINE))
