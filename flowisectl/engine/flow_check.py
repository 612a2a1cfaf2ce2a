"""What stands between a flow and its run: one verdict for each node, and for each component that a node names in its inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.node import Node, NodeParam
from flowisectl.engine.removed_nodes import remedy_for
from flowisectl.errors import UnknownNode

_CREDENTIAL_KEYS = ("FLOWISE_CREDENTIAL_ID", "credential")
_PACKAGE = "flowisectl"
_MAX_DEPTH = 10


class Verdict(StrEnum):
    RUNS = "runs"
    NEEDS_EXTRA = "needs extra"
    NEEDS_CREDENTIAL = "needs credential"
    NOT_SUPPORTED = "not supported yet"


@dataclass(frozen=True, kw_only=True)
class NodeVerdict:
    node_id: str
    name: str
    """The component: the node's own, or one that the node names in its inputs."""
    label: str
    verdict: Verdict
    within: str = ""
    """The input that names the component; empty for the node itself."""
    extra: str = ""
    credentials: tuple[str, ...] = ()
    """The credential types that would do."""

    @property
    def remedy(self) -> str:
        """What to do about it, in one line; empty for a node that runs."""
        if self.verdict is Verdict.NEEDS_EXTRA:
            return f"pip install '{_PACKAGE}[{self.extra}]'"
        if self.verdict is Verdict.NEEDS_CREDENTIAL:
            return f"choose a credential: {' or '.join(self.credentials)}"
        if self.verdict is Verdict.NOT_SUPPORTED:
            return remedy_for(self.name)
        return ""

    def to_json(self) -> dict[str, Any]:
        """`{id, name, label, verdict, input?, extra?, credentials?, remedy?}`; members that say nothing are left out."""
        more = {"input": self.within, "extra": self.extra, "credentials": [*self.credentials], "remedy": self.remedy}
        shown = {"id": self.node_id, "name": self.name, "label": self.label, "verdict": self.verdict.value}
        return {**shown, **{name: value for name, value in more.items() if value}}


@dataclass(frozen=True, kw_only=True)
class FlowVerdict:
    nodes: tuple[NodeVerdict, ...]

    @property
    def runs(self) -> bool:
        return all(node.verdict is Verdict.RUNS for node in self.nodes)

    @property
    def is_complete(self) -> bool:
        """Whether nothing but credentials is missing, which nobody exports."""
        return all(node.verdict in (Verdict.RUNS, Verdict.NEEDS_CREDENTIAL) for node in self.nodes)

    def to_json(self) -> dict[str, Any]:
        """`{runs, nodes: […]}`"""
        return {"runs": self.runs, "nodes": [node.to_json() for node in self.nodes]}


def check_flow(
    flow: Flow,
    catalogue: NodeCatalogue,
    *,
    has_extra: Callable[[str], bool],
    secret_fields: Mapping[str, Collection[str]],
    credential_ids: Collection[str] | None = None,
) -> FlowVerdict:
    """Look at every node.

    `secret_fields` are those of each credential type: an input of such a name does as well as a credential. `credential_ids` are the
    credentials that exist; None takes any id for one that does.
    """
    check = _Check(catalogue, has_extra, secret_fields, credential_ids)
    return FlowVerdict(nodes=tuple(verdict for node in flow.nodes for verdict in check.of_node(node)))


@dataclass(frozen=True)
class _Check:
    catalogue: NodeCatalogue
    has_extra: Callable[[str], bool]
    secret_fields: Mapping[str, Collection[str]]
    credential_ids: Collection[str] | None

    def of_node(self, node: FlowNode) -> Iterator[NodeVerdict]:
        verdict = self._verdict(node, node.name, node.label, node.inputs, node.credential_id, "")
        yield verdict
        if verdict.verdict is not Verdict.NOT_SUPPORTED:
            params = self.catalogue.get(node.name).definition.inputs
            for within, name, config in _named_components(params, node.inputs, 0):
                given = next((str(config[key]) for key in _CREDENTIAL_KEYS if config.get(key)), "")
                yield self._verdict(node, name, "", config, given, within)

    def _verdict(self, node: FlowNode, name: str, label: str, inputs: Mapping[str, Any], credential_id: str, within: str) -> NodeVerdict:
        try:
            component: Node | None = self.catalogue.get(name)
        except UnknownNode:
            component = None
        if component is None:
            return NodeVerdict(node_id=node.id, name=name, label=label or name, verdict=Verdict.NOT_SUPPORTED, within=within)
        definition = component.definition
        credential = definition.credential
        verdict = Verdict.RUNS
        names = credential.names if credential else ()
        if definition.extra and not self.has_extra(definition.extra):
            verdict = Verdict.NEEDS_EXTRA
        elif credential and not credential.optional and not self._is_there(credential_id) and not self._has_secret(names, inputs):
            verdict = Verdict.NEEDS_CREDENTIAL
        return NodeVerdict(
            node_id=node.id,
            name=name,
            label=label or definition.label,
            verdict=verdict,
            within=within,
            extra=definition.extra if verdict is Verdict.NEEDS_EXTRA else "",
            credentials=names if verdict is Verdict.NEEDS_CREDENTIAL else (),
        )

    def _has_secret(self, credential_types: Collection[str], inputs: Mapping[str, Any]) -> bool:
        return any(inputs.get(field) for kind in credential_types for field in self.secret_fields.get(kind, ()))

    def _is_there(self, credential_id: str) -> bool:
        return bool(credential_id) and (self.credential_ids is None or credential_id in self.credential_ids)


def _named_components(params: tuple[NodeParam, ...], inputs: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(input, component, the component's own inputs) of every input that names a component, those of arrays included."""
    if depth > _MAX_DEPTH:
        return
    for param in params:
        value = inputs.get(param.name)
        if param.load_config and isinstance(value, str) and value:
            config = inputs.get(f"{param.name}Config")
            yield param.name, value, config if isinstance(config, Mapping) else {}
        elif param.array and isinstance(value, list):
            for row in value:
                if isinstance(row, Mapping):
                    yield from _named_components(param.array, row, depth + 1)
