"""Everything in a database that is encrypted with the encryption key, and which of it this key does not open."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from flowisectl.database.connection import Database
from flowisectl.secrets.cipher import CannotDecrypt, decrypt

COLUMNS = (
    ("credential", "encryptedData", "name"),
    ("chat_flow", "webhookSecret", "name"),
    ("custom_mcp_server", "authConfig", "name"),
    ("login_method", "config", "name"),
)
"""Table, encrypted column, the column that people know the row by."""


@dataclass(frozen=True, kw_only=True)
class SealedValue:
    table: str
    id: str
    name: str
    problem: str
    """Why the key does not open it; empty when it does."""


async def sealed_values(database: Database, key: str) -> list[SealedValue]:
    """Every encrypted value, by table and name. Raises DatabaseUnavailable."""
    found = []
    for table, column, label in COLUMNS:
        if column not in database.columns.get(table, frozenset()):
            continue
        rows = await database.fetch(_selection(table, column, label))
        found += [SealedValue(table=table, id=str(row["id"]), name=str(row["name"]), problem=_problem(row["value"], key)) for row in rows]
    return found


async def has_sealed_values(database: Database) -> bool:
    """Whether anything is encrypted already: a new key would make it useless."""
    for table, column, label in COLUMNS:
        if column in database.columns.get(table, frozenset()) and await database.fetch(_selection(table, column, label).limit(1)):
            return True
    return False


def _selection(table: str, column: str, label: str) -> sa.Select[tuple[str, str, str]]:
    source = sa.table(table, sa.column("id", sa.String), sa.column(column, sa.String), sa.column(label, sa.String))
    columns = (source.c.id, source.c[label].label("name"), source.c[column].label("value"))
    return sa.select(*columns).where(source.c[column].is_not(None), source.c[column] != "").order_by(source.c[label], source.c.id)


def _problem(value: str, key: str) -> str:
    try:
        plain = decrypt(value, key)
    except CannotDecrypt as error:
        return str(error)
    try:
        is_object = isinstance(orjson.loads(plain), dict)
    except ValueError:
        is_object = False
    return "" if is_object else "the encryption key is not the one that the value was stored with"
