"""The command line's small HTTP client, against a server that says what it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flowisectl.cli.failure import CommandFailed
from flowisectl.cli.prediction_client import PredictionClient


@pytest.fixture
def server() -> Iterator[Callable[[int, str, bytes], PredictionClient]]:
    """Answers every request as told; gives a client of it."""
    servers: list[ThreadingHTTPServer] = []

    def answer(status: int, content_type: str, body: bytes, job_id: str = "") -> PredictionClient:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                if job_id:
                    self.send_header("X-Job-Id", job_id)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(made)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return PredictionClient(f"http://127.0.0.1:{made.server_port}", has_jobs="-" not in job_id)

    yield answer
    for made in servers:
        made.shutdown()
        made.server_close()


def frame(event: str, data: str) -> str:
    return f'message:\ndata:{{"event":"{event}","data":"{data}"}}\n\n'


@pytest.mark.parametrize(
    ("body", "text"), [(b'{"text": "hi"}', "hi"), (b'{"json": {"a": 1}}', '{\n  "a": 1\n}'), (b'"plain"', "plain"), (b"no json", "no json")]
)
def test_the_text_of_an_answer_is_given(server, body: bytes, text: str) -> None:
    assert server(200, "application/json", body).ask("id", {"question": "x"}).text == text


def test_events_come_in_order_up_to_the_end(server) -> None:
    stream = (
        ":heartbeat\n\n"
        + frame("start", "a")
        + frame("token", "b")
        + frame("metadata", "m")
        + frame("end", "[DONE]")
        + frame("token", "late")
    )

    events = [*server(200, "text/event-stream; charset=utf-8", stream.encode()).stream("id", {"question": "x"})]

    assert [(event.name, event.data) for event in events] == [("start", "a"), ("token", "b"), ("metadata", "m")]


def test_an_error_event_is_a_failure(server) -> None:
    client = server(
        200,
        "text/event-stream",
        (frame("token", "a") + frame("error", "Error: predictionsServices.buildChatflow - no model") + frame("end", "")).encode(),
    )

    with pytest.raises(CommandFailed, match=r"^no model$"):
        [*client.stream("id", {})]


def test_a_stream_without_an_end_is_never_taken_for_a_whole_one(server) -> None:
    client = server(200, "text/event-stream", frame("token", "a").encode())

    with pytest.raises(CommandFailed, match="broke off before its end"):
        [*client.stream("id", {})]


def test_a_flow_that_cannot_stream_gives_its_answer_at_once(server) -> None:
    events = [*server(200, "application/json", b'{"text": "whole"}').stream("id", {})]

    assert [event.data for event in events] == ["whole"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b'{"message": "Chatflow x not found"}', "answered 404: Chatflow x not found"),
        (401, b'{"error": "Unauthorized Access"}', "Unauthorized"),
        (429, b"slow down", "slow down"),
    ],
)
def test_what_the_server_said_is_passed_on(server, status: int, body: bytes, said: str) -> None:
    with pytest.raises(CommandFailed, match=said):
        server(status, "application/json", body).ask("id", {})


@pytest.mark.parametrize(
    ("job_id", "said"),
    [
        ("1a2b3c4d5e6f", r"no luck \(job 1a2b3c4d5e6f; `flowisectl jobs inspect 1a2b3c4d` shows where\)$"),
        ("1a2b-3c4d", r"no luck \(job 1a2b-3c4d\)$"),
    ],
    ids=["where there is a queue", "where there is none"],
)
def test_a_failure_names_its_job_and_where_to_look(server, job_id: str, said: str) -> None:
    stream = (frame("error", "no luck") + frame("end", "")).encode()

    with pytest.raises(CommandFailed, match=said):
        server(500, "application/json", b'{"message": "no luck"}', job_id).ask("id", {})
    with pytest.raises(CommandFailed, match=said):
        [*server(200, "text/event-stream", stream, job_id).stream("id", {})]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(CommandFailed, match="is no address"):
        PredictionClient("localhost").ask("id", {})
