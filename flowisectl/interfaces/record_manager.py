"""What remembers which documents were written into a vector store, so that a later write adds, skips and deletes as needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class RecordedKey:
    """One document that was written. Table `upsertion_records`: `uuid, key, namespace, updated_at, group_id, doc_id`."""

    key: str
    """The document's hash, which is also its id in the vector store."""
    group_id: str | None = None
    """The document's source: the metadata under `source_id_key`."""
    doc_id: str | None = None
    """The loader of a document store that it came from."""


class RecordManager(Protocol):
    """The records of one namespace. Every method raises Unavailable when they cannot be reached."""

    cleanup: str
    """`none`, `incremental` (what was not written again of the same sources is deleted) or `full` (what was not written again)."""
    namespace: str
    """Tells these records from those of other stores in the same table."""
    source_id_key: str
    """The metadata that names a document's source; `source` unless chosen otherwise."""

    async def prepare(self) -> None:
        """Make the table if it is not there."""
        ...

    async def now(self) -> float:
        """The clock of the records' database, in seconds: all times are compared with this one."""
        ...

    async def existing(self, keys: Sequence[str]) -> set[str]:
        """Those keys that are recorded."""
        ...

    async def record(self, entries: Sequence[RecordedKey]) -> None:
        """Insert the keys, or set their time to now."""
        ...

    async def keys(
        self, *, before: float | None = None, group_ids: Sequence[str] | None = None, doc_id: str | None = None, limit: int | None = None
    ) -> list[str]:
        """The keys that were last recorded before this time, of these sources, of this loader."""
        ...

    async def forget(self, keys: Sequence[str]) -> None:
        """Remove the records of these keys; unknown keys count as forgotten."""
        ...
