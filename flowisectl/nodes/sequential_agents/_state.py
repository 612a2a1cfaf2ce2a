"""The new values of the state that a node leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import MISSING
from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn
from flowisectl.engine.legacy.values import flow_of, resolved
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.errors import FlowError
from flowisectl.nodes.sequential_agents._params import UPDATE_CODE, UPDATE_TAB, UPDATE_TABLE, chosen_tab
from flowisectl.nodes.sequential_agents._tables import table_rows


async def new_values(inputs: NodeInputs, context: RunContext, turn: Turn, output: Any) -> dict[str, Any]:
    """What the node's table or code makes of its output. Raises UserFunctionError, FlowError when code returns no object."""
    if chosen_tab(inputs, UPDATE_TAB, UPDATE_TABLE, UPDATE_CODE) == UPDATE_TABLE:
        rows = table_rows(inputs, UPDATE_TABLE)
        if not rows:
            return {}
        flow, variables = flow_of(context, turn.state, output), await variables_of(context, inputs)
        found = {str(row["key"]): resolved(row.get("value"), flow, variables, turn.state) for row in rows if row.get("key")}
        return {key: None if value is MISSING else value for key, value in found.items()}
    code = inputs.text(UPDATE_CODE)
    if not code.strip():
        return {}
    result = await call_user_function(
        context,
        code,
        flow=flow_of(context, turn.state, output),
        question=context.request.final_question,
        variables=await variables_of(context, inputs),
    )
    if not isinstance(result, Mapping):
        raise FlowError(f"node {inputs.node_id!r} ({inputs.label}): the code of Update State must return an object")
    return dict(result)
