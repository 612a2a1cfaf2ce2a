"""Answering a question from documents that were found for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import format_template
from flowisectl.texts.documents import RETRIEVAL_ANSWER
from flowisectl.texts.text import filled

REPHRASE = """\
Here is a conversation and a question that follows it. Write the question so that it can be understood without the conversation.

Conversation:
{chat_history}

Question that follows: {question}

Question on its own:"""

RESPONSE = """\
Answer the user's question from the context below, and from nothing else. When the context does not hold the answer, say that \
you are not sure.

------------
{context}
------------"""


@dataclass(frozen=True, kw_only=True)
class RetrievalQa:
    """Asks a retriever, then a model. With a conversation before the question, the model first words the question anew."""

    model: ChatModel
    retriever: Retriever
    rephrase: str = REPHRASE
    """A template with `{chat_history}` and `{question}`; an empty text leaves the question as it is."""
    response: str = RESPONSE
    """A template with `{context}`: the system message."""

    async def respond(
        self, question: str, history: Sequence[ChatMessage] = (), teller: AnswerTeller | None = None
    ) -> tuple[str, list[Document]]:
        """(the answer, the documents that it was made from). Raises ProviderError."""
        history = [message for message in history if message.content]  # the summary of a new session is empty
        documents = await self.retriever.retrieve(await self._standalone(question, history))
        context = "\n".join(f"<doc id='{number}'>{document.page_content}</doc>" for number, document in enumerate(documents))
        system = format_template(self.response, {"context": context, "question": question})
        messages = [ChatMessage(role="system", content=system), *history, ChatMessage(role="user", content=question)]
        return (await ask(self.model, messages, teller)).text, documents

    async def answer(self, question: str) -> str:
        """The answer, for tools that ask a chain."""
        return (await self.respond(question))[0]

    async def _standalone(self, question: str, history: Sequence[ChatMessage]) -> str:
        if not history or not self.rephrase.strip():
            return question
        names = {"user": "human", "assistant": "ai"}
        lines = "\n".join(f"{names.get(message.role, message.role)}: {message.text}" for message in history)
        prompt = format_template(self.rephrase, {"chat_history": lines, "question": question})
        worded = (await self.model.invoke([ChatMessage(role="user", content=prompt)])).text
        return worded if worded.strip() else question


@dataclass(frozen=True, kw_only=True)
class StuffQa:
    """Puts all documents into the system message; no conversation."""

    model: ChatModel
    retriever: Retriever
    prompt: str = RETRIEVAL_ANSWER.ours
    """With `{context}`."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """The answer. Raises ProviderError."""
        documents = await self.retriever.retrieve(question)
        context = "\n\n".join(document.page_content for document in documents)
        system = ChatMessage(role="system", content=filled(self.prompt, context=context))
        return (await ask(self.model, [system, ChatMessage(role="user", content=question)], teller)).text

    async def answer(self, question: str) -> str:
        """The answer, for tools that ask a chain."""
        return await self.respond(question)
