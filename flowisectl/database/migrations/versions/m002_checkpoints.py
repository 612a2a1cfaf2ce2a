"""Make the table in which graphs of agents keep what they remember of a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from flowisectl.database.column_types import UtcDate

revision = "m002"
down_revision = "m001"


def upgrade() -> None:
    # It may exist already: a database can lose the list of our steps, for one when Flowise's own is restored around it.
    op.create_table(
        "flowisectl_checkpoint",
        sa.Column("flowId", sa.String(), primary_key=True),
        sa.Column("sessionId", sa.String(), primary_key=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("updatedDate", UtcDate, nullable=False),
        if_not_exists=True,
    )
