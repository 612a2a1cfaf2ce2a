"""Everything on one machine, started for real."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import urllib.error
import urllib.request

import pytest
from acceptance_program import all_gone, command_of, events_of, function_flow, model_flow

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked at through /proc")


@linux_only
def test_a_flow_runs_through_the_queue_and_everything_can_be_looked_at(all_in_one, model) -> None:
    program = all_in_one()
    function, agent = program.import_flow(function_flow(), "greet"), program.import_flow(model_flow(model.url), "agent")

    status, answer = program.ask(function, "you")
    _, stream = program.ask(agent, "count", streaming=True)
    jobs = json.loads(program.run("jobs", "list", "--json").stdout)
    job = json.loads(program.run("jobs", "inspect", jobs[0]["id"][:8], "--json", "--payload").stdout)
    seen = json.loads(program.run("status", "--json").stdout)

    assert status == 200
    assert json.loads(answer)["text"] == "hello you"
    events = events_of(stream)
    assert "".join(event["data"] for event in events if event["event"] == "token") == "one two three"
    assert events[-1] == {"event": "end", "data": "[DONE]"}
    assert [(entry["state"], entry["flow_name"]) for entry in jobs] == [("done", "agent"), ("done", "greet")]
    assert [node["node_name"] for node in job["nodes"]] == ["startAgentflow", "llmAgentflow"]
    assert json.loads(job["result"])["text"] == "one two three"
    assert seen["level"] == "fine"
    assert seen["queues"][0]["kept_done"] == 2
    assert [(role["role"], role["state"]) for role in seen["roles"]] == [("main", "ready"), ("worker", "ready")]


@linux_only
def test_answers_on_the_command_line_are_those_of_the_server(all_in_one, model) -> None:
    program = all_in_one()
    program.import_flow(model_flow(model.url), "agent")

    whole = program.run("predict", "agent", "count")
    streamed = program.run("predict", "agent", "count", "--stream")

    assert whole.stdout == streamed.stdout == "one two three\n"


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_and_leaves_no_process_and_no_file_of_a_running_one(all_in_one, number) -> None:
    program = all_in_one("--workers", "2")
    below = program.tree()

    status = program.end(number)

    assert status == 0
    assert len(below) >= 5
    assert all_gone(below) == set()
    assert not (program.data_dir / "flowisectl-runtime.json").exists()
    assert program.run("status").returncode == 2


@linux_only
def test_kill_9_of_the_supervisor_leaves_no_orphan_and_the_next_start_works(all_in_one) -> None:
    program = all_in_one()
    flow = program.import_flow(function_flow(), "greet")
    program.ask(flow)
    below = program.tree()

    program.end(signal.SIGKILL)

    assert all_gone(below) == set()
    program.start("start", "--role", "all-in-one")
    program.wait_for("ready: http://")
    assert program.ask(flow, "again")[0] == 200
    # What was there before the kill is there after it.
    assert len(json.loads(program.run("jobs", "list", "--json").stdout)) == 2


@linux_only
def test_a_worker_that_dies_is_started_again_and_goes_on_working(all_in_one) -> None:
    program = all_in_one()
    flow = program.import_flow(function_flow(), "greet")
    seen = json.loads(program.run("status", "--json").stdout)
    pid = next(int(role["name"].rpartition(":")[2]) for role in seen["roles"] if role["role"] == "worker")

    os.kill(pid, signal.SIGKILL)
    program.wait_for("worker was killed by SIGKILL; starting it again")
    status, answer = program.ask(flow, "you")

    assert status == 200
    assert json.loads(answer)["text"] == "hello you"


@linux_only
def test_a_queue_server_that_dies_comes_back_with_its_data_and_everything_goes_on(all_in_one) -> None:
    program = all_in_one()
    flow = program.import_flow(function_flow(), "greet")
    program.ask(flow, "before")
    queue_server = next(pid for pid in program.tree() if "valkey" in command_of(pid))

    os.kill(queue_server, signal.SIGKILL)
    program.wait_for("redis was killed by SIGKILL; starting it again")
    program.wait_until(lambda: program.ask(flow, "after")[0] == 200)

    jobs = json.loads(program.run("jobs", "list", "--json", "--state", "done").stdout)
    details = [json.loads(program.run("jobs", "inspect", job["id"], "--json", "--payload").stdout) for job in jobs]
    assert [job["question"] for job in details] == [
        "after",
        "before",
    ]


@linux_only
def test_a_stopping_server_lets_an_open_stream_end(all_in_one, model) -> None:
    program = all_in_one()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = program.post(flow, {"question": "count", "streaming": True})
    response = connection.getresponse()
    assert model.asked.wait(30)

    program.process.send_signal(signal.SIGTERM)
    program.wait_for("1 answers are open")
    model.gate.set()
    events = events_of(response.read())

    assert "".join(event["data"] for event in events if event["event"] == "token") == "one two three"
    assert events[-1]["event"] == "end"
    assert program.process.wait(30) == 0


@linux_only
def test_a_second_signal_ends_at_once_even_with_an_open_stream(all_in_one, model) -> None:
    program = all_in_one()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = program.post(flow, {"question": "count", "streaming": True})
    connection.getresponse()
    assert model.asked.wait(30)
    below = program.tree()

    program.process.send_signal(signal.SIGTERM)
    program.wait_for("1 answers are open")
    program.process.send_signal(signal.SIGTERM)

    assert program.process.wait(20) == 130
    assert all_gone(below) == set()


@linux_only
def test_workers_get_ports_of_their_own_and_say_how_they_are(all_in_one) -> None:
    program = all_in_one("--workers", "2")
    runtime = json.loads((program.data_dir / "flowisectl-runtime.json").read_text())

    answers = [urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read() for port in runtime["worker_ports"]]

    assert len(set(runtime["worker_ports"])) == 2
    assert answers == [b"OK", b"OK"]
    assert stat.S_IMODE((program.data_dir / "flowisectl-runtime.json").stat().st_mode) == 0o600


@linux_only
def test_a_second_start_on_the_same_data_is_refused(all_in_one) -> None:
    program = all_in_one()

    second = program.run("start", "--role", "all-in-one", "--port", "0")

    assert second.returncode == 1
    who = f"an all-in-one already runs on {program.data_dir} (process {program.process.pid})"
    assert second.stderr == f"flowisectl: {who}: stop it, or give another --data-dir\n"
    assert urllib.request.urlopen(f"http://127.0.0.1:{program.port}/api/v1/ping", timeout=10).read() == b"pong"


@linux_only
def test_a_wrong_request_is_answered_not_crashed_on(all_in_one) -> None:
    program = all_in_one()

    status, answer = program.ask("00000000-0000-4000-8000-000000000000")
    with pytest.raises(urllib.error.HTTPError) as unknown:
        urllib.request.urlopen(f"http://127.0.0.1:{program.port}/api/v1/nothing", timeout=10)

    assert status == 404
    assert json.loads(answer)["success"] is False
    assert unknown.value.code in (401, 404)
