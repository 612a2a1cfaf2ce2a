"""A stored chatflow → `Flow`, parsed once per version and kept."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flowisectl.database.chat_flow import flow_versions, get_flow_row
from flowisectl.database.connection import Database
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.errors import FlowNotFound, InvalidFlow

KEPT_FLOWS = 1000
FRESH_SECONDS = 1.0
AHEAD_SECONDS = 0.7
"""From this age on a flow that is asked for is looked at again, and with it all that were seen half as long ago."""
USED_SECONDS = 5.0
"""A flow that nobody wanted for so long is looked at when somebody does."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFlow:
    """A flow, and of its row what a request needs to know before the flow runs."""

    flow: Flow
    workspace_id: str
    api_key_id: str
    is_public: bool
    api_config: Mapping[str, Any]
    """`chat_flow.apiConfig` decoded: the rate limit and the override permissions."""


@dataclass(slots=True)
class _Kept:
    stored: StoredFlow
    seen: float
    """When the database had this version for sure, by the monotonic clock."""
    asked: float
    """When somebody wanted it last."""


class FlowStore:
    """The flows of the database, by id.

    What the database said within the last second is served without asking it again. After that only the versions are asked
    for (`updatedDate`), those of all flows in use by one query, and mostly before anybody has to wait for it. A change made
    through this process shows at once (`forget`), one made through another as soon as it is told (`drop_all`), one made by
    another program within that second. A caller that knows the version it wants is served from memory whenever that version
    is kept, so a worker reads a flow once however many runs of it arrive.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._changes = 0
        """How many changes this process knows of: what was asked for before the last one may be older than it."""
        self._looking: asyncio.Task[None] | None = None
        self._reading: dict[str, asyncio.Task[StoredFlow]] = {}
        self._announce: Callable[[], None] = lambda: None

    async def get(self, flow_id: str, version: str = "") -> StoredFlow:
        """Raises FlowNotFound, InvalidFlow, DatabaseUnavailable."""
        kept = self._kept.get(flow_id)
        if kept is None:
            return await self._read(flow_id, version)
        if version:
            return kept.stored if version == kept.stored.flow.version else await self._read(flow_id, version)
        kept.asked = now = self._clock()
        if now - kept.seen >= AHEAD_SECONDS:
            looking = self._look()
            if now - kept.seen >= FRESH_SECONDS:
                await asyncio.wait([looking])
                kept = self._kept.get(flow_id)
                # Also when the look had begun before this flow was asked for, or could not be done: the row tells, or why not.
                if kept is None or now - kept.seen >= FRESH_SECONDS:
                    return await self._read(flow_id, version)
        self._kept.move_to_end(flow_id)
        return kept.stored

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
        self._changes += 1
        self._kept.pop(flow_id, None)
        self._reading.pop(flow_id, None)
        self._announce()

    def announce_with(self, announce: Callable[[], None]) -> None:
        self._announce = announce

    def drop_all(self) -> None:
        """Ask the database about every flow again: another process changed one. What is unchanged is not read again."""
        self._changes += 1
        self._looking = None
        self._reading.clear()
        for kept in self._kept.values():
            kept.seen = float("-inf")

    def _look(self) -> asyncio.Task[None]:
        """The look at the versions that goes on, or a new one."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_at_versions(), name="flow versions")
            self._looking.add_done_callback(self._has_looked)
        return self._looking

    def _has_looked(self, task: asyncio.Task[None]) -> None:
        if self._looking is task:
            self._looking = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("the versions of flows could not be looked at: %s", error)

    async def _look_at_versions(self) -> None:
        """One query for all flows that are in use and due soon; what has changed is forgotten."""
        began, changes = self._clock(), self._changes
        due = [id for id, kept in self._kept.items() if began - kept.asked < USED_SECONDS and began - kept.seen >= AHEAD_SECONDS / 2]
        versions = await flow_versions(self._database, due)
        if changes != self._changes:
            return
        for flow_id in due:
            kept = self._kept.get(flow_id)
            if kept is None:
                continue
            if versions.get(flow_id) == kept.stored.flow.version:
                kept.seen = max(kept.seen, began)
            else:
                del self._kept[flow_id]

    async def _read(self, flow_id: str, version: str) -> StoredFlow:
        """The row as it is now. Whoever wants the same meanwhile is served by the same read, unless it finds another version."""
        while True:
            reading, is_own = self._reading.get(flow_id), False
            if reading is None:
                reading = self._reading[flow_id] = asyncio.create_task(self._read_row(flow_id), name="flow")
                reading.add_done_callback(partial(self._has_read, flow_id))
                is_own = True
            stored = await asyncio.shield(reading)
            if is_own or version in ("", stored.flow.version):
                return stored

    def _has_read(self, flow_id: str, task: asyncio.Task[StoredFlow]) -> None:
        if self._reading.get(flow_id) is task:
            del self._reading[flow_id]
        if not task.cancelled():
            task.exception()  # told to whoever waits; nobody may

    async def _read_row(self, flow_id: str) -> StoredFlow:
        began, changes = self._clock(), self._changes
        row = await get_flow_row(self._database, flow_id)
        kept = self._kept.get(flow_id)
        if row is None:
            self._kept.pop(flow_id, None)
            raise FlowNotFound(flow_id)
        stored = kept.stored if kept is not None and kept.stored.flow.version == row["updatedDate"] else to_stored_flow(row)
        self._kept[flow_id] = _Kept(stored, began if changes == self._changes else float("-inf"), self._clock())
        self._kept.move_to_end(flow_id)
        while len(self._kept) > KEPT_FLOWS:
            self._kept.popitem(last=False)
        return stored


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
