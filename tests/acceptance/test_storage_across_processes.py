"""Server and worker in processes of their own, each with another local folder: files go through a shared bucket, or are refused in time."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from acceptance_program import Program, function_flow

from flowisectl.supervisor.embedded import EmbeddedRedis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration" / "storage"))
from aws_services import KEY_ID, REGION, SECRET, AwsServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a queue server")


@dataclass
class Pair:
    """A server and workers that share the database and the key, and each have a storage folder of their own."""

    folder: Path
    environment: dict[str, str]
    programs: list[Program] = field(default_factory=list)

    def start(self, role: str, ready: str, name: str, **environment: str) -> Program:
        (self.folder / name).mkdir()
        program = Program(self.folder / name)
        shared = {"DATABASE_PATH": str(self.folder / "shared"), "SECRETKEY_PATH": str(self.folder / "shared")}
        program.environment |= {**self.environment, **shared, **environment}
        program.start(role)
        self.programs.append(program)
        program.wait_for(ready)
        return program

    def server(self, **environment: str) -> Program:
        return self.start("start", "listening on", "server", **environment)

    def worker(self, name: str = "worker", **environment: str) -> Program:
        return self.start("start-worker", "taking jobs of", name, **environment)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("valkey"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def pair(tmp_path: Path, valkey: EmbeddedRedis) -> Iterator[Pair]:
    made = Pair(tmp_path, {"MODE": "queue", "REDIS_URL": valkey.url, "QUEUE_NAME": f"q-{tmp_path.name[-40:]}"})
    yield made
    for program in made.programs:
        program.kill()


@pytest.fixture
def bucket() -> Iterator[tuple[AwsServer, dict[str, str]]]:
    server = AwsServer()
    name = server.make_bucket()
    yield (
        server,
        {
            "STORAGE_TYPE": "s3",
            "S3_STORAGE_BUCKET_NAME": name,
            "S3_STORAGE_REGION": REGION,
            "S3_STORAGE_ACCESS_KEY_ID": KEY_ID,
            "S3_STORAGE_SECRET_ACCESS_KEY": SECRET,
            "S3_ENDPOINT_URL": server.url,
            "S3_FORCE_PATH_STYLE": "true",
        },
    )
    server.close()


def reading_flow() -> dict[str, Any]:
    """A chatflow that answers with the text of the flow's stored file `note.txt`."""
    flow = function_flow()
    end = flow["nodes"][0]["data"]
    end["inputs"] |= {"functionInputVariables": {"text": "{{textFile_0.data.instance}}"}, "javascriptFunction": "return $text.trim()"}
    data = {
        "id": "textFile_0",
        "name": "textFile",
        "label": "Text",
        "category": "Document Loaders",
        "inputs": {"txtFile": 'FILE-STORAGE::["note.txt"]'},
        "inputParams": [],
        "outputs": {"output": "text"},
    }
    edge = {"id": "e", "source": "textFile_0", "target": end["id"], "sourceHandle": "textFile_0-output", "targetHandle": end["id"]}
    return {"nodes": [{"id": "textFile_0", "type": "customNode", "data": data}, *flow["nodes"]], "edges": [edge]}


def send_form(program: Program, flow_id: str, text: bytes) -> httpx.Response:
    """A prediction as a form with a file, which the server stores."""
    address = f"http://127.0.0.1:{program.port}/api/v1/prediction/{flow_id}"
    return httpx.post(address, data={"question": "what is in it?"}, files={"files": ("note.txt", text, "text/plain")}, timeout=60)


def picture(data: bytes) -> dict[str, str]:
    return {"type": "file", "name": "dot.png", "mime": "image/png", "data": "data:image/png;base64," + base64.b64encode(data).decode()}


def files_below(folder: Path, name: str) -> list[Path]:
    return [path for path in folder.rglob(name) if path.is_file()]


def test_files_go_through_the_bucket_both_ways(pair: Pair, bucket: tuple[AwsServer, dict[str, str]]) -> None:
    aws, settings = bucket
    server = pair.server(**settings)
    reader, flow = server.import_flow(reading_flow(), "reader"), server.import_flow(function_flow(), "greet")
    pair.worker(**settings)

    answer = send_form(server, reader, b"written by the server")
    small, large = picture(b"small"), picture(b"L" * 400_000)
    said = [server.ask(flow, "hi", chatId=chat, uploads=[upload]) for chat, upload in (("chat-s", small), ("chat-l", large))]

    assert answer.status_code == 200 and answer.json()["text"] == "written by the server"
    assert [status for status, _ in said] == [200, 200]
    for chat, content in (("chat-s", b"small"), ("chat-l", b"L" * 400_000)):
        query = {"chatflowId": flow, "chatId": chat, "fileName": "dot.png"}
        got = httpx.get(f"http://127.0.0.1:{server.port}/api/v1/get-upload-file", params=query, timeout=30)
        assert got.status_code == 200 and got.content == content and got.headers["content-length"] == str(len(content))
    keys = aws.keys(settings["S3_STORAGE_BUCKET_NAME"])
    assert {key.partition(f"{flow}/")[2] for key in keys if flow in key} == {"chat-s/dot.png", "chat-l/dot.png"}
    assert [key for key in keys if key.endswith(f"{reader}/note.txt")]
    assert not files_below(pair.folder, "note.txt") and not files_below(pair.folder, "dot.png")
    assert SECRET not in "".join(program.log.read_text() for program in pair.programs)


def test_doctor_tries_the_bucket(pair: Pair, bucket: tuple[AwsServer, dict[str, str]], program: Program) -> None:
    aws, settings = bucket

    well = program.run("doctor", "--json", MODE="main", **settings)
    wrong = program.run("doctor", "--json", MODE="main", **{**settings, "S3_STORAGE_BUCKET_NAME": "nothing-there"})

    name = settings["S3_STORAGE_BUCKET_NAME"]
    found = {line["what"]: line for line in json.loads(well.stdout)}["storage"]
    assert found == {"level": "ok", "what": "storage", "text": f"S3 bucket {name}: put, get and delete work"}
    broken = {line["what"]: line for line in json.loads(wrong.stdout)}["storage"]
    assert broken["level"] == "broken" and "NoSuchBucket" in broken["text"]
    assert aws.keys(name) == [] and SECRET not in well.stdout + wrong.stdout


def test_a_missing_bucket_keeps_server_and_worker_from_starting(program: Program, bucket: tuple[AwsServer, dict[str, str]]) -> None:
    _, settings = bucket

    ended = program.run("start", MODE="main", **{**settings, "S3_STORAGE_BUCKET_NAME": "nothing-there"})

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith(
        "flowisectl: S3_STORAGE_BUCKET_NAME='nothing-there' is not allowed: there is no such S3 bucket"
    )


def test_without_a_shared_folder_files_are_refused_before_they_are_stored(pair: Pair) -> None:
    server = pair.server()
    reader, flow = server.import_flow(reading_flow(), "reader"), server.import_flow(function_flow(), "greet")
    worker = pair.worker()

    refused = send_form(server, reader, b"never stored")
    status, body = server.ask(flow, "hi", uploads=[picture(b"small")])
    plain, _ = server.ask(flow, "hi")

    assert worker.process is not None
    for code, text in ((refused.status_code, refused.text), (status, body.decode())):
        message = json.loads(text)["message"]
        assert code == 503 and "1 of 1 workers" in message and f":{worker.process.pid})" in message and "BLOB_STORAGE_PATH" in message
    assert plain == 200
    assert not files_below(pair.folder, "note.txt") and not files_below(pair.folder, "dot.png")


def test_with_one_folder_for_both_files_are_taken(pair: Pair) -> None:
    shared = {"BLOB_STORAGE_PATH": str(pair.folder / "files")}
    server = pair.server(**shared)
    reader = server.import_flow(reading_flow(), "reader")
    pair.worker(**shared)

    answer = send_form(server, reader, b"seen by both")

    assert answer.status_code == 200 and answer.json()["text"] == "seen by both"


def test_files_are_taken_again_when_the_worker_with_another_folder_is_gone(pair: Pair) -> None:
    shared = {"BLOB_STORAGE_PATH": str(pair.folder / "files")}
    server = pair.server(**shared)
    reader = server.import_flow(reading_flow(), "reader")
    pair.worker(**shared)
    stranger = pair.worker("stranger")
    before = send_form(server, reader, b"too early")

    stranger.end()
    answers: list[httpx.Response] = []

    def is_taken() -> bool:
        answers.append(send_form(server, reader, b"taken"))
        return answers[-1].status_code == 200

    server.wait_until(is_taken)

    assert before.status_code == 503 and "1 of 2 workers" in before.text
    assert answers[-1].json()["text"] == "taken"
