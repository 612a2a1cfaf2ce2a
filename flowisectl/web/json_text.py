"""JSON text of requests and answers: orjson, with the standard library where orjson refuses what JavaScript accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

import orjson

from flowisectl.errors import InvalidRequest

DEEPEST = 200
"""How many objects and lists may lie in each other; JSON is written, here and in the queue, by a library that goes to 254."""
_TOO_DEEP = f"The JSON is nested too deeply: at most {DEEPEST} objects and lists may lie in each other"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> bytes:
    """Compact UTF-8 JSON. Numbers beyond 64 bits and lone surrogates (written as escapes) are allowed.

    Raises InvalidRequest for a value that is nested too deeply for anybody.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        try:
            text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        except RecursionError as error:
            raise InvalidRequest(_TOO_DEEP) from error
        try:
            return text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def from_json(data: bytes) -> Any:
    """Read JSON. Half a surrogate pair, which JavaScript allows and no database or network does, becomes U+FFFD.

    Raises InvalidRequest, which says where the text breaks off, and for JSON that is nested too deeply.
    """
    value = _read(data)
    if data.count(b"[") + data.count(b"{") > DEEPEST:
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [item for outer in level for item in _items(outer) if isinstance(item, (dict, list))]
        if not level:
            return
    raise InvalidRequest(_TOO_DEEP)


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _read(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        # Everything else that orjson refuses stays refused.
        if b"\\ud" in data or b"\\uD" in data:
            try:
                return _whole_texts(json.loads(data, parse_constant=_refuse_constant))
            except (ValueError, RecursionError):
                pass
        raise InvalidRequest(f"The request body is not valid JSON: {error}") from error


def _whole_texts(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_HALF_PAIR.sub("\ufffd", name): _whole_texts(item) for name, item in value.items()}
    return [_whole_texts(item) for item in value] if isinstance(value, list) else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
