"""Small flows of sequential agents and of teams, with the project's own nodes and a scripted model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedChatModel, run_context

SEQUENTIAL = "Sequential Agents"
_KINDS = {"chatModel": "Chat Models", "tool": "Tools", "agentMemory": "Memory", "supervisor": "Multi Agents", "worker": "Multi Agents"}


class Given(Node):
    """Stands for a component whose object a test has made."""

    def __init__(self, name: str, objects: Mapping[str, Any]) -> None:
        self.definition = NodeDefinition(  # type: ignore[misc]
            name=name, label=name, category="Tests", version=1, base_classes=("Any",)
        )
        self._objects = objects

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        return self._objects[inputs.node_id]


class CatalogueWith(NodeCatalogue):
    """The project's nodes, some of them stood in for."""

    def __init__(self, **stand_ins: Node) -> None:
        super().__init__({})
        self._real = load_catalogue()
        self._stand_ins = stand_ins

    def get(self, name: str, *, node_id: str = "", flow_id: str = "") -> Node:
        return self._stand_ins.get(name) or self._real.get(name, node_id=node_id, flow_id=flow_id)


class Lookup:
    """A tool that answers `found <input>` with one document, and keeps the `$flow` it was called with."""

    return_direct = False

    def __init__(self, name: str = "look_up", error: str = "") -> None:
        self.spec = ToolSpec(name=name, description="looks something up", parameters={"type": "object"})
        self.flows: list[Mapping[str, Any]] = []
        self._error = error

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.flows.append(flow)
        if self._error:
            raise ValueError(self._error)
        document = Document(page_content=f"about {arguments['input']}", metadata={})
        return ToolOutcome(text=f"found {arguments['input']}", source_documents=(document,))


def call(tool: str = "look_up", call_id: str = "call-1", **arguments: Any) -> ChatReply:
    """A model's wish to call a tool."""
    return ChatReply(tool_calls=(ToolCall(id=call_id, name=tool, arguments=arguments or {"input": "x"}),))


def route(following: str, instructions: str = "do it", **more: Any) -> ChatReply:
    """A supervisor's decision."""
    arguments = {"reasoning": "because", "next": following, "instructions": instructions, **more}
    return ChatReply(tool_calls=(ToolCall(id="route-1", name="route", arguments=arguments),))


class GraphBuilder:
    """Collects nodes as the canvas exports them. `after` are the ids that come before a node; `condition:label` is an output."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self._nodes: list[dict[str, Any]] = []
        self._edges: list[dict[str, Any]] = []

    def given(self, node_id: str, kind: str, value: Any) -> GraphBuilder:
        self.objects[node_id] = value
        return self.node(node_id, kind)

    def node(self, node_id: str, name: str, *after: str, label: str = "", outputs: tuple[str, ...] = (), **inputs: Any) -> GraphBuilder:
        before = [source.split(":")[0] for source in after]
        socket = {"seqToolNode": "llmNode", "worker": "supervisor"}.get(name, "sequentialNode")
        if before:
            references = [f"{{{{{source}.data.instance}}}}" for source in before]
            inputs[socket] = references[0] if socket != "sequentialNode" else references
        category = _KINDS.get(name, SEQUENTIAL)
        params = [
            {"name": key, "type": "json", "acceptVariable": True} for key in inputs if key in ("promptValues", "functionInputVariables")
        ]
        options = [{"id": f"{node_id}-output-{_handle(label)}-Condition", "name": _handle(label), "label": label} for label in outputs]
        data: dict[str, Any] = {
            "id": node_id,
            "name": name,
            "label": label or name,
            "category": category,
            "inputs": inputs,
            "inputParams": params,
            "outputAnchors": [{"name": "output", "type": "options", "options": options}] if options else [],
            "outputs": {"output": "next"} if options else {},
        }
        self._nodes.append({"id": node_id, "data": data})
        for source in after:
            source_id, _, output = source.partition(":")
            self.edge(source_id, node_id, f"{source_id}-output-{_handle(output) if output else source_id}-Condition")
        for other in [item["id"] for item in self._nodes]:
            if other not in before and f"{{{{{other}.data.instance" in orjson.dumps(inputs).decode():
                self.edge(other, node_id, f"{other}-output-x-Any")
        return self

    def edge(self, source: str, target: str, handle: str) -> None:
        self._edges.append({"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle, "targetHandle": target})

    def flow(self, **columns: Any) -> Flow:
        return parse_flow({"nodes": self._nodes, "edges": self._edges}, id="flow-1", kind="MULTIAGENT", **columns)

    async def run(self, question: str = "hi", **context: Any) -> FlowResult:
        return await run_graph(self.flow(), self.objects, run_context(**{"question": question, **context}))


def _handle(label: str) -> str:
    """An output's name as the editor makes it of its label."""
    words = label.split()
    return (words[0].lower() + "".join(word.capitalize() for word in words[1:])) if words else ""


async def run_graph(flow: Flow, objects: Mapping[str, Any], context: RunContext) -> FlowResult:
    catalogue = CatalogueWith(chatModel=Given("chatModel", objects), tool=Given("tool", objects))
    return await run_flow(flow, context, catalogue)


def instance(node_id: str) -> str:
    return f"{{{{{node_id}.data.instance}}}}"


def sequence(model: ScriptedChatModel, *, memory: bool = False, state: Any = None, **start: Any) -> GraphBuilder:
    """A flow that has its model and its start."""
    builder = GraphBuilder().given("model_0", "chatModel", model)
    if memory:
        builder.node("memory_0", "agentMemory", label="Agent Memory")
        start["agentMemory"] = instance("memory_0")
    if state is not None:
        builder.node("state_0", "seqState", stateMemoryUI=orjson.dumps(state).decode())
        start["state"] = instance("state_0")
    return builder.node("start_0", "seqStart", model=instance("model_0"), **start)


def team(model: ScriptedChatModel, *workers: str, memory: bool = False, **supervisor: Any) -> GraphBuilder:
    """A supervisor with workers of these names and no tools."""
    builder = GraphBuilder().given("model_0", "chatModel", model)
    if memory:
        builder.node("memory_0", "agentMemory", label="Agent Memory")
        supervisor["agentMemory"] = instance("memory_0")
    builder.node(
        "boss_0",
        "supervisor",
        supervisorName="Boss",
        supervisorPrompt="You lead {team_members}.",
        **{"model": instance("model_0"), **supervisor},
    )
    for number, name in enumerate(workers):
        builder.node(f"worker_{number}", "worker", "boss_0", workerName=name, workerPrompt=f"You are {name}.")
    return builder


def table(*rows: Mapping[str, Any]) -> str:
    """Rows of a grid as the canvas exports them."""
    return orjson.dumps(list(rows)).decode()
