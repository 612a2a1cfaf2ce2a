"""`flowisectl health` for people and for programs, against a page of our own."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flowisectl.cli import database_look

READY = (200, {"status": "ready", "checks": {"redis": {"ok": True, "ms": 0.3}}})
NOT_READY = (503, {"status": "not ready", "checks": {"redis": {"ok": False, "ms": 2.0, "reason": "no answer within 2 s"}}})


@pytest.fixture
def role() -> Iterator[Callable[[tuple[int, dict[str, object]]], str]]:
    """A role that gives this answer; gives its address."""
    servers = []

    def serve(answer: tuple[int, dict[str, object]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(answer[0] if self.path == "/readyz" else 404)
                self.end_headers()
                self.wfile.write(json.dumps(answer[1]).encode())

            def log_message(self, format: str, *args: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_ready_role_is_told_as_json(flowisectl, role) -> None:
    url = role(READY)

    ended = flowisectl("health", "--url", url, "--json")

    assert ended.status == 0
    assert json.loads(ended.out) == {"ready": True, "url": url, "reason": "", "answer": READY[1]}


def test_what_is_wrong_with_a_role_is_told_as_json(flowisectl, role) -> None:
    ended = flowisectl("health", "--url", role(NOT_READY), "--json")

    told = json.loads(ended.out)
    assert ended.status == 1 and ended.err == ""
    assert told["ready"] is False and "redis: no answer within 2 s" in told["reason"]
    assert told["answer"] == NOT_READY[1]


def test_nobody_there_is_said_in_the_systems_words(flowisectl) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        ended = flowisectl("health", "--url", url)
        as_json = flowisectl("health", "--url", url, "--json")

    assert ended.status == as_json.status == 1
    assert f"nothing answers at {url} (Connection refused)" in ended.err
    assert json.loads(as_json.out)["answer"] is None


def test_a_server_without_a_queue_whose_database_is_locked_is_warned_of(
    flowisectl, role, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_look, "LOCK_SECONDS", 0.05)
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", role(READY).rpartition(":")[2])
    assert flowisectl("database", "migrate").status == 0

    well = flowisectl("status", "--json")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "database.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = flowisectl("status")

    assert well.status == 0 and json.loads(well.out)["level"] == "fine"
    assert locked.status == 1 and "nothing can be stored in the database" in locked.err and "`fuser " in locked.err
