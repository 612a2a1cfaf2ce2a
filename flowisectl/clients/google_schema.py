"""JSON Schema in the part of it that Gemini takes (https://ai.google.dev/api/caching#Schema)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT = (
    "description", "enum", "nullable", "required", "title", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength",
    "pattern", "propertyOrdering",
)  # fmt: skip
_FORMATS = {"string": ("enum", "date-time"), "number": ("float", "double"), "integer": ("int32", "int64")}
_DEEPEST = 32


def to_gemini_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with references put in place and what Gemini refuses left out (`$schema`, `additionalProperties`, `const` …)."""
    definitions = {**(schema.get("definitions") or {}), **(schema.get("$defs") or {})}
    return _convert(schema, definitions, 0)


def _convert(schema: Any, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {"type": "string"}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = definitions.get(reference.rsplit("/", 1)[-1], {})
        return _convert({**target, **{name: value for name, value in schema.items() if name != "$ref"}}, definitions, depth + 1)
    data = {name: schema[name] for name in _KEPT if name in schema}
    kind, is_nullable = _kind(schema)
    if kind:
        data["type"] = kind
    if is_nullable:
        data["nullable"] = True
    if "const" in schema:
        data["enum"] = [str(schema["const"])]
    if "enum" in data:
        data["enum"] = [str(value) for value in data["enum"] if value is not None]
        data["type"] = "string"
    if schema.get("format") in _FORMATS.get(kind, ()):
        data["format"] = schema["format"]
    if isinstance(schema.get("properties"), Mapping):
        data["properties"] = {name: _convert(value, definitions, depth + 1) for name, value in schema["properties"].items()}
    if kind == "array" or "items" in schema:
        data["items"] = _convert(schema.get("items") or {}, definitions, depth + 1)
    return _with_choices(data, schema, definitions, depth)


def _with_choices(data: dict[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    choices = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list) and choices:
        real = [choice for choice in choices if not (isinstance(choice, Mapping) and choice.get("type") == "null")]
        if len(real) < len(choices):
            data["nullable"] = True
        converted = [_convert(choice, definitions, depth + 1) for choice in real]
        if len(converted) == 1:
            return {**converted[0], **data}
        data["anyOf"] = converted
    for part in schema.get("allOf") or ():
        data = {**_convert(part, definitions, depth + 1), **data}
    return data


def _kind(schema: Mapping[str, Any]) -> tuple[str, bool]:
    kind = schema.get("type")
    if isinstance(kind, list):
        real = [item for item in kind if item != "null"]
        return (str(real[0]) if real else "string"), len(real) < len(kind)
    if isinstance(kind, str):
        return kind, False
    return ("object" if "properties" in schema else ""), False
