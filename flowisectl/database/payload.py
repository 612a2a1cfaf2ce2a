"""Table `flowisectl_payload`: what is too large to travel through Redis, in parts, until its job is forgotten. Ours, not Flowise's."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import UtcDate, utc_now
from flowisectl.database.inserts import insert_once
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


async def put_payload(database: Database, job: str, name: str, data: bytes, *, expires: str) -> None:
    """Keep it; a second time changes nothing. Raises DatabaseUnavailable."""
    starts = range(0, max(len(data), 1), PART_BYTES)
    rows = [
        {"job": job, "name": name, "part": number, "expires": expires, "data": data[start : start + PART_BYTES]}
        for number, start in enumerate(starts)
    ]
    await database.commits.add(insert_once(TABLE, database.dialect, key=("job", "name", "part")), rows)


async def get_payload(database: Database, job: str, name: str) -> bytes | None:
    """What was kept, whole; None when there is nothing. Raises DatabaseUnavailable."""
    parts = await database.fetch(_PARTS, {"of_job": job, "of_name": name})
    return b"".join([part["data"] for part in parts]) if parts else None


async def delete_payloads(database: Database, jobs: Sequence[str]) -> int:
    """Forget all that was kept of these jobs; how many parts there were."""
    return await delete_rows(database, TABLE, TABLE.c.job.in_(list(jobs))) if jobs else 0


async def delete_expired_payloads(database: Database) -> int:
    return await delete_rows(database, TABLE, TABLE.c.expires < utc_now())
