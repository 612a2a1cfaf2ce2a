"""Reads members of JSON answers whose shape nobody promises: what is missing or of another kind reads as nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def member(value: Any, *path: str | int) -> Any:
    """What lies at the end of a path of names and places; None where the path leads nowhere."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def object_of(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def objects_of(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def number_of(value: Any) -> float:
    """A number, also one that is written as text; 0 for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def vector_of(value: Any) -> Sequence[float]:
    """A list of numbers; empty when it is anything else."""
    is_vector = isinstance(value, list) and all(isinstance(item, (int, float)) for item in value)
    return value if is_vector else ()


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""
