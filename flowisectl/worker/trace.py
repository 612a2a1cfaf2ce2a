"""What `jobs inspect` shows of a run: one line for each node, kept small, written to Redis now and then."""

from __future__ import annotations

import time
from typing import Any

import orjson

MAX_NODES = 500
MAX_NOTES = 100
MAX_TEXT = 500


class JobTrace:
    """`engine.context.Trace` of one attempt. The worker asks `has_news` and sends `to_bytes` with the next write."""

    def __init__(self) -> None:
        self.has_news = False
        self._nodes: list[dict[str, Any]] = []
        self._notes: list[str] = []

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        if len(self._nodes) < MAX_NODES:
            self._nodes.append(
                {"id": node_id, "name": node_name, "label": label, "status": "running", "started": _now_ms(), "took": None, "error": ""}
            )
            self.has_news = True

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        for line in reversed(self._nodes):
            if line["id"] == node_id and line["took"] is None:
                line.update(status=status, took=_now_ms() - line["started"], error=error[:MAX_TEXT])
                self.has_news = True
                return

    def note(self, text: str) -> None:
        if len(self._notes) < MAX_NOTES:
            self._notes.append(text[:MAX_TEXT])
            self.has_news = True

    def to_bytes(self) -> bytes:
        """`{"nodes": [{id, name, label, status, started, took, error}], "notes": [text]}`; times in ms; empty when nothing was told."""
        self.has_news = False
        if not self._nodes and not self._notes:
            return b""
        try:
            return orjson.dumps({"nodes": self._nodes, "notes": self._notes})
        except TypeError:  # a lone surrogate in a label or an error
            clean = [{name: _clean(value) for name, value in line.items()} for line in self._nodes]
            return orjson.dumps({"nodes": clean, "notes": [_clean(note) for note in self._notes]})


def _clean(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _now_ms() -> int:
    return int(time.time() * 1000)
