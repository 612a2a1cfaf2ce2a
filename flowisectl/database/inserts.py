"""Insert statements for rows that may be there already, in the words of each kind of database.

Each kind's words are imported where that kind is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import mysql, postgresql


@cache
def insert_once(table: sa.Table, dialect: str, *, key: tuple[str, ...] = ("id",)) -> sa.Executable:
    """Harmless when the same row comes twice: what is there stays. Rows must carry every column.

    The same object each time, so that commits can be grouped.
    """
    return insert_or_change(table, dialect, key=key)


def insert_or_change(
    table: sa.Table, dialect: str, *, key: Sequence[str], changed: Sequence[str] = (), given: sa.Select[tuple[object, ...]] | None = None
) -> sa.Executable:
    """Of a row with the same key, these columns are `changed` to those of the new one. `given` selects the rows, in the
    order of the table's columns; without it they come as parameters."""
    names = [column.name for column in table.columns]
    if dialect == "mysql":
        mine = mysql_insert(table)
        if given is not None:
            mine = mine.from_select(names, given, include_defaults=False)
        # MySQL has no word for "leave it": a column takes the value that it has.
        return mine.on_duplicate_key_update({name: mine.inserted[name] for name in changed} or {key[0]: table.c[key[0]]})
    insert = conflict_insert(table, dialect)
    if given is not None:
        insert = insert.from_select(names, given, include_defaults=False)
    if not changed:
        return insert.on_conflict_do_nothing(index_elements=key)
    return insert.on_conflict_do_update(index_elements=key, set_={name: insert.excluded[name] for name in changed})


def mysql_insert(table: sa.Table) -> mysql.Insert:
    """MySQL's own `INSERT`, which knows `ON DUPLICATE KEY UPDATE`."""
    from sqlalchemy.dialects import mysql

    return mysql.insert(table)


def conflict_insert(table: sa.Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """The `INSERT` of PostgreSQL or SQLite, which knows `ON CONFLICT`."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
