"""Chooses a branch by comparing values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import parse_number, text_of
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeOutput, NodeParam, Option
from flowisectl.interfaces.javascript import JavaScriptError
from flowisectl.nodes.agentflow._params import CATEGORY
from flowisectl.nodes.agentflow._plain_text import plain_text, unescaped_pattern

MATCH = "return new RegExp($pattern).test($text)"
_MATCH_SECONDS = 5.0

_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda left, right: right in left,
    "notContains": lambda left, right: right not in left,
    "endsWith": lambda left, right: left.endswith(right),
    "startsWith": lambda left, right: left.startswith(right),
    "equal": lambda left, right: left == right,
    "notEqual": lambda left, right: left != right,
    "isEmpty": lambda left, right: not left,
    "notEmpty": lambda left, right: bool(left),
}
_NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "smaller": lambda left, right: left < right,
    "smallerEqual": lambda left, right: left <= right,
    "equal": lambda left, right: left == right,
    "notEqual": lambda left, right: left != right,
    "larger": lambda left, right: left > right,
    "largerEqual": lambda left, right: left >= right,
    # What is no number counts as 0, so a number is never empty.
    "isEmpty": lambda left, right: False,
    "notEmpty": lambda left, right: True,
}


def _operations(*names: str) -> tuple[Option, ...]:
    return tuple(Option(name, name) for name in names)


class ConditionAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="conditionAgentflow",
        label="Condition",
        category=CATEGORY,
        version=1.0,
        base_classes=("Condition",),
        description="Chooses a branch by comparing values",
        color="#FFB938",
        inputs=(
            NodeParam(
                "conditions",
                "Conditions",
                "array",
                [{"type": "string", "value1": "", "operation": "equal", "value2": ""}],
                accept_variable=True,
                description="The first that holds decides; there is a branch for when none does",
                array=(
                    NodeParam(
                        "type",
                        "Type",
                        "options",
                        "string",
                        options=(Option("String", "string"), Option("Number", "number"), Option("Boolean", "boolean")),
                    ),
                    *(
                        param
                        for kind, operations in (
                            ("string", _operations(*_TEXTS, "regex")),
                            ("number", _operations(*_NUMBERS)),
                            ("boolean", _operations("equal", "notEqual")),
                        )
                        for param in (
                            NodeParam(
                                "value1",
                                "Value 1",
                                kind,
                                "",
                                accept_variable=kind != "boolean",
                                show={"conditions[$index].type": kind},
                            ),
                            NodeParam(
                                "operation", "Operation", "options", "equal", options=operations, show={"conditions[$index].type": kind}
                            ),
                            NodeParam(
                                "value2",
                                "Value 2",
                                kind,
                                "",
                                accept_variable=kind != "boolean",
                                show={"conditions[$index].type": kind},
                            ),
                        )
                    ),
                ),
            ),
        ),
        outputs=(NodeOutput("0", "0"), NodeOutput("1", "1")),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """Each condition is an output of its own, by its position; after them comes the one for when none holds."""
        conditions = inputs.rows("conditions")
        chosen = None
        for index, condition in enumerate(conditions):
            if await self._holds(condition, context):
                chosen = index
                break
        rows = [{**condition, "isFulfilled": True} if index == chosen else dict(condition) for index, condition in enumerate(conditions)]
        rows.append({"type": "string", "value1": "", "operation": "equal", "value2": "", "isFulfilled": chosen is None})
        return StepResult(
            input={"conditions": {str(index): condition for index, condition in enumerate(conditions)}}, output={"conditions": rows}
        )

    async def _holds(self, condition: Mapping[str, Any], context: RunContext) -> bool:
        if condition.get("operation") != "regex" or condition.get("type") in ("number", "boolean"):
            return holds(condition)
        # Patterns are JavaScript's, and may take for ever: they run where user code does, in bounds.
        texts = {"$text": _plain(condition.get("value1")), "$pattern": unescaped_pattern(_text(condition.get("value2")))}
        try:
            return bool(await context.javascript.run(MATCH, texts, timeout_seconds=_MATCH_SECONDS))
        except JavaScriptError as error:
            context.trace.note(f"a condition's pattern is not usable and counts as not met: {error}")
            return False


def holds(condition: Mapping[str, Any]) -> bool:
    """Whether a condition `{type, value1, operation, value2}` holds, patterns apart. An unknown operation never does."""
    kind, operation = condition.get("type"), str(condition.get("operation"))
    left, right = condition.get("value1"), condition.get("value2")
    if kind == "number":
        compare = _NUMBERS.get(operation)
        return compare is not None and compare(parse_number(left), parse_number(right))
    if kind == "boolean":
        return _same(left, right) is (operation == "equal") if operation in ("equal", "notEqual") else False
    test = _TEXTS.get(operation)
    return test is not None and test(_plain(left), _plain(right))


def _plain(value: Any) -> str:
    return plain_text(_text(value))


def _text(value: Any) -> str:
    return "" if value is None else text_of(value)


def _same(left: Any, right: Any) -> bool:
    """Strictly the same: the text `true` is not the value."""
    return type(left) is type(right) and bool(left == right)
