"""What acceptance tests start: the program with a data directory of its own, and a scripted model server for it to ask."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

START_SECONDS = 60
SETTINGS_OF_THE_MACHINE = ("REDIS_", "DATABASE_", "SECRETKEY_", "FLOWISE_", "LOG_", "QUEUE_", "WORKER_", "STORAGE_", "BLOB_")


class ScriptedModel:
    """An OpenAI-compatible server that streams `one two three`; after the first word it waits while the gate is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for number, word in enumerate(("one", " two", " three")):
                    self._say({"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
                    outer.asked.set()
                    if number == 0:
                        outer.gate.wait(60)
                self._say({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self.wfile.write(b"data: [DONE]\n\n")

            def _say(self, chunk: dict[str, Any]) -> None:
                self.wfile.write(f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk', **chunk})}\n\n".encode())
                self.wfile.flush()

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


class Program:
    """`flowisectl` with one data directory: commands, and one role that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        self.worker_port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_THE_MACHINE)}
        self.environment |= {"PORT": str(self.port), "WORKER_PORT": str(self.worker_port), "HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        command = [sys.executable, "-m", "flowisectl", *arguments, "--data-dir", str(self.data_dir)]
        return subprocess.run(
            command, env={**self.environment, **environment}, cwd=self.folder, capture_output=True, text=True, timeout=START_SECONDS
        )

    def start(self, *arguments: str, **environment: str) -> None:
        """Start a role; `wait_for` waits for what it says."""
        command = [sys.executable, "-m", "flowisectl", *arguments, "--data-dir", str(self.data_dir)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env={**self.environment, **environment}, cwd=self.folder, stdout=log, stderr=log)

    def wait_for(self, text: str, *, count: int = 1) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while self.log.read_text().count(text) < count:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"{text!r} was not said:\n{self.log.read_text()}"
            time.sleep(0.02)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; gives the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)

    def import_flow(self, flow: dict[str, Any], name: str) -> str:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(flow))
        done = self.run("flows", "import", str(file))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, flow_id: str, question: str = "hello", **body: Any) -> tuple[int, bytes]:
        """POST a prediction; gives status and body, of a stream all of it."""
        connection = self.post(flow_id, {"question": question, **body})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, data

    def post(self, flow_id: str, body: dict[str, Any]) -> http.client.HTTPConnection:
        """Begin a prediction, whose answer the caller reads."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        connection.request("POST", f"/api/v1/prediction/{flow_id}", json.dumps(body), {"Content-Type": "application/json"})
        return connection

    def tree(self) -> set[int]:
        """The role's process and everything below it."""
        assert self.process is not None
        found, new = set(), {self.process.pid}
        while new:
            found |= new
            new = {pid for parent in new for pid in children_of(parent)} - found
        return found

    def kill(self) -> None:
        """Kill the role, if one still runs, and wait until all below it is gone too."""
        if self.process is not None and self.process.poll() is None:
            below = self.tree()
            self.process.kill()
            self.process.wait()
            all_gone(below)


@contextmanager
def made_program(folder: Path) -> Iterator[Program]:
    """A program whose data lies below that folder, which is made; it is killed in the end, with all below it."""
    folder.mkdir(exist_ok=True)
    made = Program(folder)
    try:
        yield made
    finally:
        made.kill()


def children_of(pid: int) -> set[int]:
    try:
        return {int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_gone(pids: set[int]) -> set[int]:
    """Wait until these processes are gone; gives those that are still there when the time is over."""
    deadline = time.monotonic() + 20
    while (left := {pid for pid in pids if is_alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def events_of(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[5:]) for line in stream.decode().splitlines() if line.startswith("data:")]


def function_flow() -> dict[str, Any]:
    """A chatflow of one node: user code that answers."""
    inputs = {"functionInputVariables": "", "functionName": "greet", "tools": "", "javascriptFunction": "return 'hello ' + $flow.input"}
    data = {
        "id": "customFunction_0",
        "name": "customFunction",
        "label": "Greet",
        "category": "Utilities",
        "inputs": inputs,
        "inputParams": [],
        "outputs": {"output": "EndingNode"},
    }
    return {"nodes": [{"id": data["id"], "type": "customNode", "data": data}], "edges": []}


def model_flow(model_url: str) -> dict[str, Any]:
    """An agentflow: Start, and a model that answers."""
    config = {"modelName": "scripted", "streaming": True, "basepath": model_url, "openAIApiKey": "sk-test", "llmModel": "chatOpenAI"}
    inputs = {
        "llmModel": "chatOpenAI",
        "llmModelConfig": config,
        "llmMessages": "",
        "llmEnableMemory": True,
        "llmMemoryType": "allMessages",
        "llmReturnResponseAs": "userMessage",
    }
    start = {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start", "inputs": {"startInputType": "chatInput"}}
    answer = {"id": "llmAgentflow_0", "name": "llmAgentflow", "label": "Answer", "inputs": inputs}
    edge = {"id": "e", "source": start["id"], "target": answer["id"], "sourceHandle": "", "targetHandle": answer["id"]}
    shared = {"category": "Agent Flows", "inputParams": [], "outputs": {}}
    nodes = [{"id": data["id"], "type": "agentFlow", "data": {**data, **shared}} for data in (start, answer)]
    return {"nodes": nodes, "edges": [edge]}
