"""Table `login_sessions`: who is logged in, where there is no Redis. Each kind of database has columns of its own, as Flowise's
session libraries made them: SQLite `sid, expired, sess`, PostgreSQL `sid, sess, expire`, MySQL `session_id, expires, data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from flowisectl.database.access import Database

TABLE = "login_sessions"


@dataclass(frozen=True)
class _Shape:
    """How one kind of database spells the table."""

    create: str
    id: str
    until: str
    data: str
    data_value: str = ":data"

    def until_of(self, seconds: float) -> Any:
        if self.until == "expire":
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        # SQLite's column has no type, and a number of JavaScript that is larger than 32 bits is stored as a real.
        return int(seconds) if self.until == "expires" else float(int(seconds * 1000))


_SHAPES = {
    "sqlite": _Shape(f"CREATE TABLE IF NOT EXISTS {TABLE} (sid PRIMARY KEY, expired, sess)", "sid", "expired", "sess"),
    "postgresql": _Shape(
        f'CREATE TABLE IF NOT EXISTS {TABLE} ("sid" varchar NOT NULL COLLATE "default" PRIMARY KEY, "sess" json NOT NULL, '
        '"expire" timestamp(6) NOT NULL)',
        "sid",
        "expire",
        "sess",
        "CAST(:data AS json)",
    ),
    "mysql": _Shape(
        f"CREATE TABLE IF NOT EXISTS {TABLE} (session_id varchar(128) COLLATE utf8mb4_bin NOT NULL, expires int(11) unsigned NOT NULL, "
        "data mediumtext COLLATE utf8mb4_bin, PRIMARY KEY (session_id))",
        "session_id",
        "expires",
        "data",
    ),
}


class LoginSessions:
    """The rows of the table. Times are epoch seconds. Every method raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shape = _SHAPES[database.dialect]

    async def make_table(self) -> None:
        """Make the table where it is missing; it is no part of Flowise's migrations."""
        async with self._database.write() as connection:
            await connection.exec_driver_sql(self._shape.create)

    async def insert(self, session_id: str, session: Mapping[str, Any], until: float, now: float) -> None:
        """Keep a session; those that have ended are removed on the way."""
        shape = self._shape
        add = f"INSERT INTO {TABLE} ({shape.id}, {shape.until}, {shape.data}) VALUES (:id, :until, {shape.data_value})"
        values = {"id": session_id, "until": shape.until_of(until), "data": orjson.dumps(dict(session)).decode()}
        async with self._database.write() as connection:
            await connection.execute(sa.text(f"DELETE FROM {TABLE} WHERE {shape.until} <= :now"), {"now": shape.until_of(now)})
            await connection.execute(sa.text(add), values)

    async def read(self, session_id: str, now: float) -> dict[str, Any] | None:
        """A session that has not ended."""
        shape = self._shape
        query = f"SELECT {shape.data} AS data FROM {TABLE} WHERE {shape.id} = :id AND {shape.until} > :now"
        rows = await self._database.fetch(sa.text(query), {"id": session_id, "now": shape.until_of(now)})
        return _session(rows[0]["data"]) if rows else None

    async def prolong(self, session_id: str, until: float) -> None:
        shape = self._shape
        change = sa.text(f"UPDATE {TABLE} SET {shape.until} = :until WHERE {shape.id} = :id")
        async with self._database.write() as connection:
            await connection.execute(change, {"id": session_id, "until": shape.until_of(until)})

    async def rewrite(self, session_id: str, session: Mapping[str, Any], until: float) -> None:
        """Another content for a session that there is."""
        shape = self._shape
        change = sa.text(f"UPDATE {TABLE} SET {shape.until} = :until, {shape.data} = {shape.data_value} WHERE {shape.id} = :id")
        values = {"id": session_id, "until": shape.until_of(until), "data": orjson.dumps(dict(session)).decode()}
        async with self._database.write() as connection:
            await connection.execute(change, values)

    async def delete(self, *session_ids: str) -> int:
        gone = 0
        async with self._database.write() as connection:
            for session_id in session_ids:
                result = await connection.execute(sa.text(f"DELETE FROM {TABLE} WHERE {self._shape.id} = :id"), {"id": session_id})
                gone += int(result.rowcount)
        return gone

    async def ids_of_user(self, user_id: str) -> list[str]:
        """The sessions of a user."""
        shape = self._shape
        rows = await self._database.fetch(sa.text(f"SELECT {shape.id} AS id, {shape.data} AS data FROM {TABLE}"))
        return [row["id"] for row in rows if user_of(_session(row["data"])).get("id") == user_id]


def user_of(session: Mapping[str, Any] | None) -> dict[str, Any]:
    """`passport.user` of a session; empty for one that has none."""
    passport = (session or {}).get("passport")
    user = passport.get("user") if isinstance(passport, dict) else None
    return user if isinstance(user, dict) else {}


def _session(data: Any) -> dict[str, Any] | None:
    if isinstance(data, (str, bytes)):
        try:
            data = orjson.loads(data)
        except ValueError:
            return None
    return data if isinstance(data, dict) else None
