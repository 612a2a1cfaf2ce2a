"""Everything in a database that is encrypted with the encryption key, and which of it this key does not open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from flowisectl.database.connection import Database
from flowisectl.secrets.aws_secrets import CREDENTIAL_PREFIX
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


Named = Callable[[str], Awaitable[str | None]]


async def sealed_values(database: Database, key: str, named: Named | None = None) -> list[SealedValue]:
    """Every encrypted value, by table and name. `named` reads the secrets of credentials of which only a name is stored.

    Raises DatabaseUnavailable, and what `named` raises.
    """
    found = []
    for table, column, label in COLUMNS:
        if column not in database.columns.get(table, frozenset()):
            continue
        rows = await database.fetch(_selection(table, column, label))
        for row in rows:
            problem = await _problem(row["value"], key, named)
            found.append(SealedValue(table=table, id=str(row["id"]), name=str(row["name"]), problem=problem))
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


async def _problem(value: str, key: str, named: Named | None) -> str:
    if value.startswith(CREDENTIAL_PREFIX):
        if named is None:
            return "it is the name of a secret in AWS: SECRETKEY_STORAGE_TYPE=aws reads it"
        text = await named(value)
        if text is None:
            return "the AWS secret that it names does not exist"
        return "" if _is_object(text) else "the AWS secret that it names is no JSON object"
    try:
        plain = decrypt(value, key)
    except CannotDecrypt as error:
        return str(error)
    return "" if _is_object(plain) else "the encryption key is not the one that the value was stored with"


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except ValueError:
        return False
