"""Vertex AI's wire and Google's login against scripted servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from scripted_server import ScriptedServer

from flowisectl.clients.google_account import GoogleLogin, google_login
from flowisectl.clients.vertex import VertexClaude, VertexEmbeddings, model_url, region_of, vertex_gemini
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

TOKEN = "ya29.token-0123"
LOGIN = GoogleLogin(token=TOKEN, project="my-project")
HELLO = [ChatMessage(role="user", content="hello")]
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def account(server: ScriptedServer, **members: Any) -> dict[str, str]:
    """A credential with the key of a service account."""
    key = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "k-1",
        "private_key": PEM,
        "client_email": "me@my-project.iam.gserviceaccount.com",
        "token_uri": f"{server.url}/token",
        **members,
    }
    return {"googleApplicationCredential": orjson.dumps(key).decode()}


async def login(http: HttpClient, fields: dict[str, str]) -> GoogleLogin:
    return await google_login(http, lambda name: fields.get(name, ""), owner="node 'v' (Vertex)")


@pytest.fixture(autouse=True)
def _no_login_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)


class TestLogin:
    async def test_a_service_account_signs_for_its_token_which_is_kept(self, http: HttpClient, server: ScriptedServer) -> None:
        server.json({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

        found = await login(http, account(server))
        again = await login(http, {**account(server), "projectID": "other"})

        assert (found.token, found.project, again.token, again.project) == (TOKEN, "my-project", TOKEN, "other")
        assert len(server.seen) == 1
        form = parse_qs(server.seen[0].body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(form["assertion"][0], PRIVATE.public_key(), algorithms=["RS256"], audience=f"{server.url}/token")
        assert claims["iss"] == "me@my-project.iam.gserviceaccount.com"
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        assert claims["exp"] - claims["iat"] == 3600
        assert jwt.get_unverified_header(form["assertion"][0])["kid"] == "k-1"
        assert TOKEN not in repr(found)

    async def test_a_token_that_ends_soon_is_asked_for_anew(self, http: HttpClient, server: ScriptedServer) -> None:
        server.json({"access_token": "first", "expires_in": 60})
        server.json({"access_token": "second", "expires_in": 60})

        assert [(await login(http, account(server))).token for _ in range(2)] == ["first", "second"]

    async def test_the_key_may_lie_in_a_file(
        self, http: HttpClient, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.json({"access_token": TOKEN, "expires_in": 3600})
        file = tmp_path / "key.json"
        file.write_text(account(server)["googleApplicationCredential"])

        by_path = await login(http, {"googleApplicationCredentialFilePath": str(file)})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        by_environment = await login(http, {})

        assert by_path == by_environment == LOGIN

    async def test_a_users_own_login_is_renewed(self, http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("flowisectl.clients.google_account.TOKEN_URL", f"{server.url}/token")
        server.json({"access_token": TOKEN, "expires_in": 3600})
        key = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "quota_project_id": "q"}

        found = await login(http, {"googleApplicationCredential": orjson.dumps(key).decode()})

        assert found.project == "q"
        form = parse_qs(server.seen[0].body.decode())
        assert form == {"grant_type": ["refresh_token"], "client_id": ["c"], "client_secret": ["s"], "refresh_token": ["r"]}

    async def test_a_refused_login_is_told_by_its_code(self, http: HttpClient, server: ScriptedServer) -> None:
        server.json({"error": "invalid_grant", "error_description": f"Invalid JWT {PEM}"}, status=400)

        with pytest.raises(ProviderError, match="gave no access token: 400 invalid_grant") as caught:
            await login(http, account(server))

        assert "PRIVATE KEY" not in str(caught.value)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({}, "has no login at Google"),
            ({"googleApplicationCredential": "{broken"}, "is no JSON object"),
            ({"googleApplicationCredential": "[1]"}, "is no JSON object"),
            ({"googleApplicationCredential": '{"project_id": "p"}'}, "no client_email or no private_key"),
            ({"googleApplicationCredential": '{"client_email": "a", "private_key": "b"}'}, "does not know the project"),
            (
                {"googleApplicationCredential": '{"client_email": "a", "private_key": "b", "project_id": "p"}'},
                "private key .* cannot be read",
            ),
            ({"googleApplicationCredentialFilePath": "/nowhere/key.json"}, "'/nowhere/key.json' cannot be read"),
        ],
    )
    async def test_what_is_missing_is_told(self, http: HttpClient, fields: dict[str, str], message: str) -> None:
        with pytest.raises(MissingInput, match=message):
            await login(http, fields)


async def test_gemini_is_asked_at_vertex_with_the_token(http: HttpClient, server: ScriptedServer) -> None:
    parts = [{"text": "hm", "thought": True}, {"text": "hi"}]
    server.events({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}, done=False)
    model = vertex_gemini(
        http, LOGIN, region="europe-west1", model="gemini-2.5-flash", base_url=server.url, provider="v", generation={"temperature": 0.5}
    )

    reply = await model.invoke(HELLO)

    assert (reply.text, reply.reasoning) == ("hi", "hm")
    seen = server.seen[0]
    place = "/v1/projects/my-project/locations/europe-west1/publishers/google/models/gemini-2.5-flash"
    assert seen.path == f"{place}:streamGenerateContent?alt=sse"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}" and "x-goog-api-key" not in seen.headers
    assert seen.json["generationConfig"] == {"temperature": 0.5}


async def test_claude_is_asked_at_vertex_in_its_own_words(http: HttpClient, server: ScriptedServer) -> None:
    server.events(
        {"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
        done=False,
    )
    model = VertexClaude(http, LOGIN, region="us-east5", model="claude-sonnet-4@20250514", base_url=server.url, params={"max_tokens": 9})
    tool = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})

    reply = await model.invoke(HELLO, ChatOptions(tools=(tool,)))

    assert reply.text == "hi"
    seen = server.seen[0]
    place = "/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514"
    assert seen.path == f"{place}:streamRawPredict"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}" and "x-api-key" not in seen.headers
    assert (seen.json["anthropic_version"], seen.json["max_tokens"], seen.json["stream"]) == ("vertex-2023-10-16", 9, True)
    assert "model" not in seen.json and seen.json["tools"][0]["name"] == "add"


async def test_texts_are_embedded_a_few_at_a_time(http: HttpClient, server: ScriptedServer) -> None:
    one = {"embeddings": {"values": [1, 2], "statistics": {"truncated": False, "token_count": 1}}}
    server.json({"predictions": [one] * 5})
    server.json({"predictions": [one]})
    embeddings = VertexEmbeddings(http, LOGIN, model="text-embedding-004", base_url=server.url)

    assert await embeddings.embed(["a\nb", *"cdefg"[:5]]) == [[1.0, 2.0]] * 6
    assert server.seen[0].path.endswith("/publishers/google/models/text-embedding-004:predict")
    assert [len(seen.json["instances"]) for seen in server.seen] == [5, 1]
    assert server.seen[0].json["instances"][0] == {"content": "a b"}


async def test_models_of_the_gemini_family_embed_one_text_at_a_time(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"predictions": [{"embeddings": {"values": [1]}}]})
    embeddings = VertexEmbeddings(http, LOGIN, model="gemini-embedding-001", base_url=server.url)

    assert await embeddings.embed(["a", "b"]) == [[1.0]] * 2
    assert len(server.seen) == 2


async def test_a_refused_token_is_told_without_it(http: HttpClient, server: ScriptedServer) -> None:
    server.json([{"error": {"code": 401, "message": f"the token {TOKEN} has ended"}}], status=401)
    model = vertex_gemini(http, LOGIN, region="us-central1", model="gemini-2.5-flash", base_url=server.url)

    with pytest.raises(ProviderError, match=r"401 the token \*\*\* has ended"):
        await model.invoke(HELLO)


def test_regions_make_addresses() -> None:
    place = "projects/my-project/locations/{}/publishers/google/models/m"
    assert model_url(LOGIN, region="global", model="m") == "https://aiplatform.googleapis.com/v1/" + place.format("global")
    assert model_url(LOGIN, region="us-east5", model="m") == "https://us-east5-aiplatform.googleapis.com/v1/" + place.format("us-east5")
    with pytest.raises(InvalidFlow, match="is no region of Google Cloud"):
        model_url(LOGIN, region="evil.example/", model="m")
    assert [region_of(*pair) for pair in (("", "gemini-2.5-pro"), ("", "gemini-3-pro"), ("us-east5", "gemini-3-pro"))] == [
        "us-central1",
        "global",
        "us-east5",
    ]
