"""What somebody would try: leaving folders, smuggling headers, bombs, other people's rows, and secrets in what is shown."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.database.chat_flow import update_flow
from flowisectl.database.connection import Database
from flowisectl.database.execution import insert_execution
from flowisectl.database.upsert_history import insert_upsert_history, list_upsert_history

INTERNAL = {"x-request-from": "internal"}
SECRET = "sk-very-secret-0001"
LEADING_OUT = [
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/secret",
    "..\\..\\secret",
    "/etc/passwd",
    "C:\\secret",
    "\\\\host\\share",
    "a\x00.txt",
    "....//....//secret",
]


@pytest.fixture
async def foreign(admin: QuartClient, database: Database, make_flow: Callable[..., Any]) -> str:
    """The id of a flow of another workspace."""
    row = await make_flow(name="theirs")
    await update_flow(database, row["id"], {"workspaceId": None})
    return str(row["id"])


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and "data" not in path.parts}


@pytest.mark.parametrize("name", LEADING_OUT)
async def test_no_name_leads_out_of_the_stored_files(
    anybody: QuartClient, make_flow: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    row = await make_flow(chatbotConfig='{"fullFileUpload":{"status":true,"allowedUploadFileTypes":"text/plain"}}')
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "storage").mkdir(exist_ok=True)
    before = files_below(tmp_path)

    for query in (
        {"chatflowId": row["id"], "chatId": "c", "fileName": name},
        {"chatflowId": row["id"], "chatId": name, "fileName": "secret"},
    ):
        answer = await anybody.get("/api/v1/get-upload-file", query_string=query)
        assert answer.status_code in (400, 404, 500) and SECRET.encode() not in await answer.get_data()
    file = FileStorage(io.BytesIO(b"x"), filename=name + ".txt", name="files", content_type="text/plain")
    await anybody.post(f"/api/v1/attachments/{row['id']}/c", files={"files": file})

    written = files_below(tmp_path) - before
    assert all(path.is_relative_to(tmp_path / "storage") and path.parent.name == "c" for path in written)


@pytest.mark.parametrize("name", ["a.txt\r\nSet-Cookie: x=y", 'a".txt', "ä\u2028b.txt"])
async def test_a_name_puts_nothing_into_the_headers(anybody: QuartClient, app: Quart, make_flow: Callable[..., Any], name: str) -> None:
    row = await make_flow()

    answer = await anybody.get("/api/v1/get-upload-file", query_string={"chatflowId": row["id"], "chatId": "c", "fileName": name})

    assert "Set-Cookie" not in answer.headers and all("\r" not in value and "\n" not in value for value in answer.headers.values())


async def test_an_origin_puts_nothing_into_the_headers(make_app: Callable[..., Quart]) -> None:
    client = QuartClient(make_app(cors_origins="*"), use_cookies=False)

    answer = await client.get("/api/v1/ping", headers={"Origin": "https://a.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"


def office_bomb() -> bytes:
    """A document of 300 KB that unpacks to 300 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as member:
        member.write(b'<?xml version="1.0"?><w:document xmlns:w="x"><w:body>')
        for _ in range(300):
            member.write(b" " * 1_000_000)
        member.write(b"</w:body></w:document>")
    return packed.getvalue()


async def test_a_packed_document_that_unpacks_beyond_reason_is_refused(anybody: QuartClient, make_flow: Callable[..., Any]) -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    row = await make_flow(chatbotConfig=json.dumps({"fullFileUpload": {"status": True, "allowedUploadFileTypes": word}}))
    bomb = FileStorage(io.BytesIO(office_bomb()), filename="bomb.docx", name="files", content_type=word)

    answer = await anybody.post(f"/api/v1/attachments/{row['id']}/c", files={"files": bomb})

    assert answer.status_code == 500 and "attachmentService" in (await answer.get_json())["message"]


@pytest.mark.parametrize("depth", [500, 5000, 100_000])
@pytest.mark.parametrize("route", ["prediction", "webhook", "mcp"])
async def test_deep_json_is_refused_or_taken_but_breaks_nothing(
    anybody: QuartClient, make_flow: Callable[..., Any], depth: int, route: str
) -> None:
    row = await make_flow()
    body = b'{"question":"x","overrideConfig":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"

    answer = await anybody.post(f"/api/v1/{route}/{row['id']}", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (200, 400, 401, 404) and (await anybody.get("/api/v1/ping")).status_code == 200


async def test_deep_flow_data_breaks_nothing(
    admin: QuartClient, anybody: QuartClient, database: Database, make_flow: Callable[..., Any]
) -> None:
    """It is not taken, but another server may have written it into the database."""
    deep, row = "[" * 900 + "]" * 900, await make_flow(isPublic=True)
    data = '{"nodes":[{"id":"a","data":{"name":"x","inputs":{"deep":' + deep + '}}}],"edges":[]}'
    taken = await admin.put(f"/api/v1/chatflows/{row['id']}", json={"flowData": data}, headers=INTERNAL)
    await update_flow(database, row["id"], {"flowData": data})
    assert taken.status_code == 400

    for path in ("public-chatbotConfig", "public-chatflows", "chatflows-streaming", "chatflows-uploads"):
        assert (await anybody.get(f"/api/v1/{path}/{row['id']}")).status_code in (200, 500)
    for path in ("validation", "flow-config"):
        assert (await admin.get(f"/api/v1/{path}/{row['id']}", headers=INTERNAL)).status_code in (200, 500)


async def test_a_field_as_large_as_the_limit_is_taken_and_one_beyond_is_not(admin: QuartClient, make_app: Callable[..., Quart]) -> None:
    client = QuartClient(make_app(file_size_limit=100_000))
    client.cookie_jar = admin.cookie_jar

    async def status(size: int) -> int:
        answer = await client.post("/api/v1/variables", json={"name": "v", "value": "x" * size, "type": "static"}, headers=INTERNAL)
        return int(answer.status_code)

    assert await status(99_000) == 200 and await status(100_001) == 413


async def test_rows_of_another_workspace_are_neither_shown_nor_changed(admin: QuartClient, database: Database, foreign: str) -> None:
    run = await insert_execution(database, {"agentflowId": foreign, "sessionId": "s"})
    upsert = await insert_upsert_history(database, {"chatflowid": foreign, "result": {}})
    tries = [
        ("GET", f"chatflows/{foreign}", None),
        ("PUT", f"chatflows/{foreign}", {"name": "mine"}),
        ("DELETE", f"chatflows/{foreign}", None),
        ("GET", f"chatmessage/{foreign}", None),
        ("DELETE", f"chatmessage/{foreign}", None),
        ("GET", f"stats/{foreign}", None),
        ("GET", f"flow-config/{foreign}", None),
        ("GET", f"validation/{foreign}", None),
        ("GET", f"mcp-server/{foreign}", None),
        ("POST", f"mcp-server/{foreign}", {}),
        ("POST", f"mcp-server/{foreign}/refresh", {}),
        ("POST", f"chatflows/{foreign}/webhook-secret", {}),
        ("DELETE", f"chatflows/{foreign}/webhook-secret", None),
        ("GET", f"chatflows/{foreign}/schedule/status", None),
        ("PATCH", f"chatflows/{foreign}/schedule/enabled", {"enabled": True}),
        ("GET", f"chatflows/{foreign}/schedule/trigger-logs", None),
        ("DELETE", f"chatflows/{foreign}/schedule/trigger-logs", {"logIds": ["x"]}),
        ("POST", f"internal-prediction/{foreign}", {"question": "x"}),
        ("POST", f"vector/internal-upsert/{foreign}", {}),
        ("GET", f"executions/{run['id']}", None),
        ("PUT", f"executions/{run['id']}", {"isPublic": True}),
        ("POST", "export-import/chatflow-messages", {"chatflowId": foreign}),
        ("POST", "marketplaces/custom", {"name": "x", "chatflowId": foreign}),
    ]

    for method, path, body in tries:
        answer = await admin.open(f"/api/v1/{path}", method=method, json=body, headers=INTERNAL)
        assert answer.status_code in (400, 404, 500), (method, path, answer.status_code)
        assert "theirs" not in await answer.get_data(as_text=True)

    forgotten = await admin.patch("/api/v1/upsert-history", json={"ids": [upsert["id"]]}, headers=INTERNAL)
    assert (await forgotten.get_json())["affected"] == 0
    assert await (await admin.get(f"/api/v1/upsert-history/{foreign}", headers=INTERNAL)).get_json() == []
    assert [row["id"] for row in await list_upsert_history(database, foreign)] == [upsert["id"]]


async def test_a_secret_is_in_no_answer_no_log_and_no_job(
    admin: QuartClient, anybody: QuartClient, submitter: Any, make_flow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"name": "k", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": SECRET}}
    made = await (await admin.post("/api/v1/credentials", json=body, headers=INTERNAL)).get_json()
    data = {"id": "m", "name": "chatOpenAI", "label": "M", "category": "Chains", "inputs": {"FLOWISE_CREDENTIAL_ID": made["id"]}}
    flow = {"nodes": [{"id": "m", "data": {**data, "credential": made["id"]}}], "edges": []}
    row = await make_flow(flowData=json.dumps(flow), isPublic=True)

    shown = [json.dumps(made)]
    for path in ("credentials", f"credentials/{made['id']}", f"credentials/{made['id']}/reveal", f"chatflows/{row['id']}", "openapi.json"):
        shown.append(await (await admin.get(f"/api/v1/{path}", headers=INTERNAL)).get_data(as_text=True))
    everything = {"chatflow": True, "tool": True, "variable": True}
    shown.append(await (await admin.post("/api/v1/export-import/export", json=everything, headers=INTERNAL)).get_data(as_text=True))
    paths = ("public-chatflows", "public-chatbotConfig")
    public = [await (await anybody.get(f"/api/v1/{path}/{row['id']}")).get_data(as_text=True) for path in paths]
    await anybody.post(f"/api/v1/prediction/{row['id']}", json={"question": "x"})

    assert not any(SECRET in text for text in [*shown, *public, caplog.text, json.dumps([item.to_json() for item in submitter.requests])])
    assert not any(made["id"] in text for text in public)


DEEP_BODIES = [
    ("POST", "credentials", '{"name":"c","credentialName":"openAIApi","plainDataObj":%s}'),
    ("POST", "document-store/store", '{"name":"s","loaders":[%s]}'),
    ("POST", "prediction/{flow}", '{"question":"x","overrideConfig":%s}'),
    ("POST", "internal-prediction/{flow}", '{"question":"x","form":%s}'),
    ("POST", "vector/upsert/{flow}", '{"overrideConfig":%s}'),
    ("POST", "node-config", '{"inputs":[%s]}'),
    ("POST", "agentflowv2-generator/generate", '{"question":"x","selectedChatModel":{"name":"chatOpenAI","inputs":%s}}'),
    ("POST", "marketplaces/custom", '{"name":"x","usecases":[%s],"flowData":"{}"}'),
    ("POST", "export-import/import", '{"Tool":[{"name":"x","schema":%s}]}'),
    ("POST", "leads", '{"chatflowid":"{flow}","x":%s}'),
]


@pytest.mark.parametrize(("method", "path", "body"), DEEP_BODIES)
@pytest.mark.parametrize("depth", [255, 990, 1020])
async def test_a_body_that_is_nested_too_deeply_is_refused_everywhere(
    admin: QuartClient, make_flow: Callable[..., Any], method: str, path: str, body: str, depth: int
) -> None:
    flow = await make_flow()
    deep = '{"a":' * depth + "1" + "}" * depth
    data = (body % deep).replace("{flow}", flow["id"])

    answer = await admin.open(
        f"/api/v1/{path.format(flow=flow['id'])}", method=method, data=data, headers={**INTERNAL, "content-type": "application/json"}
    )

    text = await answer.get_data(as_text=True)
    assert answer.status_code == 400 and ("nested too deeply" in text or "recursion limit" in text or "depth limit" in text), text


async def test_deep_json_inside_a_text_is_refused_where_it_would_be_written_again(
    admin: QuartClient, make_flow: Callable[..., Any]
) -> None:
    deep, flow = "[" * 900 + "]" * 900, await make_flow()

    store = await admin.post("/api/v1/document-store/store", json={"name": "s", "loaders": deep}, headers=INTERNAL)
    config = await admin.put(f"/api/v1/chatflows/{flow['id']}", json={"chatbotConfig": f'{{"x":{deep}}}'}, headers=INTERNAL)
    listed = await admin.get("/api/v1/document-store/store", headers=INTERNAL)

    assert (store.status_code, config.status_code, listed.status_code) == (400, 400, 200)


async def test_braces_in_a_text_are_no_depth(admin: QuartClient, make_flow: Callable[..., Any], submitter: Any) -> None:
    flow = await make_flow()

    answer = await admin.post(f"/api/v1/prediction/{flow['id']}", json={"question": "{" * 5000, "history": [{"content": "x"}] * 500})

    assert answer.status_code == 200 and len(submitter.requests) == 1


async def test_an_owners_text_runs_nothing_in_a_browser(anybody: QuartClient, make_flow: Callable[..., Any]) -> None:
    script = "<script>alert(document.domain)</script>"
    limit = {"rateLimit": {"limitMax": 1, "limitDuration": 3600, "limitMsg": script}}
    limited = await make_flow(apiConfig=json.dumps(limit))
    closed = await make_flow(chatbotConfig=json.dumps({"allowedOrigins": ["https://a.example"], "allowedOriginsError": script}))

    for _ in range(2):
        too_many = await anybody.post(f"/api/v1/prediction/{limited['id']}", form={"question": "x"})
    body = {"question": "x", "streaming": "true"}
    refused = await anybody.post(f"/api/v1/prediction/{closed['id']}", form=body, headers={"Origin": "https://b.example"})

    assert (too_many.status_code, refused.status_code) == (429, 403)
    for answer in (too_many, refused):
        assert await answer.get_data(as_text=True) == script
        assert "default-src 'none'; sandbox" in answer.headers.getlist("Content-Security-Policy")


async def test_a_public_flow_names_no_credential(anybody: QuartClient, make_flow: Callable[..., Any]) -> None:
    settings = json.dumps({"langFuse": {"credentialId": SECRET, "status": True}})
    flow = await make_flow(isPublic=True, analytic=settings, speechToText=settings, textToSpeech=settings, followUpPrompts=settings)

    answer = await anybody.get(f"/api/v1/public-chatflows/{flow['id']}")

    assert SECRET not in await answer.get_data(as_text=True)
    assert json.loads((await answer.get_json())["analytic"]) == {"langFuse": {"status": True}}


@pytest.mark.parametrize("path", ["/api//v1/chatflows", "//evil.example/api//v1/ping", "/api/v1/chatflows//"])
async def test_no_address_is_sent_elsewhere(anybody: QuartClient, path: str) -> None:
    answer = await anybody.get(path, headers={"Host": "evil.example"})

    assert answer.status_code in (401, 404) and "Location" not in answer.headers


async def test_who_only_reads_runs_publishes_none(
    admin: QuartClient, anybody: QuartClient, database: Database, make_flow: Callable[..., Any]
) -> None:
    flow = await make_flow(type="AGENTFLOW")
    row = {"agentflowId": flow["id"], "sessionId": "s", "state": "FINISHED", "executionData": "[]", "workspaceId": flow["workspaceId"]}
    run = await insert_execution(database, row)
    keys = await (
        await admin.post("/api/v1/apikey", json={"keyName": "r", "permissions": ["executions:view"]}, headers=INTERNAL)
    ).get_json()
    headers = {"Authorization": f"Bearer {keys[0]['apiKey']}"}

    changed = await anybody.put(f"/api/v1/executions/{run['id']}", json={"isPublic": True}, headers=headers)
    shown = await anybody.get(f"/api/v1/public-executions/{run['id']}")

    assert (changed.status_code, shown.status_code) == (403, 500)
