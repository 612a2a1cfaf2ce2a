"""Which schema a database has, in Flowise's terms: this version's, an older or a newer one, none, or somebody else's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.migrations.flowise_history import flowise_migrations
from flowisectl.errors import DatabaseUnavailable

NEEDED = {
    "apikey": {"apiKey", "apiSecret", "permissions", "workspaceId"},
    "chat_flow": {"flowData", "type", "workspaceId", "textToSpeech", "followUpPrompts"},
    "chat_message": {"sessionId", "executionId", "artifacts", "reasonContent"},
    "chat_message_feedback": {"messageId", "rating"},
    "credential": {"encryptedData", "workspaceId"},
    "execution": {"executionData", "agentflowId", "sessionId", "workspaceId"},
    "lead": {"chatId"},
    "organization": {"subscriptionId"},
    "role": {"permissions"},
    "tool": {"func", "workspaceId"},
    "upsert_history": {"result"},
    "user": {"credential", "status"},
    "variable": {"value", "workspaceId"},
    "workspace": {"organizationId"},
    "workspace_user": {"lastLogin"},
}
"""What tells a database of Flowise 3.1 from an older one."""

_KINDS = ("sqlite", "postgresql", "mysql", "mariadb")
_NEWEST_STAMP = max(stamp for kind in _KINDS for stamp, _ in flowise_migrations(kind))
_SHOWN = 3
_VARIABLE = "DATABASE_UNKNOWN_SCHEMA"


class SchemaKind(StrEnum):
    EMPTY = "empty"
    FLOWISE = "flowise"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"


class UnknownSchema(DatabaseUnavailable):
    """The database has an older or a newer schema than this version knows."""


@dataclass(frozen=True, kw_only=True)
class SchemaVerdict:
    kind: SchemaKind
    steps: int = 0
    """Migrations of Flowise that the database lists."""
    missing: tuple[str, ...] = ()
    """Migrations that this version knows and the database does not list, the oldest first."""
    unknown: tuple[str, ...] = ()
    """Migrations that the database lists and this version does not know."""
    lacking: tuple[str, ...] = ()
    """`table.column` without which it cannot be used."""
    foreign_table: str = ""

    @property
    def is_usable(self) -> bool:
        return self.kind in (SchemaKind.EMPTY, SchemaKind.FLOWISE)

    @property
    def text(self) -> str:
        """What differs, in one sentence for people."""
        if self.kind is SchemaKind.EMPTY:
            return "it is empty: it gets Flowise's tables, with Flowise's list of migrations"
        if self.kind is SchemaKind.FOREIGN:
            return f"the database has a table {self.foreign_table!r} but no table 'migrations', so it is not Flowise's"
        if self.kind is SchemaKind.OLDER:
            steps = f" and {len(self.missing)} migrations ({_some(self.missing)})" if self.missing else ""
            return f"the Flowise database lacks {_some(self.lacking)}{steps}, so it is older than 3.1"
        if self.kind is SchemaKind.NEWER:
            count = f"{len(self.unknown)} migration{'s' if len(self.unknown) > 1 else ''}"
            return f"the database has {count} that this version does not know ({_some(self.unknown)}), so a newer Flowise has opened it"
        if self.unknown:
            return f"Flowise 3.1's, with {len(self.unknown)} older migrations of another list ({_some(self.unknown)}); used as it is"
        if self.missing:
            return f"Flowise 3.1's without its newest {len(self.missing)} migrations ({_some(self.missing)}); used as it is"
        return f"Flowise 3.1's, all {self.steps} migrations"

    @property
    def remedy(self) -> str:
        """What to do about it; empty when it can be used."""
        if self.kind is SchemaKind.FOREIGN:
            return "choose an empty one with DATABASE_*"
        if self.kind is SchemaKind.OLDER:
            return f"start Flowise 3.1 on it once, then try again; {_VARIABLE}=read-only starts a server that only reads"
        if self.kind is SchemaKind.NEWER:
            return f"update flowisectl; {_VARIABLE}=read-only starts a server that only reads, {_VARIABLE}=allow one that also writes"
        return ""


def judge(kind: str, names: Sequence[str] | None, columns: Mapping[str, Collection[str]]) -> SchemaVerdict:
    """The verdict on a database of `kind` (`sqlite`, `postgresql`, `mysql`, `mariadb`).

    `names` are the entries of its table `migrations`, None when it has none; `columns` are its tables with their columns.
    """
    if names is None:
        taken = sorted(set(columns) & set(NEEDED))
        return SchemaVerdict(kind=SchemaKind.FOREIGN, foreign_table=taken[0]) if taken else SchemaVerdict(kind=SchemaKind.EMPTY)
    listed, known = set(names), [name for _, name in flowise_migrations(kind)]
    missing = tuple(name for name in known if name not in listed)
    unknown = tuple(sorted(listed - set(known), key=_stamp))
    newer = tuple(name for name in unknown if _stamp(name) > _NEWEST_STAMP)
    lacking = tuple(f"{table}.{column}" for table, needed in NEEDED.items() for column in sorted(needed - set(columns.get(table, ()))))
    verdict = SchemaKind.NEWER if newer else SchemaKind.OLDER if lacking else SchemaKind.FLOWISE
    return SchemaVerdict(kind=verdict, steps=len(names), missing=missing, unknown=newer or unknown, lacking=lacking)


async def look_at_schema(database: Database) -> SchemaVerdict:
    """The verdict on an open database; nothing is written. Raises DatabaseUnavailable."""
    await database.load_columns()
    names = await _listed(database) if "migrations" in database.columns else None
    return judge(kind_of(database), names, database.columns)


async def refuse_newer(database: Database) -> None:
    """A database that is up to date by our own list may have been opened by a newer Flowise since. One read. Raises UnknownSchema."""
    newer = tuple(sorted((name for name in await _listed(database) if _stamp(name) > _NEWEST_STAMP), key=_stamp))
    if newer:
        refuse(SchemaVerdict(kind=SchemaKind.NEWER, unknown=newer), database)


def refuse(verdict: SchemaVerdict, database: Database) -> None:
    """Raises UnknownSchema for an older or a newer schema, DatabaseUnavailable for tables of somebody else."""
    if verdict.is_usable or (verdict.kind is SchemaKind.NEWER and not verdict.lacking and database.settings.unknown_schema == "allow"):
        return
    message = f"{database.place}: {verdict.text}: {verdict.remedy}"
    raise DatabaseUnavailable(message) if verdict.kind is SchemaKind.FOREIGN else UnknownSchema(message)


def kind_of(database: Database) -> str:
    """The dialect, with MariaDB told from MySQL as Flowise does it, by DATABASE_TYPE: it has a list of migrations for each."""
    return database.settings.type if database.dialect == "mysql" else database.dialect


async def _listed(database: Database) -> list[str]:
    return [str(row["name"]) for row in await database.fetch(sa.text("SELECT name FROM migrations ORDER BY id"))]


def _stamp(name: str) -> int:
    return int(name[-13:]) if name[-13:].isdigit() else 0


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
