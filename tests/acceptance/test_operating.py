"""What an operator does from a shell: look, follow, stop, try again, forget; on a stack that is well and on one that is not."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from acceptance_program import Program, all_gone, command_of, function_flow, model_flow

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are found by /proc")
WAIT_SECONDS = 60


def jobs_of(program: Program, *arguments: str) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads(program.run("jobs", "list", "--json", *arguments).stdout)
    return listed


def first_token_seconds(program: Program, job: str) -> object:
    detail = json.loads(program.run("jobs", "inspect", job, "--json").stdout)
    return detail["nodes"][1]["first_token_seconds"] if len(detail["nodes"]) > 1 else None


def begin(program: Program, *arguments: str) -> subprocess.Popen[str]:
    """A command that goes on while the test does something else."""
    command = [sys.executable, "-m", "flowisectl", *arguments, "--data-dir", str(program.data_dir)]
    return subprocess.Popen(command, env=program.environment, cwd=program.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@linux_only
def test_a_running_job_is_followed_tailed_and_stopped(all_in_one, model) -> None:
    program = all_in_one()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = program.post(flow, {"question": "my secret question", "streaming": True})
    response = connection.getresponse()
    assert model.asked.wait(WAIT_SECONDS)
    [job] = jobs_of(program, "--state", "running")
    prefix = str(job["id"])[:6]

    shown = program.run("jobs", "inspect", prefix)
    tail, follow = begin(program, "jobs", "tail", prefix), begin(program, "jobs", "inspect", prefix, "--follow", "--json", "--payload")
    assert tail.stdout is not None
    first = tail.stdout.readline()
    model.gate.set()
    tailed = tail.stdout.read()
    followed, _ = follow.communicate(timeout=WAIT_SECONDS)
    response.read()

    assert "running" in shown.stdout and "my secret question" not in shown.stdout
    assert "one two three" in first + tailed and tail.wait(WAIT_SECONDS) == 0
    ended = json.loads(followed)
    assert (ended["state"], ended["question"]) == ("done", "my secret question")
    assert ended["nodes"][1]["first_token_seconds"] is not None and ended["nodes"][1]["http_status"] == 200


@linux_only
def test_jobs_are_stopped_tried_again_and_forgotten(all_in_one, model) -> None:
    program = all_in_one()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = program.post(flow, {"question": "count"})
    assert model.asked.wait(WAIT_SECONDS)

    stopped = program.run("jobs", "abort", "--flow", "agent", "--yes")
    assert connection.getresponse().status == 500
    refused = program.run("jobs", "retry", "--state", "aborted")
    model.gate.set()
    again = program.run("jobs", "retry", "--state", "aborted", "--yes", "--json")
    program.wait_until(lambda: [job["state"] for job in jobs_of(program)] == ["done"])
    [job] = jobs_of(program, "--flow", "agent", "--since", "10m")
    detail = json.loads(program.run("jobs", "inspect", str(job["id"])[:5], "--json").stdout)
    purged = program.run("jobs", "purge", str(job["id"])[:5])

    assert stopped.stdout == "1 of 1 jobs stopped\n"
    assert refused.returncode == 1 and "add --yes" in refused.stderr and "1 aborted" in refused.stderr
    assert json.loads(again.stdout) == {"chosen": 1, "queued_again": 1}
    assert [attempt["number"] for attempt in detail["earlier"]] == [1]
    assert purged.stdout == "1 of 1 jobs forgotten\n"
    assert jobs_of(program) == []


@linux_only
def test_a_verb_without_a_choice_does_nothing(all_in_one) -> None:
    program = all_in_one()

    for verb in ("retry", "abort", "purge"):
        ended = program.run("jobs", verb)

        assert ended.returncode == 1
        assert f"flowisectl jobs {verb} JOB" in ended.stderr


@linux_only
def test_status_says_what_a_stack_without_its_worker_needs(all_in_one) -> None:
    program = all_in_one()
    worker = next(pid for pid in program.tree() if "start-worker" in Path(f"/proc/{pid}/cmdline").read_text())
    program.wait_until(lambda: "all is well" in program.run("status").stdout)

    os.kill(worker, signal.SIGSTOP)
    program.wait_until(lambda: program.run("status", "--plain").returncode == 2)
    seen = json.loads(program.run("status", "--json").stdout)
    os.kill(worker, signal.SIGCONT)
    program.wait_until(lambda: program.run("status").returncode == 0)

    assert seen["level"] == "down"
    assert any("no worker takes jobs" in finding["text"] for finding in seen["findings"])
    assert any("silent" in finding["text"] for finding in seen["findings"])


@linux_only
def test_health_asks_the_role_that_is_meant(all_in_one) -> None:
    program = all_in_one()

    main, worker = program.run("health"), program.run("health", "--role", "worker")
    nobody = program.run("health", "--url", "http://127.0.0.1:1")

    assert (main.returncode, main.stdout, worker.returncode) == (0, "ready\n", 0)
    assert nobody.returncode == 1 and "nothing answers at http://127.0.0.1:1" in nobody.stderr


@linux_only
def test_doctor_finds_a_running_stack_well(all_in_one) -> None:
    program = all_in_one()
    program.import_flow(function_flow(), "greet")

    ended = program.run("doctor", "--json")

    lines = {line["what"]: line for line in json.loads(ended.stdout)}
    assert ended.returncode == 0, ended.stdout
    assert {"redis", "eviction", "persistence", "tls", "database", "key", "credentials", "flows", "storage", "port"} <= set(lines)
    assert all(line["level"] == "ok" for line in lines.values())


@linux_only
def test_doctor_tells_a_machine_that_does_not_fit_the_roles_that_run(all_in_one, tmp_path: Path) -> None:
    program = all_in_one()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "encryption.key").write_text("another key than that of the roles")

    fits = json.loads(program.run("doctor", "--json").stdout)
    ended = program.run("doctor", "--json", SECRETKEY_PATH=str(tmp_path / "other"), BLOB_STORAGE_PATH=str(tmp_path / "files"))

    broken = {line["what"]: line["text"] for line in json.loads(ended.stdout) if line["level"] == "broken"}
    assert ended.returncode == 2
    assert "is not the running roles'" in broken["key"] and "SECRETKEY_PATH" in broken["key"]
    assert "BLOB_STORAGE_PATH" in broken["storage"]
    assert [line["text"] for line in fits if line["what"] == "roles"] == ["2 run on this queue, with the same key and the same files"]


def test_doctor_says_what_to_do_about_each_fault(program: Program) -> None:
    flow = function_flow()
    flow["nodes"][0]["data"]["name"] = "nodeOfTheFuture"
    program.import_flow(flow, "tomorrow")

    ended = program.run("doctor", "--json", REDIS_URL="redis://:hunter2@127.0.0.1:1", STORAGE_TYPE="s3")

    lines = [(line["what"], line["level"], line["text"]) for line in json.loads(ended.stdout)]
    assert ended.returncode == 2
    assert "hunter2" not in ended.stdout + ended.stderr
    assert any(what == "redis" and level == "broken" for what, level, _ in lines)
    assert any(what == "storage" and "STORAGE_TYPE=s3 needs it" in text for what, _, text in lines)
    assert any(what == "nodes" and "nodeOfTheFuture" in text for what, _, text in lines)
    assert any(what == "database" and level == "ok" for what, level, _ in lines)


def test_status_of_a_server_without_a_queue_tells_whether_it_is_ready(program: Program) -> None:
    gone = program.run("status", MODE="main")
    program.start("start", MODE="main")
    program.wait_for("listening on")

    there = program.run("status", MODE="main")

    assert gone.returncode == 2 and "flowisectl start" in gone.stderr
    assert there.returncode == 0 and "is ready" in there.stdout
    assert program.end() == 0


@linux_only
def test_workers_are_added_and_taken_away_while_everything_runs(all_in_one) -> None:
    program = all_in_one()
    flow = program.import_flow(function_flow(), "greet")

    more = program.run("scale", "3")
    ports = json.loads((program.data_dir / "flowisectl-runtime.json").read_text())["worker_ports"]
    answered = [program.ask(flow, str(number))[0] for number in range(5)]
    fewer = program.run("scale", "1", "--json")
    workers = [role for role in json.loads(program.run("status", "--json").stdout)["roles"] if role["role"] == "worker"]

    assert more.stdout == "3 workers\n"
    assert json.loads(fewer.stdout) == {"workers": 1, "before": 3}
    assert len(set(ports)) == 3
    assert answered == [200] * 5
    assert len(workers) == 1
    assert program.ask(flow, "after")[0] == 200
    assert (program.data_dir / "flowisectl.pid").read_text().strip() == str(program.process.pid)


def test_scaling_what_does_not_run_says_so(program: Program) -> None:
    ended = program.run("scale", "2")

    assert ended.returncode == 1
    assert "no all-in-one runs on" in ended.stderr and ended.stderr.count("\n") == 1


@linux_only
def test_several_workers_run_under_one_supervisor_and_end_together(all_in_one, tmp_path: Path) -> None:
    stack = all_in_one()
    pool = Program(tmp_path / "pool")
    pool.folder.mkdir()
    pool.data_dir = stack.data_dir
    redis = json.loads((stack.data_dir / "flowisectl-runtime.json").read_text())["redis_url"]

    pool.start("start-worker", "--processes", "2", REDIS_URL=redis)
    pool.wait_for("2 workers are ready")
    roles = json.loads(stack.run("status", "--json").stdout)["roles"]
    below = pool.tree()

    assert len([role for role in roles if role["role"] == "worker"]) == 3
    assert pool.end() == 0
    assert all_gone(below) == set()


@linux_only
def test_a_tail_that_begins_late_has_the_first_tokens_also_of_a_job_that_nobody_waits_for(all_in_one, model) -> None:
    program = all_in_one()
    flow = program.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=WAIT_SECONDS)
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
    connection.request("POST", f"/api/v1/prediction/{flow}", json.dumps({"question": "count", "streaming": True}), headers)
    job = json.loads(connection.getresponse().read())["id"]
    assert model.asked.wait(WAIT_SECONDS)
    program.wait_until(lambda: first_token_seconds(program, job) is not None)

    tail = begin(program, "jobs", "tail", job[:6], "--json")
    assert tail.stdout is not None
    first = tail.stdout.readline()
    model.gate.set()
    rest = tail.stdout.read()

    events = [json.loads(line) for line in (first + rest).splitlines()]
    assert "".join(event["data"] for event in events if event["event"] == "token") == "one two three"
    assert tail.wait(WAIT_SECONDS) == 0


@linux_only
def test_a_queue_server_that_is_frozen_is_told_by_every_command_and_role(all_in_one) -> None:
    program = all_in_one()
    flow = program.import_flow(function_flow(), "greet")
    [server] = [pid for pid in program.tree() if "valkey-server" in command_of(pid)]

    os.kill(server, signal.SIGSTOP)
    try:
        told = [program.run(*command) for command in (["status"], ["jobs", "list"], ["health"], ["health", "--role", "worker"])]
        status, answer = program.ask(flow)
        program.wait_for("no jobs of the queue prediction can be taken: Redis at")
    finally:
        os.kill(server, signal.SIGCONT)
    program.wait_for("jobs of the queue prediction are taken again")

    assert [command.returncode for command in told] == [2, 1, 1, 1]
    assert all("did not answer in time: is it frozen" in command.stderr for command in told[:2])
    assert all("redis: no answer within" in command.stderr and command.stderr.count("\n") == 1 for command in told[2:])
    assert (status, b"The queue cannot be reached now" in answer, b"127.0.0.1" in answer) == (503, True, False)
    assert program.ask(flow)[0] == 200
