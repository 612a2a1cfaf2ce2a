"""`flowisectl migrate check`: a Flowise installation is looked at, told about, and left as it was to the last byte."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.cli.app import run
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.chat_message import insert_messages
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import open_database, open_database_to_read
from flowisectl.database.credential import insert_credential
from flowisectl.errors import DatabaseReadOnly, DatabaseUnavailable
from flowisectl.redis_connection import open_redis
from flowisectl.secrets.vault import CredentialVault
from flowisectl.supervisor.embedded import EmbeddedRedis

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "flowise" / "dropin"
KEY = "their key"


@dataclass(frozen=True, kw_only=True)
class Checked:
    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def finding(self, what: str) -> dict[str, Any]:
        return next(found for found in self.report["findings"] if found["what"] == what)

    def flow(self, name: str) -> dict[str, Any]:
        return next(flow for flow in self.report["flows"] if flow["name"] == name)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Checked]:
    """Runs `migrate check` with an env file of these variables, and as JSON unless told otherwise."""
    names = ("REDIS_URL", "REDIS_HOST", "DATABASE_TYPE", "DATABASE_PATH", "SECRETKEY_PATH", "FLOWISE_SECRETKEY_OVERWRITE", "MODE")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    def checked(*, as_json: bool = True, **variables: str) -> Checked:
        env_file = tmp_path / "their.env"
        given = {"BLOB_STORAGE_PATH": str(tmp_path / "storage"), "FLOWISE_SECRETKEY_OVERWRITE": KEY, **variables}
        env_file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        capsys.readouterr()
        arguments = ["migrate", "check", "--env-file", str(env_file), "--data-dir", str(tmp_path / "home")]
        status = run([*arguments, "--json"] if as_json else arguments)
        seen = capsys.readouterr()
        return Checked(status=status, out=seen.out, err=seen.err)

    return checked


def variables_of(settings: DatabaseSettings) -> dict[str, str]:
    if settings.type == "sqlite":
        return {"DATABASE_PATH": str(settings.path)}
    return {
        "DATABASE_TYPE": settings.type,
        "DATABASE_HOST": settings.host,
        "DATABASE_NAME": settings.name,
        "DATABASE_USER": settings.user,
    }


def flow_data(node: str, credential: str = "") -> str:
    """A flow of one node that stands alone."""
    data = {"id": f"{node}_0", "name": node, "label": node, "inputs": {}, "outputs": {}, "credential": credential}
    return json.dumps({"nodes": [{"id": data["id"], "type": "customNode", "data": data}], "edges": []})


async def fill(settings: DatabaseSettings) -> None:
    """What Flowise might have stored: flows of every verdict, a credential that opens, and one that does not."""
    async with open_database(settings) as database:
        mine = await insert_credential(database, sealed(CredentialVault(database, KEY), "mine"))
        lost = await insert_credential(database, sealed(CredentialVault(database, "a lost key"), "lost"))
        flows = {
            "runs": flow_data("chatOpenAI", mine["id"]),
            "closed": flow_data("chatOpenAI", lost["id"]),
            "unbound": flow_data("chatOpenAI"),
            "unsupported": flow_data("nodeOfTomorrow"),
            "broken": "{",
        }
        for name, data in flows.items():
            await insert_flow(database, {"name": name, "flowData": data})


def sealed(vault: CredentialVault, name: str) -> dict[str, str]:
    return {"name": name, "credentialName": "openAIApi", "encryptedData": vault.seal({"openAIApiKey": "sk-secret-1"})}


def as_flowise_left_it(file: Path) -> None:
    """Without what is ours, with Flowise's rollback journal."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'flowisectl%'").fetchall()
        for (name,) in names:
            connection.execute(f'DROP TABLE "{name}"')
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def files(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file below a folder: what it holds, and when it was written."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def contents(settings: DatabaseSettings) -> dict[str, list[dict[str, Any]]]:
    async with open_database_to_read(settings) as database:
        return {table: await database.fetch(sa.text(f'SELECT * FROM "{table}"')) for table in sorted(database.columns)}


def test_every_kind_of_database_is_judged_and_left_as_it_is(check: Callable[..., Checked], empty_settings: DatabaseSettings) -> None:
    asyncio.run(fill(empty_settings))
    if empty_settings.type == "sqlite":
        as_flowise_left_it(empty_settings.sqlite_file)
    before = asyncio.run(contents(empty_settings))

    ended = check(**variables_of(empty_settings))

    assert ended.status == 1, ended.out + ended.err
    assert [ended.flow(name)["verdict"] for name in ("runs", "closed", "unbound", "unsupported", "broken")] == [
        "runs",
        "needs credential",
        "needs credential",
        "not supported yet",
        "cannot be read",
    ]
    assert "'lost' does not open" in " ".join(ended.flow("closed")["reasons"])
    assert "nodeOfTomorrow" in ended.flow("unsupported")["reasons"][0]
    assert [item["name"] for item in ended.report["closed"]] == ["lost"]
    assert ended.finding("credentials")["text"].startswith("1 of 2")
    steps = {"sqlite": 57, "postgres": 59, "mariadb": 60}[empty_settings.type]
    assert f"all {steps} migrations" in ended.finding("schema")["text"]
    assert "sk-secret-1" not in ended.out and KEY not in ended.out
    assert asyncio.run(contents(empty_settings)) == before


@pytest.mark.parametrize("state", ["closed", "open", "cut off"])
def test_not_a_byte_of_a_sqlite_folder_changes(check: Callable[..., Checked], tmp_path: Path, state: str) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")
    asyncio.run(fill(settings))
    if state == "closed":
        as_flowise_left_it(settings.sqlite_file)
    (tmp_path / "storage" / "org" / "flow").mkdir(parents=True)
    (tmp_path / "storage" / "org" / "flow" / "a.txt").write_text("kept")
    with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as writer:
        if state == "cut off":
            # A writer with a rollback journal that has not come to its end: the folder as after a power failure.
            writer.execute("PRAGMA journal_mode=DELETE").fetchall()
            writer.execute("PRAGMA cache_size=1")
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE chat_flow SET name = name || 'x', flowData = flowData || printf('%.20000c', 'x')")
            crashed = tmp_path / "crashed"
            shutil.copytree(settings.path, crashed)
            writer.execute("ROLLBACK")
            settings = replace(settings, path=crashed)
            assert (crashed / "database.sqlite-journal").stat().st_size
        elif state == "open":
            writer.execute("UPDATE chat_flow SET name = 'renamed in the log' WHERE name = 'runs'")
            assert settings.sqlite_file.with_name("database.sqlite-wal").stat().st_size
        before = files(tmp_path)

        ended = check(**variables_of(settings))

        after = {name: stamp for name, stamp in files(tmp_path).items() if name != "their.env"}
        assert after == before, state
    expected = "renamed in the log" if state == "open" else "runs"
    assert ended.status == 1 and ended.flow(expected)["verdict"] == "runs"
    assert len(ended.report["flows"]) == 5


def test_a_key_that_opens_nothing_cannot_be_taken_over(check: Callable[..., Checked], tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")
    asyncio.run(fill(settings))

    wrong = check(**variables_of(settings), FLOWISE_SECRETKEY_OVERWRITE="nobody's")
    none = check(**variables_of(settings), FLOWISE_SECRETKEY_OVERWRITE="", SECRETKEY_PATH=str(tmp_path / "nowhere"))

    assert wrong.status == 2 and "not Flowise's key" in wrong.finding("credentials")["text"]
    assert none.status == 2 and "no key" in none.finding("credentials")["text"]
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_not_there_is_named(check: Callable[..., Checked], tmp_path: Path) -> None:
    ended = check(DATABASE_PATH=str(tmp_path / "nowhere"))

    assert ended.status == 2
    assert "nowhere" in ended.finding("database")["text"] and "DATABASE_PATH" in ended.finding("database")["text"]
    assert not (tmp_path / "nowhere").exists()


def test_a_server_that_does_not_answer_is_named(check: Callable[..., Checked], tmp_path: Path) -> None:
    ended = check(DATABASE_TYPE="postgres", DATABASE_HOST=str(tmp_path), DATABASE_NAME="n", DATABASE_USER="u", DATABASE_PASSWORD="hidden")

    assert ended.status == 2 and "cannot be reached" in ended.finding("database")["text"]
    assert "hidden" not in ended.out


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO migrations (timestamp, name) VALUES (1999999999999, 'AddTomorrow1999999999999')", "AddTomorrow1999999999999"),
        ('ALTER TABLE chat_message DROP COLUMN "reasonContent"', "chat_message.reasonContent"),
        ("DROP TABLE migrations", "not Flowise's"),
    ],
)
def test_a_schema_of_another_time_is_told_and_cannot_be_taken_over(
    check: Callable[..., Checked], empty_settings: DatabaseSettings, statement: str, said: str
) -> None:
    async def prepare() -> None:
        async with open_database(empty_settings) as database, database.write() as connection:
            quoted = statement.replace("(timestamp,", '("timestamp",')
            await connection.exec_driver_sql(quoted)

    asyncio.run(prepare())

    ended = check(**variables_of(empty_settings))

    assert ended.status == 2 and said in ended.finding("schema")["text"]


def test_jobs_that_wait_in_flowises_queue_are_told(check: Callable[..., Checked], tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")
    asyncio.run(fill(settings))
    server = EmbeddedRedis(tmp_path / "valkey")

    async def with_jobs() -> tuple[list[bytes], Checked, list[bytes]]:
        from config.settings import RedisSettings

        await server.start()
        try:
            async with open_redis(RedisSettings(url=server.url), name="test") as redis:
                client: Any = redis
                await client.rpush("bull:flowise-queue-prediction:wait", "1", "2")
                await client.zadd("bull:flowise-queue-upsertion:delayed", {"3": 1})
                await client.zadd("bull:flowise-queue-schedule:delayed", {"tomorrow": 1})
                before = sorted(await client.keys("*"))
                ended = await asyncio.to_thread(check, **variables_of(settings), MODE="queue", REDIS_URL=server.url)
                return before, ended, sorted(await client.keys("*"))
        finally:
            await server.stop()

    before, ended, after = asyncio.run(with_jobs())

    queue = ended.finding("queue")
    assert queue["level"] == "warning" and "2 wait" in queue["text"] and "1 delayed" in queue["text"]
    assert "schedule" not in queue["text"]
    assert after == before


def test_a_storage_of_which_the_bucket_is_missing_is_told(check: Callable[..., Checked], tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")
    asyncio.run(fill(settings))

    ended = check(**variables_of(settings), STORAGE_TYPE="s3", S3_STORAGE_REGION="eu-central-1")

    storage = ended.finding("storage")
    assert ended.status == 2 and storage["level"] == "cannot"
    assert "S3_STORAGE_BUCKET_NAME" in storage["text"] or "flowisectl[storage]" in storage["text"]


def test_variables_are_told_without_their_values(check: Callable[..., Checked], tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")
    asyncio.run(fill(settings))

    ended = check(
        **variables_of(settings),
        SMTP_HOST="mail.example",
        SMTP_PASSWORD="mail-secret",
        LANGCHAIN_TRACING_V2="false",
        INVITE_TOKEN_EXPIRY_IN_HOURS="24",
        NUMBER_OF_PROXIES="1",
        REMOVE_ON_AGE="24",
        WORKER_CONCURENCY="7",
        WORKER_CONCURRENCY="many",
        REDIS_URL="not-an-address-with-secret",
    )

    told = {variable["name"]: (variable["kind"], variable["level"]) for variable in ended.report["variables"]}
    assert told["SMTP_HOST"] == ("without effect", "warning")
    assert told["SMTP_PASSWORD"] == told["LANGCHAIN_TRACING_V2"] == ("without effect", "fine")
    assert told["INVITE_TOKEN_EXPIRY_IN_HOURS"] == ("without effect", "fine")
    assert told["NUMBER_OF_PROXIES"] == ("without effect", "fine")
    assert told["REMOVE_ON_AGE"] == ("other meaning", "fine")
    assert told["WORKER_CONCURENCY"] == ("unknown", "fine")
    assert told["WORKER_CONCURRENCY"] == told["REDIS_URL"] == ("refused", "cannot")
    assert ended.status == 2
    assert "mail-secret" not in ended.out and "with-secret" not in ended.out


def test_all_is_well_with_a_database_of_which_everything_runs(check: Callable[..., Checked], tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path / "theirs")

    async def prepare() -> None:
        async with open_database(settings) as database:
            mine = await insert_credential(database, sealed(CredentialVault(database, KEY), "mine"))
            await insert_flow(database, {"name": "only", "flowData": flow_data("chatOpenAI", mine["id"])})

    asyncio.run(prepare())

    ended = check(as_json=False, **variables_of(settings))

    assert ended.status == 0, ended.out
    assert "everything runs" in ended.out and all(len(line) <= 80 for line in ended.out.splitlines())


@pytest.mark.skipif(not (SAMPLE / "database.sqlite").is_file(), reason="no sample of a Flowise database beside the project")
def test_a_database_that_flowise_made_is_told_flow_by_flow(check: Callable[..., Checked], tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    shutil.copyfile(SAMPLE / "database.sqlite", tmp_path / "theirs" / "database.sqlite")
    samples = json.loads((SAMPLE / "samples.json").read_text(encoding="utf8"))
    before = files(tmp_path / "theirs")
    variables = {"DATABASE_PATH": str(tmp_path / "theirs"), "FLOWISE_SECRETKEY_OVERWRITE": samples["secret_key"]}

    ended = check(**variables)
    shown = check(as_json=False, **variables)

    assert ended.status == 0
    assert {flow["id"] for flow in ended.report["flows"]} == set(samples["flows"].values())
    assert all(flow["verdict"] == "runs" for flow in ended.report["flows"])
    assert ended.report["closed"] == []
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert files(tmp_path / "theirs") == before


async def test_what_is_opened_to_read_cannot_be_written(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings):
        pass

    async with open_database_to_read(empty_settings) as database:
        with pytest.raises(DatabaseReadOnly, match="nothing was stored"):
            await insert_flow(database, {"name": "a", "flowData": "{}"})
        with pytest.raises(DatabaseReadOnly, match="nothing was stored"):
            await insert_messages(database, [{"role": "userMessage", "chatflowid": new_id(), "content": "x", "chatId": "c"}])
        with pytest.raises(DatabaseUnavailable, match="only be read"):  # the server's own refusal
            async with database.read() as connection:
                await connection.exec_driver_sql("DELETE FROM variable")
        assert await database.fetch(sa.text("SELECT count(*) AS count FROM chat_flow")) == [{"count": 0}]
