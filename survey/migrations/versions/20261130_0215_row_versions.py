"""Whatever people edit has a version, so that a page opened before another's change cannot undo it unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0215"
down_revision = "20261129_2130"
branch_labels = None
depends_on = None

EDITED = (
    "user_account",
    "agency",
    "service",
    "counter",
    "round",
    "agency_action",
    "comment",
    "column_mapping",
    "agency_emblem",
)


def upgrade() -> None:
    """Add the version; what is there has its first."""
    for table in EDITED:
        op.add_column(table, sa.Column("row_version", sa.Integer(), server_default=sa.text("1"), nullable=False))


def downgrade() -> None:
    """Take the version away."""
    for table in reversed(EDITED):
        op.drop_column(table, "row_version")
