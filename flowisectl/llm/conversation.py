"""A conversation with a memory: system message, what was said so far, the new question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import ChatPrompt, format_template

DEFAULT_SYSTEM = (
    "You are talking with a human as a friendly assistant. You like to talk and give many specific details of what you know. "
    "When you don't know an answer, you say so."
)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Ready to be asked."""

    model: ChatModel
    memory: ChatMemory
    system: str = ""
    """A template; an empty text stands for a friendly default."""
    human: str = "{input}"
    values: Mapping[str, Any] = field(default_factory=dict)

    async def say(
        self,
        question: str,
        *,
        prepended: Sequence[ChatMessage] = (),
        images: Sequence[Mapping[str, Any]] = (),
        teller: AnswerTeller | None = None,
    ) -> str:
        """The answer; the exchange goes into the memory. Raises ProviderError."""
        values = {**self.values, "input": question}
        system = ChatMessage(role="system", content=format_template(self.system or DEFAULT_SYSTEM, values))
        asked = question_messages(format_template(self.human, values), images, self.model.provider)
        messages = [system, *await self.memory.messages(prepended), *asked]
        answer = (await ask(self.model, messages, teller)).text
        await self.memory.add(question, answer)
        return answer

    async def answer(self, question: str) -> str:
        """The answer, for tools that ask a chain."""
        return await self.say(question)


def conversation_prompt(prompt: ChatPrompt | None, system: str) -> tuple[str, str, Mapping[str, Any]]:
    """(system template, user's template, values): those of a connected prompt, or the chain's own system message."""
    if prompt is None:
        return system, "{input}", {}
    return prompt.system, prompt.human or "{input}", prompt.values


def question_messages(question: str, images: Sequence[Mapping[str, Any]], provider: str) -> list[ChatMessage]:
    """The question with its images; OpenAI's models get the images as a message of their own."""
    if not images:
        return [ChatMessage(role="user", content=question)]
    if provider == "chatOpenAI":
        return [ChatMessage(role="user", content=question), ChatMessage(role="user", content=[*images])]
    return [ChatMessage(role="user", content=[{"type": "text", "text": question}, *images])]
