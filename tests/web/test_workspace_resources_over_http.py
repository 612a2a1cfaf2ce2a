"""Variables, tools, credentials, API keys, nodes."""

from __future__ import annotations

from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.credential import get_credential
from flowisectl.web.catalogue.credential_fields import BLANK
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_a_variable_lives_and_dies(anybody: QuartClient, key: dict[str, str]) -> None:
    made = await (await anybody.post("/api/v1/variables", json={"name": "v", "value": "x", "type": "static"}, headers=key)).get_json()
    route = f"/api/v1/variables/{made['id']}"

    listed = await (await anybody.get("/api/v1/variables", headers=key)).get_json()
    changed = await (await anybody.put(route, json={"value": "y", "id": UNKNOWN}, headers=key)).get_json()
    paged = await (await anybody.get("/api/v1/variables?page=1&limit=1", headers=key)).get_json()
    deleted = [await (await anybody.delete(route, headers=key)).get_json() for _ in range(2)]
    missing = await anybody.put(route, json={"value": "z"}, headers=key)

    assert listed == [made]
    assert set(made) == {"id", "name", "value", "type", "createdDate", "updatedDate", "workspaceId"}
    assert (changed["id"], changed["name"], changed["value"]) == (made["id"], "v", "y")
    assert paged == {"data": [changed], "total": 1}
    assert deleted == [{"raw": [], "affected": 1}, {"raw": [], "affected": 0}]
    assert (missing.status_code, await missing.get_data(as_text=True)) == (404, "Variable not found in the database")


@pytest.mark.parametrize("body", [{}, {"value": "x"}, {"name": "v", "type": "other"}, {"name": ""}])
async def test_a_variable_that_cannot_be_is_a_400(anybody: QuartClient, key: dict[str, str], body: dict[str, Any]) -> None:
    answer = await anybody.post("/api/v1/variables", json=body, headers=key)

    assert answer.status_code == 400


async def test_a_tool_lives_and_dies(anybody: QuartClient, key: dict[str, str]) -> None:
    body = {"name": "t", "description": "adds", "color": "#fff", "schema": "[]", "func": "return 1"}
    made = await (await anybody.post("/api/v1/tools", json=body, headers=key)).get_json()
    route = f"/api/v1/tools/{made['id']}"

    read = await (await anybody.get(route, headers=key)).get_json()
    changed = await (await anybody.put(route, json={"func": "return 2"}, headers=key)).get_json()
    listed = await (await anybody.get("/api/v1/tools", headers=key)).get_json()
    deleted = await (await anybody.delete(route, headers=key)).get_json()
    missing = await anybody.get(route, headers=key)

    assert {name: read[name] for name in body} == body
    assert (changed["func"], changed["name"]) == ("return 2", "t")
    assert listed == [changed]
    assert deleted == {"raw": [], "affected": 1}
    assert missing.status_code == 500
    assert (await missing.get_json())["message"] == f"Error: toolsService.getToolById - Tool {made['id']} not found"


async def test_a_credential_shows_its_fields_to_nobody(anybody: QuartClient, key: dict[str, str], services: WebServices) -> None:
    body = {"name": "c", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "sk-very-secret"}}
    made = await (await anybody.post("/api/v1/credentials", json=body, headers=key)).get_json()
    route = f"/api/v1/credentials/{made['id']}"

    answers = [
        await anybody.get(path, headers=key)
        for path in (route, f"{route}/reveal", "/api/v1/credentials", "/api/v1/credentials?credentialName=openAIApi")
    ]
    texts = [await answer.get_data(as_text=True) for answer in answers]
    row = await get_credential(services.database, made["id"])

    assert set(made) == {"id", "name", "credentialName", "encryptedData", "createdDate", "updatedDate", "workspaceId"}
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert not any("sk-very-secret" in text for text in [*texts, str(made), str(row), repr(services)])
    assert (await answers[0].get_json())["plainDataObj"] == {"openAIApiKey": BLANK}
    assert not any("encryptedData" in text for text in texts)
    assert made["encryptedData"].startswith("U2FsdGVkX1")
    assert dict(await services.vault.fields(made["id"])) == {"openAIApiKey": "sk-very-secret"}


async def test_a_change_is_laid_over_the_stored_fields_and_seen_at_once(
    anybody: QuartClient, key: dict[str, str], services: WebServices
) -> None:
    fields = {"azureOpenAIApiKey": "k1", "azureOpenAIApiInstanceName": "mine"}
    body = {"name": "c", "credentialName": "azureOpenAIApi", "plainDataObj": fields}
    made = await (await anybody.post("/api/v1/credentials", json=body, headers=key)).get_json()
    await services.vault.fields(made["id"])
    route = f"/api/v1/credentials/{made['id']}"

    read = await (await anybody.get(route, headers=key)).get_json()
    change = {"name": "d", "plainDataObj": {"azureOpenAIApiKey": BLANK, "azureOpenAIApiInstanceName": "yours"}}
    changed = await (await anybody.put(route, json=change, headers=key)).get_json()

    assert read["plainDataObj"] == {"azureOpenAIApiKey": BLANK, "azureOpenAIApiInstanceName": "mine"}
    assert changed["name"] == "d"
    assert dict(await services.vault.fields(made["id"])) == {"azureOpenAIApiKey": "k1", "azureOpenAIApiInstanceName": "yours"}


async def test_credentials_are_listed_in_the_order_in_which_they_were_made(anybody: QuartClient, key: dict[str, str]) -> None:
    for name in ("zebra", "ant", "mouse"):
        await anybody.post("/api/v1/credentials", json={"name": name, "credentialName": "openAIApi", "plainDataObj": {}}, headers=key)

    rows = await (await anybody.get("/api/v1/credentials", headers=key)).get_json()

    assert [row["name"] for row in rows] == ["zebra", "ant", "mouse"]


async def test_a_client_may_choose_a_credentials_id_once(anybody: QuartClient, key: dict[str, str]) -> None:
    body = {"id": UNKNOWN, "name": "c", "credentialName": "openAIApi", "plainDataObj": {}}

    answers = [await anybody.post("/api/v1/credentials", json=body, headers=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert (await answers[0].get_json())["id"] == UNKNOWN


async def test_an_unknown_credential_is_told_with_its_id(anybody: QuartClient, key: dict[str, str]) -> None:
    read = await anybody.get(f"/api/v1/credentials/{UNKNOWN}", headers=key)
    changed = await anybody.put(f"/api/v1/credentials/{UNKNOWN}", json={"name": "x"}, headers=key)
    deleted = await anybody.delete(f"/api/v1/credentials/{UNKNOWN}", headers=key)

    assert (read.status_code, changed.status_code) == (500, 500)
    assert f"Credential {UNKNOWN} not found" in (await read.get_json())["message"]
    assert await deleted.get_json() == {"raw": [], "affected": 0}


async def test_a_key_is_made_shown_changed_and_revoked_at_once(admin: QuartClient, anybody: QuartClient) -> None:
    listed = await (
        await admin.post("/api/v1/apikey", json={"keyName": "k", "permissions": ["variables:view"]}, headers=INTERNAL)
    ).get_json()
    row = next(item for item in listed if item["keyName"] == "k")
    headers, route = {"Authorization": f"Bearer {row['apiKey']}"}, f"/api/v1/apikey/{row['id']}"

    before = await anybody.get("/api/v1/variables", headers=headers)
    verified = await anybody.get(f"/api/v1/verify/apikey/{row['apiKey']}")
    await admin.put(route, json={"keyName": "k2", "permissions": ["tools:view"]}, headers=INTERNAL)
    narrowed = await anybody.get("/api/v1/variables", headers=headers)
    deleted = await (await admin.delete(route, headers=INTERNAL)).get_json()
    after = await anybody.get("/api/v1/tools", headers=headers)
    unverified = await anybody.get(f"/api/v1/verify/apikey/{row['apiKey']}")

    assert set(row) == {"id", "apiKey", "apiSecret", "keyName", "permissions", "updatedDate", "workspaceId", "chatFlows"}
    assert len(row["apiKey"]) == 43
    assert (before.status_code, narrowed.status_code, after.status_code) == (200, 403, 401)
    assert (verified.status_code, await verified.get_json()) == (200, "OK")
    assert deleted == {"raw": [], "affected": 1}
    assert (unverified.status_code, (await unverified.get_json())["message"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 412),
        ({"keyName": "k"}, 412),
        ({"keyName": "k", "permissions": []}, 412),
        ({"keyName": "k", "permissions": "tools:view"}, 412),
        ({"keyName": "k", "permissions": ["workspace:view"]}, 400),
        ({"keyName": "k", "permissions": ["admin:all"]}, 400),
        ({"keyName": "k", "permissions": ["evaluations:run"]}, 400),
    ],
)
async def test_a_key_gives_no_more_than_its_maker_has(anybody: QuartClient, key: dict[str, str], body: dict[str, Any], status: int) -> None:
    answer = await anybody.post("/api/v1/apikey", json=body, headers=key)

    assert answer.status_code == status


async def test_a_weak_key_sees_no_stronger_one(admin: QuartClient, anybody: QuartClient, key_row: dict[str, Any]) -> None:
    made = await admin.post(
        "/api/v1/apikey", json={"keyName": "viewer", "permissions": ["apikeys:view", "apikeys:delete"]}, headers=INTERNAL
    )
    viewer = next(row for row in await made.get_json() if row["keyName"] == "viewer")
    headers = {"Authorization": f"Bearer {viewer['apiKey']}"}

    seen = await (await anybody.get("/api/v1/apikey", headers=headers)).get_json()
    deleted = await (await anybody.delete(f"/api/v1/apikey/{key_row['id']}", headers=headers)).get_json()

    assert [row["keyName"] for row in seen] == ["viewer"]
    assert deleted["affected"] == 0


async def test_a_keys_flows_are_listed_with_it(admin: QuartClient, make_flow: Any, key_row: dict[str, Any]) -> None:
    await make_flow(name="bound", apikeyid=key_row["id"], category="a;b")

    rows = await (await admin.get("/api/v1/apikey", headers=INTERNAL)).get_json()

    flows = next(row for row in rows if row["id"] == key_row["id"])["chatFlows"]
    assert [(flow["flowName"], flow["category"]) for flow in flows] == [("bound", "a;b")]


async def test_an_unknown_key_is_a_404_when_changed(admin: QuartClient) -> None:
    answer = await admin.put(f"/api/v1/apikey/{UNKNOWN}", json={"keyName": "x", "permissions": ["tools:view"]}, headers=INTERNAL)

    assert answer.status_code == 404


async def test_the_catalogue_and_the_credential_types_are_shown(anybody: QuartClient, key: dict[str, str], services: WebServices) -> None:
    from dataclasses import replace

    from flowisectl.nodes.discovery import load_catalogue
    from flowisectl.web.app import create_app

    client = create_app(replace(services, catalogue=load_catalogue())).test_client()

    nodes = await (await client.get("/api/v1/nodes", headers=key)).get_json()
    one = await (await client.get("/api/v1/nodes/chatOpenAI", headers=key)).get_json()
    some = await (await client.get("/api/v1/nodes/category/Chat%20Models", headers=key)).get_json()
    missing = await client.get("/api/v1/nodes/nope", headers=key)
    types = await (await client.get("/api/v1/components-credentials", headers=key)).get_json()
    two = await (await client.get("/api/v1/components-credentials/openAIApi&amp;ollamaApi", headers=key)).get_json()

    assert {node["name"] for node in some} <= {node["name"] for node in nodes}
    assert one["name"] == "chatOpenAI" and one in some
    assert "Node nope not found" in (await missing.get_json())["message"]
    assert {"openAIApi", "ollamaApi"} <= {kind["name"] for kind in types}
    assert [kind["name"] for kind in two] == ["openAIApi", "ollamaApi"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tools", {"name": "t", "description": "d"}),
        ("tools", {"name": "t", "color": "#fff"}),
        ("tools", {"description": "d", "color": "#fff"}),
        ("credentials", {"name": "c", "credentialName": "openAIApi"}),
        ("credentials", {"name": "c", "credentialName": "openAIApi", "plainDataObj": None}),
        ("credentials", {"name": "c", "credentialName": "openAIApi", "plainDataObj": "sk"}),
        ("credentials", {"credentialName": "openAIApi", "plainDataObj": {}}),
    ],
)
async def test_a_row_without_what_its_table_needs_is_refused(
    anybody: QuartClient, key: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    answer = await anybody.post(f"/api/v1/{path}", json=body, headers=key)

    assert answer.status_code == 400
    assert await (await anybody.get(f"/api/v1/{path}", headers=key)).get_json() == []


async def test_a_variable_of_no_said_type_is_a_string_and_may_be_saved_again(admin: QuartClient) -> None:
    made = await (await admin.post("/api/v1/variables", json={"name": "v", "value": "1"}, headers=INTERNAL)).get_json()
    again = await admin.put(f"/api/v1/variables/{made['id']}", json={"name": "v", "value": "2", "type": made["type"]}, headers=INTERNAL)

    assert made["type"] == "string"
    assert again.status_code == 200 and (await again.get_json())["value"] == "2"


async def test_permissions_that_are_no_list_are_told_as_such(admin: QuartClient) -> None:
    for given in ({}, {"permissions": []}, {"permissions": "tools:view"}):
        answer = await admin.post("/api/v1/apikey", json={"keyName": "k", **given}, headers=INTERNAL)

        assert answer.status_code == 412 and (await answer.get_json())["message"].endswith("permissions must be an array of strings!")
