"""Batches that a unit brought wait for an evaluator; those that are there count as they did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0620"
down_revision = "20261130_0305"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("import_batch", sa.Column("decided_at", UTCDateTime(timezone=True), nullable=True))
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE import_batch ADD COLUMN decided_by_id INTEGER "
        "CONSTRAINT fk_import_batch_decided_by_id_user_account REFERENCES user_account (id)"
    )
    op.add_column("import_batch", sa.Column("refusal", sa.String(length=1000), nullable=True))


def downgrade() -> None:
    for name in ("refusal", "decided_by_id", "decided_at", "waiting"):
        op.drop_column("import_batch", name)
