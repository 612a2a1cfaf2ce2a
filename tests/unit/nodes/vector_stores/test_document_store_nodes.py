"""Nodes over a document store: its chunks, and its vector store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from flowisectl.engine.context import RunContext, StoreComponents
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, NotFound
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders.document_store import DocumentStore
from flowisectl.nodes.vector_stores.document_store_vs import DocumentStoreVS
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.testing import InMemoryFactory, run_context


class Letters:
    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


class OneStore:
    """`engine.context.DocumentStores` with the store `s-1`."""

    def __init__(self, components: StoreComponents, *documents: Document) -> None:
        self._components = components
        self._documents = documents

    async def components(self, store_id: str) -> StoreComponents:
        self._check(store_id)
        return self._components

    async def documents(self, store_id: str) -> Sequence[Document]:
        self._check(store_id)
        return self._documents

    def _check(self, store_id: str) -> None:
        if store_id != "s-1":
            raise NotFound(f"Document store {store_id} not found")


FULL = StoreComponents(vector_store=("faiss", {"topK": 1, "credential": "c-1"}), embeddings=("letters", {"credential": "c-2"}))
CHUNKS = [Document(page_content=text, metadata={"n": place}) for place, text in enumerate(("aa", "bb"))]


def inputs(store_id: str = "s-1", output: str = "") -> NodeInputs:
    return NodeInputs({"selectedStore": store_id}, node_id="n_0", label="Store", output=output)


def context_of(components: StoreComponents = FULL, **nodes: Any) -> RunContext:
    return run_context(document_stores=OneStore(components, *CHUNKS), nodes=InMemoryFactory(**nodes))


async def test_the_loader_gives_every_chunk_as_documents_or_as_text() -> None:
    context = context_of()

    assert await DocumentStore().build(inputs(), context) == CHUNKS
    assert await DocumentStore().build(inputs(output="text"), context) == "aa\nbb\n"


@pytest.mark.parametrize("node", [DocumentStore(), DocumentStoreVS()])
async def test_that_no_store_is_chosen_is_told(node: Any) -> None:
    with pytest.raises(MissingInput, match="selectedStore"):
        await node.build(inputs(""), context_of())


async def test_chunks_of_a_store_that_is_not_there_cannot_be_had() -> None:
    with pytest.raises(NotFound, match="s-9"):
        await DocumentStore().build(inputs("s-9"), context_of())


async def test_that_a_store_is_not_there_is_told_when_it_is_searched_so_that_an_agent_can_do_without() -> None:
    retriever = await DocumentStoreVS().build(inputs("s-9"), context_of())
    store = await DocumentStoreVS().build(inputs("s-9", output="vectorStore"), context_of())

    assert isinstance(retriever, StoreRetriever)
    with pytest.raises(NotFound, match="s-9"):
        await retriever.retrieve("b")
    assert not isinstance(store, StoreRetriever)
    with pytest.raises(NotFound, match="s-9"):
        await store.search("b", 4)


async def test_outside_of_a_workspace_there_is_no_store() -> None:
    with pytest.raises(NotFound, match="s-1"):
        await DocumentStore().build(inputs(), run_context())


async def test_the_vector_store_is_built_with_its_saved_settings_and_credentials() -> None:
    store = MemoryStore(Letters())
    await store.add(CHUNKS)
    context = context_of(letters=Letters(), faiss=lambda given, _: StoreRetriever(store, given["topK"]))

    retriever = await DocumentStoreVS().build(inputs(), context)
    itself = await DocumentStoreVS().build(inputs(output="vectorStore"), context)

    assert isinstance(retriever, StoreRetriever)
    assert [document.page_content for document in await retriever.retrieve("b")] == ["bb"]
    assert itself is store
    assert isinstance(context.nodes, InMemoryFactory)
    assert [(name, credential) for name, _, _, credential in context.nodes.built[:2]] == [("letters", "c-2"), ("faiss", "c-1")]
    assert isinstance(context.nodes.built[1][1]["embeddings"], Letters)


@pytest.mark.parametrize(
    "components", [StoreComponents(vector_store=None, embeddings=("e", {})), StoreComponents(vector_store=("v", {}), embeddings=None)]
)
async def test_a_store_without_a_vector_store_says_what_to_do(components: StoreComponents) -> None:
    retriever = await DocumentStoreVS().build(inputs(), context_of(components))

    assert isinstance(retriever, StoreRetriever)
    with pytest.raises(InvalidFlow, match="has no vector store yet"):
        await retriever.retrieve("b")


async def test_a_component_that_cannot_be_searched_is_named() -> None:
    with pytest.raises(InvalidFlow, match="'faiss'"):
        await DocumentStoreVS().build(inputs(), context_of(letters=Letters(), faiss=object()))
