"""Calling user-written JavaScript the way every kind of node does: names in scope, lenient results, error texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.interfaces.javascript import HostFunction, JavaScriptError
from flowisectl.interfaces.lenient_json import parse_lenient


class UserFunctionError(FlowError):
    """User code failed; the text is `NodeVM Execution Error: ` and what JavaScript says, as clients know it."""


async def call_user_function(
    context: RunContext,
    code: str,
    *,
    flow: Mapping[str, Any],
    question: str,
    variables: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    host_functions: Mapping[str, HostFunction] | None = None,
    undefined: Any = None,
) -> Any:
    """Run code with `$flow`, `$vars`, `$input` and the `extra` names, each with its `$`. Raises UserFunctionError.

    A text that looks like a JSON object or array is handed on as data; code that returns nothing gives `undefined`.
    """
    names = {"$input": question, "$vars": variables, "$flow": flow, **(extra or {})}
    try:
        result = await context.javascript.run(code, names, host_functions=host_functions, undefined=undefined)
    except JavaScriptError as error:
        raise UserFunctionError(f"NodeVM Execution Error: {error}") from error
    return lenient_json(result) if isinstance(result, str) else result


async def variables_of(context: RunContext, inputs: NodeInputs) -> dict[str, Any]:
    """`$vars` of a node's code; variables that the request overrides stand among the node's inputs."""
    overridden = inputs.get("vars")
    return {**await context.variables.values(), **(overridden if isinstance(overridden, Mapping) else {})}


def input_variables(inputs: NodeInputs) -> dict[str, Any]:
    """`functionInputVariables` under their `$` names; texts that hold a JSON object become data. Raises InvalidFlow."""
    value = inputs.json("functionInputVariables", {} if inputs.get("functionInputVariables") is None else None)
    if not isinstance(value, Mapping):
        raise InvalidFlow("Invalid JSON in the Input Variables: " + inputs.text("functionInputVariables")[:200])
    return {f"${name}": _object_or_text(item) for name, item in value.items()}


def _object_or_text(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value


def lenient_json(text: str) -> Any:
    """The data in a text that looks like a JSON object or array (JSON5 is fine); any other text as it is."""
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return text
    try:
        return parse_lenient(text)
    except ValueError:
        return text
