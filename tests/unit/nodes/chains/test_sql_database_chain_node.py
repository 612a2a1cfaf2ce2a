"""Answers from a database that is read with SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flowisectl.clients import sql_database
from flowisectl.clients.sql_database import open_database
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, Unavailable
from flowisectl.llm.sql_answers import query_in
from flowisectl.nodes.chains.sql_database_chain import SqlDatabaseChain
from flowisectl.testing import ScriptedChatModel, run_context


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE sold (item TEXT, price REAL); CREATE TABLE secret (word TEXT);"
            "INSERT INTO sold VALUES ('tea', 2.5), ('ink', 4), (NULL, 1); INSERT INTO secret VALUES ('x');"
        )
    return path


async def run(model: ScriptedChatModel, path: Path, **inputs: Any) -> Any:
    values = {"model": model, "database": "sqlite", "url": str(path), **inputs}
    context = run_context(question="What was sold?")
    answer = await SqlDatabaseChain().run(NodeInputs(values, node_id="sql_0", label="SQL"), context)
    return answer, context.events.text()  # type: ignore[attr-defined]


async def test_the_model_writes_a_query_and_answers_from_its_rows(shop: Path) -> None:
    model = ScriptedChatModel("```sql\nSELECT item, price FROM sold ORDER BY price;\n```", "Tea and ink.")

    answer, streamed = await run(model, shop, ignoreTables="secret", sampleRowsInTableInfo="1")

    assert (answer, streamed) == ({"text": "Tea and ink."}, "Tea and ink.")
    asked, told = model.calls[0].texts[0][1], model.calls[1].texts[0][1]
    assert "sold(item TEXT, price REAL)\nitem | price\ntea | 2.5\n" in asked and "secret" not in asked
    assert "SQLite" in asked and "Question: What was sold?" in asked
    assert "item | price\n | 1.0\ntea | 2.5\nink | 4.0\n" in told


async def test_a_prompt_of_one_s_own_has_the_known_names(shop: Path) -> None:
    model = ScriptedChatModel("SELECT 1", "one")

    await run(model, shop, customPrompt="{dialect}/{top_k}/{input}", topK="3")

    assert model.calls[0].texts == [("user", "SQLite/3/What was sold?")]


@pytest.mark.parametrize(
    "query", ["DROP TABLE sold", "INSERT INTO sold VALUES ('a', 1)", "PRAGMA user_version", "ATTACH 'x' AS y", "I cannot do that"]
)
async def test_what_does_not_read_is_not_run(shop: Path, query: str) -> None:
    with pytest.raises(FlowError, match="no query that only reads"):
        await run(ScriptedChatModel(query), shop)


@pytest.mark.parametrize(
    "query", ["WITH a AS (SELECT 1) DELETE FROM sold", "SELECT 1; DROP TABLE sold", "SELECT missing FROM sold", "EXPLAIN SELECT 1 /*"]
)
async def test_what_hides_behind_a_reading_word_is_refused_by_the_database(shop: Path, query: str) -> None:
    with pytest.raises(FlowError, match="refused the query"):
        await open_database("sqlite", str(shop)).read(query)

    with closing(sqlite3.connect(shop)) as connection:
        assert connection.execute("SELECT count(*) FROM sold").fetchone() == (3,)


async def test_a_query_without_end_is_ended(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_database, "READ_SECONDS", 0.05)

    with pytest.raises(FlowError, match="took longer"):
        await open_database("sqlite", str(shop)).read(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        )


async def test_rows_are_bounded(shop: Path) -> None:
    query = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT x FROM n"

    lines = (await open_database("sqlite", str(shop)).read(query)).split("\n")

    assert (len(lines), lines[0], lines[-2], lines[-1]) == (202, "x", "200", "(there are more rows)")


async def test_tables_that_are_not_there_are_told(shop: Path) -> None:
    with pytest.raises(InvalidFlow, match="no table 'lost'"):
        await open_database("sqlite", str(shop), include=["lost", "sold"]).tables()


@pytest.mark.parametrize(
    ("kind", "url", "error", "text"),
    [
        ("sqlite", "/nowhere/at/all.db", Unavailable, "there is no SQLite file"),
        ("sqlite", "../up.db", InvalidFlow, r"'\.\.' is not allowed"),
        ("mssql", "x", InvalidFlow, "'mssql' are not supported"),
        ("postgres", "no address", InvalidFlow, "no address"),
        ("postgres", "postgresql://u:hidden@127.0.0.1:1/d", Unavailable, r"PostgreSQL at 127\.0\.0\.1:1 cannot be reached"),
        ("mysql", "mysql://u:hidden@127.0.0.1:1/d", Unavailable, r"MySQL at 127\.0\.0\.1:1 cannot be reached"),
    ],
)
async def test_a_database_that_cannot_be_read_is_told_without_its_password(kind: str, url: str, error: Any, text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        await open_database(kind, url).tables()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("SQLQuery: SELECT 1\nSQLResult: 5\nAnswer: 5", "SELECT 1"),
        ("Here it is:\n```sql\nSELECT 1;\n```\nGood luck", "SELECT 1"),
        ("```\nSELECT 1\n```", "SELECT 1"),
    ],
)
def test_the_query_is_found_in_what_a_model_writes(text: str, query: str) -> None:
    assert query_in(text) == query
