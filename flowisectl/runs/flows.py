"""A stored chatflow → `Flow`, parsed once per version and kept."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.connection import Database
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.errors import FlowNotFound, InvalidFlow

KEPT_FLOWS = 1000
FRESH_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFlow:
    """A flow, and of its row what a request needs to know before the flow runs."""

    flow: Flow
    workspace_id: str
    api_key_id: str
    is_public: bool
    api_config: Mapping[str, Any]
    """`chat_flow.apiConfig` decoded: the rate limit and the override permissions."""


class FlowStore:
    """The flows of the database, by id.

    What was read within the last second is served without asking the database again. A change made through this process
    shows at once (`forget`), one made through another as soon as it is told (`drop_all`). A caller that knows the version it
    wants (`updatedDate`) is served from memory whenever that version is kept, so a worker reads a flow once however many
    runs of it arrive.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, tuple[float, StoredFlow]] = OrderedDict()
        self._announce: Callable[[], None] = lambda: None

    async def get(self, flow_id: str, version: str = "") -> StoredFlow:
        """Raises FlowNotFound, InvalidFlow, DatabaseUnavailable."""
        kept = self._kept.get(flow_id)
        if kept is not None:
            read_at, stored = kept
            if version == stored.flow.version if version else time.monotonic() - read_at < FRESH_SECONDS:
                return stored
        row = await get_flow_row(self._database, flow_id)
        if row is None:
            self._kept.pop(flow_id, None)
            raise FlowNotFound(flow_id)
        stored = kept[1] if kept is not None and kept[1].flow.version == row["updatedDate"] else to_stored_flow(row)
        self._kept[flow_id] = (time.monotonic(), stored)
        self._kept.move_to_end(flow_id)
        while len(self._kept) > KEPT_FLOWS:
            self._kept.popitem(last=False)
        return stored

    async def workspace_of(self, flow_id: str) -> str:
        """The workspace of a flow whose `flowData` need not be readable; empty when it has none. Raises FlowNotFound."""
        try:
            return (await self.get(flow_id)).workspace_id
        except InvalidFlow:
            row = await get_flow_row(self._database, flow_id)
        if row is None:
            raise FlowNotFound(flow_id)
        return str(row["workspaceId"] or "")

    def forget(self, flow_id: str) -> None:
        """The row was changed or deleted through this process. Other processes are told."""
        self._kept.pop(flow_id, None)
        self._announce()

    def announce_with(self, announce: Callable[[], None]) -> None:
        self._announce = announce

    def drop_all(self) -> None:
        """Ask the database about every flow again: another process changed one. What is unchanged is not parsed again."""
        self._kept = OrderedDict((flow_id, (float("-inf"), stored)) for flow_id, (_, stored) in self._kept.items())


def to_stored_flow(row: Mapping[str, Any]) -> StoredFlow:
    """Parse a row of `chat_flow` as database/chat_flow.py gives it."""
    flow = parse_flow(
        row["flowData"],
        id=row["id"],
        name=row["name"],
        kind=row["type"] or "",
        api_config=row["apiConfig"],
        chatbot_config=row["chatbotConfig"],
        follow_up_prompts=row["followUpPrompts"],
        speech_to_text=row["speechToText"],
        version=row["updatedDate"],
    )
    return StoredFlow(
        flow=flow,
        workspace_id=row["workspaceId"] or "",
        api_key_id=row["apikeyid"] or "",
        is_public=bool(row["isPublic"]),
        api_config=flow.api_config,
    )
