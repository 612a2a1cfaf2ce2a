"""One agentflow node taken for one step, without a flow around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.agentflow.step_inputs import StepInputs
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import FlowNode
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryFactory, ScriptedChatModel, run_context

CATALOGUE = load_catalogue()


def flow_node(name: str, *, label: str = "", params: Mapping[str, Mapping[str, Any]] | None = None) -> FlowNode:
    return FlowNode(
        id=f"{name}_0",
        name=name,
        label=label or CATALOGUE.get(name).definition.label,
        category="Agent Flows",
        inputs={},
        params=params or {},
        anchors={},
        output="",
        output_options=(),
        credential_id="",
        parent_id="",
        data={},
    )


async def take_step(
    name: str,
    inputs: Mapping[str, Any],
    context: RunContext | None = None,
    *,
    past: Sequence[Mapping[str, Any]] = (),
    credential: Mapping[str, Any] | None = None,
    label: str = "",
    params: Mapping[str, Mapping[str, Any]] | None = None,
    **step: Any,
) -> StepResult:
    """Run one step of a node. `step` are further fields of Step; the node is a last one unless they say otherwise."""

    async def read_past(newest: int | None = None) -> Sequence[Mapping[str, Any]]:
        return past if newest is None else past[max(0, len(past) - newest) :]

    node = CATALOGUE.get(name)
    assert isinstance(node, AgentflowNode)
    fields: dict[str, Any] = {"input": "Q", "is_last": True, "label_of": lambda component: component.title(), **step}
    return await node.run_step(
        StepInputs(inputs, node_id=f"{name}_0", label=node.definition.label, credential=credential),
        context or run_context(question="Q"),
        Step(node=flow_node(name, label=label, params=params), read_past=read_past, **fields),
    )


def with_model(model: ScriptedChatModel, **fields: Any) -> RunContext:
    components = fields.pop("components", {})
    return run_context(question="Q", nodes=InMemoryFactory(chatScripted=model, **components), **fields)
