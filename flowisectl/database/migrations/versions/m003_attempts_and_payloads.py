"""Make the tables that fence off overtaken runs, and that hold what is too large for Redis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from flowisectl.database.column_types import UtcDate

revision = "m003"
down_revision = "m002"

_ID = sa.String().with_variant(sa.String(64), "mysql")


def upgrade() -> None:
    # They may exist already: a database can lose the list of our steps, for one when Flowise's own is restored around it.
    op.create_table(
        "flowisectl_attempt",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("updatedDate", UtcDate, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "flowisectl_payload",
        sa.Column("job", _ID, primary_key=True),
        sa.Column("name", _ID, primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("expires", UtcDate, nullable=False),
        sa.Column("data", sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql"), nullable=False),
        if_not_exists=True,
    )
