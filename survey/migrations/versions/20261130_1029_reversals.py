"""Counting again what a rule left out is asked by one person and agreed to by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_1029"
down_revision = "20261130_1028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns."""
    op.add_column("withdrawal", sa.Column("reversal_at", UTCDateTime(timezone=True), nullable=True))
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE withdrawal ADD COLUMN reversal_by_id INTEGER "
        "CONSTRAINT fk_withdrawal_reversal_by_id_user_account REFERENCES user_account (id)"
    )
    op.add_column("withdrawal", sa.Column("reversal_note", sa.String(length=1000), nullable=True))


def downgrade() -> None:
    """Take them away."""
    for name in ("reversal_note", "reversal_by_id", "reversal_at"):
        op.drop_column("withdrawal", name)
