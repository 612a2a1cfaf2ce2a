"""Column types in Flowise's own formats: ids, dates and lists come out as the HTTP API shows them.

What is special to one kind of database is imported when such a one is used: the two that are not cost 3 MB.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine


def new_id() -> str:
    """A UUID v4, as the application makes them for every row."""
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Whether PostgreSQL would take this text as a `uuid`."""
    try:
        uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def utc_now() -> str:
    """This moment as the API writes dates: `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return iso_of(datetime.now(UTC))


def iso_of(moment: datetime) -> str:
    """A date as the API writes it. A date without a zone is taken for UTC."""
    if moment.tzinfo not in (None, UTC):
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def iso_of_epoch(milliseconds: int) -> str:
    """Epoch milliseconds as the API writes dates."""
    return iso_of(datetime.fromtimestamp(milliseconds / 1000, UTC))


def moment_of(value: str | datetime) -> datetime:
    """A date as a client may write it (ISO-8601; without a zone it is UTC), as an aware date. Raises ValueError."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def sqlite_date(value: str | datetime) -> str:
    """A date as Flowise stores it in SQLite: UTC text `YYYY-MM-DD HH:MM:SS.mmm`."""
    iso = value if isinstance(value, str) and _is_api_date(value) else iso_of(moment_of(value))
    return f"{iso[:10]} {iso[11:23]}"


def iso_of_sqlite(text: str) -> str:
    """A date out of SQLite, with or without milliseconds, as the API writes it."""
    if len(text) == 23:
        return f"{text[:10]}T{text[11:]}Z"
    if len(text) == 19:
        return f"{text[:10]}T{text[11:]}.000Z"
    try:
        return iso_of(moment_of(text))
    except ValueError:
        return text


def _is_api_date(text: str) -> bool:
    return len(text) == 24 and text[23] == "Z" and text[10] == "T" and text[19] == "."


class SqliteDatetime(sa.types.UserDefinedType[str]):
    """SQLite's column type name `datetime`; the values are text."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "datetime"


class Id(sa.types.TypeDecorator[str]):
    """An id: `varchar` in SQLite and MySQL, `uuid` in PostgreSQL, text in Python."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.UUID(as_uuid=False) if dialect.name == "postgresql" else sa.String())


class UtcDate(sa.types.TypeDecorator[str]):
    """A date: text in SQLite, `timestamp` without zone (always UTC) in PostgreSQL, `datetime(6)` in MySQL; in Python the text that
    the API shows."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=False))
        if dialect.name == "mysql":
            from sqlalchemy.dialects import mysql

            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(SqliteDatetime())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name != "sqlite":
            return moment_of(value).replace(tzinfo=None)
        return sqlite_date(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return iso_of(value) if isinstance(value, datetime) else iso_of_sqlite(value)


class TextList(sa.types.TypeDecorator[list[str]]):
    """A list of texts: JSON text in SQLite, `jsonb` in PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(sa.Text())
        from sqlalchemy.dialects import postgresql

        return dialect.type_descriptor(postgresql.JSONB())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str]:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except ValueError:
                value = None
        return [str(item) for item in value] if isinstance(value, list) else []
