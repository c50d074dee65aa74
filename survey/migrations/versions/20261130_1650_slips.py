"""Which share of a counter's transactions is given a receipt code, and the seed of each week."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_1650"
down_revision = "20261130_1645"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slip_plan",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("set_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("every BETWEEN 1 AND 1000", name=op.f("ck_slip_plan_every_range")),
        sa.CheckConstraint("tickets >= 1", name=op.f("ck_slip_plan_tickets_positive")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_slip_plan_round_id_round")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_slip_plan_counter_id_counter")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user_account.id"], name=op.f("fk_slip_plan_set_by_id_user_account")),
        sa.PrimaryKeyConstraint("round_id", "counter_id", name=op.f("pk_slip_plan")),
    )
    op.create_table(
        "slip_week",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("week_on", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("seed", sa.String(length=32), nullable=False),
        sa.Column("drawn_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(seed) = 32", name=op.f("ck_slip_week_seed_length")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_slip_week_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", "week_on", name=op.f("pk_slip_week")),
    )


def downgrade() -> None:
    op.drop_table("slip_week")
    op.drop_table("slip_plan")
