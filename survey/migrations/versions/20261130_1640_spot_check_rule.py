"""Of how many paper forms another unit keys one in again is a rule of the round; rounds that are there have none."""

from __future__ import annotations

from alembic import op

revision = "20261130_1640"
down_revision = "20261130_1635"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE round ADD COLUMN spot_check INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_round_spot_check_range CHECK (spot_check BETWEEN 0 AND 1000)"
    )


def downgrade() -> None:
    op.drop_column("round", "spot_check")
