"""The SQL chain reads a real PostgreSQL database, and cannot write to it."""

from __future__ import annotations

from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]
import orjson
import pytest

from flowisectl.clients.sql_database import PostgresDatabase
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError
from flowisectl.nodes.tools.postgre_sqlmcp import PostgreSQLMCP
from flowisectl.testing import run_context


@pytest.fixture
async def database(postgres_place: dict[str, str]) -> PostgresDatabase:
    url = f"postgresql://{postgres_place['user']}@/{postgres_place['database']}?host={quote(postgres_place['host'], safe='')}"
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE sold (item text, price float8); INSERT INTO sold VALUES ('tea', 2.5), ('ink', NULL)")
    await connection.close()
    return PostgresDatabase(url, sample_rows=1)


async def test_tables_and_rows_are_read(database: PostgresDatabase) -> None:
    assert await database.tables() == "sold(item text, price double precision)\nitem | price\ntea | 2.5"
    assert await database.read("SELECT item FROM sold WHERE price IS NULL") == "item\nink"


@pytest.mark.parametrize(
    "query", ["WITH gone AS (DELETE FROM sold RETURNING *) SELECT * FROM gone", "SELECT nothing", "SELECT 1; SELECT 2"]
)
async def test_what_writes_or_fails_is_refused(database: PostgresDatabase, query: str) -> None:
    with pytest.raises(FlowError, match="PostgreSQL refused the query"):
        await database.read(query)

    assert await database.read("SELECT count(*) AS n FROM sold") == "n\n2"


async def test_the_mcp_tool_reads_rows(database: PostgresDatabase, postgres_place: dict[str, str]) -> None:
    url = f"postgresql://{postgres_place['user']}@/{postgres_place['database']}?host={quote(postgres_place['host'], safe='')}"
    inputs = NodeInputs({"mcpActions": ["query"]}, node_id="t_0", label="Tool", credential={"postgresUrl": url})
    (tool,) = await PostgreSQLMCP().build(inputs, run_context())

    outcome = await tool.call({"sql": "SELECT item, price, '2026-01-02'::date AS day FROM sold"}, {})

    (part,) = orjson.loads(outcome.text)
    assert orjson.loads(part["text"]) == [
        {"item": "tea", "price": 2.5, "day": "2026-01-02"},
        {"item": "ink", "price": None, "day": "2026-01-02"},
    ]
    with pytest.raises(FlowError, match="PostgreSQL refused the query"):
        await tool.call({"sql": "DELETE FROM sold"}, {})
