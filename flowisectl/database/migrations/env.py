"""Alembic's environment: runs the steps on the connection that runner.py hands over, inside its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

VERSION_TABLE = "flowisectl_alembic_version"


def run() -> None:
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=None, version_table=VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


run()
