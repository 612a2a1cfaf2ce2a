"""A server on a database that a newer Flowise has opened: it refuses to start with one line, or starts and only reads."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from acceptance_program import Program, function_flow

pytestmark = pytest.mark.slow


def call(program: Program, key: str, path: str, body: object = None) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{program.port}/{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_newer_schema_is_refused_in_one_line_or_only_read(program: Program) -> None:
    flow = program.import_flow(function_flow(), "greet")
    assert program.run("user", "create", "--email", "me@example.com", "--password", "Correct-horse-7").returncode == 0
    key = program.run("apikey", "create", "ci").stdout.strip()
    file = program.data_dir / "database.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO migrations (timestamp, name) VALUES (1999999999999, 'AddTomorrow1999999999999')")
        connection.commit()

    refused = program.run("start", MODE="main")
    program.start("start", MODE="main", DATABASE_UNKNOWN_SCHEMA="read-only")
    program.wait_for("listening on")
    listed = call(program, key, "api/v1/chatflows")
    ready = call(program, key, "readyz")
    stored = call(program, key, "api/v1/variables", {"name": "a", "value": "b", "type": "static"})
    asked = call(program, key, f"api/v1/prediction/{flow}", {"question": "you"})

    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert "AddTomorrow1999999999999" in refused.stderr and "DATABASE_UNKNOWN_SCHEMA" in refused.stderr
    assert listed[0] == 200 and flow in listed[1]
    assert ready[0] == 200
    assert stored[0] == 503 and "nothing was stored" in stored[1]
    assert asked[0] >= 500
    assert program.end() == 0
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM variable").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM chat_message").fetchone() == (0,)
