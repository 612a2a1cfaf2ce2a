"""Answering from documents the way LlamaIndex' engines do: compact the texts, refine the answer, take a question apart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.texts.documents import QUERY_ANSWER, QUERY_REFINE, SUB_QUESTIONS
from flowisectl.texts.text import filled

MAX_CONTEXT = 48_000
"""Characters of documents that go into one prompt."""
MAX_QUESTIONS = 10


@dataclass(frozen=True, kw_only=True)
class EngineRetriever:
    """A retriever, with the model that the node of its store names."""

    retriever: Retriever
    model: ChatModel | None = None

    async def retrieve(self, question: str) -> list[Document]:
        return await self.retriever.retrieve(question)


class Synthesizer(Protocol):
    """Makes an answer of texts. Templates have `{query}`, `{context}` and `{existingAnswer}`."""

    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str: ...


@dataclass(frozen=True, kw_only=True)
class CompactRefine:
    """As many texts as fit into each prompt; every further prompt makes the answer of the one before better."""

    answer: str = QUERY_ANSWER.ours
    refine: str = QUERY_REFINE.ours

    async def synthesize(self, model: ChatModel, question: str, texts: Sequence[str], teller: AnswerTeller | None = None) -> str:
        lots = packed(texts) or [""]
        found = ""
        for place, context in enumerate(lots):
            template = self.refine if place else self.answer
            prompt = filled(template, query=question, context=context, existingAnswer=found)
            heard = teller if place == len(lots) - 1 else None
            found = (await ask(model, [ChatMessage(role="user", content=prompt)], heard)).text
        return found


@dataclass(frozen=True, kw_only=True)
class QueryEngine:
    retriever: Retriever
    model: ChatModel
    synthesizer: Synthesizer

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> tuple[str, list[Document]]:
        """(the answer, the documents that it was made from). Raises ProviderError."""
        documents = await self.retriever.retrieve(question)
        texts = [document.page_content for document in documents]
        return await self.synthesizer.synthesize(self.model, question, texts, teller), documents

    async def answer(self, question: str) -> str:
        return (await self.respond(question))[0]


@dataclass(frozen=True, kw_only=True)
class EngineTool:
    name: str
    description: str
    engine: QueryEngine


@dataclass(frozen=True, kw_only=True)
class SubQuestionEngine:
    """Has the question taken apart, asks each part where it belongs, and puts the answers together."""

    model: ChatModel
    tools: Sequence[EngineTool]
    synthesizer: Synthesizer
    prompt: str = SUB_QUESTIONS.ours
    """With `{tools}` and `{question}`."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> tuple[str, list[Document]]:
        parts = await self._parts(question)
        answers = await asyncio.gather(*(tool.engine.respond(part) for part, tool in parts))
        texts = [f"Sub question: {part}\nResponse: {text}" for (part, _), (text, _) in zip(parts, answers, strict=True)]
        documents = [document for _, found in answers for document in found]
        return await self.synthesizer.synthesize(self.model, question, texts, teller), documents

    async def answer(self, question: str) -> str:
        return (await self.respond(question))[0]

    async def _parts(self, question: str) -> list[tuple[str, EngineTool]]:
        """An answer of the model that cannot be read makes the whole question one part for every tool."""
        listed = "\n".join(f"{tool.name}: {tool.description}" for tool in self.tools)
        prompt = filled(self.prompt, tools=listed, question=question)
        text = (await self.model.invoke([ChatMessage(role="user", content=prompt)])).text
        by_name = {tool.name: tool for tool in self.tools}
        try:
            rows: Any = orjson.loads(text[text.index("[") : text.rindex("]") + 1])
            parts = [(str(row["subQuestion"]), by_name[str(row["toolName"])]) for row in rows if row.get("toolName") in by_name]
        except (ValueError, KeyError, TypeError, AttributeError):
            parts = []
        return parts[:MAX_QUESTIONS] or [(question, tool) for tool in self.tools]


def packed(texts: Sequence[str]) -> list[str]:
    """Texts put together, an empty line between them, to lots that fit into a prompt."""
    lots: list[str] = []
    for text in texts:
        if lots and len(lots[-1]) + len(text) + 2 <= MAX_CONTEXT:
            lots[-1] += f"\n\n{text}"
        else:
            lots.append(text[:MAX_CONTEXT])
    return lots
