"""Checking data against the part of JSON Schema that tools and output parsers use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def checked(value: Any, schema: Mapping[str, Any], path: str = "") -> Any:
    """The value without members that the schema doesn't know, defaults filled in. Raises ValueError naming the place."""
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f"{path or 'the value'} must be one of {', '.join(map(str, schema['enum']))}, not {value!r}")
    wanted = schema.get("type")
    if isinstance(wanted, str) and not _is(value, wanted):
        raise ValueError(f"{path or 'the value'} must be of type {wanted}, not {_name_of(value)}")
    _check_bounds(value, schema, path)
    if isinstance(value, dict) and "properties" in schema:
        return _members(value, schema, path)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [checked(item, schema["items"], f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def coerced(value: Any, schema: Mapping[str, Any]) -> Any:
    """A value that a model wrote in the wrong type, as the type that the schema wants, when that is clear."""
    wanted = schema.get("type")
    if wanted == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        return value
    if wanted in ("number", "integer"):
        try:
            return int(value) if value.strip().lstrip("-").isdigit() else float(value)
        except ValueError:
            return value
    if wanted == "boolean":
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    return value


def _members(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    required = schema.get("required") or ()
    for name, inner in schema["properties"].items():
        place = f"{path}.{name}" if path else name
        if name in value and (value[name] is not None or name in required):
            found[name] = checked(value[name], inner, place)
        elif "default" in inner:
            found[name] = inner["default"]
        elif name in required:
            raise ValueError(f"{place} is missing")
    return found


def _check_bounds(value: Any, schema: Mapping[str, Any], path: str) -> None:
    if isinstance(value, str | list):
        size, least, most = len(value), *_bounds(schema, "Length" if isinstance(value, str) else "Items")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        size, least, most = value, schema.get("minimum"), schema.get("maximum")  # type: ignore[assignment]
    else:
        return
    if (least is not None and size < least) or (most is not None and size > most):
        raise ValueError(f"{path or 'the value'} must lie between {least} and {most}, not at {size}")


def _bounds(schema: Mapping[str, Any], suffix: str) -> tuple[Any, Any]:
    return schema.get(f"min{suffix}"), schema.get(f"max{suffix}")


def _is(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(wanted, (object,)))


def _name_of(value: Any) -> str:
    return next((name for name in _TYPES if _is(value, name)), type(value).__name__)
