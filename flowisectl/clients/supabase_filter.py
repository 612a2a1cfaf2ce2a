"""Filters as authors write them for Supabase' JavaScript client, `filter("metadata->a::int", "gt", 5).limit(3)`, as PostgREST takes them.

Nothing of the text is run: it is a chain of calls with plain values, and each call is one parameter of the address
(https://supabase.com/docs/reference/javascript/using-filters, https://docs.postgrest.org/en/stable/references/api/tables_views.html).
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from flowisectl.interfaces.lenient_json import parse_lenient

MAX_CHARS = 10_000
_CALL = re.compile(r"\s*\.?\s*(?P<name>[A-Za-z]+)\s*\((?P<given>(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^()\"'])*)\)", re.DOTALL)
_COMPARISONS = frozenset(("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "is"))
_SETS = {"contains": "cs", "containedBy": "cd", "overlaps": "ov"}
_RESERVED = re.compile(r'[,.:()"\s]')


def filter_query(text: str) -> dict[str, list[str]]:
    """Parameters of the address by name. Raises ValueError that says which call cannot be read."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"it is longer than {MAX_CHARS} characters")
    rest = text.strip().removesuffix(";").strip().removeprefix("rpc")
    query: dict[str, list[str]] = {}
    while rest.strip():
        call = _CALL.match(rest)
        if call is None:
            raise ValueError(f"there is no call like filter(column, operator, value) at {rest.strip()[:40]!r}")
        name, given = call["name"], call["given"]
        try:
            for column, condition in _conditions(name, *parse_lenient(f"[{given}]")):
                query.setdefault(column, []).append(condition)
        except (ValueError, TypeError) as error:
            raise ValueError(f"the call {name}({given.strip()[:40]}) is none that can be sent") from error
        rest = rest[call.end() :]
    return query


def _conditions(name: str, *given: Any) -> list[tuple[str, str]]:
    """(parameter, value) of one call. Raises ValueError for an unknown one, TypeError for a wrong number of values."""
    if name in _COMPARISONS:
        column, value = given
        return [(str(column), f"{name}.{_plain(value)}")]
    if name in _SETS:
        column, value = given
        return [(str(column), f"{_SETS[name]}.{_set(value)}")]
    match name:
        case "filter":
            column, operator, value = given
            return [(str(column), f"{operator}.{_plain(value)}")]
        case "not":
            column, operator, value = given
            return [(str(column), f"not.{operator}.{_plain(value)}")]
        case "in":
            column, values = given
            return [(str(column), f"in.({','.join(_quoted(value) for value in values)})")]
        case "match":
            [wanted] = given
            return [(str(column), f"eq.{_plain(value)}") for column, value in dict(wanted).items()]
        case "or":
            [conditions] = given
            return [("or", f"({conditions})")]
        case "limit":
            [count] = given
            return [("limit", str(int(count)))]
        case _:
            raise ValueError(name)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _quoted(value: Any) -> str:
    text = _plain(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if _RESERVED.search(text) else text


def _set(value: Any) -> str:
    """An array of PostgreSQL, a JSON object, or a range as it is written."""
    return "{" + ",".join(_quoted(item) for item in value) + "}" if isinstance(value, list) else _plain(value)
