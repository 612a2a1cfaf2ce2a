"""Retrievers over a store or over another retriever."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.interfaces.vector_store import VectorStore

_PLACE = re.compile(r"\{\{\s*([\w.$-]+)\s*\}\}")
MAX_QUESTIONS = 20

Questions = Callable[[str], Awaitable[Sequence[str]]]
"""A question → questions to search for instead of it or beside it."""
Refine = Callable[[str, Sequence[Document]], Awaitable[list[Document]]]
"""A question and what was found for it → what is handed on."""
Fuse = Callable[[Sequence[Sequence[Document]]], list[Document]]


@dataclass(frozen=True, kw_only=True)
class ThresholdRetriever:
    """Every document that scores at least `least`: asks for more and more until some do not, or `most` are reached."""

    store: VectorStore
    least: float
    most: int = 100
    step: int = 10

    async def retrieve(self, question: str) -> list[Document]:
        count = 0
        while True:
            count = min(count + max(self.step, 1), self.most)
            found = await self.store.search(question, count)
            good = [document for document, score in found if score >= self.least]
            if len(good) < count or count >= self.most:
                return good


@dataclass(frozen=True, kw_only=True)
class FormattedRetriever:
    """Documents whose text is put into a form: `{{context}}` is the text, `{{metadata.path}}` a value of the metadata."""

    store: VectorStore
    count: int
    form: str

    async def retrieve(self, question: str) -> list[Document]:
        found = await self.store.search(question, self.count)
        return [replace(document, page_content=formatted(self.form, document)) for document, _ in found]


@dataclass(frozen=True, kw_only=True)
class ManyQuestionsRetriever:
    """Searches for several questions at once and puts the finds together."""

    base: Retriever
    questions: Questions
    fuse: Fuse

    async def retrieve(self, question: str) -> list[Document]:
        asked = list(await self.questions(question))[:MAX_QUESTIONS] or [question]
        return self.fuse(await asyncio.gather(*(self.base.retrieve(each) for each in asked)))


@dataclass(frozen=True, kw_only=True)
class RefinedRetriever:
    """Hands what was found to a function that orders it anew, shortens it or leaves some out."""

    base: Retriever
    refine: Refine

    async def retrieve(self, question: str) -> list[Document]:
        documents = await self.base.retrieve(question)
        return await self.refine(question, documents) if documents else []


def formatted(form: str, document: Document) -> str:
    """The form with the document's values; what the document does not have becomes nothing."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "context":
            return document.page_content
        root, _, path = name.partition(".")
        found: Any = document.metadata if root == "metadata" else None
        for key in path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        return "" if found is None else str(found)

    return _PLACE.sub(value, form)
