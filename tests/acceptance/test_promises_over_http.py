"""What a client may rely on, from outside: not to wait, to come back, to be one with an earlier request, to stop, to be refused."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import redis
from acceptance_program import Program, events_of, function_flow, model_flow

StartAllInOne = Callable[..., Program]


def chain_flow(model_url: str) -> dict[str, Any]:
    """A chatflow: a prompt and a model in an LLM chain."""
    model = {"modelName": "scripted", "temperature": 0.5, "streaming": True, "basepath": model_url, "openAIApiKey": "sk-test"}
    chain = {
        "model": "{{chatOpenAI_0.data.instance}}",
        "prompt": "{{promptTemplate_0.data.instance}}",
        "outputParser": "",
        "inputModeration": "",
    }
    parts = [
        ("chatOpenAI_0", "chatOpenAI", "Chat Models", model, {}),
        ("promptTemplate_0", "promptTemplate", "Prompts", {"template": "{question}", "promptValues": ""}, {}),
        ("llmChain_0", "llmChain", "Chains", chain, {"output": "llmChain"}),
    ]
    nodes = [
        {
            "id": node_id,
            "type": "customNode",
            "data": {
                "id": node_id,
                "name": name,
                "label": name,
                "category": category,
                "inputs": inputs,
                "inputParams": [{"name": key, "type": "string"} for key in inputs],
                "outputs": outputs,
            },
        }
        for node_id, name, category, inputs, outputs in parts
    ]
    edges = [
        {"id": source, "source": source, "target": "llmChain_0", "sourceHandle": f"{source}-output", "targetHandle": "llmChain_0"}
        for source in ("chatOpenAI_0", "promptTemplate_0")
    ]
    return {"nodes": nodes, "edges": edges}


def call(program: Program, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)
    data = json.dumps(body) if body is not None else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/api/v1/{path}", data, {"Content-Type": "application/json", **named})
    response = connection.getresponse()
    read = response.read()
    connection.close()
    return response, read


@pytest.fixture
def started(program: Program) -> StartAllInOne:
    def start(*arguments: str, **environment: str) -> Program:
        program.start("start", "--role", "all-in-one", "--port", str(program.port), *arguments, **environment)
        program.wait_for("ready: http")
        return program

    return start


def test_client_that_does_not_want_to_wait_gets_an_id_and_comes_back(started: StartAllInOne, model) -> None:
    program = started()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()

    accepted, body = call(program, "POST", f"prediction/{flow}", {"question": "q", "streaming": True}, Prefer="respond-async")
    job = json.loads(body)
    _, early = call(program, "GET", f"jobs/{job['id']}")
    model.gate.set()
    stream, events = call(program, "GET", f"jobs/{job['id']}/events")
    _, late = call(program, "GET", f"jobs/{job['id']}")

    assert (accepted.status, accepted.headers["Location"]) == (202, f"/api/v1/jobs/{job['id']}")
    assert accepted.headers["Preference-Applied"] == "respond-async"
    assert json.loads(early)["state"] in ("queued", "running")
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert "".join(event["data"] for event in events_of(events) if event["event"] == "token") == "one two three"
    assert events_of(events)[-1]["event"] == "end"
    assert events.startswith(b"id:1-1\nmessage:\ndata:")
    status = json.loads(late)
    assert (status["state"], status["result"]["text"]) == ("done", "one two three")


def test_client_goes_on_where_its_stream_broke_off(started: StartAllInOne, model) -> None:
    program = started()
    flow = program.import_flow(model_flow(model.url), "agent")
    _, whole = call(program, "POST", f"prediction/{flow}", {"question": "q", "streaming": True}, X_Event_Ids="true")
    response, _ = call(program, "POST", f"prediction/{flow}", {"question": "q", "streaming": True})
    places = [line[3:].decode() for line in whole.splitlines() if line.startswith(b"id:")]

    _, rest = call(program, "GET", f"jobs/{response.headers['X-Job-Id']}/events", Last_Event_ID=places[-3])

    assert [line[3:].decode() for line in rest.splitlines() if line.startswith(b"id:")] == places[-2:]
    assert [event["event"] for event in events_of(rest)] == [event["event"] for event in events_of(whole)][-3:]


def test_equal_idempotency_keys_are_one_run(started: StartAllInOne) -> None:
    program = started()
    flow = program.import_flow(function_flow(), "greet")
    ask = {"question": "you", "chatId": "c1"}

    first, one = call(program, "POST", f"prediction/{flow}", ask, Idempotency_Key="k")
    second, other = call(program, "POST", f"prediction/{flow}", ask, Idempotency_Key="k")
    refused, reason = call(program, "POST", f"prediction/{flow}", {"question": "me", "chatId": "c1"}, Idempotency_Key="k")

    assert (first.status, one) == (second.status, other)
    assert first.headers["X-Job-Id"] == second.headers["X-Job-Id"]
    assert refused.status == 422
    assert "Idempotency-Key" in json.loads(reason)["message"]
    assert len(json.loads(program.run("jobs", "list", "--json").stdout)) == 1


def test_full_queue_answers_429_in_plain_text(started: StartAllInOne, model) -> None:
    program = started(WORKER_CONCURRENCY="1", QUEUE_MAX_WAITING="1")
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    running = program.post(flow, {"question": "q"})
    assert model.asked.wait(30)
    # The worker holds one id at its door, so a second one may have to wait before the queue is full.
    answers = []

    def is_refused() -> bool:
        answers.append(call(program, "POST", f"prediction/{flow}", {"question": "q"}, Prefer="respond-async"))
        return answers[-1][0].status == 429

    program.wait_until(is_refused)
    response, body = answers[-1]
    model.gate.set()

    assert response.headers["Retry-After"] == "2"
    assert "html" in response.headers["Content-Type"]
    assert b"QUEUE_MAX_WAITING" in body
    assert not body.startswith(b"{")
    assert running.getresponse().status == 200
    accepted = [json.loads(answer)["id"] for reply, answer in answers if reply.status == 202]
    assert accepted

    def states() -> set[str]:
        return {json.loads(call(program, "GET", f"jobs/{job_id}")[1])["state"] for job_id in accepted}

    program.wait_until(lambda: states() == {"done"})


def test_stopped_chatflow_keeps_what_it_had_said_and_marks_it(started: StartAllInOne, model) -> None:
    program = started()
    flow = program.import_flow(chain_flow(model.url), "chain")
    model.gate.clear()
    response = program.post(flow, {"question": "count", "streaming": True, "chatId": "c1"}).getresponse()
    while b"one" not in response.readline():
        pass

    aborted, _ = call(program, "PUT", f"chatmessage/abort/{flow}/c1")
    events = events_of(response.read())
    with sqlite3.connect(program.data_dir / "database.sqlite") as connection:
        rows = list(connection.execute("select role, content, artifacts from chat_message where chatId = 'c1' order by role desc"))

    assert aborted.status == 200
    assert [event["event"] for event in events] == ["error", "end"]
    assert [(role, content, bool(mark)) for role, content, mark in rows] == [("userMessage", "count", False), ("apiMessage", "one", True)]


@pytest.mark.parametrize("wants_stream", [True, False])
def test_run_whose_client_left_is_cancelled_when_the_operator_wants_it(started: StartAllInOne, model, wants_stream: bool) -> None:
    program = started(ON_DISCONNECT="cancel")
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = program.post(flow, {"question": "q", "streaming": wants_stream})
    assert model.asked.wait(30)

    connection.close()

    program.wait_until(lambda: [job["state"] for job in json.loads(program.run("jobs", "list", "--json").stdout)] == ["aborted"])
    model.gate.set()


def test_worker_that_has_done_its_share_is_replaced_and_nobody_notices(started: StartAllInOne) -> None:
    program = started(WORKER_MAX_JOBS="3")
    flow = program.import_flow(function_flow(), "greet")

    statuses = [program.ask(flow, str(number))[0] for number in range(4)]
    program.wait_for("ended with exit status 0; starting it again")
    statuses.append(program.ask(flow, "last")[0])

    assert statuses == [200] * 5


def test_outcome_is_told_to_a_callback_signed_and_only_for_callers_with_a_key(started: StartAllInOne) -> None:
    told: queue.Queue[tuple[bytes, str]] = queue.Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put((self.rfile.read(int(self.headers["Content-Length"])), self.headers["X-Flowise-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    program = started(HTTP_SECURITY_CHECK="false")
    flow = program.import_flow(function_flow(), "greet")
    wanted = {
        "Prefer": "respond-async",
        "X-Callback-Url": f"http://127.0.0.1:{listener.server_port}/done",
        "X-Callback-Secret": "s3cret",
    }
    refused, _ = call(program, "POST", f"prediction/{flow}", {"question": "you"}, **wanted)
    program.run("user", "create", "--email", "me@example.com", "--password", "Right-horse-9")
    key = program.run("apikey", "create", "caller").stdout.strip()
    with sqlite3.connect(program.data_dir / "database.sqlite") as connection:
        (key_id, workspace), *_ = connection.execute("select id, workspaceId from apikey where keyName = 'caller'")
        changes = "apikeyid = ?, workspaceId = ?, updatedDate = '2030-01-01 00:00:00'"
        connection.execute(f"update chat_flow set {changes} where id = ?", (key_id, workspace, flow))

    def is_accepted() -> bool:
        answer, _ = call(program, "POST", f"prediction/{flow}", {"question": "you"}, Authorization=f"Bearer {key}", **wanted)
        return answer.status == 202

    program.wait_until(is_accepted)
    body, signature = told.get(timeout=30)
    listener.shutdown()
    listener.server_close()

    assert refused.status == 403
    assert json.loads(body)["data"]["text"] == "hello you"
    assert signature == "sha256=" + hmac.digest(b"s3cret", body, "sha256").hex()


def test_large_upload_does_not_travel_through_redis(started: StartAllInOne) -> None:
    program = started()
    flow = program.import_flow(function_flow(), "greet")
    data = base64.b64encode(os.urandom(1_500_000)).decode()
    upload = {"type": "file", "name": "a.png", "mime": "image/png", "data": f"data:image/png;base64,{data}"}

    status, answer = program.ask(flow, "you", chatId="c1", uploads=[upload])

    assert status == 200
    assert json.loads(answer)["text"] == "hello you"
    stored = [file for file in program.data_dir.rglob("a.png")]
    assert [file.stat().st_size for file in stored] == [1_500_000]
    (job,) = json.loads(program.run("jobs", "list", "--json").stdout)
    runtime = json.loads((program.data_dir / "flowisectl-runtime.json").read_text())
    with redis.Redis.from_url(runtime["redis_url"]) as client:
        assert client.hstrlen(f"flowise-queue:prediction:job:{job['id']}", "request") < 10_000
    with sqlite3.connect(program.data_dir / "database.sqlite") as connection:
        ((kept,),) = connection.execute("select fileUploads from chat_message where role = 'userMessage'")
    assert json.loads(kept) == [{"type": "stored-file", "name": "a.png", "mime": "image/png"}]
