"""`flowisectl flows check`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowisectl.cli.installed_extras import has_extra
from flowisectl.cli.views.flow_check import verdict_view
from flowisectl.cli.views.theme import make_console
from flowisectl.engine.flow_check import FlowVerdict, NodeVerdict, Verdict


def flow_file(folder: Path, *names: str) -> str:
    nodes = [{"id": f"{name}_{place}", "data": {"name": name, "label": name, "inputs": {}}} for place, name in enumerate(names)]
    path = folder / "My Flow Chatflow.json"
    path.write_text(json.dumps({"nodes": nodes, "edges": []}))
    return str(path)


def test_a_flow_that_only_lacks_credentials_is_fine(flowisectl: Callable[..., Any], tmp_path: Path) -> None:
    ended = flowisectl("flows", "check", flow_file(tmp_path, "calculator", "chatOpenAI"))

    assert ended.status == 0, ended.err
    assert "My Flow" in ended.out
    assert "choose a credential: openAIApi" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 80


def test_an_unknown_node_is_told_and_ends_with_1(flowisectl: Callable[..., Any], tmp_path: Path) -> None:
    ended = flowisectl("flows", "check", flow_file(tmp_path, "teleporter"), "--json")

    assert ended.status == 1
    data = json.loads(ended.out)
    assert (data["name"], data["type"], data["runs"]) == ("My Flow", "CHATFLOW", False)
    assert data["nodes"][0]["verdict"] == "not supported yet"


def test_an_agentflow_that_no_run_gets_through_is_told(flowisectl: Callable[..., Any], tmp_path: Path) -> None:
    names = ("startAgentflow", "directReplyAgentflow", "llmAgentflow")
    nodes = [{"id": name, "data": {"name": name, "category": "Agent Flows", "inputs": {}}} for name in names]
    pairs = [(names[0], names[1]), (names[1], names[2]), (names[2], names[1])]
    path = tmp_path / "circle.json"
    path.write_text(json.dumps({"nodes": nodes, "edges": [{"source": source, "target": target} for source, target in pairs]}))

    ended = flowisectl("flows", "check", str(path))

    assert ended.status == 1
    assert "directReplyAgentflow waits for llmAgentflow" in " ".join(ended.err.split())
    assert "runs" in ended.out, "what there is to say of the nodes is said all the same"


def test_a_file_that_is_no_flow_is_told(flowisectl: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")

    ended = flowisectl("flows", "check", str(tmp_path / "x.json"))

    assert ended.status == 1
    assert "has no list of nodes" in ended.err


def test_every_remedy_is_shown_once_with_its_nodes() -> None:
    def node(id: str, **fields: Any) -> NodeVerdict:
        return NodeVerdict(node_id=id, name="heavy", label="Heavy", verdict=Verdict.NEEDS_EXTRA, extra="big", **fields)

    console = make_console(io.StringIO())
    console.print(verdict_view("F", "CHATFLOW", FlowVerdict(nodes=(node("a"), node("b", within="agentTools")))))
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert shown.count("pip install 'flowisectl[big]'") == 1
    assert "a, b:" in shown


def test_extras_are_those_of_the_package() -> None:
    assert not has_extra("no-such-extra")
