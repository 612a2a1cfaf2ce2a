"""Requests for access tokens, which carry secrets in their bodies."""

from __future__ import annotations

import pytest
from scripted_server import Answer, ScriptedServer

from flowisectl.clients.oauth import access_token
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient


def old_login(url: str) -> dict[str, str]:
    return {
        "access_token": "old",
        "expires_at": "2020-01-01T00:00:00Z",
        "refresh_token": "refresh-secret",
        "clientId": "id",
        "clientSecret": "client-secret",
        "accessTokenUrl": url,
    }


async def test_an_old_token_is_renewed(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"access_token": "new"})

    assert await access_token(http, old_login(server.url), provider="gmail") == "new"
    assert server.seen[0].body == b"grant_type=refresh_token&refresh_token=refresh-secret&client_id=id&client_secret=client-secret"


async def test_a_redirect_does_not_carry_the_secrets_on(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=307, headers={"Location": "/elsewhere"}), Answer(body=b'{"access_token": "theirs"}'))

    with pytest.raises(ProviderError, match="did not renew") as caught:
        await access_token(http, old_login(server.url), provider="gmail")

    assert len(server.seen) == 1 and "secret" not in str(caught.value)
