"""Credentials that log in at another service: to its page and back, renewed, and nothing that was not begun here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from quart import Quart
from quart.testing import QuartClient

from flowisectl.clients.http import open_http
from flowisectl.database.credential import get_credential, update_credential
from flowisectl.errors import InvalidRequest
from flowisectl.web.app import create_app
from flowisectl.web.catalogue.oauth2 import STATE_SECONDS, check_token_url, credential_of_state, state_of
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
ROUTE = "/api/v1/oauth2-credential"


class TokenServer:
    def __init__(self) -> None:
        self.url = ""
        self.forms: list[dict[str, str]] = []
        self.answer: dict[str, Any] | None = {"access_token": "at-1", "refresh_token": "rt-1", "token_type": "Bearer", "expires_in": 3600}

    async def token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        self.forms.append({name: str(value) for name, value in form.items()})
        return web.json_response(self.answer) if self.answer else web.Response(status=400, text="client_secret cs-secret is wrong")


@pytest.fixture
async def giver() -> AsyncIterator[TokenServer]:
    server, application = TokenServer(), web.Application()
    application.router.add_post("/token", server.token)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/token"  # type: ignore[union-attr]
    yield server
    await runner.cleanup()


@pytest.fixture
async def app(services: WebServices) -> AsyncIterator[Quart]:
    async with open_http() as client:
        yield create_app(replace(services, outgoing=client, http=replace(services.http, oauth2_security_check=False)))


@pytest.fixture
async def credential(admin: QuartClient, giver: TokenServer) -> dict[str, Any]:
    fields = {
        "authorizationUrl": "https://login.example/authorize",
        "accessTokenUrl": giver.url,
        "clientId": "ci",
        "clientSecret": "cs-secret",
        "scope": "a b",
        "additionalParameters": "prompt=consent&state=mine&redirect_uri=https://evil.example/",
    }
    body = {"name": "c", "credentialName": "gmailOAuth2", "plainDataObj": fields}
    row: dict[str, Any] = await (await admin.post("/api/v1/credentials", json=body, headers=INTERNAL)).get_json()
    return row


async def begun(admin: QuartClient, credential: dict[str, Any]) -> dict[str, Any]:
    answer = await admin.post(f"{ROUTE}/authorize/{credential['id']}", headers=INTERNAL)
    told: dict[str, Any] = await answer.get_json()
    assert answer.status_code == 200, told
    return told


async def stored(services: WebServices, credential: dict[str, Any]) -> dict[str, Any]:
    row = await get_credential(services.database, credential["id"])
    assert row is not None
    return dict(services.vault.open(row["encryptedData"]))


async def test_a_login_keeps_its_tokens_with_the_credential(
    admin: QuartClient, anybody: QuartClient, services: WebServices, credential: dict[str, Any], giver: TokenServer
) -> None:
    told = await begun(admin, credential)
    query = {name: values[-1] for name, values in parse_qs(urlsplit(told["authorizationUrl"]).query).items()}

    page = await anybody.get(f"{ROUTE}/callback", query_string={"code": "c0de", "state": query["state"]})
    shown = await (await admin.get(f"/api/v1/credentials/{credential['id']}", headers=INTERNAL)).get_data(as_text=True)

    fields = await stored(services, credential)
    assert told["success"] is True and told["credentialId"] == credential["id"]
    assert told["redirectUri"].endswith("/api/v1/oauth2-credential/callback") and query["redirect_uri"] == told["redirectUri"]
    assert (query["client_id"], query["scope"], query["prompt"], query["response_type"]) == ("ci", "a b", "consent", "code")
    assert page.status_code == 200 and page.content_type.startswith("text/html")
    assert giver.forms[0]["code"] == "c0de" and giver.forms[0]["redirect_uri"] == told["redirectUri"]
    assert (fields["access_token"], fields["refresh_token"], fields["clientSecret"]) == ("at-1", "rt-1", "cs-secret")
    assert "at-1" not in shown and "rt-1" not in shown and "cs-secret" not in shown


async def test_an_answer_that_was_not_begun_here_changes_nothing(
    anybody: QuartClient, services: WebServices, credential: dict[str, Any], giver: TokenServer
) -> None:
    secret = services.authentication.session_secret
    good = state_of(credential["id"], secret)
    wrong = ["", credential["id"], good[:-2] + "xx", state_of(credential["id"], "another secret"), good.replace(".", "..", 1), "a.b.c"]

    pages = [await anybody.get(f"{ROUTE}/callback", query_string={"code": "x", "state": state}) for state in wrong]

    assert [page.status_code for page in pages] == [400] * len(wrong) and giver.forms == []
    assert "access_token" not in await stored(services, credential)


async def test_a_state_comes_back_once(admin: QuartClient, anybody: QuartClient, credential: dict[str, Any], giver: TokenServer) -> None:
    told = await begun(admin, credential)
    state = parse_qs(urlsplit(told["authorizationUrl"]).query)["state"][0]

    first = await anybody.get(f"{ROUTE}/callback", query_string={"code": "mine", "state": state})
    replayed = await anybody.get(f"{ROUTE}/callback", query_string={"code": "theirs", "state": state})

    assert (first.status_code, replayed.status_code) == (200, 400)
    assert [form["code"] for form in giver.forms] == ["mine"]


async def test_a_refusal_is_shown_as_text(anybody: QuartClient, services: WebServices, credential: dict[str, Any]) -> None:
    state = state_of(credential["id"], services.authentication.session_secret)

    page = await anybody.get(f"{ROUTE}/callback", query_string={"error": "<script>alert(1)</script>", "state": state})

    text = await page.get_data(as_text=True)
    assert page.status_code == 400 and "<script>" not in text


async def test_a_token_is_renewed(
    admin: QuartClient, anybody: QuartClient, services: WebServices, credential: dict[str, Any], giver: TokenServer
) -> None:
    before = await anybody.post(f"{ROUTE}/refresh/{credential['id']}")
    await admin.put(f"/api/v1/credentials/{credential['id']}", json={"plainDataObj": {"refresh_token": "rt-0"}}, headers=INTERNAL)
    giver.answer = {"access_token": "at-2", "token_type": "Bearer", "expires_in": "60"}

    renewed = await (await anybody.post(f"{ROUTE}/refresh/{credential['id']}")).get_json()

    fields = await stored(services, credential)
    assert before.status_code == 400 and (await before.get_json())["success"] is False
    assert renewed["success"] is True and renewed["tokenInfo"]["has_new_refresh_token"] is False and renewed["tokenInfo"]["expires_at"]
    assert giver.forms[-1]["refresh_token"] == "rt-0" and (fields["access_token"], fields["refresh_token"]) == ("at-2", "rt-0")


async def test_a_refused_renewal_tells_no_secret(
    admin: QuartClient, anybody: QuartClient, credential: dict[str, Any], giver: TokenServer
) -> None:
    await admin.put(f"/api/v1/credentials/{credential['id']}", json={"plainDataObj": {"refresh_token": "rt-0"}}, headers=INTERNAL)
    giver.answer = None

    refused = await anybody.post(f"{ROUTE}/refresh/{credential['id']}")

    text = await refused.get_data(as_text=True)
    assert refused.status_code == 400 and "400" in text and "cs-secret" not in text and "rt-0" not in text


async def test_a_foreign_credential_is_not_there(admin: QuartClient, services: WebServices, credential: dict[str, Any]) -> None:
    await update_credential(services.database, credential["id"], {"workspaceId": None})

    answers = [await admin.post(f"{ROUTE}/{what}/{credential['id']}", headers=INTERNAL) for what in ("authorize", "refresh")]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("url", "allowed", "is_fine"),
    [
        ("https://oauth2.googleapis.com/token", "", True),
        ("https://login.microsoftonline.com/t/oauth2/v2.0/token", "", True),
        ("https://id.corp.example/token", "corp.example", True),
        ("https://id.corp.example/token", "", False),
        ("https://evilcorp.example/token", "corp.example", False),
        ("https://oauth2.googleapis.com.evil.example/token", "", False),
        ("http://oauth2.googleapis.com/token", "", False),
        ("https://oauth2.googleapis.com@127.0.0.1/token", "", False),
        ("https://169.254.169.254/token", "", False),
        ("file:///etc/passwd", "", False),
        ("", "", False),
    ],
)
def test_tokens_come_from_known_services_only(url: str, allowed: str, is_fine: bool) -> None:
    if is_fine:
        check_token_url(url, is_checked=True, allowed=allowed)
    else:
        with pytest.raises(InvalidRequest):
            check_token_url(url, is_checked=True, allowed=allowed)


def test_a_state_ends() -> None:
    state = state_of("id", "secret", now=1000)

    assert credential_of_state(state, "secret", now=1000 + STATE_SECONDS) == "id"
    assert credential_of_state(state, "secret", now=1001 + STATE_SECONDS) is None
