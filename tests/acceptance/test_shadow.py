"""`flowisectl shadow` between two real stacks: a second one plays the other server, first with the same flows, then with a changed one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from acceptance_program import Program, ScriptedModel, free_port, function_flow, made_program, model_flow

pytestmark = pytest.mark.slow


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Program]:
    """A second stack, in a folder of its own."""
    with made_program(tmp_path / "other") as made:
        yield made


def copy_database(source: Program, target: Program) -> None:
    target.data_dir.mkdir()
    with (
        closing(sqlite3.connect(source.data_dir / "database.sqlite")) as mine,
        closing(sqlite3.connect(target.data_dir / "database.sqlite")) as copy,
    ):
        mine.backup(copy)


def with_reply(flow: dict[str, Any]) -> dict[str, Any]:
    """The flow with one more node at its end."""
    reply = {
        "id": "directReplyAgentflow_0",
        "name": "directReplyAgentflow",
        "label": "Reply",
        "category": "Agent Flows",
        "inputs": {"directReplyMessage": "always this"},
        "inputParams": [],
        "outputs": {},
    }
    edge = {"id": "e2", "source": "llmAgentflow_0", "target": reply["id"], "sourceHandle": "", "targetHandle": reply["id"]}
    return {"nodes": [*flow["nodes"], {"id": reply["id"], "type": "agentFlow", "data": reply}], "edges": [*flow["edges"], edge]}


def start_other(other: Program) -> None:
    other.start("start", "--role", "all-in-one", HTTP_SECURITY_CHECK="false")
    other.wait_for("ready: http://")


def chats(program: Program) -> set[str]:
    with closing(sqlite3.connect(program.data_dir / "database.sqlite")) as connection:
        return {chat for (chat,) in connection.execute("SELECT DISTINCT chatId FROM chat_message")}


def shadowed(program: Program, other: Program, *arguments: str) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{other.port}"
    done = program.run("shadow", "--against", url, "--percent", "100", "--rate", "100", "--json", *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_an_equal_server_has_no_differences_and_a_changed_flow_is_told(
    program: Program, other: Program, model: ScriptedModel, all_in_one: Callable[..., Program]
) -> None:
    all_in_one(HTTP_SECURITY_CHECK="false")
    flows = {name: program.import_flow(model_flow(model.url), name) for name in ("steady", "changing")}
    flows["writing"] = program.import_flow(function_flow(), "writing")
    copy_database(program, other)
    for flow_id in flows.values():
        assert program.ask(flow_id, "hello", chatId="mine")[0] == 200
        assert program.ask(flow_id, "and again", chatId="mine", streaming=True)[0] == 200
    start_other(other)

    status, equal = shadowed(program, other, "--text")

    by_name = {flow["name"]: flow for flow in equal["flows"]}
    assert status == 0 and equal["asked"] == 4, equal
    assert {name: (flow["asked"], flow["same"]) for name, flow in by_name.items()} == {
        "steady": (2, 2),
        "changing": (2, 2),
        "writing": (0, 0),
    }
    assert "customFunction" in by_name["writing"]["leftOut"]
    assert chats(program) == {"mine"} and all(chat.startswith("shadow-") for chat in chats(other)) and len(chats(other)) == 1

    assert other.end() == 0
    with closing(sqlite3.connect(other.data_dir / "database.sqlite")) as connection:
        changed = json.dumps(with_reply(model_flow(model.url)))
        connection.execute("UPDATE chat_flow SET flowData = ? WHERE id = ?", (changed, flows["changing"]))
        connection.commit()
    start_other(other)

    status, differing = shadowed(program, other, "--text")
    shown = program.run("shadow", "--against", f"http://127.0.0.1:{other.port}", "--percent", "100", "--rate", "100", "--flow", "changing")

    by_name = {flow["name"]: flow for flow in differing["flows"]}
    told = {(item["path"], item["kind"]) for item in by_name["changing"]["differences"]}
    assert status == 1 and by_name["steady"]["same"] == 2
    assert by_name["changing"]["different"] == 2
    assert {("agentFlowExecutedData", "length"), ("text", "text")} <= told
    assert shown.returncode == 1 and "agentFlowExecutedData" in shown.stdout and "steady" not in shown.stdout


def test_who_follows_compares_streams_event_by_event(
    program: Program, other: Program, model: ScriptedModel, all_in_one: Callable[..., Program]
) -> None:
    all_in_one(HTTP_SECURITY_CHECK="false")
    flow_id = program.import_flow(model_flow(model.url), "changing")
    copy_database(program, other)
    with closing(sqlite3.connect(other.data_dir / "database.sqlite")) as connection:
        connection.execute("UPDATE chat_flow SET flowData = ?", (json.dumps(with_reply(model_flow(model.url))),))
        connection.commit()
    start_other(other)
    since = datetime.now().isoformat()

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(shadowed, program, other, "--follow", "--limit", "1", "--since", since)
        assert program.ask(flow_id, "hello", streaming=True)[0] == 200
        status, report = following.result(60)

    differences = report["flows"][0]["differences"]
    assert status == 1 and report["asked"] == 1
    events = next(item for item in differences if item["kind"] == "events")["examples"][0]
    assert events["ours"].startswith("agentFlowEvent") and events["ours"] != events["theirs"]


def test_a_server_that_is_not_there_and_a_queue_that_is_not_there_are_told(program: Program, all_in_one: Callable[..., Program]) -> None:
    without_queue = program.run("shadow", "--against", f"http://127.0.0.1:{program.port}")
    all_in_one()

    nobody = program.run("shadow", "--against", f"http://127.0.0.1:{free_port()}")

    assert without_queue.returncode == 1 and "MODE=queue" in without_queue.stderr
    assert nobody.returncode == 1 and "no server answers" in nobody.stderr
