"""Finding documents by their vectors."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from flowisectl.interfaces.document import Document
from flowisectl.retrieval.memory_store import MemoryStore, query_vector
from flowisectl.retrieval.store_retriever import Filterable, StoreRetriever


class Letters:
    """Embeds a text by how often a, b and c stand in it."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append([*texts])
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


class LettersWithQuestions(Letters):
    async def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0, 0.0]


def documents(*texts: str) -> list[Document]:
    return [Document(page_content=text, metadata={"first": text[:1]}) for text in texts]


async def store(embeddings: Letters | None = None) -> MemoryStore:
    made = MemoryStore(embeddings or Letters())
    await made.add(documents("aab", "bbb", "ccc", "", "zzz"))
    return made


async def test_the_most_similar_come_first() -> None:
    found = await (await store()).search("ab", 3)

    assert [document.page_content for document, _ in found] == ["aab", "bbb", "ccc"]
    assert found[0][1] == pytest.approx(0.9487, abs=1e-4)
    assert found[2][1] == 0.0


async def test_empty_documents_are_not_embedded() -> None:
    letters = Letters()

    await store(letters)

    assert letters.asked == [["aab", "bbb", "ccc", "zzz"]]


async def test_a_store_without_documents_finds_none() -> None:
    letters = Letters()
    empty = MemoryStore(letters)

    await empty.add([])

    assert await empty.search("a", 4) == []
    assert letters.asked == [["a"]]


async def test_conditions_leave_others_out() -> None:
    found = await (await store()).search("ab", 9, {"first": "b"})

    assert [document.page_content for document, _ in found] == ["bbb"]


async def test_a_retriever_gives_the_best_few_and_can_be_narrowed() -> None:
    retriever = StoreRetriever(await store(), 2)

    assert [document.page_content for document in await retriever.retrieve("ab")] == ["aab", "bbb"]
    assert isinstance(retriever, Filterable)
    assert [document.page_content for document in await retriever.filtered({"first": "c"}).retrieve("ab")] == ["ccc"]


async def test_questions_are_embedded_in_their_own_way_where_there_is_one() -> None:
    assert await query_vector(LettersWithQuestions(), "ccc") == [1.0, 0.0, 0.0]
    assert await query_vector(Letters(), "ccc") == [0.0, 0.0, 3.0]
