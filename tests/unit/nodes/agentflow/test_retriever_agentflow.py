from __future__ import annotations

import json

import pytest
from agentflow_steps import take_step

from flowisectl.errors import UnknownNode
from flowisectl.interfaces.document import Document
from flowisectl.testing import InMemoryFactory, run_context


class FixedRetriever:
    """Finds one document that names its store and the question."""

    def __init__(self, store: str) -> None:
        self.store = store

    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content=f"{self.store}:{question}", metadata={"store": self.store})]


def factory() -> InMemoryFactory:
    return InMemoryFactory(documentStoreVS=lambda inputs, context: FixedRetriever(inputs["selectedStore"]))


STORES = [{"documentStore": "s1:First"}, {"documentStore": "s2:Second"}]


async def test_documents_of_all_stores_are_found() -> None:
    context = run_context(nodes=factory())

    result = await take_step("retrieverAgentflow", {"retrieverKnowledgeDocumentStores": STORES, "retrieverQuery": "where"}, context)

    assert result.output == {"content": "s1:where\ns2:where"}
    assert result.input == {"question": "where"}
    assert context.events.text() == "s1:where\ns2:where"  # type: ignore[attr-defined]


async def test_the_question_stands_for_a_missing_query_and_metadata_can_be_had() -> None:
    inputs = {"retrieverKnowledgeDocumentStores": STORES[:1], "retrieverQuery": "", "outputFormat": "textWithMetadata"}

    result = await take_step("retrieverAgentflow", inputs, run_context(nodes=factory()))

    assert json.loads(result.output["content"]) == [{"pageContent": "s1:Q", "metadata": {"store": "s1"}}]


async def test_a_node_without_a_store_finds_nothing() -> None:
    result = await take_step("retrieverAgentflow", {"retrieverKnowledgeDocumentStores": ""})

    assert (result.input, result.output) == ({"question": "Q"}, {"content": ""})


async def test_stores_that_are_not_supported_are_named() -> None:
    with pytest.raises(UnknownNode, match="documentStoreVS"):
        await take_step("retrieverAgentflow", {"retrieverKnowledgeDocumentStores": STORES}, run_context())
