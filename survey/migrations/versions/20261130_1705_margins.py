"""Margins of all transactions, to which weights are calibrated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1705"
down_revision = "20261130_1650"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "margin",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("variable", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.CheckConstraint("transactions >= 0", name=op.f("ck_margin_transactions_not_negative")),
        sa.CheckConstraint("length(variable) > 0 AND length(category) > 0", name=op.f("ck_margin_names_not_empty")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_margin_round_id_round")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_margin_agency_id_agency")),
        sa.PrimaryKeyConstraint("round_id", "agency_id", "variable", "category", name=op.f("pk_margin")),
    )


def downgrade() -> None:
    op.drop_table("margin")
