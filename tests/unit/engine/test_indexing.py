"""Writing by way of a record manager: what is known is skipped, what is gone is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from record_doubles import ListRecords

from flowisectl.engine.indexing import document_hashes, indexed, metadata_text
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document


def hash_of(document: Document) -> str:
    return document_hashes([document])[0]


class KeyedStore:
    """A store with ids."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.writes: list[int] = []
        self.omitted_metadata: tuple[str, ...] = ()

    async def add(self, documents: Sequence[Document]) -> None:
        self.writes.append(len(documents))
        self.documents |= {str(document.id): document for document in documents}

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        return []

    async def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    @property
    def texts(self) -> set[str]:
        return {document.page_content for document in self.documents.values()}


class LastingStore:
    """A store that forgets nothing."""

    async def add(self, documents: Sequence[Document]) -> None:
        return None

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        return []


def texts(*contents: str, source: str = "a") -> list[Document]:
    return [Document(page_content=content, metadata={"source": source}) for content in contents]


async def test_what_is_known_is_skipped_and_equal_documents_are_written_once() -> None:
    store, records = KeyedStore(), ListRecords()

    first = await indexed(texts("one", "two", "one"), store, records)
    second = await indexed(texts("two", "three"), store, records)

    assert ([document.page_content for document in first.added], first.skipped, first.total) == (["one", "two"], 0, 2)
    assert ([document.page_content for document in second.added], second.skipped, second.deleted, second.total) == (["three"], 1, 0, 3)
    assert store.texts == {"one", "two", "three"}
    assert store.documents.keys() == records.entries.keys()


async def test_incremental_cleanup_deletes_what_the_same_sources_do_not_have_any_more() -> None:
    store, records = KeyedStore(), ListRecords("incremental")
    await indexed([*texts("a1", "a2"), *texts("b1", source="b")], store, records)

    result = await indexed(texts("a2", "a3"), store, records)

    assert result.deleted == 1
    assert store.texts == {"a2", "a3", "b1"}


async def test_full_cleanup_deletes_all_that_was_not_written_again() -> None:
    store, records = KeyedStore(), ListRecords("full")
    await indexed([*texts("a1", "a2"), *texts("b1", source="b")], store, records)

    result = await indexed(texts("a2"), store, records)

    assert (result.deleted, result.skipped, result.total) == (2, 1, 1)
    assert store.texts == {"a2"}


async def test_documents_are_written_in_lots_of_a_hundred() -> None:
    store = KeyedStore()

    await indexed(texts(*map(str, range(250))), store, ListRecords())

    assert store.writes == [100, 100, 50]


async def test_the_loader_of_a_document_is_recorded() -> None:
    records = ListRecords()

    await indexed([Document(page_content="x", metadata={"docId": "d-1"})], KeyedStore(), records)

    assert await records.keys(doc_id="d-1") == list(records.entries)


@pytest.mark.parametrize(
    ("documents", "records", "text"),
    [
        ([Document(page_content="x")], ListRecords("incremental"), "no metadata 'source'"),
        (texts("x"), ListRecords("incremental", ""), "Source ID Key"),
        ([Document(page_content="x", metadata={"hash_": 1})], ListRecords(), "'hash_'"),
    ],
)
async def test_documents_that_cannot_be_recorded_are_refused_before_they_are_written(
    documents: list[Document], records: ListRecords, text: str
) -> None:
    store = KeyedStore()

    with pytest.raises(InvalidFlow, match=text):
        await indexed(documents, store, records)

    assert store.documents == {}


async def test_a_store_that_cannot_delete_is_told_what_to_do() -> None:
    records = ListRecords("full")
    await indexed(texts("one"), LastingStore(), records)

    with pytest.raises(InvalidFlow, match="choose the cleanup 'none'"):
        await indexed(texts("two"), LastingStore(), records)


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({}, "{}"),
        ({"b": 1, "a": "ü\n"}, '{"a":"ü\\n","b":1}'),
        ({"loc": {"lines": {"to": 2, "from": 1}}, "lines": True}, '{"lines":true,"loc":{"lines":{}}}'),
        ({"x": [{"x": None, "y": 1}, 2.0, 0.5]}, '{"x":[{"x":null},2,0.5]}'),
        ({"n": 1e-05}, '{"n":0.00001}'),
        ({"n": 1.5e-07}, '{"n":1.5e-7}'),
        ({"n": -0.0}, '{"n":0}'),
        ({"n": 1e21}, '{"n":1e+21}'),
        ({"n": 123456789012345680000.0}, '{"n":123456789012345680000}'),
        ({"\U00010000": 1, "\uffff": 2}, '{"\U00010000":1,"\uffff":2}'),
    ],
)
def test_metadata_is_written_as_javascript_writes_it_with_its_top_level_keys_only(metadata: dict[str, Any], text: str) -> None:
    assert metadata_text(metadata) == text


METADATA = {
    "source": "x-1",
    "n": 1,
    "loc": {"lines": {"from": 1, "to": 2}},
    "tags": ["t", "u"],
    "mixed": ["t", 1],
    "nums": [1, 2],
    "none": None,
    "ok": True,
    "deep": {"a": ["b"], "c": "d"},
}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"a": 1}, "d15fa199-745a-5436-9b89-747f3b38cccd"),
        ({"b": "x", "a": [1]}, "44dfe67b-4374-5dd2-81dc-3be5f475fd2e"),
        (METADATA, "2d43cffa-0d10-5d92-b009-33ba52ddb5c4"),
    ],
)
def test_a_hash_is_the_one_that_flowise_gave_to_the_same_document(metadata: dict[str, Any], expected: str) -> None:
    assert hash_of(Document(page_content="hello world", metadata=metadata)) == expected


async def test_what_a_store_never_keeps_counts_for_no_hash_and_is_not_kept() -> None:
    """Flowise gave this id when it filled an index of Elasticsearch, without `loc`."""
    store = KeyedStore()
    store.omitted_metadata = ("loc",)

    result = await indexed([Document(page_content="hello world", metadata=METADATA)], store, ListRecords())

    assert [document.id for document in result.added] == ["a4f902d0-9a46-5ab0-b31b-a17add23617a"]
    assert "loc" not in result.added[0].metadata


def test_a_hash_follows_from_text_and_metadata_whatever_their_order() -> None:
    one = hash_of(Document(page_content="x", metadata={"a": 1, "b": 2}))

    assert one == hash_of(Document(page_content="x", metadata={"b": 2, "a": 1}, id="other"))
    assert one != hash_of(Document(page_content="y", metadata={"a": 1, "b": 2}))
    assert one != hash_of(Document(page_content="x", metadata={"a": 1, "b": 3}))
