"""Every how many paper forms one is keyed in twice is a rule of the round; rounds that are there take the usual ten."""

from __future__ import annotations

from alembic import op

revision = "20261130_0630"
down_revision = "20261130_0620"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE round ADD COLUMN second_pass INTEGER DEFAULT 10 NOT NULL "
        "CONSTRAINT ck_round_second_pass_range CHECK (second_pass BETWEEN 0 AND 1000)"
    )


def downgrade() -> None:
    op.drop_column("round", "second_pass")
