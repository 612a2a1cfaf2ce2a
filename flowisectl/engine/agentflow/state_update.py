"""The "Update Flow State" rows of a node, laid over the flow state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.engine.agentflow.js_values import MISSING, get_path, text_of

_WHOLE = re.compile(r"\s*\{\{\s*output\s*\}\}\s*")
_PATH = re.compile(r"\{\{\s*output\.([^{}]+?)\s*\}\}")
_TEXT = "{{ output }}"


def updated_state(state: Mapping[str, Any], updates: Sequence[Mapping[str, Any]], output: Any) -> dict[str, Any]:
    """The state with `{key, value}` rows laid over it, then with references to the node's output filled in everywhere.

    A value that is just `{{ output }}` becomes the output, with its type; one that holds `{{ output.a.b }}` becomes what the path
    leads to in the output (parsed when it is JSON text), with its type, or stays; else each `{{ output }}` inside is replaced.
    Without rows the state is not scanned. An output that is MISSING takes the key away from what would become it.
    """
    if not updates:
        return dict(state)
    changed = {**state, **{str(row["key"]): row.get("value") for row in updates if row.get("key")}}
    return {key: filled for key, value in changed.items() if (filled := _filled(value, output)) is not MISSING}


def _filled(value: Any, output: Any) -> Any:
    if not isinstance(value, str) or "{{" not in value:
        return value
    if _WHOLE.fullmatch(value):
        return output
    if found := _PATH.search(value):
        result = get_path(_data(output), found.group(1).strip())
        return value if result is MISSING else result
    return value.replace(_TEXT, "undefined" if output is MISSING else text_of(output)) if _TEXT in value else value


def _data(output: Any) -> Any:
    if not isinstance(output, str):
        return output
    try:
        return orjson.loads(output)
    except ValueError:
        return MISSING
