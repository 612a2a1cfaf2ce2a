"""What is too large to travel through Redis, until its job is forgotten: table `flowisectl_payload` (ours, not Flowise's), in parts,
or with SQLite files beside the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import UtcDate, iso_of_epoch, utc_now
from flowisectl.database.inserts import insert_once
from flowisectl.database.payload_files import FOLDER, PayloadFiles
from flowisectl.database.rows import delete_rows, table_of

PART_BYTES = 1024 * 1024
"""Servers refuse packets that are too large; no part comes near their limits."""


class Payload(SQLModel, table=True):
    __tablename__ = "flowisectl_payload"

    job: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    """What it is of the job: `request`, `result:<run>`."""
    part: int = Field(primary_key=True)
    expires: str = Field(sa_type=UtcDate)
    """Jobs are forgotten long before; this is for those whose Redis lost its data."""
    data: bytes = Field(sa_type=sa.LargeBinary)


TABLE = table_of(Payload)

_PARTS = (
    sa.select(TABLE.c.data)
    .where(TABLE.c.job == sa.bindparam("of_job", type_=sa.String), TABLE.c.name == sa.bindparam("of_name", type_=sa.String))
    .order_by(TABLE.c.part)
)


class PayloadStore(Protocol):
    """Where what is too large for Redis is kept for all processes with this database. Every method raises DatabaseUnavailable."""

    async def put(self, job: str, name: str, data: bytes, *, expires_ms: int) -> None:
        """Keep it until this time (epoch) or until the job is deleted; a second time changes nothing."""
        ...

    async def get(self, job: str, name: str) -> bytes | None:
        """What was kept, whole; None when there is nothing."""
        ...

    async def delete(self, jobs: Sequence[str]) -> None:
        """Forget all that was kept of these jobs."""
        ...

    async def delete_expired(self) -> None: ...


def payload_store(database: Database) -> PayloadStore:
    """Rows of the table, or files beside a SQLite database."""
    rows = PayloadRows(database)
    return FilesBesideRows(PayloadFiles(database.settings.sqlite_file.parent / FOLDER), rows) if database.dialect == "sqlite" else rows


class PayloadRows:
    """The table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, job: str, name: str, data: bytes, *, expires_ms: int) -> None:
        expires = iso_of_epoch(expires_ms)
        starts = range(0, max(len(data), 1), PART_BYTES)
        rows = [
            {"job": job, "name": name, "part": number, "expires": expires, "data": data[start : start + PART_BYTES]}
            for number, start in enumerate(starts)
        ]
        await self._database.commits.add(insert_once(TABLE, self._database.dialect, key=("job", "name", "part")), rows)

    async def get(self, job: str, name: str) -> bytes | None:
        parts = await self._database.fetch(_PARTS, {"of_job": job, "of_name": name})
        return b"".join([part["data"] for part in parts]) if parts else None

    async def delete(self, jobs: Sequence[str]) -> None:
        if jobs:
            await delete_rows(self._database, TABLE, TABLE.c.job.in_(list(jobs)))

    async def delete_expired(self) -> None:
        await delete_rows(self._database, TABLE, TABLE.c.expires < utc_now())


class FilesBesideRows:
    """Files, and the rows that earlier versions have left in the table."""

    def __init__(self, files: PayloadFiles, rows: PayloadRows) -> None:
        self._files = files
        self._rows = rows

    async def put(self, job: str, name: str, data: bytes, *, expires_ms: int) -> None:
        await self._files.put(job, name, data, expires_ms=expires_ms)

    async def get(self, job: str, name: str) -> bytes | None:
        found = await self._files.get(job, name)
        return found if found is not None else await self._rows.get(job, name)

    async def delete(self, jobs: Sequence[str]) -> None:
        await self._files.delete(jobs)
        await self._rows.delete(jobs)

    async def delete_expired(self) -> None:
        await self._files.delete_expired()
        await self._rows.delete_expired()
