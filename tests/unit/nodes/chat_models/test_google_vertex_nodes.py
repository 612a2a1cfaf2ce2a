"""The nodes of Vertex AI: what they ask for, told from the requests that they send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from flowisectl.engine.local_paths import LocalPaths
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.http import HttpCall, HttpResponse, Reach
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedHttp, run_context

HELLO = [ChatMessage(role="user", content="hello")]
KEY = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
CREDENTIAL = {"googleApplicationCredential": orjson.dumps(KEY).decode(), "projectID": "my-project"}
TOKEN = {"access_token": "token-0123", "expires_in": 3600}
GEMINI = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
CLAUDE = {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn"}
PLACE = "https://{}aiplatform.googleapis.com/v1/projects/my-project/locations/{}/publishers/{}/models/{}"


def answered(answer: Any) -> HttpResponse:
    return HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(answer))


async def build(name: str, http: ScriptedHttp, inputs: dict[str, Any]) -> Any:
    given = NodeInputs(inputs, node_id=f"{name}_0", label="Vertex", credential=CREDENTIAL)
    return await load_catalogue().get(name).build(given, run_context(http=http))


async def ask(name: str, answer: Any, inputs: dict[str, Any]) -> HttpCall:
    http = ScriptedHttp(answered(TOKEN), answered(answer))
    model = await build(name, http, {"streaming": False, **inputs})

    assert (await model.invoke(HELLO)).text == "hi"
    assert http.calls[1].headers["authorization"] == "Bearer token-0123"
    assert http.calls[1].reach is Reach.ENDPOINT
    return http.calls[1]


async def test_gemini_is_asked_with_the_nodes_inputs() -> None:
    inputs = {"region": "europe-west1", "modelName": "gemini-2.5-flash", "temperature": "0", "maxOutputTokens": "7", "topK": 3}

    call = await ask("chatGoogleVertexAI", GEMINI, {**inputs, "thinkingBudget": 0})

    assert call.url == PLACE.format("europe-west1-", "europe-west1", "google", "gemini-2.5-flash") + ":generateContent"
    assert orjson.loads(call.body or b"")["generationConfig"] == {
        "temperature": 0.0,
        "maxOutputTokens": 7,
        "topK": 3,
        "thinkingConfig": {"includeThoughts": False, "thinkingBudget": 0},
    }


async def test_the_newest_models_are_asked_everywhere() -> None:
    call = await ask("chatGoogleVertexAI", GEMINI, {"modelName": "x", "customModelName": "gemini-3-flash-preview", "thinkingLevel": "LOW"})

    assert call.url == PLACE.format("", "global", "google", "gemini-3-flash-preview") + ":generateContent"
    assert orjson.loads(call.body or b"")["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "LOW"


async def test_claude_is_asked_in_its_own_words() -> None:
    call = await ask("chatGoogleVertexAI", CLAUDE, {"modelName": "claude-sonnet-4@20250514", "region": "us-east5"})

    assert call.url == PLACE.format("us-east5-", "us-east5", "anthropic", "claude-sonnet-4@20250514") + ":rawPredict"
    body = orjson.loads(call.body or b"")
    assert (body["anthropic_version"], body["max_tokens"]) == ("vertex-2023-10-16", 16_384)


async def test_a_chat_without_a_model_says_so() -> None:
    with pytest.raises(MissingInput, match="has no model"):
        await build("chatGoogleVertexAI", ScriptedHttp(), {})


async def test_a_text_model_is_asked_as_a_chat() -> None:
    call = await ask("googlevertexai", GEMINI, {"modelName": "gemini-2.0-flash", "temperature": 0.7, "topP": 0.5})

    assert call.url == PLACE.format("us-central1-", "us-central1", "google", "gemini-2.0-flash") + ":generateContent"
    assert orjson.loads(call.body or b"")["generationConfig"] == {"temperature": 0.7, "topP": 0.5}


async def test_texts_are_embedded() -> None:
    http = ScriptedHttp(answered(TOKEN), answered({"predictions": [{"embeddings": {"values": [1, 2]}}]}))

    embeddings = await build("googlevertexaiEmbeddings", http, {"stripNewLines": ""})

    assert await embeddings.embed(["a\nb"]) == [[1.0, 2.0]]
    assert http.calls[1].url == PLACE.format("us-central1-", "us-central1", "google", "text-embedding-004") + ":predict"
    assert orjson.loads(http.calls[1].body or b"") == {"instances": [{"content": "a b"}]}


async def test_a_key_file_must_not_lie_among_uploaded_files(tmp_path: Path) -> None:
    uploads = tmp_path / "00000000-0000-0000-0000-000000000000"
    uploads.mkdir()
    (uploads / "key.json").write_text(orjson.dumps(KEY).decode())
    fields = {"googleApplicationCredentialFilePath": str(uploads / "key.json"), "projectID": "p"}
    given = NodeInputs({"modelName": "gemini-2.5-flash"}, node_id="v", label="Vertex", credential=fields)

    with pytest.raises(InvalidFlow, match="holds what users have uploaded"):
        await load_catalogue().get("chatGoogleVertexAI").build(given, run_context(paths=LocalPaths(storage=tmp_path)))
