"""Make the table in which graphs of agents keep what they remember of a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from flowisectl.database.column_types import UtcDate

revision = "m002"
down_revision = "m001"


def upgrade() -> None:
    # It may exist already: a database can lose the list of our steps, for one when Flowise's own is restored around it.
    op.create_table(
        "flowisectl_checkpoint",
        sa.Column("flowId", sa.String().with_variant(sa.String(36), "mysql"), primary_key=True),
        sa.Column("sessionId", sa.String().with_variant(sa.String(512, collation="utf8mb4_bin"), "mysql"), primary_key=True),
        sa.Column("data", sa.Text().with_variant(mysql.LONGTEXT(), "mysql"), nullable=False),
        sa.Column("updatedDate", UtcDate, nullable=False),
        if_not_exists=True,
    )
