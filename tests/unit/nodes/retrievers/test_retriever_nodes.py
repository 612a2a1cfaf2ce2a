"""The retrievers over stores and over other retrievers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpResponse
from flowisectl.llm.search_questions import NOTHING
from flowisectl.nodes.retrievers.cohere_rerank_retriever import CohereRerankRetriever
from flowisectl.nodes.retrievers.custom_retriever import CustomRetriever
from flowisectl.nodes.retrievers.embeddings_filter_retriever import EmbeddingsFilterRetriever
from flowisectl.nodes.retrievers.hyde_retriever import HydeRetriever
from flowisectl.nodes.retrievers.jina_rerank_retriever import JinaRerankRetriever
from flowisectl.nodes.retrievers.llm_filter_retriever import LLMFilterRetriever
from flowisectl.nodes.retrievers.multi_query_retriever import MultiQueryRetriever
from flowisectl.nodes.retrievers.prompt_retriever import PromptRetriever
from flowisectl.nodes.retrievers.rrf_retriever import RRFRetriever
from flowisectl.nodes.retrievers.similarity_threshold_retriever import SimilarityThresholdRetriever
from flowisectl.nodes.retrievers.vector_store_retriever import VectorStoreRetriever
from flowisectl.nodes.retrievers.voyage_ai_rerank_retriever import VoyageAIRerankRetriever
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context


class Store:
    """Finds the same documents for everything, or what is kept for a question."""

    count = 3

    def __init__(self, *scores: float, by_question: dict[str, list[str]] | None = None) -> None:
        self.rows = [(Document(page_content=f"d{place}", metadata={"source": f"s{place}"}), score) for place, score in enumerate(scores)]
        self.by_question = by_question or {}
        self.asked: list[tuple[str, int]] = []

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        self.asked.append((question, count))
        if question in self.by_question:
            return [(Document(page_content=text), 1.0) for text in self.by_question[question]]
        return self.rows[:count]


class Base:
    """A retriever with the number of documents that it gives."""

    def __init__(self, *texts: str, count: int = 3) -> None:
        self.count = count
        self.documents = [Document(page_content=text) for text in texts]
        self.asked: list[str] = []

    async def retrieve(self, question: str) -> list[Document]:
        self.asked.append(question)
        return self.documents


class Letters:
    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


async def build(node: Node, output: str = "retriever", http: Any = None, credential: Any = None, **inputs: Any) -> Any:
    context = run_context(question="asked", **({"http": http} if http else {}))
    return await node.build(NodeInputs(inputs, node_id="r_0", label="Retriever", output=output, credential=credential), context)


def texts(documents: Sequence[Document]) -> list[str]:
    return [document.page_content for document in documents]


class TestThreshold:
    async def test_it_widens_until_some_are_not_similar_enough(self) -> None:
        store = Store(0.9, 0.85, 0.8, 0.2, 0.1)
        retriever = await build(SimilarityThresholdRetriever(), vectorStore=store, minSimilarityScore="80", maxK="20", kIncrement="2")

        assert texts(await retriever.retrieve("q")) == ["d0", "d1", "d2"]
        assert [count for _, count in store.asked] == [2, 4]

    async def test_it_stops_at_the_most(self) -> None:
        store = Store(0.9, 0.9, 0.9, 0.9)
        retriever = await build(SimilarityThresholdRetriever(), vectorStore=store, minSimilarityScore=10, maxK=3, kIncrement=2)

        assert len(await retriever.retrieve("q")) == 3
        assert [count for _, count in store.asked] == [2, 3]

    async def test_the_output_may_be_documents_or_text(self) -> None:
        inputs = {"vectorStore": Store(0.9), "minSimilarityScore": 80}

        assert texts(await build(SimilarityThresholdRetriever(), "document", query="q", **inputs)) == ["d0"]
        assert await build(SimilarityThresholdRetriever(), "text", **inputs) == "d0\n"


async def test_documents_are_put_into_a_form() -> None:
    store = Store(0.9)

    found = await build(
        CustomRetriever(), "document", vectorStore=store, resultFormat="[{{context}}] {{metadata.source}} {{metadata.a.b}}."
    )

    assert texts(found) == ["[d0] s0 ."]
    assert store.asked == [("asked", 3)]


class TestSeveralQuestions:
    async def test_several_wordings_are_searched_and_joined(self) -> None:
        store = Store(by_question={"one": ["a", "b"], "two": ["b", "c"]})
        model = ScriptedChatModel("<questions>\n1. one\n2. two\n</questions>")
        retriever = await build(MultiQueryRetriever(), vectorStore=store, model=model, modelPrompt="Word {question} anew")

        assert texts(await retriever.retrieve("q?")) == ["a", "b", "c"]
        assert model.calls[0].texts == [("user", "Word q? anew")]

    async def test_without_wordings_the_question_itself_is_searched(self) -> None:
        store = Store(by_question={"q": ["a"]})
        retriever = await build(MultiQueryRetriever(), vectorStore=store, model=ScriptedChatModel(""))

        assert texts(await retriever.retrieve("q")) == ["a"]

    async def test_ranks_are_fused(self) -> None:
        class Ranked(Base):
            async def retrieve(self, question: str) -> list[Document]:
                found = {"q": ["a", "b", "c"], "one": ["b", "c"], "two": ["b", "a"]}
                return [Document(page_content=text) for text in found[question]]

        retriever = await build(
            RRFRetriever(), baseRetriever=Ranked(count=2), model=ScriptedChatModel("one\n- two\nthree"), queryCount="2", c=60
        )

        found = await retriever.retrieve("q")

        assert texts(found) == ["b", "a"]
        scores = [document.metadata["relevancy_score"] for document in found]
        assert scores == sorted(scores, reverse=True) and 0 < scores[1] < scores[0] < 4 / 61

    async def test_a_passage_is_searched_instead_of_the_question(self) -> None:
        store = Store(by_question={"The passage.": ["a"]})
        model = ScriptedChatModel("The passage.", repeat=True)

        found = await build(HydeRetriever(), "document", vectorStore=store, model=model, promptKey="scifact", topK="2")
        own = await build(HydeRetriever(), "text", vectorStore=store, model=model, customPrompt="Say {question}")

        assert (texts(found), own) == (["a"], "a\n")
        assert store.asked[0] == ("The passage.", 2)
        assert "Claim: asked" in model.calls[0].texts[0][1]
        assert model.calls[1].texts == [("user", "Say asked")]


class TestFilters:
    async def test_a_model_keeps_what_answers(self) -> None:
        model = ScriptedChatModel(lambda messages, options: "kept" if "good" in messages[0].text else NOTHING, repeat=True)

        found = await build(LLMFilterRetriever(), "document", baseRetriever=Base("good text", "bad text"), model=model)

        assert texts(found) == ["kept"]

    async def test_vectors_decide_what_is_similar(self) -> None:
        found = await build(
            EmbeddingsFilterRetriever(), "document", baseRetriever=Base("aaa", "bbb", "aab"), embeddings=Letters(), query="a",
            similarityThreshold="0.5", k="5",
        )  # fmt: skip

        assert texts(found) == ["aaa", "aab"]


def ranks(*rows: tuple[int, float], member: str = "results") -> HttpResponse:
    body = orjson.dumps({member: [{"index": index, "relevance_score": score} for index, score in rows]})
    return HttpResponse(status=200, reason="OK", headers={}, body=body)


class TestRerankers:
    async def test_cohere_orders_anew(self) -> None:
        http = ScriptedHttp(ranks((0, 0.1), (1, 0.9)))
        retriever = await build(
            CohereRerankRetriever(), http=http, credential={"cohereApiKey": "co-secret"}, baseRetriever=Base("a", "b"), maxChunksPerDoc=""
        )

        found = await retriever.retrieve("q")

        assert texts(found) == ["b", "a"]
        assert found[0].metadata["relevance_score"] == 0.9
        assert http.calls[0].url == "https://api.cohere.com/v1/rerank"
        assert http.calls[0].headers["authorization"] == "Bearer co-secret"
        assert orjson.loads(http.calls[0].body or b"") == {
            "model": "rerank-v3.5",
            "query": "q",
            "documents": ["a", "b"],
            "top_n": 2,
            "max_chunks_per_doc": 10,
        }

    async def test_jina_and_voyage_are_asked_in_their_own_words(self) -> None:
        jina, voyage = ScriptedHttp(ranks((1, 0.9))), ScriptedHttp(ranks((0, 0.9), member="data"))

        one = await build(JinaRerankRetriever(), "document", jina, {"jinaAIAPIKey": "k"}, baseRetriever=Base("a", "b"), topN="1")
        two = await build(VoyageAIRerankRetriever(), "document", voyage, {"apiKey": "k"}, baseRetriever=Base("a", "b"), topK="1")

        assert (texts(one), texts(two)) == (["b"], ["a"])
        assert orjson.loads(jina.calls[0].body or b"")["top_n"] == 1
        assert orjson.loads(voyage.calls[0].body or b"")["top_k"] == 1

    async def test_nothing_found_asks_nobody(self) -> None:
        http = ScriptedHttp()
        retriever = await build(CohereRerankRetriever(), http=http, credential={"cohereApiKey": "k"}, baseRetriever=Base())

        assert await retriever.retrieve("q") == []
        assert http.calls == []

    async def test_a_refusal_and_a_missing_key_are_told(self) -> None:
        refusal = HttpResponse(status=401, reason="no", headers={}, body=b'{"message": "invalid api token co-secret"}')
        retriever = await build(
            CohereRerankRetriever(), http=ScriptedHttp(refusal), credential={"cohereApiKey": "co-secret"}, baseRetriever=Base("a")
        )

        with pytest.raises(ProviderError, match="invalid api token") as caught:
            await retriever.retrieve("q")
        assert "co-secret" not in str(caught.value)
        with pytest.raises(MissingInput, match="cohereApiKey"):
            await build(CohereRerankRetriever(), baseRetriever=Base("a"))


async def test_prompts_and_stores_get_a_name_by_which_a_chain_chooses_them() -> None:
    prompt = await build(PromptRetriever(), name="law", description="About law", systemMessage="You know the law.")
    store = await build(VectorStoreRetriever(), name="docs", description="About flows", vectorStore=Store(0.9))

    assert (prompt.name, prompt.description, prompt.system_message) == ("law", "About law", "You know the law.")
    assert texts(await store.retriever.retrieve("q")) == ["d0"]
