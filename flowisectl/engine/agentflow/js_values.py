"""JSON data as JavaScript sees it: text of a value, numbers out of text, and paths into objects.

Exported flows were written against these rules, so answers and stored data must follow them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

_STEP = re.compile(r"""\[\s*(?:"([^"]*)"|'([^']*)')\s*\]|([^.\[\]]+)""")
_NUMBER = re.compile(r"\s*([+-]?(?:Infinity|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))")
MISSING = object()
"""What a path gives that leads nowhere; JavaScript's `undefined`."""


def text_of(value: Any) -> str:
    """A value inside a text: objects and arrays as JSON, `true`, `null`, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, int):
        return str(value)
    return compact_json(value)


def compact_json(value: Any) -> str:
    return _json(value, orjson.OPT_NON_STR_KEYS)


def pretty_json(value: Any) -> str:
    """Indented by two blanks."""
    return _json(value, orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _json(value: Any, option: int) -> str:
    text = orjson.dumps(value, default=str, option=option).decode()
    # Only then may there be a whole number with a point, which JavaScript writes without.
    return orjson.dumps(_with_whole_numbers(value), default=str, option=option).decode() if ".0" in text else text


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {name: _with_whole_numbers(item) for name, item in value.items()}
    return [_with_whole_numbers(item) for item in value] if isinstance(value, (list, tuple)) else value


def shown(value: Any) -> Any:
    """A result as a node shows it: objects and arrays as indented JSON, everything else unchanged."""
    return pretty_json(value) if isinstance(value, (Mapping, list, tuple)) else value


def is_truthy(value: Any) -> bool:
    """JavaScript's notion: empty objects and arrays count as true."""
    return bool(value) or isinstance(value, (Mapping, list, tuple))


def parse_number(value: Any) -> float:
    """The number that a text begins with (`5.5x` is 5.5); 0 when it begins with none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    found = _NUMBER.match(text_of(value))
    return float(found.group(1).replace("Infinity", "inf")) if found else 0.0


@lru_cache(maxsize=4096)
def path_steps(path: str) -> tuple[str, ...]:
    """`a.b[0]["c d"]` as its steps."""
    return tuple(double or single or plain for double, single, plain in _STEP.findall(path))


def get_path(value: Any, path: str) -> Any:
    """What a path leads to inside JSON data, or MISSING. A member that has the whole path for its name comes first."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for step in path_steps(path):
        if isinstance(value, Mapping):
            if step not in value:
                return MISSING
            value = value[step]
        elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and step.isdigit():
            if int(step) >= len(value):
                return MISSING
            value = value[int(step)]
        elif step == "length" and isinstance(value, (str, Sequence)):
            value = len(value)
        else:
            return MISSING
    return value
