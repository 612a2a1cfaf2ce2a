"""Table `flowisectl_attempt`: which run of a job is the one that counts. Ours, not Flowise's.

A job that starts again (its worker was lost, or gave it back) says so here before it does anything. Every statement by which
a run writes carries its `Fence` and asks this table in the same breath, so the database itself refuses the rows of a run that
was overtaken, however late they come. First runs leave no row: the table is all but empty, and asking it costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import UtcDate, iso_of, utc_now
from flowisectl.database.inserts import conflict_insert, insert_or_change, mysql_insert
from flowisectl.database.rows import table_of

KEPT_DAYS = 7
"""Longer than any run may take, and than any worker stays frozen in earnest."""


class Attempt(SQLModel, table=True):
    __tablename__ = "flowisectl_attempt"

    id: str = Field(primary_key=True)
    """The id of the answer's message, or of the upsert: it is new for each job, also for one that has an older job's id."""
    run: int
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


TABLE = table_of(Attempt)


class Overtaken(Exception):
    """The database has refused a write, as a newer run of the job has begun."""


@dataclass(frozen=True, slots=True)
class Fence:
    """What a run shows when it writes."""

    id: str
    run: int
    """Which start of the job this is, from 1."""

    @property
    def parameters(self) -> dict[str, Any]:
        """Of `is_not_overtaken`."""
        return {"fence_id": self.id, "fence_run": self.run}


def is_not_overtaken(fence: Fence | None = None) -> sa.ColumnElement[bool]:
    """The condition of a statement that carries this fence, or whichever comes with its parameters."""
    job = sa.bindparam("fence_id", type_=sa.String) if fence is None else sa.literal(fence.id)
    run = sa.bindparam("fence_run", type_=sa.Integer) if fence is None else sa.literal(fence.run)
    newer = sa.select(TABLE.c.id).where(TABLE.c.id == job, TABLE.c.run > run)
    return ~newer.exists()


def fenced_rows(rows: list[dict[str, Any]], fence: Fence) -> list[dict[str, Any]]:
    """Rows as `fenced_insert` takes them."""
    return [{**{f"new_{name}": value for name, value in row.items()}, **fence.parameters} for row in rows]


@cache
def fenced_insert(table: sa.Table, dialect: str, *, key: tuple[str, ...] = ("id",), replaces: bool = False) -> sa.Executable:
    """`INSERT … SELECT … WHERE` no newer run has begun. A row that is there already is left as it is, or replaced.

    The same object each time, so that commits can be grouped. Rows must carry every column; see `fenced_rows`.
    """
    names = [column.name for column in table.columns]
    given = sa.select(*[sa.bindparam(f"new_{column.name}", type_=column.type) for column in table.columns]).where(is_not_overtaken())
    changed = [name for name in names if name not in key] if replaces else []
    return insert_or_change(table, dialect, key=key, changed=changed, given=given)


async def overtake(database: Database, fence: Fence) -> None:
    """From now on nothing is written by earlier runs of this job. Raises DatabaseUnavailable."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        await connection.execute(TABLE.delete().where(TABLE.c.updatedDate < iso_of(now - timedelta(days=KEPT_DAYS))))
        row: Mapping[str, Any] = {"id": fence.id, "run": fence.run, "updatedDate": iso_of(now)}
        await connection.execute(_upsert(database.dialect), row)


@cache
def _upsert(dialect: str) -> sa.Executable:
    if dialect == "mysql":
        upsert = mysql_insert(TABLE)
        return upsert.on_duplicate_key_update(
            run=sa.func.greatest(TABLE.c.run, upsert.inserted.run), updatedDate=upsert.inserted.updatedDate
        )
    insert = conflict_insert(TABLE, dialect)
    newer = {"run": insert.excluded.run, "updatedDate": insert.excluded.updatedDate}
    return insert.on_conflict_do_update(index_elements=["id"], set_=newer, where=TABLE.c.run < insert.excluded.run)
