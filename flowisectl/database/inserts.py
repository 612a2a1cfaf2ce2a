"""Insert statements of the hot paths: made once, and harmless when the same row comes twice."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite


@cache
def insert_once(table: sa.Table, dialect: str) -> sa.Executable:
    """`INSERT … ON CONFLICT (id) DO NOTHING`, or what says that in MySQL. Rows must carry every column.

    The same object each time, so that commits can be grouped.
    """
    if dialect == "mysql":
        once = mysql.insert(table)
        return once.on_duplicate_key_update(id=table.c.id)
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing(index_elements=["id"])
