"""A worker that stands still past its lease, and wakes when another has done its work."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from acceptance_program import Program, model_flow


class SlowPoke:
    """A model whose every call waits for a permission of its own, and answers with its number."""

    def __init__(self) -> None:
        self.begun = [threading.Event() for _ in range(4)]
        self.may_go_on = [threading.Event() for _ in range(4)]
        self._calls = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                with outer._lock:
                    number = outer._calls
                    outer._calls += 1
                outer.begun[number].set()
                outer.may_go_on[number].wait(60)
                chunk = {"id": "x", "object": "chat.completion.chunk"}
                said = {**chunk, "choices": [{"index": 0, "delta": {"content": f"answer {number + 1}"}, "finish_reason": None}]}
                end = {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/event-stream")
                    self.end_headers()
                    self.wfile.write(b"".join(b"data: %b\n\n" % json.dumps(part).encode() for part in (said, end)) + b"data: [DONE]\n\n")
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for event in self.may_go_on:
            event.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def slow_poke() -> Iterator[SlowPoke]:
    made = SlowPoke()
    yield made
    made.close()


def holder_of_the_job(program: Program) -> int:
    (job,) = json.loads(program.run("jobs", "list", "--json", "--state", "running").stdout)
    return int(job["worker"].rpartition(":")[2])


def rows(program: Program, statement: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(program.data_dir / "database.sqlite") as connection:
        return list(connection.execute(statement))


@pytest.mark.slow
@pytest.mark.parametrize("wakes", ["before its answer comes", "when its answer is there"])
def test_worker_that_was_frozen_past_its_lease_writes_nothing(program: Program, slow_poke: SlowPoke, wakes: str) -> None:
    program.start("start", "--role", "all-in-one", "--workers", "2", "--port", str(program.port))
    program.wait_for("ready: http")
    flow = program.import_flow(model_flow(slow_poke.url), "agent")
    connection: http.client.HTTPConnection = program.post(flow, {"question": "q", "chatId": "c"})
    assert slow_poke.begun[0].wait(30)
    frozen = holder_of_the_job(program)

    os.kill(frozen, signal.SIGSTOP)
    try:
        if wakes == "when its answer is there":
            slow_poke.may_go_on[0].set()
        assert slow_poke.begun[1].wait(30)
        slow_poke.may_go_on[1].set()
        response = connection.getresponse()
        answer = json.loads(response.read())
        before = rows(program, "select id, executionData, updatedDate from execution")
    finally:
        os.kill(frozen, signal.SIGCONT)
    program.wait_for("the lease was lost: 1 runs are dropped")
    slow_poke.may_go_on[0].set()
    program.wait_for("without an outcome")

    assert (response.status, answer["text"]) == (200, "answer 2")
    assert rows(program, "select role, content from chat_message order by role desc") == [("userMessage", "q"), ("apiMessage", "answer 2")]
    assert rows(program, "select state from execution") == [("FINISHED",)]
    assert rows(program, "select id, executionData, updatedDate from execution") == before
    assert "answer 2" in before[0][1]
    assert "answer 1" not in before[0][1]


@pytest.mark.slow
def test_the_only_worker_of_an_all_in_one_is_frozen_for_good_and_another_takes_its_place(program: Program, slow_poke: SlowPoke) -> None:
    program.start("start", "--role", "all-in-one", "--port", str(program.port))
    program.wait_for("ready: http")
    flow = program.import_flow(model_flow(slow_poke.url), "agent")
    connection: http.client.HTTPConnection = program.post(flow, {"question": "q", "chatId": "c"})
    assert slow_poke.begun[0].wait(30)

    os.kill(holder_of_the_job(program), signal.SIGSTOP)
    program.wait_for("worker answers no more")
    for event in slow_poke.may_go_on:
        event.set()
    response = connection.getresponse()

    assert response.status == 200
    assert json.loads(response.read())["text"] == "answer 2"
    assert rows(program, "select role from chat_message order by role desc") == [("userMessage",), ("apiMessage",)]
