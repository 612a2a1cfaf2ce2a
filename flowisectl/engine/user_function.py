"""Calling user-written JavaScript the way every kind of node does: names in scope, lenient results, error texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import json5
import orjson

from flowisectl.engine.context import RunContext
from flowisectl.errors import FlowError
from flowisectl.interfaces.javascript import HostFunction, JavaScriptError

_MAX_LENIENT = 20_000
"""Characters. The JSON5 parser is slow: longer text that is not plain JSON stays text, so it cannot hold up other runs."""


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
) -> Any:
    """Run code with `$flow`, `$vars`, `$input` and the `extra` names, each with its `$`. Raises UserFunctionError.

    A text that looks like a JSON object or array is handed on as data.
    """
    names = {"$input": question, "$vars": variables, "$flow": flow, **(extra or {})}
    try:
        result = await context.javascript.run(code, names, host_functions=host_functions)
    except JavaScriptError as error:
        raise UserFunctionError(f"NodeVM Execution Error: {error}") from error
    return lenient_json(result) if isinstance(result, str) else result


def lenient_json(text: str) -> Any:
    """The data in a text that looks like a JSON object or array (JSON5 is fine); any other text as it is."""
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return text
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    if len(text) > _MAX_LENIENT:
        return text
    try:
        return json5.loads(text)
    except (ValueError, RecursionError):
        return text
