"""A running server for those who attack it: one program for all tests of a file."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance_program import Program, function_flow

EMAIL, PASSWORD = "ada@example.com", "Right-horse-9"


SECONDS = 20.0


FETCH = """
const fetch = require("node-fetch");
try { return "got " + await (await fetch($input)).text() } catch (e) { return "refused " + e.message }
"""


@dataclass(frozen=True)
class Target:
    """The server under attack, a flow that echoes, and one that fetches what it is asked for."""

    program: Program
    echo: str
    fetcher: str

    def raw(self, data: bytes, *, until_closed: bool = True) -> bytes:
        """Send bytes as they are, and read what comes back until the server closes (or until there is a whole answer)."""
        with socket.create_connection(("127.0.0.1", self.program.port), timeout=SECONDS) as connection:
            connection.sendall(data)
            return read_answer(connection, until_closed=until_closed)

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=SECONDS)
        connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def predict(self, body: bytes, flow_id: str = "") -> tuple[int, Any]:
        status, _, data = self.call("POST", f"/api/v1/prediction/{flow_id or self.echo}", body, Content_Type="application/json")
        return status, json.loads(data)

    def ask(self, question: str, flow_id: str = "") -> str:
        status, answer = self.predict(json.dumps({"question": question}).encode(), flow_id)
        assert status == 200, answer
        return str(answer["text"])

    def is_alive(self) -> bool:
        return self.call("GET", "/api/v1/ping")[2] == b"pong" and self.ask("still there") == "hello still there"


def read_answer(connection: socket.socket, *, until_closed: bool) -> bytes:
    found = b""
    while until_closed or b"\r\n\r\n" not in found:
        try:
            piece = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not piece:
            break
        found += piece
    return found


@contextmanager
def open_target(folder: Path) -> Iterator[Target]:
    """A server with both flows and one account."""
    program = Program(folder)
    program.start("start", "--role", "all-in-one", FLOWISE_FILE_SIZE_LIMIT="2mb")
    try:
        program.wait_for("ready: http")
        assert program.run("user", "create", "--email", EMAIL, "--password", PASSWORD).returncode == 0
        fetching = function_flow()
        fetching["nodes"][0]["data"]["inputs"]["javascriptFunction"] = FETCH
        yield Target(program, program.import_flow(function_flow(), "echo"), program.import_flow(fetching, "fetcher"))
    finally:
        program.end()
