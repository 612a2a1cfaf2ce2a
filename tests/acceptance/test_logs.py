"""What real processes write to their logs: lines that machines read, with the ids of the run, without what was said."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

from acceptance_program import START_SECONDS, Program, function_flow, model_flow

QUESTION, ANSWER, PASSWORD, KEY = "my-secret-question", "my-secret-answer", "hunter2-hunter2", "sk-verysecretkey123456"


def lines_of(folder: Path, role: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{role}.log").read_text().splitlines()]


def failing_flow() -> dict[str, Any]:
    flow = function_flow()
    flow["nodes"][0]["data"]["inputs"]["javascriptFunction"] = "throw new Error('no luck')"
    return flow


def post(program: Program, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=START_SECONDS)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, dict(response.headers)


def test_every_line_of_a_run_has_its_ids_and_nothing_that_was_said(all_in_one, model, tmp_path: Path) -> None:
    # given
    logs = tmp_path / "logs"
    program = all_in_one(LOG_PATH=str(logs), LOG_LEVEL="debug")
    flow = program.import_flow(failing_flow(), "broken")
    chatty = program.import_flow(model_flow(model.url), "agent")

    # when
    post(program, f"/api/v1/prediction/{flow}", {"question": QUESTION, "chatId": "chat-7"}, {"Authorization": f"Bearer {KEY}"})
    post(program, f"/api/v1/prediction/{chatty}", {"question": QUESTION, "overrideConfig": {"openAIApiKey": KEY}}, {})
    program.end()

    # then
    worker = lines_of(logs, "worker")
    [failed] = [line for line in worker if line.get("chat") == "chat-7"]
    [done] = [line for line in worker if "done after" in line["message"]]
    assert (failed["flow"], failed["level"], failed["role"]) == (flow, "warning", "worker")
    assert failed["job"] and failed["worker"] and failed["time"].endswith("Z")
    assert "NodeError in node customFunction_0 (Greet)" in failed["message"] and failed["job"][:8] in failed["message"]
    assert done["flow"] == chatty and done["job"] in done["message"]
    told = program.log.read_text() + "".join(file.read_text() for file in logs.iterdir())
    assert all(secret not in told for secret in (QUESTION, KEY, "one two three"))


def test_debug_tells_bodies_without_their_secrets(program: Program, tmp_path: Path) -> None:
    program.start("start", MODE="main", DEBUG="true", LOG_PATH=str(tmp_path / "logs"), LOG_SANITIZE_BODY_FIELDS="nickname")
    program.wait_for("listening on")

    login = {"email": "ada@example.com", "password": PASSWORD, "nickname": "countess", "city": "London"}
    post(program, "/api/v1/auth/login", login, {"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY, "Cookie": "token=abcdefgh"})
    program.end()

    lines = lines_of(tmp_path / "logs", "main")
    [request] = [line for line in lines if "/api/v1/auth/login" in line["message"]]
    assert request["body"]["city"] == "London"
    told = json.dumps(lines) + program.log.read_text()
    assert all(secret not in told for secret in (PASSWORD, KEY, "countess", "ada@example.com", "abcdefgh"))


def test_workers_of_one_machine_share_a_log_file(all_in_one, tmp_path: Path) -> None:
    program = all_in_one("--workers", "2", LOG_PATH=str(tmp_path / "logs"))

    program.end()

    lines = lines_of(tmp_path / "logs", "worker")
    assert sum("taking jobs" in line["message"] for line in lines) == 2
