"""Nodes that fall back on the PostgreSQL that the operator names: POSTGRES_VECTORSTORE_*, POSTGRES_RECORDMANAGER_*."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from config.env import load_settings
from config.settings import PostgresNodeSettings
from flowisectl.database.connection import open_database
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.node_defaults import NodeDefaults, PostgresDefaults
from flowisectl.interfaces.record_manager import RecordedKey
from flowisectl.nodes.record_managers.postgres_record_manager import PostgresRecordManager
from flowisectl.nodes.vector_stores.postgres import Postgres
from flowisectl.testing import run_context
from roles.resources import foundation_of
from roles.running import open_run_services


class Letters:
    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


def defaults(place: Mapping[str, str], **changes: Any) -> PostgresDefaults:
    return PostgresDefaults(**{"host": place["host"], "database": place["database"], "user": place["user"], **changes})


async def build(node: Any, chosen: NodeDefaults, credential: Mapping[str, str] | None = None, **inputs: Any) -> Any:
    values = {"embeddings": Letters(), **inputs}
    return await node.build(
        NodeInputs(values, node_id="p_0", label="Postgres", output="vectorStore", credential=credential or {}), run_context(defaults=chosen)
    )


async def values(place: Mapping[str, str], column: str, table: str) -> list[str]:
    connection = await asyncpg.connect(host=place["host"], user=place["user"], database=place["database"])
    try:
        return [row[0] for row in await connection.fetch(f"SELECT {column} FROM {table}")]
    finally:
        await connection.close()


async def test_records_are_kept_where_the_operator_says(postgres_place: dict[str, str]) -> None:
    records = await build(PostgresRecordManager(), NodeDefaults(records=defaults(postgres_place, table="kept_here")))

    await records.prepare()
    await records.record([RecordedKey(key="k", group_id=None, doc_id=None)])

    assert await values(postgres_place, "key", "kept_here") == ["k"]


async def test_records_lie_on_the_host_of_the_vectors_when_none_is_named_for_them(postgres_place: dict[str, str]) -> None:
    chosen = NodeDefaults(vectors=PostgresDefaults(host=postgres_place["host"]), records=defaults(postgres_place, host=""))

    records = await build(PostgresRecordManager(), chosen)

    await records.prepare()


async def test_vectors_are_kept_where_the_operator_says(postgres_nodes_server: Any, postgres_place: dict[str, str]) -> None:
    if "vector" not in postgres_nodes_server.psql("SELECT name FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("this PostgreSQL has no pgvector")
    chosen = NodeDefaults(vectors=defaults(postgres_place, table="kept_vectors", content_column="words"))
    await (await build(Postgres(), chosen)).add([Document(page_content="aa")])

    assert await values(postgres_place, "words", "kept_vectors") == ["aa"]


async def test_what_a_flow_names_wins(postgres_place: dict[str, str]) -> None:
    elsewhere = PostgresDefaults(host="other.example", database="other", user="other", password="secret-1", port=1, table="other")
    named = {"host": postgres_place["host"], "database": postgres_place["database"], "port": 5432, "tableName": "mine"}
    credential = {"user": postgres_place["user"], "password": "p"}

    records = await build(PostgresRecordManager(), NodeDefaults(vectors=elsewhere, records=elsewhere), credential, **named)
    await records.prepare()

    assert await values(postgres_place, "key", "mine") == []


@pytest.mark.parametrize("node", [Postgres, PostgresRecordManager])
async def test_the_operators_password_goes_to_no_host_of_a_flow(node: Any) -> None:
    own = PostgresDefaults(host="db.example", database="d", user="u", password="secret-1")

    with pytest.raises(MissingInput, match="needs a host, a database and a credential"):
        await build(node(), NodeDefaults(vectors=own, records=own), host="collector.example")


def test_a_login_without_a_host_of_its_own_is_for_every_host() -> None:
    loose = PostgresDefaults(user="u", password="p")

    assert loose.login("any.example", "", "") == ("u", "p")
    assert loose.login("any.example", "flow", "") == ("flow", "")
    assert replace(loose, host="db.example").login("any.example", "", "") == ("", "")
    assert "p'" not in repr(PostgresNodeSettings(password="p"))


async def test_the_variables_reach_the_nodes(tmp_path: Path) -> None:
    given = {
        "POSTGRES_VECTORSTORE_HOST": "v.example",
        "POSTGRES_VECTORSTORE_CONTENT_COLUMN_NAME": "words",
        "POSTGRES_RECORDMANAGER_PORT": "6432",
        "POSTGRES_RECORDMANAGER_SSL": "true",
        "DATABASE_PATH": str(tmp_path),
        "BLOB_STORAGE_PATH": str(tmp_path / "storage"),
    }
    settings = load_settings(None, given, tmp_path)
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(open_database(settings.database))

        services = await open_run_services(settings, foundation_of(settings, {}, database, "key"), None, opened)

    assert services.defaults.vectors == PostgresDefaults(host="v.example", content_column="words", table="documents")
    assert services.defaults.records == PostgresDefaults(port=6432, ssl=True, table="upsertion_records")
    assert services.paths.storage == tmp_path / "storage" and services.paths.is_checked
