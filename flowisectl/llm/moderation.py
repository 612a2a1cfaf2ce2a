"""Letting moderations look at a question before any model does."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.interfaces.moderation import Moderation, ModerationRefusal
from flowisectl.llm.chat_streaming import AnswerTeller


async def moderated(question: str, moderations: Sequence[Moderation]) -> str:
    """The question after all moderations, in order; each may change it. Raises ModerationRefusal."""
    for moderation in moderations:
        question = await moderation.check(question)
    return question


def refused(refusal: ModerationRefusal, teller: AnswerTeller | None) -> str:
    """The answer to a question that must not be answered; a client that listens hears it word by word."""
    text = str(refusal)
    if teller is not None:
        teller.tell_whole(text)
    return text
