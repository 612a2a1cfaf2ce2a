from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.database.workspace import TABLE as WORKSPACES
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
ID = "00000000-0000-4000-8000-000000000000"
PRIVATE = [
    ("GET", "chatflows"),
    ("POST", "chatflows"),
    ("GET", f"chatflows/{ID}"),
    ("PUT", f"chatflows/{ID}"),
    ("DELETE", f"chatflows/{ID}"),
    ("GET", f"chatmessage/{ID}"),
    ("DELETE", f"chatmessage/{ID}"),
    ("GET", f"internal-chatmessage/{ID}"),
    ("POST", f"internal-prediction/{ID}"),
    ("GET", "executions"),
    ("GET", f"executions/{ID}"),
    ("DELETE", "executions"),
    ("GET", "variables"),
    ("POST", "variables"),
    ("GET", "tools"),
    ("GET", "credentials"),
    ("POST", "credentials"),
    ("GET", f"credentials/{ID}/reveal"),
    ("GET", "apikey"),
    ("POST", "apikey"),
    ("GET", "nodes"),
    ("GET", f"upsert-history/{ID}"),
    ("GET", "stats/x"),
    ("GET", "document-store/store"),
    ("GET", "assistants"),
    ("GET", "files"),
    ("POST", "prediction"),
    ("POST", "nothing-here"),
]
GUARDED = [
    ("GET", "chatflows"),
    ("POST", "chatflows"),
    ("GET", f"chatflows/{ID}"),
    ("PUT", f"chatflows/{ID}"),
    ("DELETE", f"chatflows/{ID}"),
    ("GET", "executions"),
    ("GET", f"executions/{ID}"),
    ("PUT", f"executions/{ID}"),
    ("DELETE", "executions"),
    ("DELETE", f"executions/{ID}"),
    ("GET", "variables"),
    ("POST", "variables"),
    ("PUT", f"variables/{ID}"),
    ("DELETE", f"variables/{ID}"),
    ("GET", "tools"),
    ("POST", "tools"),
    ("GET", f"tools/{ID}"),
    ("PUT", f"tools/{ID}"),
    ("DELETE", f"tools/{ID}"),
    ("GET", "credentials"),
    ("POST", "credentials"),
    ("GET", f"credentials/{ID}"),
    ("GET", f"credentials/{ID}/reveal"),
    ("PUT", f"credentials/{ID}"),
    ("DELETE", f"credentials/{ID}"),
    ("GET", "apikey"),
    ("POST", "apikey"),
    ("PUT", f"apikey/{ID}"),
    ("DELETE", f"apikey/{ID}"),
    ("PATCH", "upsert-history"),
]


@pytest.mark.parametrize(("method", "route"), PRIVATE)
async def test_a_private_route_is_closed_to_everybody_unknown(anybody: QuartClient, method: str, route: str) -> None:
    ways = [{}, {"Authorization": "Bearer not-a-key"}, {"Authorization": "not-a-key"}, {"Authorization": "Basic YTpi"}]

    answers = [await anybody.open(f"/api/v1/{route}", method=method, headers=headers) for headers in ways]
    internal = await anybody.open(f"/api/v1/{route}", method=method, headers={**INTERNAL, "Cookie": "token=x; connect.sid=y"})

    assert [(answer.status_code, await answer.get_json()) for answer in answers] == [(401, {"error": "Unauthorized Access"})] * 4
    assert (internal.status_code, await internal.get_json()) == (401, {"message": "Invalid or Missing token"})
    assert internal.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.fixture
async def weak_key(admin: QuartClient) -> dict[str, str]:
    """A key with one permission that none of the guarded routes asks for."""
    answer = await admin.post("/api/v1/apikey", json={"keyName": "weak", "permissions": ["templates:custom"]}, headers=INTERNAL)
    row = next(row for row in await answer.get_json() if row["keyName"] == "weak")
    return {"Authorization": f"Bearer {row['apiKey']}"}


@pytest.mark.parametrize(("method", "route"), GUARDED)
async def test_a_key_without_the_permission_is_forbidden(anybody: QuartClient, weak_key: dict[str, str], method: str, route: str) -> None:
    answer = await anybody.open(f"/api/v1/{route}", method=method, headers=weak_key)

    assert (answer.status_code, await answer.get_json()) == (403, {"message": "Forbidden"})


async def test_a_key_is_read_with_and_without_bearer(anybody: QuartClient, key: dict[str, str]) -> None:
    text = key["Authorization"].removeprefix("Bearer ")

    answers = [
        await anybody.get("/api/v1/variables", headers={"Authorization": value}) for value in (f"Bearer {text}", text, f"x Bearer {text}")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_a_key_of_a_workspace_that_is_gone_opens_nothing(anybody: QuartClient, key: dict[str, str], services: WebServices) -> None:
    async with services.database.write() as connection:
        await connection.execute(WORKSPACES.delete())

    answer = await anybody.get("/api/v1/variables", headers=key)

    assert answer.status_code == 401


async def test_another_letter_case_of_the_prefix_is_refused(anybody: QuartClient) -> None:
    answer = await anybody.get("/API/V1/ping")

    assert (answer.status_code, await answer.get_json()) == (401, {"error": "Unauthorized Access"})


async def test_an_unknown_route_behind_the_gate_is_a_json_404(anybody: QuartClient, key: dict[str, str]) -> None:
    answer = await anybody.post("/api/v1/nothing-here", json={}, headers=key)
    other_method = await anybody.patch("/api/v1/variables", json={}, headers=key)

    body = await answer.get_json()
    assert (answer.status_code, body["statusCode"], body["success"], body["stack"]) == (404, 404, False, {})
    assert other_method.status_code == 405
    assert other_method.headers["Allow"] == "GET, HEAD, POST"


async def test_what_anybody_may_ask(anybody: QuartClient) -> None:
    ping = await anybody.get("/api/v1/ping")
    version = await anybody.get("/api/v1/version")
    settings = await anybody.get("/api/v1/settings")
    method = await anybody.get("/api/v1/loginmethod/default")
    address = await anybody.get("/api/v1/ip")
    page = await anybody.get("/")

    assert (await ping.get_data(as_text=True), ping.headers["Content-Type"]) == ("pong", "text/html; charset=utf-8")
    assert set(await version.get_json()) == {"version"}
    assert await settings.get_json() == {"PLATFORM_TYPE": "open source"}
    assert await method.get_json() == {}
    assert set(await address.get_json()) == {"ip", "msg"}
    assert (await page.get_data(as_text=True)).startswith("<!DOCTYPE html>")


async def test_a_denied_prefix_needs_a_key(make_app: Callable[..., Quart], key: dict[str, str]) -> None:
    client = make_app(denylist_urls=("/api/v1/chatflows-streaming",)).test_client()

    refused = await client.get(f"/api/v1/chatflows-streaming/{ID}")
    asked = await client.get(f"/api/v1/chatflows-streaming/{ID}", headers=key)

    assert (refused.status_code, asked.status_code) == (401, 500)


async def test_conditional_reads_get_304_for_the_same_content(anybody: QuartClient) -> None:
    first = await anybody.get("/api/v1/settings")

    again = await anybody.get("/api/v1/settings", headers={"If-None-Match": first.headers["ETag"]})
    other = await anybody.get("/api/v1/settings", headers={"If-None-Match": 'W/"1-x"'})

    assert first.headers["ETag"].startswith('W/"1f-')
    assert (again.status_code, await again.get_data(as_text=False)) == (304, b"")
    assert other.status_code == 200


async def test_errors_carry_a_stack_only_in_development(make_app: Callable[..., Quart], anybody: QuartClient) -> None:
    developer = make_app(is_development=True).test_client()

    shown: Any = await (await developer.post("/api/v1/prediction/no-uuid", json={})).get_json()
    hidden: Any = await (await anybody.post("/api/v1/prediction/no-uuid", json={})).get_json()

    assert "Invalid Chatflow ID" in shown["stack"]
    assert hidden["stack"] == {}
