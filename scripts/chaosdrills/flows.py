"""The flows that the drills run, written as the canvas exports them."""

from __future__ import annotations

from typing import Any

from benchmark.flows import agent_flow, chain_flow, edge, function_flow, node

from chaosdrills.model import Model

Json = dict[str, Any]


def all_flows(outside: Model) -> dict[str, Json]:
    return {
        "chain": chain_flow(outside.url),
        "agent": agent_flow(outside.url),
        "speaking": speaking_flow(outside),
        "visiting": visiting_flow(outside),
        "slow-page": page_flow(outside, "slow"),
        "human": human_flow(),
        "function": function_flow(),
        "spinning": spinning_flow(),
    }


def speaking_flow(outside: Model) -> Json:
    """Start, and a model whose words go to the user as they come."""
    flow = agent_flow(outside.url)
    return {"nodes": flow["nodes"][:2], "edges": flow["edges"][:1]}


def visiting_flow(outside: Model) -> Json:
    """Start, a page that must be visited once, a model that takes its time, a reply."""
    flow = agent_flow(outside.url)
    page = node(
        "httpAgentflow_0",
        "httpAgentflow",
        "HTTP",
        "Agent Flows",
        {"method": "GET", "url": f"{outside.page_url}/?{{{{ question }}}}"},
        accepts=("url",),
    )
    flow["nodes"].insert(1, page)
    flow["edges"] = [
        edge("startAgentflow_0", "httpAgentflow_0"),
        edge("httpAgentflow_0", "llmAgentflow_0"),
        edge("llmAgentflow_0", "directReplyAgentflow_0"),
    ]
    return flow


def page_flow(outside: Model, path: str) -> Json:
    flow = agent_flow(outside.url)
    page = node("httpAgentflow_0", "httpAgentflow", "HTTP", "Agent Flows", {"method": "GET", "url": f"{outside.page_url}/{path}"})
    return {"nodes": [flow["nodes"][0], page], "edges": [edge("startAgentflow_0", "httpAgentflow_0")]}


def human_flow() -> Json:
    start = node("startAgentflow_0", "startAgentflow", "Start", "Agent Flows", {"startInputType": "chatInput", "startState": ""})
    asks = {"humanInputDescriptionType": "fixed", "humanInputDescription": "Go on?", "humanInputEnableFeedback": False}
    human = node("humanInputAgentflow_0", "humanInputAgentflow", "Ask", "Agent Flows", asks)
    reply = node("directReplyAgentflow_0", "directReplyAgentflow", "Reply", "Agent Flows", {"directReplyMessage": "<p>went on</p>"})
    edges = [edge("startAgentflow_0", "humanInputAgentflow_0"), edge("humanInputAgentflow_0", "directReplyAgentflow_0")]
    return {"nodes": [start, human, reply], "edges": edges}


def spinning_flow() -> Json:
    """User code that burns a second and a half of CPU."""
    code = "const end = Date.now() + 1500; while (Date.now() < end) {} return 'spun'"
    inputs = {"functionInputVariables": "", "functionName": "spin", "tools": "", "javascriptFunction": code}
    return {"nodes": [node("customFunction_0", "customFunction", "Spin", "Utilities", inputs, output="EndingNode")], "edges": []}
