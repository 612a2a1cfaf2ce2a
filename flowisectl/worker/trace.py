"""What `jobs inspect` shows of a run: one line for each node, kept small, written to Redis now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from flowisectl.interfaces.model_call import EMBEDDINGS, MODEL_CALLS, CallListener
from flowisectl.queue.summary import FINISHED

MAX_NODES = 500
MAX_NOTES = 100
MAX_TEXT = 500
_REFUSED_BY = "by"
"""Of a line while its node runs: the provider that refused last."""


class JobTrace:
    """`engine.context.Trace` of one attempt. The worker asks `has_news` and sends `to_bytes` with the next write."""

    def __init__(self) -> None:
        self.has_news = False
        self._nodes: list[dict[str, Any]] = []
        self._notes: list[str] = []

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        if len(self._nodes) < MAX_NODES:
            line: dict[str, Any] = {"id": node_id, "label": label, "started": _now_ms(), "took": None}
            if node_id.rpartition("_")[0] != node_name:
                line["name"] = node_name
            self._nodes.append(line)
            self.has_news = True
            # A node works in the context that it was started in: its model calls are told to its own line.
            MODEL_CALLS.set(_NodeCalls(line))

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        for line in reversed(self._nodes):
            if line["id"] == node_id and line["took"] is None:
                refused_by = line.pop(_REFUSED_BY, "")
                if error and refused_by not in error:  # the provider's own words do not say whose they are
                    error = f"{refused_by}: {error}"
                line["took"] = _now_ms() - line["started"]
                if status != FINISHED:
                    line["status"] = status
                if error:
                    line["error"] = error[:MAX_TEXT]
                self.has_news = True
                return

    def note(self, text: str) -> None:
        if len(self._notes) < MAX_NOTES:
            self._notes.append(text[:MAX_TEXT])
            self.has_news = True

    def nodes(self) -> Iterator[Mapping[str, Any]]:
        """The lines, as `to_bytes` writes them."""
        return iter(self._nodes)

    def to_bytes(self) -> bytes:
        """`{"nodes": [{id, name?, label, status?, started, took, error?}], "notes"?: [text]}`; times in ms; empty when nothing was told.

        Without a status a node runs (`took` is null) or is finished (`queue.summary.node_status`). A name that is the beginning
        of the id (`name_0`) is left out; `queue.summary.node_name` finds it again.
        A node that asked a model also has `model`, `http` (the last status), `in` and `out` (tokens) and `first` (ms to the first piece).
        """
        self.has_news = False
        if not self._nodes and not self._notes:
            return b""
        try:
            return orjson.dumps({"nodes": self._nodes, "notes": self._notes} if self._notes else {"nodes": self._nodes})
        except TypeError:  # a lone surrogate in a label or an error
            clean = [{name: _clean(value) for name, value in line.items()} for line in self._nodes]
            return orjson.dumps({"nodes": clean, "notes": [_clean(note) for note in self._notes]})


class _NodeCalls:
    """`interfaces.model_call.CallListener` that writes into a node's line."""

    __slots__ = ("_line",)

    def __init__(self, line: dict[str, Any]) -> None:
        self._line = line

    def asked(self, *, provider: str, model: str, operation: str) -> CallListener:
        """A line has room for one model, the one that answers; embeddings are not told of."""
        return self if operation != EMBEDDINGS else _UNHEARD

    def first_token(self) -> None:
        if "first" not in self._line:
            self._line["first"] = _now_ms() - self._line["started"]

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        line = self._line
        line["model"], line["http"] = model or provider, status
        if status >= 400:
            line[_REFUSED_BY] = provider
        for name, member in (("in", "input_tokens"), ("out", "output_tokens")):
            tokens = (usage or {}).get(member)
            if isinstance(tokens, int):
                line[name] = line.get(name, 0) + tokens


class _Unheard:
    """`CallListener` that keeps nothing."""

    def asked(self, *, provider: str, model: str, operation: str) -> CallListener:
        return self

    def first_token(self) -> None:
        return None

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        return None


_UNHEARD = _Unheard()


def _clean(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _now_ms() -> int:
    return int(time.time() * 1000)
