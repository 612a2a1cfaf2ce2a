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
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
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


class SideModel:
    """What a flow asks beside its chat model: embeddings, and follow-up questions in one piece (OpenAI's wire)."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.endswith("/embeddings"):
                    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
                    found = [{"index": place, "embedding": [float(len(text)), 1.0]} for place, text in enumerate(texts)]
                    self._say({"data": found, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}})
                    return
                message = {"role": "assistant", "content": json.dumps({"questions": ["And backwards?"]})}
                self._say({"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

            def _say(self, answer: dict[str, Any]) -> None:
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def side_model() -> Iterator[SideModel]:
    found = SideModel()
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

    def make_library(self, side_url: str) -> str:
        """A chatflow that answers from two documents and shows them; gives its id."""

        def node(node_id: str, name: str, category: str, output: str = "", **inputs: Any) -> dict[str, Any]:
            outputs = {"output": output} if output else {}
            data = {"id": node_id, "name": name, "label": name, "category": category, "inputs": inputs, "inputParams": []}
            return {"id": node_id, "data": {**data, "outputs": outputs}}

        chat = {"modelName": "scripted", "basepath": self.model.url, "openAIApiKey": "sk-test", "streaming": True}
        nodes = [
            node("text_0", "plainText", "Document Loaders", "document", text="A heron stands in the river."),
            node("embeddings_0", "openAIEmbeddings", "Embeddings", modelName="m", basepath=side_url, openAIApiKey="sk-test"),
            node("store_0", "memoryVectorStore", "Vector Stores", "retriever", document=["{{text_0.data.instance}}"],
                 embeddings="{{embeddings_0.data.instance}}"),
            node("model_0", "chatOpenAI", "Chat Models", **chat),
            node("chain_0", "conversationalRetrievalQAChain", "Chains", model="{{model_0.data.instance}}",
                 vectorStoreRetriever="{{store_0.data.instance}}", returnSourceDocuments=True),
        ]  # fmt: skip
        pairs = [("text_0", "store_0"), ("embeddings_0", "store_0"), ("store_0", "chain_0"), ("model_0", "chain_0")]
        edges = [{"id": f"{a}-{b}", "source": a, "target": b, "sourceHandle": f"{a}-output", "targetHandle": b} for a, b in pairs]
        return self.make_flow(name="library", type="CHATFLOW", flowData=json.dumps({"nodes": nodes, "edges": edges}))

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
