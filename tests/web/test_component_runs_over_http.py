"""What the editor has run outside of a conversation: which job a route asks for, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from quart import Quart
from quart.testing import QuartClient

from flowisectl.clients.http import open_http
from flowisectl.database.credential import insert_credential
from flowisectl.documents.request import UpsertResult
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices
from flowisectl.web.workspace.organizations import organization_of

INTERNAL = {"x-request-from": "internal"}


async def test_a_function_is_run_as_a_job_and_its_value_is_the_answer(admin: QuartClient, upserts: Any) -> None:
    upserts.outcome = UpsertResult(body=b"42")
    body = {"javascriptFunction": "return 42", "functionInputVariables": {"a": 1}}

    answer = await admin.post("/api/v1/node-custom-function", json=body, headers=INTERNAL)

    assert (answer.status_code, await answer.get_json()) == (200, 42)
    assert [(job.task, job.target_id, job.body) for job in upserts.requests] == [("function", "", body)]


async def test_an_instruction_is_written_by_a_job(admin: QuartClient, upserts: Any) -> None:
    upserts.outcome = UpsertResult(body=b'{"content":"You sell tea."}')
    body = {"task": "sell tea", "selectedChatModel": {"name": "chatOpenAI", "inputs": {}}}

    answer = await admin.post("/api/v1/assistants/generate/instruction", json=body, headers=INTERNAL)

    assert await answer.get_json() == {"content": "You sell tea."} and upserts.requests[0].task == "instruction"


async def test_a_flow_is_drafted_by_a_job(admin: QuartClient, upserts: Any) -> None:
    upserts.outcome = UpsertResult(body=b'{"nodes":[],"edges":[]}')
    body = {"question": "sell tea", "selectedChatModel": {"name": "chatOpenAI", "inputs": {}}}

    answer = await admin.post("/api/v1/agentflowv2-generator/generate", json=body, headers=INTERNAL)
    upserts.outcome = UpsertResult(error="no flow", error_kind="FlowError", status=500)
    failed = await admin.post("/api/v1/agentflowv2-generator/generate", json=body, headers=INTERNAL)

    assert await answer.get_json() == {"nodes": [], "edges": []} and upserts.requests[0].task == "draft"
    assert failed.status_code == 500
    assert (await failed.get_json())["message"] == "Error: agentflowv2GeneratorService.generateAgentflowv2 - no flow"


@pytest.mark.parametrize("path", ["agentflowv2-generator/generate", "assistants/generate/instruction"])
@pytest.mark.parametrize("place", ["credential", "inputs"])
async def test_a_model_with_the_credential_of_another_workspace_is_not_asked(
    admin: QuartClient, upserts: Any, services: WebServices, path: str, place: str
) -> None:
    row = {"name": "theirs", "credentialName": "openAIApi", "encryptedData": services.vault.seal({}), "workspaceId": None}
    theirs = (await insert_credential(services.database, row))["id"]
    model = {"name": "chatOpenAI", **({"credential": theirs} if place == "credential" else {"inputs": {"FLOWISE_CREDENTIAL_ID": theirs}})}

    answer = await admin.post(f"/api/v1/{path}", json={"question": "x", "task": "x", "selectedChatModel": model}, headers=INTERNAL)

    assert answer.status_code == 404 and upserts.requests == []


async def test_the_tools_of_a_flow_are_told_and_called(admin: QuartClient, upserts: Any, make_flow: Callable[..., Any]) -> None:
    row = await make_flow()
    upserts.outcome = UpsertResult(body=b"[]")
    route, body = f"/api/v1/openai-realtime/{row['id']}", {"chatId": "c", "toolName": "add", "inputArgs": {"x": 1}}

    listed = await admin.get(route, headers=INTERNAL)
    called = await admin.post(route, json=body, headers=INTERNAL)

    assert (listed.status_code, called.status_code) == (200, 200)
    assert [(job.task, job.target_id, job.chat_id) for job in upserts.requests] == [("tools", row["id"], ""), ("call-tool", row["id"], "c")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("node-custom-function", {}),
        ("node-custom-function", {"javascriptFunction": 7}),
        ("assistants/generate/instruction", {"task": ""}),
        ("agentflowv2-generator/generate", {"selectedChatModel": {"name": "chatOpenAI"}}),
        ("agentflowv2-generator/generate", {"question": "x", "selectedChatModel": "chatOpenAI"}),
        ("openai-realtime/{flow}", {"chatId": "c"}),
        ("openai-realtime/{flow}", {"toolName": "t"}),
    ],
)
async def test_what_is_missing_is_a_412(admin: QuartClient, upserts: Any, make_flow: Callable[..., Any], path: str, body: Any) -> None:
    row = await make_flow()

    answer = await admin.post(f"/api/v1/{path.format(flow=row['id'])}", json=body, headers=INTERNAL)

    assert answer.status_code == 412 and upserts.requests == []


async def test_a_key_that_may_not_change_flows_runs_no_function(anybody: QuartClient, admin: QuartClient, upserts: Any) -> None:
    given = {"keyName": "reader", "permissions": ["chatflows:view"]}
    rows = await (await admin.post("/api/v1/apikey", json=given, headers=INTERNAL)).get_json()
    key = next(row["apiKey"] for row in rows if row["keyName"] == "reader")

    body = {"javascriptFunction": "return 1"}
    answer = await anybody.post("/api/v1/node-custom-function", json=body, headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403 and upserts.requests == []


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A web site of three pages and a sitemap; gives its address."""

    async def page(request: web.Request) -> web.Response:
        if request.path == "/sitemap.xml":
            text = "".join(f"<url><loc>http://{request.host}/{name}</loc></url>" for name in "ab")
            return web.Response(text=f"<urlset>{text}</urlset>", content_type="application/xml")
        return web.Response(text='<a href="/a">a</a><a href="/b">b</a><a href="http://elsewhere.example/">c</a>', content_type="text/html")

    application = web.Application()
    application.router.add_get("/{name:.*}", page)
    runner = web.AppRunner(application)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    yield f"http://127.0.0.1:{server._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    await runner.cleanup()


async def linked(services: WebServices, key: dict[str, str], *, security_check: bool, **query: Any) -> tuple[int, Any]:
    async with open_http(security_check=security_check) as client:
        app: Quart = create_app(replace(services, outgoing=client))
        answer = await QuartClient(app, use_cookies=False).get("/api/v1/fetch-links", query_string=query, headers=key)
        return int(answer.status_code), await answer.get_json()


async def test_the_links_of_a_site_are_found(services: WebServices, key: dict[str, str], site: str) -> None:
    crawled = await linked(services, key, security_check=False, url=site + "/", relativeLinksMethod="webCrawl", limit=0)
    listed = await linked(services, key, security_check=False, url=site, relativeLinksMethod="scrapeXMLSitemap", limit=1)

    assert crawled == (200, {"status": "OK", "links": [f"{site}/", f"{site}/a", f"{site}/b"]})
    assert listed == (200, {"status": "OK", "links": [f"{site}/a"]})


@pytest.mark.parametrize("query", [{}, {"url": "http://a.example/"}, {"url": "ftp://a.example", "relativeLinksMethod": "webCrawl"}])
async def test_links_need_an_address_and_a_method(services: WebServices, key: dict[str, str], query: dict[str, str]) -> None:
    status, _ = await linked(services, key, security_check=True, **query)

    assert status in (412, 500)


async def test_no_links_are_read_from_the_own_network(services: WebServices, key: dict[str, str], site: str) -> None:
    status, body = await linked(services, key, security_check=True, url=site, relativeLinksMethod="webCrawl")

    assert status == 500 and "denied by policy" in body["message"]


async def test_a_file_that_an_assistant_made_is_downloaded(
    anybody: QuartClient, services: WebServices, make_flow: Callable[..., Any]
) -> None:
    row = await make_flow()
    blobs = services.blobs.of_organization(await organization_of(services.database, row["workspaceId"]))
    await blobs.write(row["id"], "chat", "a.csv", b"1,2", "text/csv")
    body = {"chatflowId": row["id"], "chatId": "chat", "fileName": "a.csv"}

    found = await anybody.post("/api/v1/openai-assistants-file/download", json=body)
    outside = await anybody.post("/api/v1/openai-assistants-file/download", json={**body, "fileName": "../a.csv"})
    nothing = await anybody.post("/api/v1/openai-assistants-file/download", json={"fileName": 7})

    assert (found.status_code, await found.get_data()) == (200, b"1,2")
    assert found.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert (outside.status_code, nothing.status_code, await nothing.get_data()) == (400, 500, b"Invalid file path")
