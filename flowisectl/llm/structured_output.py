"""The answers that a flow's author wants as data: rows of a form as a JSON Schema, and a model's answer as the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.interfaces.lenient_json import parse_lenient

_PLAIN = {"string": "string", "number": "number", "boolean": "boolean"}
_FREE_OBJECT = {"type": "object", "additionalProperties": {}}
_MAX_DEPTH = 20


def schema_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of rows `{key, type, enumValues?, jsonSchema?, description?}`; every key is required.

    `type` is `string`, `stringArray`, `number`, `boolean`, `enum` (values separated by commas) or `jsonArray` (objects whose
    properties `jsonSchema` describes; free objects when it cannot be read). Other types count as `string`.
    """
    properties = {str(row["key"]): _property_of(row) for row in rows if row.get("key")}
    return _object(properties, list(properties))


def _property_of(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row.get("type")
    schema: dict[str, Any]
    if kind == "stringArray":
        schema = {"type": "array", "items": {"type": "string"}}
    elif kind == "enum":
        values = [value.strip() for value in str(row.get("enumValues") or "").split(",")]
        schema = {"type": "string", "enum": values}
    elif kind == "jsonArray":
        schema = _objects(row.get("jsonSchema"))
    else:
        schema = {"type": _PLAIN.get(str(kind), "string")}
    return _described(schema, row)


def _objects(text: Any) -> dict[str, Any]:
    properties = _read(text)
    if isinstance(properties, list):
        properties = {str(index): value for index, value in enumerate(properties)}
    items = _described_object(properties, 0) if isinstance(properties, Mapping) else dict(_FREE_OBJECT)
    return {"type": "array", "items": items}


def _described_object(properties: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """What may be left out, and what may be anything, is not required."""
    known = {str(name): _described_value(value, depth + 1) for name, value in properties.items()}
    return _object(known, [name for name, schema in known.items() if "type" in schema and not _is_optional(properties[name])])


def _is_optional(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("optional"))


def _described_value(value: Any, depth: int) -> dict[str, Any]:
    """The schema of one member, read as existing flows have always been read, which is not JSON Schema: `items` names the members
    of the objects in an array; a member without `type` is an object of what it names; a type that is not known is anything."""
    if depth > _MAX_DEPTH:
        return {}
    if isinstance(value, list):
        return {"type": "array"}
    if not isinstance(value, Mapping):
        return {"type": "string"}
    kind = value.get("type")
    if not kind:
        return _described_object(value, depth)
    schema: dict[str, Any]
    if kind == "array":
        items = value.get("items")
        schema = {"type": "array", **({"items": _described_object(items, depth)} if isinstance(items, Mapping) else {})}
    elif kind == "object":
        inner = value.get("properties")
        schema = _described_object(inner, depth) if isinstance(inner, Mapping) else dict(_FREE_OBJECT)
    else:
        schema = {"type": _PLAIN[kind]} if isinstance(kind, str) and kind in _PLAIN else {}
    return _described(schema, value)


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _described(schema: dict[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    description = source.get("description")
    return {**schema, "description": str(description)} if description else schema


def data_of(text: str) -> dict[str, Any]:
    """The JSON object in a model's answer, with or without a code fence around it. Raises ValueError."""
    data = _read(unfenced(text))
    if not isinstance(data, dict):
        raise ValueError(f"the model did not answer with a JSON object: {text[:200]}")
    return data


def unfenced(text: str) -> str:
    """A text without the code fence around it; other text from its first brace to its last."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text.strip()


def _read(text: Any) -> Any:
    """Lenient JSON; None when it is none."""
    if not isinstance(text, str):
        return text
    try:
        return parse_lenient(text)
    except ValueError:
        return None
