"""What chains share that answer a question with one text: moderation first, then the answer as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import AnswerTeller, teller_to
from flowisectl.llm.moderation import moderated, refused


class AnsweringChain(Protocol):
    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str: ...


async def answer_with(chain: AnsweringChain, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
    """The chain's answer to the user's question, or what moderation says instead."""
    teller = teller_to(answer_events(context))
    try:
        question = await moderated(question_text(context), inputs.items("inputModeration"))
    except ModerationRefusal as refusal:
        return {"text": refused(refusal, teller)}
    return {"text": await chain.respond(question, teller)}
