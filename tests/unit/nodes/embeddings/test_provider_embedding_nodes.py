"""What each embedding node asks its provider for, told from the request that it sends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedHttp, run_context

CATALOGUE = load_catalogue()
OPENAI = {"data": [{"embedding": [1, 2]}]}
AZURE = {
    "azureOpenAIApiKey": "key-0123",
    "azureOpenAIApiInstanceName": "inst",
    "azureOpenAIApiDeploymentName": "dep",
    "azureOpenAIApiVersion": "2024-10-21",
}


async def ask(node: str, inputs: dict[str, Any], credential: dict[str, str], answer: Any) -> HttpCall:
    """Build a node's object, have one text embedded, and give the request that it sent."""
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(answer)))
    given = NodeInputs(inputs, node_id=f"{node}_0", label=node, credential=credential)
    embeddings = await CATALOGUE.get(node).build(given, run_context(http=http))

    assert await embeddings.embed(["a\nb"]) == [[1.0, 2.0]]
    return http.calls[0]


@pytest.mark.parametrize(
    ("node", "inputs", "credential", "url", "sent"),
    [
        (
            "openAIEmbeddings",
            {"modelName": "m", "stripNewLines": False},
            {"openAIApiKey": "key-0123"},
            "https://api.openai.com/v1/embeddings",
            {"model": "m", "encoding_format": "base64", "input": ["a b"]},
        ),
        (
            "openAIEmbeddingsCustom",
            {"modelName": "m", "dimensions": "2", "stripNewLines": "", "basepath": "http://h/v1", "baseOptions": {"x-a": "b"}},
            {"openAIApiKey": "key-0123"},
            "http://h/v1/embeddings",
            {"model": "m", "encoding_format": "base64", "dimensions": 2, "input": ["a b"]},
        ),
        (
            "azureOpenAIEmbeddings",
            {},
            AZURE,
            "https://inst.openai.azure.com/openai/deployments/dep/embeddings?api-version=2024-10-21",
            {"model": "dep", "encoding_format": "base64", "input": ["a b"]},
        ),
        (
            "localAIEmbeddings",
            {"basePath": "http://127.0.0.1:8080/v1", "modelName": "m"},
            {},
            "http://127.0.0.1:8080/v1/embeddings",
            {"model": "m", "encoding_format": "base64", "input": ["a b"]},
        ),
        (
            "mistralAIEmbeddings",
            {},
            {"mistralAIAPIKey": "key-0123"},
            "https://api.mistral.ai/v1/embeddings",
            {"model": "mistral-embed", "input": ["a b"]},
        ),
        (
            "togetherAIEmbedding",
            {"modelName": "m"},
            {"togetherAIApiKey": "key-0123"},
            "https://api.together.xyz/v1/embeddings",
            {"model": "m", "input": ["a\nb"]},
        ),
        (
            "azureOpenAIEmbeddingsLlamaIndex",
            {},
            AZURE,
            "https://inst.openai.azure.com/openai/deployments/dep/embeddings?api-version=2024-10-21",
            {"model": "dep", "encoding_format": "base64", "input": ["a\nb"]},
        ),
        (
            "jinaEmbeddings",
            {"modelDimensions": "512", "allowLateChunking": True},
            {"jinaAIAPIKey": "key-0123"},
            "https://api.jina.ai/v1/embeddings",
            {
                "model": "jina-embeddings-v3",
                "dimensions": 512,
                "late_chunking": True,
                "task": "retrieval.passage",
                "normalized": True,
                "input": ["a b"],
            },
        ),
        (
            "voyageAIEmbeddings",
            {},
            {"apiKey": "key-0123", "endpoint": "http://v.example/v1/embeddings"},
            "http://v.example/v1/embeddings",
            {"model": "voyage-2", "input": ["a\nb"]},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
async def test_a_compatible_provider_is_asked_at_its_address(
    node: str, inputs: dict[str, Any], credential: dict[str, str], url: str, sent: dict[str, Any]
) -> None:
    call = await ask(node, inputs, credential, OPENAI)

    assert (call.method, call.url, orjson.loads(call.body or b"")) == ("POST", url, sent)


async def test_google_is_told_what_the_vectors_are_for() -> None:
    answer = {"embeddings": [{"values": [1, 2]}]}

    call = await ask("googleGenerativeAiEmbeddings", {"tasktype": "CLUSTERING"}, {"googleGenerativeAPIKey": "key-0123"}, answer)
    odd = await ask("googleGenerativeAiEmbeddings", {"tasktype": "odd"}, {"googleGenerativeAPIKey": "key-0123"}, answer)

    assert call.url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert orjson.loads(call.body or b"")["requests"][0]["taskType"] == "CLUSTERING"
    assert "taskType" not in orjson.loads(odd.body or b"")["requests"][0]


async def test_ollama_is_asked_without_a_key() -> None:
    call = await ask("ollamaEmbedding", {"modelName": "m", "numGpu": "2"}, {}, {"embeddings": [[1, 2]]})

    assert (call.url, "authorization" in call.headers) == ("http://localhost:11434/api/embed", False)
    assert orjson.loads(call.body or b"") == {"model": "m", "options": {"num_gpu": 2, "use_mmap": True}, "input": ["a\nb"]}


@pytest.mark.parametrize("kind", ["search_document", "search_query", "clustering", ""])
async def test_cohere_tells_documents_from_questions_whatever_the_node_says(kind: str) -> None:
    answer = HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps({"embeddings": {"float": [[1, 2]]}}))
    http = ScriptedHttp(answer, answer)
    given = NodeInputs({"inputType": kind}, node_id="e_0", label="E", credential={"cohereApiKey": "k"})
    embeddings = await CATALOGUE.get("cohereEmbeddings").build(given, run_context(http=http))

    await embeddings.embed(["a"])
    await embeddings.embed_query("a")

    assert [orjson.loads(call.body or b"")["input_type"] for call in http.calls] == ["search_document", "search_query"]


async def test_jina_tells_documents_from_questions() -> None:
    answer = HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(OPENAI))
    http = ScriptedHttp(answer, answer)
    given = NodeInputs({}, node_id="e_0", label="E", credential={"jinaAIAPIKey": "k"})
    embeddings = await CATALOGUE.get("jinaEmbeddings").build(given, run_context(http=http))

    await embeddings.embed(["a"])
    await embeddings.embed_query("a")

    assert [orjson.loads(call.body or b"")["task"] for call in http.calls] == ["retrieval.passage", "retrieval.query"]


@pytest.mark.parametrize(("given", "text"), [("", "a\nb"), (True, "a b")])
async def test_google_gets_line_ends_unless_the_node_strips_them(given: Any, text: str) -> None:
    answer = {"embeddings": [{"values": [1, 2]}]}

    call = await ask("googleGenerativeAiEmbeddings", {"stripNewLines": given}, {"googleGenerativeAPIKey": "key-0123"}, answer)

    assert orjson.loads(call.body or b"")["requests"][0]["content"]["parts"] == [{"text": text}]


@pytest.mark.parametrize(
    "node",
            ["openAIEmbeddingsCustom", "mistralAIEmbeddings", "googleGenerativeAiEmbeddings", "cohereEmbeddings", "togetherAIEmbedding",
             "jinaEmbeddings", "voyageAIEmbeddings", "huggingFaceInferenceEmbeddings"]
)  # fmt: skip
async def test_a_provider_without_a_key_says_so(node: str) -> None:
    with pytest.raises(MissingInput, match="has no API key"):
        await CATALOGUE.get(node).build(NodeInputs({"modelName": "m"}, node_id="n", label=node), run_context())


async def test_hugging_face_is_asked_for_the_features_of_a_text() -> None:
    call = await ask("huggingFaceInferenceEmbeddings", {"modelName": "o/m"}, {"huggingFaceApiKey": "k"}, [[1, 2]])
    own = await ask("huggingFaceInferenceEmbeddings", {"endpoint": "http://e.example/x"}, {"huggingFaceApiKey": "k"}, [[1, 2]])

    assert call.url == "https://router.huggingface.co/hf-inference/models/o/m/pipeline/feature-extraction"
    assert (orjson.loads(call.body or b""), own.url) == ({"inputs": ["a b"]}, "http://e.example/x")


async def test_a_model_that_embeds_words_is_told() -> None:
    with pytest.raises(ProviderError, match="choose a model that embeds sentences"):
        await ask("huggingFaceInferenceEmbeddings", {}, {"huggingFaceApiKey": "k"}, [[[1, 2], [3, 4]]])
