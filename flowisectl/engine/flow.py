"""A flow as the canvas exports it, parsed once and frozen.

Format: `{"nodes": [...], "edges": [...], "viewport": {...}}` (React Flow), as stored in `chat_flow.flowData`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from flowisectl.errors import InvalidFlow

STICKY_NOTES = frozenset({"stickyNote", "stickyNoteAgentflow"})


@dataclass(frozen=True, kw_only=True)
class FlowNode:
    id: str
    name: str
    """The component's name, by which the catalogue finds it; case-sensitive."""
    label: str
    category: str
    inputs: Mapping[str, Any]
    params: Mapping[str, Mapping[str, Any]]
    """The exported definitions of the form fields, by name."""
    anchors: Mapping[str, Mapping[str, Any]]
    """The exported definitions of the sockets, by name."""
    output: str
    """The chosen output (`outputs.output`), or an empty text for a node with one plain output."""
    output_options: tuple[Mapping[str, Any], ...]
    """The outputs to choose from, each with `id` (the handle) and `name`; empty for one plain output."""
    credential_id: str
    parent_id: str
    """The iteration container that the node lies in, or an empty text."""
    data: Mapping[str, Any] = field(repr=False)
    """The node's whole `data` object, for what has no field here."""

    def accepts_variable(self, name: str) -> bool:
        """Whether the exported definition of an input says `acceptVariable`."""
        return bool((self.params.get(name) or self.anchors.get(name) or {}).get("acceptVariable"))


@dataclass(frozen=True, kw_only=True)
class FlowEdge:
    id: str
    source: str
    target: str
    source_handle: str
    target_handle: str


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow. `id` and `name` are those of its row; both empty for a bare file."""

    id: str
    name: str
    kind: str
    """`CHATFLOW`, `AGENTFLOW` (AgentFlow V2), `MULTIAGENT` (sequential and multi agents) or `ASSISTANT`."""
    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]
    override: OverridePermissions = field(default_factory=lambda: OverridePermissions())
    chatbot: Mapping[str, Any] = field(default_factory=dict)
    """`chat_flow.chatbotConfig`: allowed origins, post-processing, starter prompts …"""
    follow_up_prompts: Mapping[str, Any] = field(default_factory=dict)
    """`chat_flow.followUpPrompts`."""
    speech_to_text: Mapping[str, Any] = field(default_factory=dict)
    api_config: Mapping[str, Any] = field(default_factory=dict)
    """`chat_flow.apiConfig`: the rate limit and, in the raw, what `override` says."""
    version: str = ""
    """The row's `updatedDate`; a new text means a new flow."""

    @cached_property
    def by_id(self) -> Mapping[str, FlowNode]:
        return {node.id: node for node in self.nodes}

    def node(self, node_id: str) -> FlowNode:
        return self.by_id[node_id]


@dataclass(frozen=True, kw_only=True)
class OverridePermissions:
    """What `overrideConfig` of a request may change (`chat_flow.apiConfig`)."""

    enabled: bool = False
    inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Node label → names of inputs that may be overridden."""
    variables: frozenset[str] = frozenset()

    @classmethod
    def from_api_config(cls, text: str | None) -> OverridePermissions:
        """Read the column. Text that is no JSON, or has another shape, allows nothing."""
        config = _object(text).get("overrideConfig")
        if not isinstance(config, dict) or config.get("status") is not True:
            return cls()
        nodes = config.get("nodes")
        inputs = {
            str(label): frozenset(str(item["name"]) for item in items if isinstance(item, dict) and item.get("enabled") and "name" in item)
            for label, items in (nodes.items() if isinstance(nodes, dict) else ())
            if isinstance(items, list)
        }
        variables = config.get("variables")
        names = frozenset(
            str(item["name"])
            for item in (variables if isinstance(variables, list) else ())
            if isinstance(item, dict) and item.get("enabled") and "name" in item
        )
        return cls(enabled=True, inputs=inputs, variables=names)

    def allows(self, label: str, name: str) -> bool:
        return self.enabled and name in self.inputs.get(label, frozenset())


def parse_flow(
    flow_data: str | bytes | Mapping[str, Any],
    *,
    id: str = "",
    name: str = "",
    kind: str = "",
    api_config: str | None = None,
    chatbot_config: str | None = None,
    follow_up_prompts: str | None = None,
    speech_to_text: str | None = None,
    version: str = "",
) -> Flow:
    """Read a flow. Sticky notes are left out. `kind` is derived from the nodes when it is empty. Raises InvalidFlow."""
    where = f"flow {id or name or '(file)'}"
    if not isinstance(flow_data, Mapping):
        try:
            flow_data = orjson.loads(flow_data)
        except ValueError as error:
            raise InvalidFlow(f"{where}: flowData is not JSON ({error}); export the flow again") from error
    if not isinstance(flow_data, Mapping) or not isinstance(flow_data.get("nodes"), list):
        raise InvalidFlow(f'{where}: flowData has no list of nodes; export the flow with "Export Chatflow"')
    nodes = tuple(_node(item, f"{where}: node {number}") for number, item in enumerate(flow_data["nodes"], start=1) if not _is_note(item))
    known = {node.id for node in nodes}
    if len(known) < len(nodes):
        twice = next(node_id for node_id, count in Counter(node.id for node in nodes).items() if count > 1)
        raise InvalidFlow(f"{where}: several nodes have the id {twice!r}: rename all but one of them")
    edges = tuple(edge for edge in (_edge(item) for item in flow_data.get("edges") or ()) if edge.source in known and edge.target in known)
    return Flow(
        id=id,
        name=name,
        kind=kind or kind_of(nodes),
        nodes=nodes,
        edges=edges,
        override=OverridePermissions.from_api_config(api_config),
        chatbot=_object(chatbot_config),
        follow_up_prompts=_object(follow_up_prompts),
        speech_to_text=_object(speech_to_text),
        api_config=_object(api_config),
        version=version,
    )


def kind_of(nodes: tuple[FlowNode, ...]) -> str:
    """The type that an exported file does not tell."""
    categories = {node.category for node in nodes}
    if "Agent Flows" in categories:
        return "AGENTFLOW"
    return "MULTIAGENT" if categories & {"Sequential Agents", "Multi Agents"} else "CHATFLOW"


def _is_note(item: Any) -> bool:
    data = item.get("data") if isinstance(item, dict) else None
    return isinstance(data, dict) and data.get("name") in STICKY_NOTES


def _node(item: Any, where: str) -> FlowNode:
    data = item.get("data") if isinstance(item, dict) else None
    if not isinstance(data, dict) or not data.get("name"):
        shown = f" ({item['id']!r})" if isinstance(item, dict) and item.get("id") else ""
        raise InvalidFlow(f"{where} of the list{shown} has no data.name, which says what it is; export the flow again, or remove the node")
    if not (item.get("id") or data.get("id")):
        raise InvalidFlow(f"{where} of the list ({data['name']}) has no id; export the flow again, or remove the node")
    inputs, outputs = _mapping(data.get("inputs")), _mapping(data.get("outputs"))
    anchors = data.get("outputAnchors") or ()
    options = next((anchor.get("options") or () for anchor in anchors if isinstance(anchor, dict) and anchor.get("type") == "options"), ())
    return FlowNode(
        id=str(item.get("id") or data["id"]),
        name=str(data["name"]),
        label=str(data.get("label") or data["name"]),
        category=str(data.get("category") or ""),
        inputs=inputs,
        params=_named(data.get("inputParams")),
        anchors=_named(data.get("inputAnchors")),
        output=str(outputs.get("output") or ""),
        output_options=tuple(options),
        credential_id=str(data.get("credential") or inputs.get("credentialId") or inputs.get("FLOWISE_CREDENTIAL_ID") or ""),
        parent_id=str(item.get("parentNode") or ""),
        data=data,
    )


def _edge(item: Any) -> FlowEdge:
    if not isinstance(item, dict):
        return FlowEdge(id="", source="", target="", source_handle="", target_handle="")
    return FlowEdge(
        id=str(item.get("id") or ""),
        source=str(item.get("source") or ""),
        target=str(item.get("target") or ""),
        source_handle=str(item.get("sourceHandle") or ""),
        target_handle=str(item.get("targetHandle") or ""),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _named(items: Any) -> dict[str, Mapping[str, Any]]:
    return {str(item["name"]): item for item in items or () if isinstance(item, dict) and "name" in item}


def _object(text: str | None) -> dict[str, Any]:
    """The JSON object in a text column; anything else is an empty object."""
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
