"""The image and the stack of the compose file, built and run where there is a container engine with compose."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from acceptance_program import free_port

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = {"customFunctionInputVariables": [], "customFunctionJavascriptFunction": "return 'said ' + $flow.input"}


def has_engine() -> bool:
    commands = (["docker", "info"], ["docker", "compose", "version"])
    return bool(shutil.which("docker")) and not any(subprocess.run(it, capture_output=True, check=False).returncode for it in commands)


pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(not has_engine(), reason="no container engine with compose")]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Containers of one compose project."""

    project: str
    port: int
    environment: dict[str, str]

    def compose(self, *arguments: str, given: str | None = None) -> str:
        file = str(ROOT / "docker" / "docker-compose-queue-source.yml")
        command = ["docker", "compose", "--project-name", self.project, "--file", file, *arguments]
        ended = subprocess.run(command, env=self.environment, input=given, capture_output=True, text=True, check=False, timeout=600)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def flowisectl(self, *arguments: str, given: str | None = None) -> str:
        return self.compose("exec", "--no-TTY", "flowise", "flowisectl", *arguments, given=given)

    def ask(self, flow: str, question: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/prediction/{flow}",
            json.dumps({"question": question}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Server and two workers, built from this folder, with stores of their own; all are removed afterwards."""
    port = free_port()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG") if name in os.environ}
    environment |= {"DATABASE_PASSWORD": "a password of the test", "PORT": str(port)}
    made = Stack(project=f"flowisectl-test-{os.getpid()}", port=port, environment=environment)
    try:
        made.compose("up", "--detach", "--build", "--wait", "--scale", "flowise-worker=2")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "60")


def a_flow() -> str:
    def node(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        data = {"id": f"{name}_0", "name": name, "label": name, "inputParams": [], "category": "Agent Flows", "inputs": inputs}
        return {"id": data["id"], "type": "agentFlow", "data": data}

    nodes = [node("startAgentflow", {"startInputType": "chatInput"}), node("customFunctionAgentflow", FUNCTION)]
    return json.dumps({"nodes": nodes, "edges": [{"id": "e", "source": "startAgentflow_0", "target": "customFunctionAgentflow_0"}]})


def test_all_roles_are_ready_and_share_one_key(stack: Stack) -> None:
    status = json.loads(stack.flowisectl("status", "--json"))

    assert sorted((role["role"], role["state"]) for role in status["roles"]) == [
        ("main", "ready"),
        ("worker", "ready"),
        ("worker", "ready"),
    ]
    assert len({role["key_fingerprint"] for role in status["roles"]}) == 1


def test_a_flow_is_imported_and_answers_through_the_queue(stack: Stack) -> None:
    flow = stack.flowisectl("flows", "import", "-", "--name", "Said", given=a_flow()).strip()

    answer = stack.ask(flow, "hello")

    assert answer["text"] == "said hello"
    assert [job["state"] for job in json.loads(stack.flowisectl("jobs", "list", "--json"))] == ["done"]


def test_nothing_runs_as_root(stack: Stack) -> None:
    assert stack.compose("exec", "--no-TTY", "flowise", "id", "-u").strip() == "1000"
    assert stack.compose("exec", "--no-TTY", "flowise-worker", "id", "-u").strip() == "1000"


def test_roles_end_by_themselves_when_they_are_stopped(stack: Stack) -> None:
    stack.compose("stop", "flowise-worker", "flowise")

    ended = [json.loads(line) for line in stack.compose("ps", "--all", "--format", "json").splitlines()]

    assert {item["ExitCode"] for item in ended if item["Service"].startswith("flowise")} == {0}
