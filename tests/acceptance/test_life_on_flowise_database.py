"""A whole life on a database that Flowise made: everything is made, changed and deleted over HTTP, flows are asked; then the file is
compared with what Flowise left: the same schema, and in every column values of the kind and format that Flowise writes.

Needs a sample beside the project.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from acceptance_program import Program, ScriptedModel

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "flowise" / "dropin"
API = "/api/v1"
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ID_COLUMNS = {
    "id", "workspaceId", "organizationId", "userId", "roleId", "chatflowid", "executionId", "agentflowId", "messageId", "storeId",
    "docId", "createdBy", "updatedBy", "apikeyid",
}  # fmt: skip
JSON_COLUMNS = {
    "sourceDocuments", "usedTools", "fileAnnotations", "fileUploads", "agentReasoning", "action", "artifacts", "followUpPrompts",
    "reasonContent", "executionData", "permissions", "loaders", "whereUsed", "vectorStoreConfig", "embeddingConfig",
    "recordManagerConfig", "result", "metadata",
}  # fmt: skip
CHOSEN = {("chat_flow", "category", "str"), ("execution", "isPublic", "int")}
"""What is set here on purpose, and left unset by Flowise's rows."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SAMPLE / "database.sqlite").is_file(), reason="no sample of a Flowise database beside the project"),
]


class Client:
    """Somebody who is logged in, or has a key."""

    def __init__(self, port: int, **headers: str) -> None:
        self._port = port
        self.headers = {"Content-Type": "application/json", **headers}

    def call(self, method: str, path: str, body: Any = None, *, allowed: tuple[int, ...] = (200, 201)) -> Any:
        """The answer's JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, API + path, None if body is None else json.dumps(body), self.headers)
        response = connection.getresponse()
        data = response.read()
        self.cookies = [value.partition(";")[0] for name, value in response.getheaders() if name.lower() == "set-cookie"]
        connection.close()
        assert response.status in allowed, f"{method} {path}: {response.status} {data[:500]!r}"
        return json.loads(data) if data[:1] in (b"{", b"[", b'"') else data


@pytest.fixture
def samples() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAMPLE / "samples.json").read_text(encoding="utf8"))
    return loaded


@pytest.fixture
def file(program: Program) -> Path:
    program.data_dir.mkdir(parents=True)
    return Path(shutil.copyfile(SAMPLE / "database.sqlite", program.data_dir / "database.sqlite"))


def schema_of(file: Path) -> dict[str, str | None]:
    """Everything of the schema but what carries our prefix."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master").fetchall()
    return {name: sql for name, table, sql in rows if not (name.startswith("flowisectl") or table.startswith("flowisectl"))}


def rows_of(file: Path) -> dict[str, dict[Any, dict[str, Any]]]:
    """Table → primary key → column → value, of Flowise's tables."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [name for name, sql in schema_of(file).items() if sql and sql.upper().startswith("CREATE TABLE")]
        for table in tables:
            keys = [row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")') if row["pk"]]
            rows = [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]
            found[table] = {tuple(row[key] for key in keys): row for row in rows}
    return found


def types_of(file: Path) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {(table, row[1]): row[2].lower() for table in tables for row in connection.execute(f'PRAGMA table_info("{table}")')}


def shape(value: Any) -> str:
    return "empty" if value == "" else type(value).__name__


def wrong_formats(table: str, row: dict[str, Any], types: dict[tuple[str, str], str]) -> Iterator[str]:
    """What of a row is not as the column's declaration and Flowise's documented formats have it."""
    for column, value in row.items():
        if value is not None and not is_right(types[(table, column)], table, column, value):
            yield f"{table}.{column} = {value!r:.120}"


def is_right(kind: str, table: str, column: str, value: Any) -> bool:
    if kind in ("boolean", "integer", "bigint"):
        return isinstance(value, int) and (kind != "boolean" or value in (0, 1))
    if kind in ("datetime", "timestamp"):
        return isinstance(value, str) and DATE.fullmatch(value) is not None
    if not kind:
        return True  # `login_sessions` declares no types
    if not isinstance(value, str):
        return False
    if column in ID_COLUMNS and not UUID.fullmatch(value):
        return False
    return column not in JSON_COLUMNS or not value or is_compact_json(value)


def is_compact_json(text: str) -> bool:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) == text
    except ValueError:
        return False


def log_in(port: int, samples: dict[str, Any]) -> Client:
    client = Client(port, **{"x-request-from": "internal"})
    client.call("POST", "/auth/login", samples["login"])
    client.headers["Cookie"] = "; ".join(client.cookies)
    return client


def live(me: Client, key: Client, samples: dict[str, Any], model_url: str) -> dict[str, str]:
    """Make, change and delete one of everything, and ask flows of each kind. Gives ids that are still there."""
    kept: dict[str, str] = {}
    bodies: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "variable": ("/variables", {"name": "city", "value": "Ulm", "type": "static"}, {"value": "Köln"}),
        "tool": (
            "/tools",
            {"name": "add", "description": "adds", "color": "#fff", "iconSrc": "", "schema": "[]", "func": "return 1"},
            {"func": "return 2"},
        ),
        "credential": (
            "/credentials",
            {"name": "new", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "sk-2"}},
            {"name": "newer", "plainDataObj": {"openAIApiKey": "sk-3"}},
        ),
        "apikey": (
            "/apikey",
            {"keyName": "second", "permissions": ["chatflows:view"]},
            {"keyName": "renamed", "permissions": ["chatflows:view", "tools:view"]},
        ),
        "assistant": (
            "/assistants",
            {"details": json.dumps({"name": "helper"}), "credential": "09c7410a-9019-4c79-898b-5425aba39fbc", "type": "CUSTOM"},
            {"details": json.dumps({"name": "helpful"})},
        ),
        "document_store": ("/document-store/store", {"name": "papers", "description": "old"}, {"description": "new"}),
        "chat_flow": (
            "/chatflows",
            {"name": "made here", "flowData": json.dumps({"nodes": [], "edges": []}), "type": "CHATFLOW", "deployed": False},
            {"name": "changed here", "isPublic": True, "category": "a;b"},
        ),
    }
    for name, (route, body, change) in bodies.items():
        for is_kept in (False, True):
            made = me.call("POST", route, body)
            made = next(row for row in made if row["keyName"] == body["keyName"]) if isinstance(made, list) else made
            me.call("PUT", f"{route}/{made['id']}", change)
            if is_kept:
                kept[name] = made["id"]
            else:
                me.call("DELETE", f"{route}/{made['id']}")
    template = {"name": "t", "description": "d", "usecases": ["x"], "badge": "", "type": "Chatflow"}
    flow_id = samples["flows"]["llmchain_basic"]
    me.call("POST", "/marketplaces/custom", {**template, "chatflowId": flow_id})
    talk(me, key, samples, model_url)
    documents(me, kept["document_store"])
    return kept


def talk(me: Client, key: Client, samples: dict[str, Any], model_url: str) -> None:
    """Ask flows that Flowise stored, once their models are at hand; say what one thinks of the answers, and leave an address."""
    for name, flow_id in samples["flows"].items():
        row = me.call("GET", f"/chatflows/{flow_id}")
        me.call("PUT", f"/chatflows/{flow_id}", {"flowData": row["flowData"].replace("http://127.0.0.1:8089/v1", model_url)})
        asker = key if name == "bound to key" else Client(me._port)
        question = {"question": "hello", "chatId": f"00000000-{len(name):04d}-4000-8000-000000000001"}
        # One of them wants JSON of its model, which this one does not speak: a run that fails is part of a life.
        answer = asker.call("POST", f"/prediction/{flow_id}", question, allowed=(500,) if name == "af_structured_state" else (200,))
        if name == "af_human_input_fixed":
            proceed = {"type": "proceed", "startNodeId": "humanInputAgentflow_0", "feedback": "ja"}
            asker.call("POST", f"/prediction/{flow_id}", {"chatId": answer["chatId"], "humanInput": proceed})
        me.call(
            "POST", f"/internal-prediction/{flow_id}", {"question": "inside", "chatId": answer["chatId"]}
        ) if name == "llmchain_basic" else None
        if name == "llmchain_basic":
            told = {"chatflowid": flow_id, "chatId": answer["chatId"]}
            given = me.call("POST", "/feedback", {**told, "messageId": answer["chatMessageId"], "rating": "THUMBS_UP", "content": "gut"})
            me.call("PUT", f"/feedback/{given['id']}", {"rating": "THUMBS_DOWN", "content": ""})
            me.call("POST", "/leads", {**told, "name": "Ann", "email": "ann@example.com", "phone": ""})
    executions = me.call("GET", "/executions")["data"]
    me.call("PUT", f"/executions/{executions[0]['id']}", {"isPublic": True})
    me.call("DELETE", f"/executions/{executions[-1]['id']}")


def documents(me: Client, store_id: str) -> None:
    """A loader of a document store, its chunks, and an upsert."""
    loader = {"loaderId": "plainText", "loaderName": "Plain Text", "loaderConfig": {"text": "eins zwei drei"}}
    saved = me.call("POST", "/document-store/loader/save", {"storeId": store_id, **loader})
    me.call("POST", f"/document-store/loader/process/{saved['id']}", {"storeId": store_id, "id": saved["id"], **loader})


@pytest.mark.parametrize("mode", ["queue", "main"])
def test_flowise_finds_its_database_as_it_would_have_left_it(
    program: Program, file: Path, samples: dict[str, Any], model: ScriptedModel, all_in_one: Callable[..., Program], mode: str
) -> None:
    schema, before, types = schema_of(file), rows_of(file), types_of(file)
    settings = {"FLOWISE_SECRETKEY_OVERWRITE": samples["secret_key"], "HTTP_SECURITY_CHECK": "false"}
    if mode == "queue":
        all_in_one(**settings)
    else:
        program.start("start", MODE="main", **settings)
        program.wait_for("listening on http://")
    me = log_in(program.port, samples)
    key = Client(program.port, Authorization=f"Bearer {samples['api_keys'][0]['apiKey']}")

    kept = live(me, key, samples, model.url)
    assert program.end() == 0

    after = rows_of(file)
    assert schema_of(file) == schema
    assert after["migrations"] == before["migrations"] and after["role"] == before["role"]
    assert all((row_id,) in after[table] for table, row_id in kept.items())
    written = {table: [row for key_of, row in rows.items() if before[table].get(key_of) != row] for table, rows in after.items()}
    assert {table for table, rows in written.items() if rows} >= {
        "chat_flow", "chat_message", "chat_message_feedback", "lead", "execution", "variable", "tool", "credential", "apikey",
        "assistant", "document_store", "document_store_file_chunk", "custom_template", "workspace_user",
    }  # fmt: skip
    assert [wrong for table, rows in written.items() for row in rows for wrong in wrong_formats(table, row, types)] == []
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table, rows in before.items():
        for row in rows.values():
            for column, value in row.items():
                seen[(table, column)].add(shape(value))
    strange = {
        (table, column, shape(value))
        for table, rows in written.items()
        for row in rows
        for column, value in row.items()
        if (table, column) in seen and shape(value) not in seen[(table, column)]
    }
    assert strange == CHOSEN
    assert bool(written["login_sessions"]) == (mode == "main")
