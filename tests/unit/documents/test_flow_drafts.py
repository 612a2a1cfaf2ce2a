"""Agentflows that a model drafts: what it is told, what becomes of its answer, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowisectl.documents.flow_drafts import FlowDrafts
from flowisectl.engine.agentflow.plan import plan_of
from flowisectl.engine.flow import parse_flow
from flowisectl.errors import FlowError
from flowisectl.nodes.discovery import load_catalogue

DRAFTS = FlowDrafts(
    catalogue=load_catalogue(), model="chatOpenAI", model_inputs={"modelName": "m", "FLOWISE_CREDENTIAL_ID": "credential-1"}
)
START = {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start", "inputs": {}}
ASK = {
    "id": "llmAgentflow_0",
    "name": "llmAgentflow",
    "label": "Answer",
    "inputs": {"llmMessages": [{"role": "system", "content": "Be brief", "odd": 1}], "nonsense": True},
}
REPLY = {"id": "directReplyAgentflow_0", "name": "directReplyAgentflow", "inputs": {"directReplyMessage": "Bye"}}


def draft(*nodes: Any, edges: Any = (), **more: Any) -> str:
    listed = [{"from": source, "to": target, **({"output": output[0]} if output else {})} for source, target, *output in edges]
    return json.dumps({"description": "Answers", "nodes": [*nodes], "edges": listed, **more})


def test_the_model_is_told_of_nodes_and_tools_and_the_task() -> None:
    prompt = DRAFTS.prompt("sell tea")

    assert prompt.endswith("sell tea")
    assert "- llmAgentflow:" in prompt and "- calculator:" in prompt and "llmMessages (list of objects with role (" in prompt
    assert "stickyNote" not in prompt and "credential-1" not in prompt


def test_a_draft_becomes_a_flow_that_runs() -> None:
    answer = "```json\n" + draft(START, ASK, edges=[("startAgentflow_0", "llmAgentflow_0")]) + "\n```"

    flow = DRAFTS.flow(answer)

    assert sorted(flow) == ["description", "edges", "nodes"] and flow["description"] == "Answers"
    data = flow["nodes"][1]["data"]
    assert data["inputs"]["llmModel"] == "chatOpenAI"
    assert data["inputs"]["llmModelConfig"] == {"modelName": "m", "FLOWISE_CREDENTIAL_ID": "credential-1", "llmModel": "chatOpenAI"}
    assert data["inputs"]["llmMessages"] == [{"role": "system", "content": "Be brief"}] and "nonsense" not in data["inputs"]
    assert [param["name"] for param in data["inputParams"]][:2] == ["llmModel", "llmMessages"]
    edge = flow["edges"][0]
    assert (edge["sourceHandle"], edge["targetHandle"]) == ("startAgentflow_0-output-startAgentflow", "llmAgentflow_0")
    plan = plan_of(parse_flow(json.dumps(flow), kind="AGENTFLOW"))
    assert plan.starts == ("startAgentflow_0",)


def test_branches_loops_iterations_and_tools_are_drawn() -> None:
    nodes = [
        START,
        {
            "id": "conditionAgentflow_0",
            "name": "conditionAgentflow",
            "inputs": {"conditions": [{"type": "string", "value1": "{{ question }}", "operation": "contains", "value2": "list"}]},
        },
        {"id": "iterationAgentflow_0", "name": "iterationAgentflow", "inputs": {"iterationInput": "[1,2]"}},
        {**ASK, "parent": "iterationAgentflow_0"},
        {"id": "agentAgentflow_0", "name": "agentAgentflow", "inputs": {"agentTools": [{"agentSelectedTool": "calculator"}]}},
        {"id": "humanInputAgentflow_0", "name": "humanInputAgentflow", "inputs": {}},
        {"id": "loopAgentflow_0", "name": "loopAgentflow", "inputs": {"loopBackToNode": "agentAgentflow_0"}},
        REPLY,
    ]
    edges = [
        ("startAgentflow_0", "conditionAgentflow_0"),
        ("conditionAgentflow_0", "iterationAgentflow_0", 0),
        ("conditionAgentflow_0", "agentAgentflow_0", 1),
        ("agentAgentflow_0", "humanInputAgentflow_0"),
        ("humanInputAgentflow_0", "directReplyAgentflow_0", 0),
        ("humanInputAgentflow_0", "loopAgentflow_0", 1),
    ]

    flow = DRAFTS.flow(draft(*nodes, edges=edges))

    by_id = {node["id"]: node for node in flow["nodes"]}
    assert by_id["llmAgentflow_0"]["parentNode"] == "iterationAgentflow_0" and by_id["iterationAgentflow_0"]["type"] == "iteration"
    assert by_id["agentAgentflow_0"]["data"]["inputs"]["agentTools"] == [
        {"agentSelectedTool": "calculator", "agentSelectedToolConfig": {"agentSelectedTool": "calculator"}}
    ]
    assert by_id["loopAgentflow_0"]["data"]["inputs"]["loopBackToNode"] == "agentAgentflow_0-"
    assert [edge["data"].get("edgeLabel") for edge in flow["edges"]] == [None, "0", "1", None, "proceed", "reject"]
    assert len(by_id["conditionAgentflow_0"]["data"]["outputAnchors"]) == 2 and by_id["loopAgentflow_0"]["data"]["outputAnchors"] == []
    places = [(node["position"]["x"], node["position"]["y"]) for node in flow["nodes"] if not node.get("parentNode")]
    assert len(set(places)) == len(places)
    plan_of(parse_flow(json.dumps(flow), kind="AGENTFLOW"))


def test_state_is_written_and_what_is_somebodys_own_is_left_to_be_chosen() -> None:
    inputs = {
        "agentUpdateState": [{"key": "mood", "value": "{{ output }}"}],
        "agentKnowledgeDocumentStores": [{"documentStore": "1:mine", "docStoreDescription": "x"}],
    }
    agent = {"id": "agentAgentflow_0", "name": "agentAgentflow", "inputs": inputs}
    tool = {"id": "toolAgentflow_0", "name": "toolAgentflow", "inputs": {"toolInputArgs": [{"inputArgName": "x", "inputArgValue": "1"}]}}
    edges = [("startAgentflow_0", "agentAgentflow_0"), ("agentAgentflow_0", "toolAgentflow_0")]

    nodes = DRAFTS.flow(draft(START, agent, tool, edges=edges))["nodes"]

    assert nodes[1]["data"]["inputs"]["agentUpdateState"] == inputs["agentUpdateState"]
    assert "agentKnowledgeDocumentStores" not in nodes[1]["data"]["inputs"]
    assert nodes[2]["data"]["inputs"]["toolInputArgs"] == tool["inputs"]["toolInputArgs"]
    prompt = DRAFTS.prompt("x")
    assert "agentUpdateState (list of objects with key (string); value (string))" in prompt and "KnowledgeDocumentStores" not in prompt


TO_ASK = ("startAgentflow_0", "llmAgentflow_0")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I would rather not", "JSON object"),
        ("x" * 200_001, "longer than"),
        (draft(edges=[]), "nodes are no list"),
        (json.dumps({"nodes": [1]}), "nodes are no list"),
        (draft(*[START] * 51), "at most 50"),
        (draft(START, {**ASK, "name": "teleporter"}), "teleporter"),
        (draft(START, {**ASK, "name": "chatOpenAI", "id": "chatOpenAI_0"}), "chatOpenAI"),
        (draft(START, {**ASK, "id": "ask"}), "'ask'"),
        (draft(START, START), "used twice"),
        (draft(ASK), "0 Start nodes"),
        (draft(START, {**START, "id": "startAgentflow_1"}), "2 Start nodes"),
        (draft(START, ASK), "nothing leads to llmAgentflow_0"),
        (draft(START, {**ASK, "name": ["x"]}), "['x']"),
        (draft(START, {**ASK, "inputs": {"llmMessages": [{"role": ["system"], "content": "x"}]}}, edges=[TO_ASK]), "none of its choices"),
        (
            draft(START, {"id": "agentAgentflow_0", "name": "agentAgentflow", "inputs": {"agentTools": [{"agentSelectedTool": []}]}}),
            "tool '[]'",
        ),
        (draft(START, ASK, edges=[("startAgentflow_0", "x")]), "not there"),
        (draft(START, ASK, edges=[TO_ASK, ("llmAgentflow_0", "startAgentflow_0")]), "no edge can lead"),
        (draft(START, ASK, edges=[(*TO_ASK, 1)]), "no branch 1"),
        (draft(START, ASK, edges=[(*TO_ASK, "0")]), "no branch 0"),
        (
            draft(START, ASK, REPLY, edges=[("startAgentflow_0", "directReplyAgentflow_0"), ("directReplyAgentflow_0", "llmAgentflow_0")]),
            "no edge",
        ),
        (draft(START, {**ASK, "parent": "startAgentflow_0"}), "no iteration"),
        (draft(START, {**ASK, "inputs": {"llmMessages": "hello"}}, edges=[TO_ASK]), "no list of objects"),
        (draft(START, {**ASK, "inputs": {"llmMessages": [{"role": "boss", "content": "x"}]}}, edges=[TO_ASK]), "none of its choices"),
        (
            draft(START, {"id": "agentAgentflow_0", "name": "agentAgentflow", "inputs": {"agentTools": [{"agentSelectedTool": "rm"}]}}),
            "the tool 'rm'",
        ),
        (draft(START, {"id": "loopAgentflow_0", "name": "loopAgentflow", "inputs": {"loopBackToNode": "nowhere_0"}}), "'nowhere_0'"),
    ],
)
def test_what_could_not_run_is_refused_with_the_reason(answer: str, why: str) -> None:
    with pytest.raises(FlowError, match="The model's draft is no flow that could run") as raised:
        DRAFTS.flow(answer)

    assert why in raised.value.message


def test_nodes_that_wait_for_each_other_are_refused() -> None:
    second = {**ASK, "id": "llmAgentflow_1"}

    with pytest.raises(FlowError, match="circle"):
        DRAFTS.flow(draft(START, ASK, second, edges=[TO_ASK, ("llmAgentflow_0", "llmAgentflow_1"), ("llmAgentflow_1", "llmAgentflow_0")]))
