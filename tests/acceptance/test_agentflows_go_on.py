"""Agentflows whose processes die: what a node has done outside is not done again, and what waits for a human waits through a restart."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from acceptance_program import Program, all_gone, model_flow

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked at through /proc")


class Shop:
    """A server outside: answers every request with a number, and keeps what it was asked. One path waits the first time."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.waits_at = ""
        self.waiting = threading.Event()
        self.gate = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, json.loads(body) if body else None))
                if self.path == outer.waits_at:
                    outer.waits_at = ""
                    outer.waiting.set()
                    outer.gate.wait(60)
                answer = json.dumps({"number": len(outer.asked)}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # the worker that asked is gone
                    self.close_connection = True

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


def node(node_id: str, inputs: Mapping[str, Any], *, parent: str = "") -> dict[str, Any]:
    name = node_id.rpartition("_")[0]
    params = [{"name": key, "type": "string", "acceptVariable": True} for key in inputs]
    shown = {"id": node_id, "name": name, "label": node_id, "category": "Agent Flows"}
    data = {**shown, "inputs": inputs, "inputParams": params, "outputs": {}}
    return {"id": node_id, "type": "agentFlow", "data": data, **({"parentNode": parent} if parent else {})}


def posts(node_id: str, url: str, body: str) -> dict[str, Any]:
    return node(node_id, {"method": "POST", "url": url, "bodyType": "json", "body": body})


def flow_of(nodes: Sequence[Mapping[str, Any]], edges: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """An edge is (source, target, number of the source's output)."""
    return {
        "nodes": list(nodes),
        "edges": [
            {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": f"{source}-output-{output}"}
            for source, target, output in edges
        ],
    }


def worker_of(program: Program) -> int:
    seen = json.loads(program.run("status", "--json").stdout)
    return next(int(role["name"].rpartition(":")[2]) for role in seen["roles"] if role["role"] == "worker")


@linux_only
def test_calls_of_a_killed_worker_are_not_made_again(all_in_one, model, shop: Shop) -> None:
    program = all_in_one(HTTP_SECURITY_CHECK="false")
    start, answer = model_flow(model.url)["nodes"]
    order = posts("httpAgentflow_0", f"{shop.url}/order", '{"item": "{{ question }}"}')
    rounds = node("iterationAgentflow_0", {"iterationInput": "[7, 8]"})
    pay = node("httpAgentflow_1", {"method": "GET", "url": f"{shop.url}/pay/{{{{ $iteration }}}}"}, parent="iterationAgentflow_0")
    message = "{{ httpAgentflow_0.output.http.data.number }}: {{ llmAgentflow_0 }}"
    flow = program.import_flow(
        flow_of(
            [start, order, rounds, pay, answer, node("directReplyAgentflow_0", {"directReplyMessage": message})],
            [
                ("startAgentflow_0", "httpAgentflow_0", ""),
                ("httpAgentflow_0", "iterationAgentflow_0", ""),
                ("iterationAgentflow_0", "llmAgentflow_0", ""),
                ("llmAgentflow_0", "directReplyAgentflow_0", ""),
            ],
        ),
        "order",
    )
    model.gate.clear()
    connection = program.post(flow, {"question": "tea", "chatId": "order-1"})
    assert model.asked.wait(30)
    model.asked.clear()

    os.kill(worker_of(program), signal.SIGKILL)
    assert model.asked.wait(60), "no other worker went on"
    model.gate.set()
    response = connection.getresponse()
    result = json.loads(response.read())

    assert (response.status, result["text"]) == (200, "1: one two three")
    assert [(method, path) for method, path, _ in shop.asked] == [("POST", "/order"), ("GET", "/pay/7"), ("GET", "/pay/8")]
    assert shop.asked[0][2] == {"item": "tea"}
    assert [item["nodeId"] for item in result["agentFlowExecutedData"]] == [
        "startAgentflow_0",
        "httpAgentflow_0",
        "httpAgentflow_1",
        "httpAgentflow_1",
        "iterationAgentflow_0",
        "llmAgentflow_0",
        "directReplyAgentflow_0",
    ]


@linux_only
def test_iteration_inside_an_iteration_goes_on_at_the_call_that_was_under_way(all_in_one, shop: Shop) -> None:
    program = all_in_one(HTTP_SECURITY_CHECK="false")
    rows, cells = "iterationAgentflow_0", "iterationAgentflow_1"
    flow = program.import_flow(
        flow_of(
            [
                node("startAgentflow_0", {"startInputType": "chatInput"}),
                node(rows, {"iterationInput": '[["a", "b"], ["c", "d"]]'}),
                node(cells, {"iterationInput": "{{ $iteration }}"}, parent=rows),
                node("httpAgentflow_0", {"method": "GET", "url": f"{shop.url}/cell/{{{{ $iteration }}}}"}, parent=cells),
                node(
                    "directReplyAgentflow_0",
                    {"directReplyMessage": "{{ $iteration }}{{ httpAgentflow_0.output.http.data.number }}"},
                    parent=cells,
                ),
                node("directReplyAgentflow_1", {"directReplyMessage": f"{{{{ {rows} }}}}"}),
            ],
            [("startAgentflow_0", rows, ""), (rows, "directReplyAgentflow_1", ""), ("httpAgentflow_0", "directReplyAgentflow_0", "")],
        ),
        "cells",
    )
    shop.waits_at = "/cell/d"
    connection = program.post(flow, {"question": "go", "chatId": "cells-1"})
    assert shop.waiting.wait(30)

    os.kill(worker_of(program), signal.SIGKILL)
    result = json.loads(connection.getresponse().read())

    # Of the two calls for d the first was never answered to anybody.
    assert [path for _, path, _ in shop.asked] == ["/cell/a", "/cell/b", "/cell/c", "/cell/d", "/cell/d"]
    assert result["text"] == "a1\nb2\nc3\nd5"
    names = [item["nodeId"] for item in result["agentFlowExecutedData"]]
    assert names.count("httpAgentflow_0") == 4
    assert names[-3:] == [cells, rows, "directReplyAgentflow_1"]


@linux_only
@pytest.mark.parametrize(
    ("decision", "text", "asked"), [("proceed", "sent 2 as wanted", ["/draft", "/send"]), ("reject", "dropped: as wanted", ["/draft"])]
)
def test_a_flow_that_waits_for_a_human_goes_on_after_everything_was_restarted(
    all_in_one, shop: Shop, decision: str, text: str, asked: list[str]
) -> None:
    program = all_in_one(HTTP_SECURITY_CHECK="false")
    flow = program.import_flow(
        flow_of(
            [
                node("startAgentflow_0", {"startInputType": "formInput", "startState": [{"key": "why", "value": "wanted"}]}),
                posts("httpAgentflow_0", f"{shop.url}/draft", '{"to": "{{ $form.to }}"}'),
                node("humanInputAgentflow_0", {"humanInputDescriptionType": "fixed", "humanInputDescription": "Send to {{ $form.to }}?"}),
                posts("httpAgentflow_1", f"{shop.url}/send", '{"to": "{{ $form.to }}"}'),
                node(
                    "directReplyAgentflow_0",
                    {"directReplyMessage": "sent {{ httpAgentflow_1.output.http.data.number }} as {{ $flow.state.why }}"},
                ),
                node("directReplyAgentflow_1", {"directReplyMessage": "dropped: {{ humanInputAgentflow_0 }}"}),
            ],
            [
                ("startAgentflow_0", "httpAgentflow_0", ""),
                ("httpAgentflow_0", "humanInputAgentflow_0", ""),
                ("humanInputAgentflow_0", "httpAgentflow_1", "0"),
                ("humanInputAgentflow_0", "directReplyAgentflow_1", "1"),
                ("httpAgentflow_1", "directReplyAgentflow_0", ""),
            ],
        ),
        "approval",
    )
    connection = program.post(flow, {"form": {"to": "ann@flows.test"}, "chatId": "mail-1"})
    stopped = json.loads(connection.getresponse().read())
    assert stopped["text"] == "Send to ann@flows.test?"
    below = program.tree()
    program.end(signal.SIGKILL)
    assert all_gone(below) == set()
    program.start("start", "--role", "all-in-one", HTTP_SECURITY_CHECK="false")
    program.wait_for("ready: http://")

    human_input = {"type": decision, "startNodeId": "humanInputAgentflow_0", "feedback": "as wanted"}
    connection = program.post(flow, {"chatId": "mail-1", "humanInput": human_input})
    response = connection.getresponse()
    result = json.loads(response.read())

    assert (response.status, result["text"]) == (200, text)
    assert [path for _, path, _ in shop.asked] == asked
    assert [body for _, _, body in shop.asked] == [{"to": "ann@flows.test"}] * len(asked)
    assert result["executionId"] == stopped["executionId"]
    again = program.post(flow, {"chatId": "mail-1", "humanInput": human_input}).getresponse()
    assert again.status == 500
    assert "'FINISHED' state" in again.read().decode()
