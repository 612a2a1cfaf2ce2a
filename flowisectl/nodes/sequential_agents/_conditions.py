"""Which output a condition chooses: by its table or by its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import MISSING, text_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn
from flowisectl.engine.legacy.values import flow_of, resolved
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.nodes.sequential_agents._params import CONDITION_CODE, CONDITION_TAB, CONDITION_TABLE, chosen_tab
from flowisectl.nodes.sequential_agents._tables import table_rows

END = "End"

_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "Contains": lambda left, right: right in left,
    "Not Contains": lambda left, right: right not in left,
    "Start With": str.startswith,
    "End With": str.endswith,
    "Is": str.__eq__,
    "Is Not": str.__ne__,
}
_NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "Greater Than": float.__gt__,
    "Less Than": float.__lt__,
    "Equal To": float.__eq__,
    "Not Equal To": float.__ne__,
    "Greater Than or Equal To": float.__ge__,
    "Less Than or Equal To": float.__le__,
}


async def chosen_output(inputs: NodeInputs, context: RunContext, turn: Turn, output: Any = MISSING) -> str:
    """The label of the output to take; `End` when nothing decides. Raises UserFunctionError."""
    flow, variables = flow_of(context, turn.state, output), await variables_of(context, inputs)
    if chosen_tab(inputs, CONDITION_TAB, CONDITION_TABLE, CONDITION_CODE) == CONDITION_CODE:
        code = inputs.text(CONDITION_CODE)
        if not code.strip():
            return END
        chosen = await call_user_function(context, code, flow=flow, question=context.request.final_question, variables=variables)
        return chosen if isinstance(chosen, str) and chosen else END
    for row in table_rows(inputs, CONDITION_TABLE):
        value = resolved(row.get("variable"), flow, variables, turn.state)
        if holds(value, str(row.get("operation") or ""), row.get("value")):
            return str(row.get("output") or END)
    return END


def holds(value: Any, operation: str, wanted: Any) -> bool:
    """Whether a value meets one row of the table; an unknown operation never holds."""
    if operation in ("Is Empty", "Is Not Empty"):
        is_empty = value in (MISSING, None, "", [], {}) or (isinstance(value, str) and not value.strip())
        return is_empty is (operation == "Is Empty")
    if (test := _TEXTS.get(operation)) is not None:
        return test(_text(value), _text(wanted))
    compare = _NUMBERS.get(operation)
    left, right = _number(value), _number(wanted)
    return compare is not None and left is not None and right is not None and compare(left, right)


def _text(value: Any) -> str:
    return "" if value is MISSING or value is None else text_of(value)


def _number(value: Any) -> float | None:
    """The number that a value is, as a whole; None when it is none."""
    if isinstance(value, bool) or value is MISSING or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
