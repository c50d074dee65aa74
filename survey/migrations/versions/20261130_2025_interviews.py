"""Interviews of every k-th person who leaves, and the tablets that evaluators prepared for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_2025"
down_revision = "20261130_1930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interview_plan",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("set_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("every BETWEEN 1 AND 30", name=op.f("ck_interview_plan_every_range")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_interview_plan_round_id_round")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_interview_plan_counter_id_counter")),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["user_account.id"], name=op.f("fk_interview_plan_set_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("round_id", "counter_id", name=op.f("pk_interview_plan")),
    )
    op.create_table(
        "interview_tablet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_interview_tablet_code_length")),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_interview_tablet_code_uppercase")),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_interview_tablet_token_hash_length")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR revoked_at >= begun_at", name=op.f("ck_interview_tablet_revoked_after_begun")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_interview_tablet_round_id_round")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_interview_tablet_counter_id_counter")),
        sa.ForeignKeyConstraint(
            ["begun_by_id"], ["user_account.id"], name=op.f("fk_interview_tablet_begun_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_tablet")),
        sa.UniqueConstraint("code", name=op.f("uq_interview_tablet_code")),
    )
    op.create_index(op.f("ix_interview_tablet_round_id"), "interview_tablet", ["round_id"])
    op.create_index(op.f("ix_interview_tablet_counter_id"), "interview_tablet", ["counter_id"])


def downgrade() -> None:
    op.drop_table("interview_tablet")
    op.drop_table("interview_plan")
