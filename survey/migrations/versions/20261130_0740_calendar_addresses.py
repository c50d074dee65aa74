"""Secret addresses of calendars, one for each person who wants one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0740"
down_revision = "20261130_0735"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "calendar_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_calendar_address_token_hash_sha256")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_calendar_address_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_address_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_calendar_address_user_id")),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("calendar_address")
