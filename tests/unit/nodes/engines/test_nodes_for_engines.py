"""The models, vectors and stores that engines use."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.interfaces.http import HttpResponse
from flowisectl.llm.query_engine import EngineRetriever
from flowisectl.nodes.chat_models.azure_chat_open_ai_llama_index import AzureChatOpenAILlamaIndex
from flowisectl.nodes.chat_models.chat_open_ai_llama_index import ChatOpenAILlamaIndex
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.nodes.embeddings.open_ai_embedding_llama_index import OpenAIEmbeddingLlamaIndex
from flowisectl.nodes.vector_stores.pinecone_llama_index import PineconeLlamaIndex
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context

AZURE = {
    "azureOpenAIApiKey": "az-secret",
    "azureOpenAIApiInstanceName": "inst",
    "azureOpenAIApiDeploymentName": "dep",
    "azureOpenAIApiVersion": "2024-06-01",
}


def answer(body: Any) -> HttpResponse:
    return HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(body))


async def build(node: Node, http: ScriptedHttp, credential: Any, output: str = "", **inputs: Any) -> Any:
    return await node.build(NodeInputs(inputs, node_id="n_0", label="Node", output=output, credential=credential), run_context(http=http))


async def test_a_model_of_azure_is_asked_at_its_deployment() -> None:
    model = await build(AzureChatOpenAILlamaIndex(), ScriptedHttp(), AZURE, modelName="gpt-4", temperature="0.9")

    assert (model.provider, model.model, model.streaming) == ("azureChatOpenAI_LlamaIndex", "gpt-4", True)
    assert "inst.openai.azure.com/openai/deployments/dep" in str(vars(model))


async def test_a_model_of_openai_may_be_at_another_address() -> None:
    model = await build(ChatOpenAILlamaIndex(), ScriptedHttp(), {"openAIApiKey": "k"}, basepath="http://127.0.0.1:9/v1")

    assert (model.provider, model.model) == ("chatOpenAI_LlamaIndex", "gpt-3.5-turbo")
    assert "http://127.0.0.1:9/v1" in str(vars(model))


async def test_vectors_are_made_by_openai() -> None:
    http = ScriptedHttp(answer({"data": [{"index": 0, "embedding": [1.0]}]}))
    embeddings = await build(OpenAIEmbeddingLlamaIndex(), http, {"openAIApiKey": "k"})

    assert await embeddings.embed(["a"]) == [[1.0]]
    assert orjson.loads(http.calls[0].body or b"")["model"] == "text-embedding-ada-002"


async def test_documents_of_llama_index_are_read_and_the_retriever_brings_its_model() -> None:
    class Ones:
        async def embed(self, texts: Any) -> list[list[float]]:
            return [[1.0] for _ in texts]

    node_content = orjson.dumps({"text": "Deep inside."}).decode()
    matches = [
        {"id": "1", "score": 0.9, "metadata": {"_node_content": node_content, "source": "x"}},
        {"id": "2", "score": 0.8, "metadata": {"text": "Plain."}},
        {"id": "3", "score": 0.7, "metadata": {"_node_content": "{"}},
    ]
    http = ScriptedHttp(answer({"host": "idx.pinecone.test"}), answer({"matches": matches}))
    model = ScriptedChatModel()
    inputs = {"model": model, "embeddings": Ones(), "pineconeIndex": "flows"}

    retriever = await build(PineconeLlamaIndex(), http, {"pineconeApiKey": "k"}, "retriever", **inputs)
    store = await build(PineconeLlamaIndex(), http, {"pineconeApiKey": "k"}, "vectorStore", **inputs)

    assert isinstance(retriever, EngineRetriever) and retriever.model is model
    assert isinstance(store, EmbeddedStore)
    assert [document.page_content for document in await retriever.retrieve("q")] == ["Deep inside.", "Plain.", ""]


async def synthesized(name: str, model: ScriptedChatModel, texts: list[str], **inputs: Any) -> str:
    synthesizer = await load_catalogue().get(name).build(NodeInputs(inputs), run_context())
    found: str = await synthesizer.synthesize(model, "why?", texts)
    return found


async def test_a_simple_builder_asks_once_with_what_fits() -> None:
    model = ScriptedChatModel("because")

    assert await synthesized("simpleResponseBuilderLlamaIndex", model, ["a" * 30_000, "b" * 30_000]) == "because"
    asked = model.calls[0].texts[0][1]
    assert "a" * 30_000 in asked and "bb" not in asked and "why?" in asked


async def test_a_tree_answers_from_every_lot_and_then_from_the_answers() -> None:
    model = ScriptedChatModel("one", "two", "both")

    answer = await synthesized("treeSummarizeLlamaIndex", model, ["a" * 30_000, "b" * 30_000], prompt="{query} from: {context}")

    assert answer == "both"
    assert model.calls[2].texts == [("user", "why? from: one\n\ntwo")]


async def test_a_tree_without_texts_asks_once() -> None:
    model = ScriptedChatModel("nothing is known")

    assert await synthesized("treeSummarizeLlamaIndex", model, []) == "nothing is known"
