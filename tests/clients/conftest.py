"""The clients that people have, unchanged, against a running all-in-one in queue mode with a scripted model behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "acceptance"))
from acceptance_program import Program, ScriptedModel, model_flow

EMAIL, PASSWORD = "ada@example.com", "Right-horse-9"
NPM_PACKAGES = ("flowise-sdk@1.0.9", "flowise-embed@3.1.6")


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    found = ScriptedModel()
    yield found
    found.close()


@dataclass(frozen=True)
class Stack:
    """A running all-in-one, and somebody who is logged in to it."""

    program: Program
    model: ScriptedModel
    owner: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.program.port}"

    def make_flow(self, **members: Any) -> str:
        """An agentflow whose model says `one two three`; gives its id."""
        body = {"name": "counter", "type": "AGENTFLOW", "flowData": json.dumps(model_flow(self.model.url)), **members}
        answer = self.owner.post("/api/v1/chatflows", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def messages(self, flow_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.get(f"/api/v1/chatmessage/{flow_id}", params={"feedback": "true"}).json()
        return found


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, model: ScriptedModel) -> Iterator[Stack]:
    if sys.platform == "win32":
        pytest.skip("all-in-one needs a queue server")
    program = Program(tmp_path_factory.mktemp("clients"))
    program.start("start", "--role", "all-in-one", CORS_ORIGINS="*", HTTP_SECURITY_CHECK="false")
    try:
        program.wait_for("ready: http")
        made = program.run("user", "create", "--email", EMAIL, "--password", PASSWORD)
        assert made.returncode == 0, made.stderr
        with httpx.Client(base_url=f"http://127.0.0.1:{program.port}", headers={"x-request-from": "internal"}, timeout=30) as owner:
            assert owner.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200
            yield Stack(program, model, owner)
    finally:
        model.gate.set()
        program.end()


@pytest.fixture(scope="session")
def npm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages from npm; FLOWISECTL_NPM_FOLDER names one that is there already."""
    if given := os.environ.get("FLOWISECTL_NPM_FOLDER"):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no npm here: the clients for JavaScript are left out")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *NPM_PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {', '.join(NPM_PACKAGES)}: {done.stderr.strip()[-300:]}")
    return folder


class _QuietPages(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, format: str, *arguments: Any) -> None:
        return


@pytest.fixture
def serve_page(tmp_path: Path) -> Iterator[Callable[[dict[str, str | bytes]], str]]:
    """Serve files as a web site of its own, of another origin than the server; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(files: dict[str, str | bytes]) -> str:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietPages, directory=str(tmp_path)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
