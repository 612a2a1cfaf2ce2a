"""Filters of Weaviate: from what a flow's author wrote to the argument `where` of a GraphQL query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.answer_shapes import member, objects_of, text_of

_ENUM = re.compile(r"[A-Za-z]+")
_NAME = re.compile(r"[A-Za-z_][0-9A-Za-z_]*")


def written_filter(conditions: Mapping[str, Any], types: Mapping[str, str]) -> list[dict[str, Any]]:
    """The parts that must all hold: a filter of the service as it is, or one for each plain value. `types` are the properties' types."""
    where = conditions.get("where")
    found = where if isinstance(where, Mapping) else conditions
    if "operator" in found:
        return [_as_where(found, types)]
    return [equal(name, value, types) for name, value in found.items()]


def equal(name: str, value: Any, types: Mapping[str, str]) -> dict[str, Any]:
    return {
        "path": [name],
        "operator": "Equal",
        value_key(name, value, types): value if isinstance(value, (bool, int, float)) else str(value),
    }


def value_key(name: str, value: Any, types: Mapping[str, str]) -> str:
    """The member that a value stands in: it follows the type of the property, which for whole numbers is `int` or `number`."""
    if isinstance(value, bool):
        return "valueBoolean"
    if isinstance(value, (int, float)):
        return "valueInt" if types.get(name) == "int" and isinstance(value, int) else "valueNumber"
    return "valueText"


def literal(value: Any) -> str:
    """A value as GraphQL writes it; the value of `operator` is a bare word."""
    if isinstance(value, Mapping):
        parts = [
            f"{name}: {_bare(item) if name == 'operator' else literal(item)}" for name, item in value.items() if _NAME.fullmatch(str(name))
        ]
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return orjson.dumps(value).decode()


def _bare(value: Any) -> str:
    return value if isinstance(value, str) and _ENUM.fullmatch(value) else "Equal"


def _as_where(given: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Newer clients say `target: {property}`, `value` and `filters` where the API says `path`, `value…` and `operands`."""
    if operands := objects_of(given.get("filters")) or objects_of(given.get("operands")):
        return {"operator": given["operator"], "operands": [_as_where(item, types) for item in operands]}
    name = text_of(member(given, "target", "property"))
    if not name:
        return dict(given)
    value = given.get("value")
    return {"path": [name], "operator": given["operator"], value_key(name, value, types): value}
