"""Tools that a node names in its own inputs: built, and offered under the names that a model knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.credentials import CREDENTIAL
from flowisectl.engine.agentflow.step import Step
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.tool import Tool


async def build_tools(name: str, values: Mapping[str, Any], inputs: NodeInputs, context: RunContext) -> list[Tool]:
    """The tools of one component; some give several. Raises UnknownNode and what the component raises."""
    built = await context.nodes.build(name, values, context, node_id=inputs.node_id, credential_id=str(values.get(CREDENTIAL) or ""))
    return list(built) if isinstance(built, (list, tuple)) else [built]


def flow_of(context: RunContext, step: Step) -> dict[str, Any]:
    """`$flow` as tools see it."""
    return {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": step.input or "",
        "state": step.state,
    }
