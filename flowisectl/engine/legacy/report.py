"""What a graph of agents tells while it runs, and what it leaves for the answer: the reasoning, tools, documents, artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.legacy.parts import FINISH, Update

_EXTRAS = ("usedTools", "sourceDocuments", "artifacts")


class GraphReport:
    """Collects what happened and sends the events, when somebody listens."""

    def __init__(self, context: RunContext) -> None:
        self.reasoning: list[dict[str, Any]] = []
        self.extras: dict[str, list[Any]] = {name: [] for name in _EXTRAS}
        self._emit = context.events.emit if context.is_streaming else None
        self._has_started = False

    def condition(self, label: str, node_name: str, node_id: str, update: Update, target: str) -> None:
        """A condition led to the part that has just spoken, whose label is `target`."""
        texts = [message.text for message in update.messages[:-1]]
        self.reasoning.append({"agentName": label, "messages": [*texts, target], "nodeName": node_name, "nodeId": node_id})

    def part(self, label: str, node_name: str, update: Update, labels: Mapping[str, str]) -> None:
        """A part is done. `labels` are the labels of all parts by their names; `node_name` is empty for members of a team."""
        found = {name: [item for message in update.messages for item in message.extra.get(name) or ()] for name in _EXTRAS}
        for name, items in found.items():
            self.extras[name] += items
        entry: dict[str, Any] = {"agentName": label, "messages": [message.text for message in update.messages]}
        following = update.values.get("next")
        for name in ("next", "instructions"):
            if update.values.get(name) is not None:
                entry[name] = update.values[name]
        # Clients know a place for each message of a sequential agent, null where it brought nothing.
        entry |= {name: _by_message(update, name) for name in _EXTRAS} if node_name else found
        entry["state"] = dict(update.values)
        if node_name:
            entry["nodeName"] = node_name
        entry["nodeId"] = str(update.messages[-1].extra.get("nodeId") or "") if update.messages else ""
        self.reasoning.append(entry)
        self._tell_reasoning()
        if isinstance(following, str) and following and following not in (FINISH, "END"):
            self._tell(EventKind.NEXT_AGENT, labels.get(following, following))

    def answer(self, text: str) -> None:
        """The whole answer, at once."""
        self._start()
        if text:
            self._tell(EventKind.TOKEN, text)

    def action(self, action: Mapping[str, Any]) -> None:
        self._tell(EventKind.ACTION, dict(action))

    def end(self) -> None:
        """The collected tools, documents and artifacts; clients get them even when there are none."""
        for kind in (EventKind.USED_TOOLS, EventKind.SOURCE_DOCUMENTS, EventKind.ARTIFACTS):
            self._tell(kind, unique(self.extras[kind.value]))

    def abort(self) -> None:
        self._tell(EventKind.ABORT, "[DONE]")

    def _tell_reasoning(self) -> None:
        self._start()
        self._tell(EventKind.AGENT_REASONING, [*self.reasoning])

    def _start(self) -> None:
        if not self._has_started:
            self._has_started = True
            self._tell(EventKind.START, [*self.reasoning])

    def _tell(self, kind: EventKind, data: Any) -> None:
        if self._emit is not None:
            self._emit(FlowEvent(kind, data))


def _by_message(update: Update, name: str) -> list[Any]:
    return [item for message in update.messages for item in message.extra.get(name) or (None,)]


def unique(items: list[Any]) -> list[Any]:
    """Each item once, in order."""
    found: dict[bytes, Any] = {}
    for item in items:
        found.setdefault(orjson.dumps(item, default=str, option=orjson.OPT_SORT_KEYS), item)
    return list(found.values())
