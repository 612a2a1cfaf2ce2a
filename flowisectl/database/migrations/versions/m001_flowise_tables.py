"""Make Flowise's tables in an empty database; adopt a database of Flowise as it is."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.migrations.flowise_history import flowise_migrations
from flowisectl.database.migrations.flowise_schema import NEEDED
from flowisectl.database.migrations.roles import first_roles
from flowisectl.errors import DatabaseUnavailable

revision = "m001"
down_revision = None

SCHEMA_FOLDER = Path(__file__).parent.parent / "schema"
MARIADB_COLLATION = "utf8mb4_unicode_520_ci"


def upgrade() -> None:
    connection = op.get_bind()
    tables = set(sa.inspect(connection).get_table_names())
    if "migrations" in tables:
        _check(connection, tables)
    elif taken := sorted(tables & set(NEEDED)):
        raise DatabaseUnavailable(
            f"the database has a table {taken[0]!r} but no table 'migrations', so it is not Flowise's: choose an empty one with DATABASE_*"
        )
    else:
        _make(connection)


def _check(connection: sa.Connection, tables: set[str]) -> None:
    for table, columns in NEEDED.items():
        found = {column["name"] for column in sa.inspect(connection).get_columns(table)} if table in tables else set()
        if missing := sorted(columns - found):
            raise DatabaseUnavailable(
                f"the Flowise database lacks {table}.{missing[0]}, so it is older than 3.1: start Flowise 3.1 on it once, then try again"
            )


def _make(connection: sa.Connection) -> None:
    dialect = connection.dialect.name
    script = (SCHEMA_FOLDER / f"{dialect}.sql").read_text(encoding="utf8")
    if dialect == "postgresql":
        script = script.replace("{new_uuid}", _uuid_function(connection))
    if dialect == "mysql":
        script = script.replace("{collation}", _collation(connection))
    for statement in script.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    _fill(connection)


def _uuid_function(connection: sa.Connection) -> str:
    """Flowise's defaults call `uuid_generate_v4()` of an extension; where the server does not have it, PostgreSQL's own function does."""
    offered = connection.execute(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'uuid-ossp'")).first()
    if not offered:
        return "gen_random_uuid()"
    connection.exec_driver_sql('CREATE EXTENSION IF NOT EXISTS "uuid-ossp"')
    return "uuid_generate_v4()"


def _collation(connection: sa.Connection) -> str:
    """Flowise's own for MySQL, where the server has it; that for MariaDB is known to both."""
    wanted = "utf8mb4_0900_ai_ci" if _kind() == "mysql" else MARIADB_COLLATION
    known = connection.execute(sa.text("SHOW COLLATION LIKE :name"), {"name": wanted}).first()
    return wanted if known else MARIADB_COLLATION


def _kind() -> str:
    """`sqlite`, `postgresql`, `mysql` or `mariadb`: each has a list of Flowise's migrations."""
    config = op.get_context().config
    assert config is not None
    return str(config.attributes["kind"])


def _fill(connection: sa.Connection) -> None:
    history = sa.table("migrations", sa.column("timestamp", sa.BigInteger), sa.column("name", sa.String))
    names = flowise_migrations(_kind())
    connection.execute(history.insert(), [{"timestamp": timestamp, "name": name} for timestamp, name in names])
    role = sa.table(
        "role",
        sa.column("id", Id),
        sa.column("name", sa.String),
        sa.column("description", sa.Text),
        sa.column("permissions", sa.Text),
        sa.column("createdDate", UtcDate),
        sa.column("updatedDate", UtcDate),
    )
    now = utc_now()
    rows = [
        {"id": new_id(), "name": name, "description": description, "permissions": permissions, "createdDate": now, "updatedDate": now}
        for name, description, permissions in first_roles()
    ]
    connection.execute(role.insert(), rows)
