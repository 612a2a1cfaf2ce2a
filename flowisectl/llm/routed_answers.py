"""Answering with the prompt, or from the documents, that fit a question best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import format_template
from flowisectl.llm.retrieval_qa import StuffQa
from flowisectl.llm.routing import RoutedPrompt, RoutedRetriever, route
from flowisectl.texts.documents import RETRIEVAL_ANSWER, ROUTE_QUESTION


@dataclass(frozen=True, kw_only=True)
class MultiPromptChain:
    """The model chooses a prompt, then answers with it; without a fitting one it is asked the question alone."""

    model: ChatModel
    prompts: Sequence[RoutedPrompt]
    choice: str = ROUTE_QUESTION.ours
    """With `{destinations}` and `{question}`."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Only the answer is told, not the choice. Raises ProviderError."""
        chosen, worded = await route(self.model, question, self.prompts, self.choice)
        system = format_template(chosen.system_message, {"input": worded}) if chosen else ""
        opening = [ChatMessage(role="system", content=system)] if system else []
        return (await ask(self.model, [*opening, ChatMessage(role="user", content=worded)], teller)).text

    async def answer(self, question: str) -> str:
        return await self.respond(question)


@dataclass(frozen=True, kw_only=True)
class MultiRetrievalChain:
    """The model chooses a retriever, then answers from its documents; without a fitting one from nothing but itself."""

    model: ChatModel
    retrievers: Sequence[RoutedRetriever]
    choice: str = ROUTE_QUESTION.ours
    prompt: str = RETRIEVAL_ANSWER.ours
    """With `{context}`."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> tuple[str, list[Document]]:
        """(the answer, the documents that it was made from). Raises ProviderError."""
        chosen, worded = await route(self.model, question, self.retrievers, self.choice)
        if chosen is None:
            return (await ask(self.model, [ChatMessage(role="user", content=question)], teller)).text, []
        documents = await chosen.retriever.retrieve(worded)
        chain = StuffQa(model=self.model, retriever=_Found(documents), prompt=self.prompt)
        return await chain.respond(worded, teller), documents

    async def answer(self, question: str) -> str:
        return (await self.respond(question))[0]


@dataclass(frozen=True)
class _Found:
    """A retriever that has found already."""

    documents: list[Document]

    async def retrieve(self, question: str) -> list[Document]:
        return self.documents
