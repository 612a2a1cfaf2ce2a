"""What is too large for Redis is kept whole and forgotten in time: rows in a server's database, files beside a SQLite one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database, open_database
from flowisectl.database.payload import PayloadRows, PayloadStore, payload_store
from flowisectl.database.payload_files import FOLDER, PayloadFiles
from flowisectl.errors import DatabaseUnavailable

HOUR_MS = 3_600_000


def in_an_hour() -> int:
    return int(time.time() * 1000) + HOUR_MS


def an_hour_ago() -> int:
    return int(time.time() * 1000) - HOUR_MS


@pytest.fixture(params=["usual", "rows"])
def store(request: pytest.FixtureRequest, database: Database) -> PayloadStore:
    """What a process with this database uses, and the table alone."""
    return payload_store(database) if request.param == "usual" else PayloadRows(database)


async def parts_in_table(database: Database) -> int:
    return int((await database.fetch(sa.text("select count(*) as parts from flowisectl_payload")))[0]["parts"])


async def test_what_is_put_is_given_back_whole_until_its_job_is_deleted(store: PayloadStore) -> None:
    jobs, data = [new_id(), new_id()], os.urandom(2_500_000)

    for job in jobs:
        await store.put(job, "request:1", data, expires_ms=in_an_hour())
        await store.put(job, "result:2", b"", expires_ms=in_an_hour())
    await store.put(jobs[0], "request:1", b"another", expires_ms=in_an_hour())
    before = [await store.get(job, name) for job in jobs for name in ("request:1", "result:2", "result:3")]
    await store.delete([jobs[0], new_id()])
    await store.delete([])

    assert before == [data, b"", None, data, b"", None]
    assert [await store.get(job, "request:1") for job in jobs] == [None, data]


async def test_what_has_expired_goes_and_the_rest_stays(store: PayloadStore) -> None:
    old, mixed, young = new_id(), new_id(), new_id()
    await store.put(old, "request:1", b"old", expires_ms=an_hour_ago())
    await store.put(young, "request:1", b"young", expires_ms=in_an_hour())
    await store.put(mixed, "result:1", b"kept", expires_ms=in_an_hour())

    await store.delete_expired()

    assert [await store.get(old, "request:1"), await store.get(young, "request:1"), await store.get(mixed, "result:1")] == [
        None,
        b"young",
        b"kept",
    ]


async def test_no_row_is_too_large_for_a_servers_packets(database: Database) -> None:
    await PayloadRows(database).put(new_id(), "request:1", b"x" * 2_500_000, expires_ms=in_an_hour())

    assert await parts_in_table(database) == 3


async def test_megabytes_do_not_hold_the_lock_of_sqlite(tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        store, job = payload_store(database), new_id()

        async with database.write() as connection:  # somebody writes, and takes its time
            await connection.execute(sa.text("select 1"))
            await store.put(job, "request:1", b"x" * 1_000_000, expires_ms=in_an_hour())

        assert await parts_in_table(database) == 0
        assert len(os.listdir(tmp_path / FOLDER / job)) == 1


async def test_what_an_earlier_version_has_put_into_the_table_of_sqlite_is_found_and_goes(tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        jobs = [new_id(), new_id()]
        await PayloadRows(database).put(jobs[0], "request:1", b"early", expires_ms=in_an_hour())
        await PayloadRows(database).put(jobs[1], "request:1", b"expired", expires_ms=an_hour_ago())
        store = payload_store(database)

        found = await store.get(jobs[0], "request:1")
        await store.delete_expired()
        await store.delete([jobs[0]])

        assert found == b"early"
        assert await parts_in_table(database) == 0


async def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    files = PayloadFiles(tmp_path / "own" / "payloads")

    for name in ("../../out", "/etc/out", "..", ".", "a/b"):
        await files.put("..", name, name.encode(), expires_ms=in_an_hour())

    assert [await files.get("..", name) for name in ("../../out", "a/b")] == [b"../../out", b"a/b"]
    assert os.listdir(tmp_path) == ["own"]
    assert os.listdir(tmp_path / "own") == ["payloads"]


async def test_half_a_file_of_a_killed_process_is_never_given_and_goes(tmp_path: Path) -> None:
    files = PayloadFiles(tmp_path)
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / ".draft").write_bytes(b"half")
    long_ago = time.time() - 2 * 3600
    os.utime(tmp_path / "job", (long_ago, long_ago))

    assert await files.get("job", "request:1") is None
    await files.delete_expired()

    assert not (tmp_path / "job").exists()


async def test_a_folder_that_cannot_be_written_is_told_as_a_database_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    files = PayloadFiles(tmp_path / "file")

    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        await files.put("job", "request:1", b"x", expires_ms=in_an_hour())
