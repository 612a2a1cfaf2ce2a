"""Compares two answers by their structure: status, members, types, lengths, order of events; texts only on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowisectl.cli.shadowing.report import Answer, Difference

_OWN_OF_EACH_RUN = frozenset({"chatId", "chatMessageId", "executionId", "sessionId"})
"""Members that must be there, and never have the same value."""
_SHOWN = 80
_MAX_DEPTH = 12
_ADDED_BY_SERVERS = frozenset({"metadata", "end", "retry"})
"""Events that the server adds to those of the run; the job's own log has none of them."""


def compare(ours: Answer, theirs: Answer, *, with_text: bool) -> tuple[Difference, ...]:
    """What the other answer has otherwise. Two errors of one status are equal whatever their words, unless texts are compared."""
    if ours.status != theirs.status:
        return (Difference(path="status", kind="status", ours=str(ours.status), theirs=str(theirs.status)),)
    if ours.is_stream != theirs.is_stream:
        told = {True: "a stream", False: "no stream"}
        return (Difference(path="events", kind="events", ours=told[ours.is_stream], theirs=told[theirs.is_stream]),)
    found: list[Difference] = []
    if ours.kinds is not None and theirs.kinds is not None:
        mine, other = shown_kinds(ours.kinds), shown_kinds(theirs.kinds)
        if mine != other:
            found.append(Difference(path="events", kind="events", ours=" ".join(mine), theirs=" ".join(other)))
    if ours.status < 400 and ours.body is not None and theirs.body is not None:
        found += _values(ours.body, theirs.body, "", with_text, 0)
    # Of many items that differ alike one is enough.
    return tuple({(item.path, item.kind): item for item in reversed(found)}.values())[::-1]


def shown_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of a run's own events, each run of one kind once."""
    own = [kind for kind in kinds if kind not in _ADDED_BY_SERVERS]
    return tuple(kind for place, kind in enumerate(own) if place == 0 or own[place - 1] != kind)


def _values(ours: Any, theirs: Any, path: str, with_text: bool, depth: int) -> Iterator[Difference]:
    if depth > _MAX_DEPTH:
        return
    if _kind(ours) != _kind(theirs):
        yield Difference(path=path or "answer", kind="type", ours=_kind(ours), theirs=_kind(theirs))
    elif isinstance(ours, Mapping):
        yield from _members(ours, theirs, path, with_text, depth)
    elif isinstance(ours, list):
        if len(ours) != len(theirs):
            yield Difference(path=path or "answer", kind="length", ours=str(len(ours)), theirs=str(len(theirs)))
        for mine, other in zip(ours, theirs, strict=False):
            yield from _values(mine, other, f"{path}[]", with_text, depth + 1)
    elif with_text and isinstance(ours, str) and " ".join(ours.split()) != " ".join(theirs.split()):
        yield Difference(path=path or "answer", kind="text", ours=_shown(ours), theirs=_shown(theirs))


def _members(ours: Mapping[str, Any], theirs: Mapping[str, Any], path: str, with_text: bool, depth: int) -> Iterator[Difference]:
    for name in ours:
        where = f"{path}.{name}" if path else name
        if name not in theirs:
            yield Difference(path=where, kind="missing", ours=_kind(ours[name]), theirs="")
        elif name not in _OWN_OF_EACH_RUN:
            yield from _values(ours[name], theirs[name], where, with_text and _is_compared(path, name), depth + 1)
    for name in theirs:
        if name not in ours:
            yield Difference(path=f"{path}.{name}" if path else name, kind="extra", ours="", theirs=_kind(theirs[name]))


def _is_compared(path: str, name: str) -> bool:
    """Texts are compared where the client reads them; what lies deeper has times and ids of the run."""
    return not path and name in ("text", "question", "json", "memoryType")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
