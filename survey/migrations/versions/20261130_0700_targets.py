"""Targets of a round, and changes that people know of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0700"
down_revision = "20261130_0655"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "target",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.CheckConstraint("value > 0 AND value <= 100", name=op.f("ck_target_value_percent")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_target_agency_id_agency")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_target_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", "agency_id", "element", name=op.f("pk_target")),
    )
    op.create_table(
        "known_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_known_change_reason_not_empty")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_known_change_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_known_change_created_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_change")),
        sa.UniqueConstraint("agency_id", "on_day", name=op.f("uq_known_change_agency_id_on_day")),
    )


def downgrade() -> None:
    op.drop_table("known_change")
    op.drop_table("target")
