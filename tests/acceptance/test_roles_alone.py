"""Single roles: the server that runs flows itself, and what keeps a role from starting."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request

import pytest
from acceptance_program import Program, events_of, function_flow, model_flow


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_with_mode_main_the_server_runs_flows_itself_without_redis(program: Program, model) -> None:
    flow = program.import_flow(function_flow(), "greet")
    agent = program.import_flow(model_flow(model.url), "agent")
    program.start("start", MODE="main")
    program.wait_for("listening on")

    status, answer = program.ask(flow, "you")
    _, stream = program.ask(agent, "count", streaming=True)

    assert status == 200
    assert json.loads(answer)["text"] == "hello you"
    assert "".join(event["data"] for event in events_of(stream) if event["event"] == "token") == "one two three"
    assert program.end(signal.SIGINT) == 0


def test_a_server_with_an_idle_connection_stops_at_once(program: Program) -> None:
    program.start("start", MODE="main")
    program.wait_for("listening on")
    idle = socket.create_connection(("127.0.0.1", program.port))
    idle.sendall(b"GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(4096).startswith(b"HTTP/1.1 200")

    status = program.end()

    assert status == 0
    idle.close()


def test_a_stream_that_outlasts_the_grace_is_ended_with_a_reason(program: Program, model) -> None:
    flow = program.import_flow(model_flow(model.url), "agent")
    program.start("start", MODE="main", WORKER_SHUTDOWN_GRACE="0.2")
    program.wait_for("listening on")
    model.gate.clear()
    response = program.post(flow, {"question": "count", "streaming": True}).getresponse()
    assert model.asked.wait(30)

    status = program.end()
    events = events_of(response.read())

    assert status == 0
    assert [event["event"] for event in events][-2:] == ["error", "end"]
    assert "stopping" in events[-2]["data"]


def test_a_client_that_never_finishes_its_request_does_not_keep_the_server(program: Program) -> None:
    program.start("start", MODE="main", WORKER_SHUTDOWN_GRACE="0.2")
    program.wait_for("listening on")
    stuck = socket.create_connection(("127.0.0.1", program.port))
    stuck.sendall(b"POST /api/v1/prediction/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")

    status = program.end()

    assert status == 0
    assert "Traceback" not in program.log.read_text()
    stuck.close()


@pytest.mark.parametrize("arguments", [("start",), ("start", "--role", "all-in-one")])
def test_a_taken_port_is_one_clear_line(program: Program, taken_port: int, arguments: tuple[str, ...]) -> None:
    ended = program.run(*arguments, PORT=str(taken_port))

    assert ended.returncode == 1
    assert ended.stderr == f"flowisectl: PORT {taken_port} is taken on 127.0.0.1: stop what listens there, or set another PORT\n"
    assert ended.stdout == ""


def test_a_taken_worker_port_is_one_clear_line(program: Program, taken_port: int) -> None:
    ended = program.run("start-worker", WORKER_PORT=str(taken_port))

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"flowisectl: WORKER_PORT {taken_port} is taken")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("start",), ("start-worker",), ("start", "--role", "all-in-one"), ("status",)])
def test_redis_that_is_not_there_is_one_clear_line_without_its_password(program: Program, arguments: tuple[str, ...]) -> None:
    ended = program.run(*arguments, MODE="queue", REDIS_URL="redis://:hunter2@127.0.0.1:1/0")

    assert ended.returncode == (2 if arguments == ("status",) else 1)
    assert "127.0.0.1:1" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("arguments", [("start",), ("start-worker",), ("start", "--role", "all-in-one"), ("status",)])
def test_a_wrong_env_file_ends_with_status_2_and_one_line(program: Program, arguments: tuple[str, ...]) -> None:
    (program.folder / ".env").write_text("QUEUE_NAME=good\nREDIS_TLS=perhaps\n")

    ended = program.run(*arguments)

    assert ended.returncode == 2
    assert ended.stderr == f"flowisectl: REDIS_TLS='perhaps' (in {program.folder / '.env'}) is not allowed: true or false\n"


def test_settings_come_from_the_env_file_that_is_given(program: Program) -> None:
    file = program.folder / "given.env"
    port = program.environment.pop("PORT")
    file.write_text(f"PORT={port}\nMODE=main\n")

    program.start("start", "--env-file", str(file))
    program.wait_for("listening on")

    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/ping", timeout=10).read() == b"pong"
    assert program.end() == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("STORAGE_TYPE", "s3", "S3_STORAGE_BUCKET_NAME='' is not allowed: STORAGE_TYPE=s3 needs it"),
        ("SECRETKEY_STORAGE_TYPE", "aws", "SECRETKEY_AWS_ACCESS_KEY='' is not allowed: no AWS credentials were found"),
    ],
)
def test_a_place_for_files_or_secrets_that_is_not_described_is_one_clear_line(program: Program, name: str, value: str, said: str) -> None:
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_CONFIG_FILE": "none"}
    ended = program.run("start", MODE="main", **{name: value}, **nowhere)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"flowisectl: {said}") and ended.stderr.count("\n") == 1


def test_predict_without_a_server_says_what_to_do(program: Program) -> None:
    ended = program.run("predict", "00000000-0000-4000-8000-000000000000", "hello")

    assert ended.returncode == 1
    assert "no server answers at http://127.0.0.1:" in ended.stderr
    assert "flowisectl start" in ended.stderr


def test_predict_shows_what_the_server_said_of_a_flow_that_fails(program: Program) -> None:
    flow = function_flow()
    flow["nodes"][0]["data"]["inputs"]["javascriptFunction"] = "throw new Error('no luck')"
    flow_id = program.import_flow(flow, "broken")
    program.start("start", MODE="main")
    program.wait_for("listening on")

    ended = program.run("predict", flow_id, "hello")

    assert ended.returncode == 1
    assert "answered 500" in ended.stderr and "no luck" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert program.end() == 0


def test_a_key_made_on_the_command_line_opens_the_api(program: Program) -> None:
    flow = program.import_flow(function_flow(), "greet")
    program.run("user", "create", "--email", "me@example.com", "--password", "Right-horse-9")
    key = program.run("apikey", "create", "ci").stdout.strip()
    program.start("start", MODE="main")
    program.wait_for("listening on")

    listing = urllib.request.Request(f"http://127.0.0.1:{program.port}/api/v1/chatflows", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(listing, timeout=10) as answer:
        rows = json.loads(answer.read())

    assert [row["id"] for row in rows] == [flow]
    assert program.end() == 0
