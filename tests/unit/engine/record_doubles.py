"""A record manager in memory."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.interfaces.record_manager import RecordedKey


class ListRecords:
    """Records in a dictionary; every call of `now` is one tick later."""

    def __init__(self, cleanup: str = "none", source_id_key: str = "source") -> None:
        self.cleanup = cleanup
        self.namespace = "records"
        self.source_id_key = source_id_key
        self.entries: dict[str, tuple[float, RecordedKey]] = {}
        self.time = 0.0

    async def prepare(self) -> None:
        return None

    async def now(self) -> float:
        self.time += 1
        return self.time

    async def existing(self, keys: Sequence[str]) -> set[str]:
        return {key for key in keys if key in self.entries}

    async def record(self, entries: Sequence[RecordedKey]) -> None:
        self.entries |= {entry.key: (self.time, entry) for entry in entries}

    async def keys(
        self, *, before: float | None = None, group_ids: Sequence[str] | None = None, doc_id: str | None = None, limit: int | None = None
    ) -> list[str]:
        found = [
            key
            for key, (at, entry) in self.entries.items()
            if (before is None or at < before)
            and (group_ids is None or entry.group_id in group_ids)
            and (doc_id is None or entry.doc_id == doc_id)
        ]
        return found[:limit]

    async def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)
