"""The encryption key changes under a running worker: it takes no more jobs and says so, until it has the server's key again."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance_program import Program, function_flow, made_program

from flowisectl.supervisor.embedded import EmbeddedRedis

pytestmark = pytest.mark.slow


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = EmbeddedRedis(tmp_path / "valkey")
    asyncio.run(server.start())
    yield server.url
    asyncio.run(server.stop())


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Program]:
    with made_program(tmp_path / "worker") as made:
        yield made


def ready(program: Program) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{program.worker_port}/readyz", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def write_key(folder: Path, key: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "encryption.key").write_text(key)


def test_a_worker_whose_server_has_got_another_key_takes_no_jobs_until_it_has_it_too(
    program: Program, worker: Program, redis_url: str, tmp_path: Path
) -> None:
    flow = program.import_flow(function_flow(), "greet")
    shared = {"REDIS_URL": redis_url, "MODE": "queue", "DATABASE_PATH": str(program.data_dir)}
    mine, other = tmp_path / "main-key", tmp_path / "worker-key"
    write_key(mine, "key one")
    write_key(other, "key one")
    program.start("start", **shared, SECRETKEY_PATH=str(mine))
    program.wait_for("listening on")
    worker.start("start-worker", **shared, SECRETKEY_PATH=str(other))
    worker.wait_for("taking jobs of")
    assert program.ask(flow, "you")[0] == 200

    assert program.end() == 0
    write_key(mine, "key two")
    program.start("start", **shared, SECRETKEY_PATH=str(mine))
    program.wait_for("listening on")
    worker.wait_for("so it takes no jobs")
    worker.wait_until(lambda: ready(worker)[0] == 503)
    status = json.loads(program.run("status", "--json", **shared, SECRETKEY_PATH=str(mine)).stdout)

    assert "takes no jobs" in ready(worker)[1] and "key one" not in worker.log.read_text()
    assert "takes no jobs" in json.dumps(status)

    write_key(other, "key two")
    worker.wait_for("taking jobs of", count=2)
    assert json.loads(program.ask(flow, "again")[1])["text"] == "hello again"
    assert ready(worker)[0] == 200
    assert worker.end() == 0


def test_a_worker_that_waits_for_the_servers_key_ends_in_order_and_leaves_no_trace(
    program: Program, worker: Program, redis_url: str, tmp_path: Path
) -> None:
    shared = {"REDIS_URL": redis_url, "MODE": "queue", "DATABASE_PATH": str(program.data_dir)}
    write_key(tmp_path / "main-key", "key one")
    write_key(tmp_path / "worker-key", "key two")
    program.start("start", **shared, SECRETKEY_PATH=str(tmp_path / "main-key"))
    program.wait_for("listening on")
    worker.start("start-worker", **shared, SECRETKEY_PATH=str(tmp_path / "worker-key"))
    worker.wait_for("it takes no jobs")

    def roles() -> list[str]:
        return [role["role"] for role in json.loads(program.run("status", "--json", **shared).stdout)["roles"]]

    worker.wait_until(lambda: "worker" in roles())

    status = worker.end()

    assert status == 0
    assert roles() == ["main"]
