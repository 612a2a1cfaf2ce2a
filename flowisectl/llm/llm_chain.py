"""One prompt, one model, one answer: what an LLM chain does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.output_parser import OutputParser
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import Prompt, as_text
from flowisectl.texts.conversations import ANSWER_REPAIR
from flowisectl.texts.text import filled

ImagePart = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LlmChain:
    """Ready to be asked. With a parser the answer is data, else it is text."""

    model: ChatModel
    prompt: Prompt
    parser: OutputParser | None = None
    repair: str = ANSWER_REPAIR.ours
    """With `{instructions}`, `{completion}` and `{error}`."""

    async def predict(self, question: str, *, images: Sequence[ImagePart] = (), teller: AnswerTeller | None = None) -> Any:
        """The answer. Raises MissingInput, ProviderError; ValueError when the parser cannot read the model's text."""
        prompt, known = self.prompt, {}
        if self.parser:
            prompt = prompt.with_instructions(self.parser.format_instructions)
            known = {"format_instructions": self.parser.format_instructions}
        messages = prompt.messages(filled_values(self.prompt, question, known))
        if images:
            messages = with_images(messages, images)
        text = (await ask(self.model, messages, teller)).text
        return text if self.parser is None else await self._parsed(text, self.parser)

    async def answer(self, question: str) -> str:
        """The answer as text, for tools that ask a chain."""
        return as_text(await self.predict(question))

    async def _parsed(self, text: str, parser: OutputParser) -> Any:
        try:
            return parser.parse(text)
        except ValueError as error:
            if not parser.auto_fix:
                raise
            request = filled(self.repair, instructions=parser.format_instructions, completion=text, error=str(error))
            reply = await self.model.invoke([ChatMessage(role="user", content=request)])
            return parser.parse(reply.text)


def filled_values(prompt: Prompt, question: str, known: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """A value for every variable: those that the prompt was given, `known` ones, and the question for the one that is left.

    The question is not used when no variable is left; an empty text is a value. Raises MissingInput when several are left.
    """
    values = {**prompt.values, **known} if known else prompt.values
    missing = [name for name in prompt.variables if values.get(name) is None]
    if len(missing) > 1:
        raise MissingInput(f"Please provide Prompt Values for: {', '.join(missing)}")
    return {**values, missing[0]: question} if missing else values


def with_images(messages: Sequence[ChatMessage], images: Sequence[ImagePart]) -> list[ChatMessage]:
    """Images in front of the text of the last message of the user."""
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if message.role == "user":
            parts = [{"type": "text", "text": message.content}] if isinstance(message.content, str) else [*message.content]
            return [*messages[:index], replace(message, content=[*images, *parts]), *messages[index + 1 :]]
    return [*messages, ChatMessage(role="user", content=[*images])]
