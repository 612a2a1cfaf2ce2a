"""The names under which requests are counted: those of the routes that exist, so that no client can make up others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

UNMATCHED = "unmatched"
ANY = ":id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
MOST_PARTS = 8
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+|[0-9a-fA-F]{16,}|.{33,}")
_PLACE = re.compile(r"<[^>]*>")
_OPEN = re.compile(r"<path:[^>]*>$")


def route_of(path: str) -> str:
    """The path with what looks like an id replaced."""
    return "/".join(ANY if _ID.fullmatch(part) else part for part in path.split("/")[:MOST_PARTS])


def method_name(method: str) -> str:
    return method if method in METHODS else OTHER_METHOD


class RouteNames:
    """From the rules of the application, as werkzeug writes them: `/api/v1/prediction/<flow_id>`."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._known: set[str] = set()
        self._by_length: dict[int, list[list[str]]] = defaultdict(list)
        self._open: list[str] = []
        """What stands before a part that may have slashes in it."""
        for rule in sorted(set(rules)):
            if _OPEN.search(rule):
                self._open.append(_PLACE.sub(ANY, _OPEN.sub("", rule)))
                continue
            name = _PLACE.sub(ANY, rule).rstrip("/") or "/"
            self._known.add(name)
            self._by_length[name.count("/")].append(name.split("/"))
        for names in self._by_length.values():
            names.sort(key=lambda parts: parts.count(ANY))  # a part that is written out counts more than any part

    def name(self, path: str) -> str:
        """The route that a path leads to, with `:id` for its parts that vary; UNMATCHED for none."""
        path = path.rstrip("/") or "/"
        likely = route_of(path)
        if likely in self._known:
            return likely
        parts = path.split("/")
        for named in self._by_length.get(len(parts) - 1, ()):
            if all(name in (ANY, part) for name, part in zip(named, parts, strict=True)):
                return "/".join(named)
        return next((f"{start}{ANY}" for start in self._open if path.startswith(start)), UNMATCHED)
