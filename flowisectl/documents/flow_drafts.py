"""Agentflows that a model drafts: what it is told of the nodes there are, and how its answer is checked.

The model answers with `{"description", "nodes": [{"id", "name", "label", "inputs", "parent"?}], "edges": [{"from", "to",
"output"?}]}`; what cannot be run is refused with the reason, so whoever asked can ask again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowisectl.documents.flow_canvas import ITERATION, DraftEdge, DraftNode, branches_of, canvas
from flowisectl.engine.agentflow.plan import plan_of
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import parse_flow
from flowisectl.engine.node import NodeDefinition, NodeParam
from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.llm.structured_output import data_of

AGENTFLOW, START, NOTE = "Agent Flows", "startAgentflow", "stickyNoteAgentflow"
TOOL_CATEGORIES = ("Tools", "Tools (MCP)")
OTHER_KIND = "LlamaIndex"
MAX_NODES, MAX_EDGES, LONGEST_LABEL = 50, 200, 100
LONGEST_ANSWER = 200_000
_MODELS, _TOOLS, _BEFORE = "listModels", "listTools", "listPreviousNodes"
_WRITTEN = frozenset({"", _MODELS, _TOOLS, _BEFORE, "listRuntimeStateKeys", "listToolInputArgs"})
"""Load methods of choices that a draft may make. Stores, flows and the like are somebody's own: they are chosen by hand."""
_LISTS = frozenset({"array", "conditionFunction"})
_RULES = """You draft flows. A flow is a graph of nodes; it begins at one startAgentflow and every other node is reached from there by
edges. Answer with one JSON object and nothing else:
{"description": "one sentence", "nodes": [{"id": "llmAgentflow_0", "name": "llmAgentflow", "label": "Summarise", "inputs": {}}],
"edges": [{"from": "startAgentflow_0", "to": "llmAgentflow_0"}]}
- An id is the node's name, an underscore and a number.
- An edge that leaves conditionAgentflow (one branch for each condition, then one for none of them), conditionAgentAgentflow (one
  for each scenario) or humanInputAgentflow (0: proceed, 1: reject) has "output": the number of the branch, from 0.
- A node inside an iterationAgentflow has "parent": the iteration's id. Edges do not cross its border.
- In texts, {{ question }} is the user's message, {{ llmAgentflow_0 }} the output of that node, {{ $flow.state.x }} the value x of
  the state that the Start node declares, {{ $iteration }} the current item inside an iteration.
- Set only inputs that matter; leave models out, they are chosen already. Never draw edges back: use loopAgentflow.
"""


@dataclass(frozen=True, kw_only=True)
class FlowDrafts:
    """Drafts over the nodes of one catalogue. `model` is the component that its nodes shall use, `model_inputs` its settings."""

    catalogue: NodeCatalogue
    model: str
    model_inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def prompt(self, question: str) -> str:
        """What the model is asked."""
        known, tools = self._nodes(), self._tools()
        nodes = "\n".join(f"- {item.name}: {item.description}. Inputs: {_fields(item.inputs) or 'none'}" for item in known.values())
        listed = "\n".join(f"- {name}: {text}" for name, text in tools.items())
        return f"{_RULES}\nThe nodes:\n{nodes}\n\nThe tools (by name):\n{listed}\n\nDraft a flow for this task:\n{question}"

    def flow(self, answer: str) -> dict[str, Any]:
        """The drafted flow: `{nodes, edges, description}`. Raises FlowError with what is wrong with it."""
        try:
            if len(answer) > LONGEST_ANSWER:
                raise ValueError(f"it is longer than {LONGEST_ANSWER} characters")
            data = data_of(answer)
            nodes = self._drafted_nodes(data.get("nodes"))
            edges = list(_drafted_edges(data.get("edges"), nodes))
            _check_reach(nodes, edges)
            drawn = canvas([*nodes.values()], edges)
            plan_of(parse_flow(drawn, name="draft", kind="AGENTFLOW"))
        except (ValueError, InvalidFlow) as error:
            raise FlowError(f"The model's draft is no flow that could run ({error}): ask again, or say more of what it is to do") from error
        description = data.get("description")
        return {**drawn, "description": description} if isinstance(description, str) and description else dict(drawn)

    def _nodes(self) -> dict[str, NodeDefinition]:
        return {
            node.definition.name: node.definition
            for node in self.catalogue
            if node.definition.category == AGENTFLOW and node.definition.name != NOTE
        }

    def _tools(self) -> dict[str, str]:
        found = (node.definition for node in self.catalogue)
        return {item.name: item.description for item in found if item.category in TOOL_CATEGORIES and OTHER_KIND not in item.tags}

    def _drafted_nodes(self, given: Any) -> dict[str, DraftNode]:
        items = _objects(given, "nodes", MAX_NODES)
        known, tools = self._nodes(), self._tools()
        ids = {str(item.get("id")) for item in items}
        labels = {str(item.get("id")): str(item.get("label") or "") for item in items}
        found: dict[str, DraftNode] = {}
        for item in items:
            name, node_id = str(item.get("name")), str(item.get("id"))
            if name not in known:
                raise ValueError(f"it uses the node {name[:60]!r}, which does not exist")
            if not re.fullmatch(rf"{re.escape(name)}_\d{{1,4}}", node_id) or node_id in found:
                raise ValueError(f"the id {node_id[:60]!r} is not {name}_<number>, or is used twice")
            parent = str(item.get("parent") or "")
            if parent and not (parent in ids and parent.startswith(f"{ITERATION}_") and parent != node_id):
                raise ValueError(f"{node_id} lies in {parent[:60]!r}, which is no iteration")
            values = item.get("inputs")
            reader = _Inputs(self.model, self.model_inputs, tools, labels)
            inputs = reader.values(known[name].inputs, values if isinstance(values, Mapping) else {}, node_id)
            label = str(item.get("label") or known[name].label)[:LONGEST_LABEL]
            found[node_id] = DraftNode(id=node_id, definition=known[name], label=label, inputs=inputs, parent_id=parent)
        starts = [node.id for node in found.values() if node.definition.name == START]
        if len(starts) != 1 or found[starts[0]].parent_id:
            raise ValueError(f"it has {len(starts)} Start nodes at its top instead of one")
        return found


@dataclass(frozen=True)
class _Inputs:
    """Reads the inputs of drafted nodes: what a definition does not have is left out, what names a component must exist."""

    model: str
    model_inputs: Mapping[str, Any]
    tools: Mapping[str, str]
    labels: Mapping[str, str]

    def values(self, params: tuple[NodeParam, ...], given: Mapping[str, Any], node_id: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for param in params:
            if param.load_method == _MODELS:
                found |= {param.name: self.model, f"{param.name}Config": {**self.model_inputs, param.name: self.model}}
            elif (value := given.get(param.name)) is not None and not _is_by_hand(param):
                found |= self._value(param, value, node_id)
                # A name may stand for several fields, of which another input shows one: a choice of any will do.
                choices = {option.name for item in params if item.name == param.name for option in item.options}
                if choices and param.type == "options" and not (isinstance(value, str) and value in choices):
                    raise ValueError(f"{node_id}.{param.name} is {str(value)[:60]!r}, which is none of its choices")
        return found

    def _value(self, param: NodeParam, value: Any, node_id: str) -> dict[str, Any]:
        where = f"{node_id}.{param.name}"
        if param.array or param.type in _LISTS:
            if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
                raise ValueError(f"{where} is no list of objects")
            return {param.name: [self.values(param.array, row, node_id) for row in value] if param.array else value}
        if param.load_method == _TOOLS:
            if not isinstance(value, str) or value not in self.tools:
                raise ValueError(f"{where} names the tool {str(value)[:60]!r}, which does not exist")
            return {param.name: value, f"{param.name}Config": {param.name: value}}
        if param.load_method == _BEFORE and isinstance(value, str):
            if value not in self.labels:
                raise ValueError(f"{where} names the node {value[:60]!r}, which is not there")
            return {param.name: f"{value}-{self.labels[value]}"}
        return {param.name: value}


def _drafted_edges(given: Any, nodes: Mapping[str, DraftNode]) -> Iterator[DraftEdge]:
    seen = set()
    for item in _objects(given, "edges", MAX_EDGES) if given else ():
        source, target = nodes.get(str(item.get("from"))), nodes.get(str(item.get("to")))
        if source is None or target is None:
            raise ValueError(f"an edge leads from {str(item.get('from'))[:60]!r} to {str(item.get('to'))[:60]!r}; one of them is not there")
        if source.parent_id != target.parent_id or target.definition.name == START or source.definition.hide_output:
            raise ValueError(f"no edge can lead from {source.id} to {target.id}")
        output, branches = item.get("output", 0), branches_of(source)
        if not isinstance(output, int) or isinstance(output, bool) or not 0 <= output < max(branches, 1):
            raise ValueError(f"{source.id} has no branch {str(output)[:20]}: there are {max(branches, 1)}, counted from 0")
        edge = DraftEdge(source=source.id, target=target.id, output=output)
        if edge not in seen:
            seen.add(edge)
            yield edge


def _check_reach(nodes: Mapping[str, DraftNode], edges: list[DraftEdge]) -> None:
    """Every node of the top level is reached from the start. Raises ValueError."""
    top = {node.id for node in nodes.values() if not node.parent_id}
    reached = {node.id for node in nodes.values() if node.definition.name == START}
    grown = True
    while grown:
        more = {edge.target for edge in edges if edge.source in reached} - reached
        reached, grown = reached | more, bool(more)
    if lost := sorted(top - reached):
        raise ValueError(f"nothing leads to {', '.join(lost)}")


def _objects(given: Any, name: str, most: int) -> list[Mapping[str, Any]]:
    if not isinstance(given, list) or not given or not all(isinstance(item, Mapping) for item in given):
        raise ValueError(f"its {name} are no list of objects")
    if len(given) > most:
        raise ValueError(f"it has {len(given)} {name}; at most {most} are drawn")
    return given


def _fields(params: tuple[NodeParam, ...]) -> str:
    """The inputs in words: `name (type, choices)`."""
    return "; ".join(_field(param) for param in params if _is_told(param))


def _is_told(param: NodeParam) -> bool:
    return param.load_method != _MODELS and not _is_by_hand(param)


def _is_by_hand(param: NodeParam) -> bool:
    """Whether a field, or one of a list's, names something that a draft cannot know; half a row would not run."""
    return param.load_method not in _WRITTEN or any(map(_is_by_hand, param.array))


def _field(param: NodeParam) -> str:
    if param.array:
        return f"{param.name} (list of objects with {_fields(param.array) or 'nothing'})"
    if param.load_method == _TOOLS:
        return f"{param.name} (the name of a tool)"
    if param.load_method == _BEFORE:
        return f"{param.name} (the id of a node before)"
    choices = "|".join(option.name for option in param.options)
    return f"{param.name} ({choices or param.type.replace('asyncOptions', 'string')})"
