"""The SingleStore node on a MariaDB server that has been given SingleStore's functions."""

from __future__ import annotations

from typing import Any

import aiomysql  # type: ignore[import-untyped]
import pytest

from flowisectl.clients import singlestore
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.singlestore import SingleStore
from flowisectl.testing import run_context

FUNCTIONS = (
    "CREATE FUNCTION JSON_ARRAY_PACK(packed LONGTEXT) RETURNS LONGBLOB DETERMINISTIC RETURN packed",
    "CREATE FUNCTION JSON_EXTRACT_STRING(data LONGTEXT, name TEXT) RETURNS LONGTEXT DETERMINISTIC "
    "RETURN JSON_UNQUOTE(JSON_EXTRACT(data, CONCAT('$.', name)))",
    "CREATE FUNCTION JSON_EXTRACT_DOUBLE(data LONGTEXT, name TEXT) RETURNS DOUBLE DETERMINISTIC "
    "RETURN JSON_EXTRACT(data, CONCAT('$.', name))",
    "CREATE FUNCTION JSON_EXTRACT_JSON(data LONGTEXT, name TEXT) RETURNS LONGTEXT DETERMINISTIC "
    "RETURN JSON_EXTRACT(data, CONCAT('$.', name))",
    "CREATE FUNCTION DOT_PRODUCT(one LONGBLOB, other LONGBLOB) RETURNS DOUBLE DETERMINISTIC RETURN "
    "JSON_EXTRACT(one, '$[0]') * JSON_EXTRACT(other, '$[0]') + JSON_EXTRACT(one, '$[1]') * JSON_EXTRACT(other, '$[1]')",
)


class LetterEmbeddings:
    """The share of `a` and of `b` in a text."""

    async def embed(self, texts: Any) -> list[list[float]]:
        return [[text.count("a") / len(text), text.count("b") / len(text)] for text in texts]


@pytest.fixture
async def place(mariadb_place: dict[str, str]) -> dict[str, str]:
    connection = await aiomysql.connect(unix_socket=mariadb_place["host"], user="root", db=mariadb_place["database"])
    async with connection.cursor() as cursor:
        for function in FUNCTIONS:
            await cursor.execute(function)
    connection.close()
    return mariadb_place


async def store(place: dict[str, str], output: str = "vectorStore", credential: Any = None, **inputs: Any) -> Any:
    values = {"embeddings": LetterEmbeddings(), "host": place["host"], "database": place["database"], **inputs}
    credential = credential or {"user": place["user"]}
    return await SingleStore().build(NodeInputs(values, node_id="s_0", label="Store", output=output, credential=credential), run_context())


async def test_what_is_written_is_found_nearest_first(place: dict[str, str]) -> None:
    notes = await store(place, tableName="my `notes`")
    await notes.add([Document(page_content="ab", metadata={"n": 1}), Document(page_content="aé", metadata={"who": 'O\'Hara "x"'})])
    await notes.add([Document(page_content="aaa", metadata={"n": 2, "ok": True})])

    found = await notes.search("a", 2)

    assert found == [
        (Document(page_content="aaa", metadata={"n": 2, "ok": True}), 1.0),
        (Document(page_content="ab", metadata={"n": 1}), 0.5),
    ]
    for conditions, text in (({"who": 'O\'Hara "x"'}, "aé"), ({"n": 1}, "ab"), ({"ok": True, "n": 2}, "aaa")):
        assert [document.page_content for document, _ in await notes.search("a", 5, conditions)] == [text]


async def test_the_retriever_gives_the_nodes_number(place: dict[str, str]) -> None:
    await (await store(place)).add([Document(page_content="a" * number) for number in range(1, 6)])

    retriever = await store(place, "retriever", topK="3")

    assert len(await retriever.retrieve("a")) == 3


async def test_what_the_database_refuses_is_told(place: dict[str, str]) -> None:
    with pytest.raises(ProviderError, match="doesn't exist"):
        await (await store(place, tableName="nowhere")).search("a", 1)
    with pytest.raises(ProviderError, match="without ids"):
        await (await store(place)).delete(["1"])


async def test_a_wrong_password_is_told_without_it(place: dict[str, str]) -> None:
    notes = await store(place, credential={"user": "nobody", "password": "nobody-secret"})

    with pytest.raises(ProviderError, match="Access denied") as caught:
        await notes.search("a", 1)

    assert "nobody-secret" not in str(caught.value) and caught.value.provider == "singlestore"


async def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ProviderError, match=r"SingleStore at 127\.0\.0\.1:1"):
        await (await store({"host": "127.0.0.1:1", "database": "d", "user": "u"})).search("a", 1)


async def test_a_statement_without_an_end_is_given_up(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(singlestore, "WORK_SECONDS", 0.05)
    where = singlestore.SingleStorePlace(host=place["host"], database=place["database"], user=place["user"])

    with pytest.raises(ProviderError, match=r"was not done within 0\.05 s"):
        async with where.connect() as cursor:
            await cursor.execute("SELECT SLEEP(300)")
