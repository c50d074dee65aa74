"""Figures of other instruments, per agency and year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_1120"
down_revision = "20261130_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outside_figure",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "instrument",
            sa.Enum(
                *("sipas", "service_index", "portal", "par"),
                name=op.f("ck_outside_figure_instrument"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("most", sa.Float(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("entered_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("most > 0 AND value >= 0 AND value <= most", name=op.f("ck_outside_figure_value_on_scale")),
        sa.CheckConstraint("n > 0", name=op.f("ck_outside_figure_n_positive")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_outside_figure_year_plausible")),
        sa.CheckConstraint("length(source) > 0", name=op.f("ck_outside_figure_source_not_empty")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_outside_figure_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["user_account.id"], name=op.f("fk_outside_figure_entered_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("agency_id", "year", "instrument", name=op.f("pk_outside_figure")),
    )


def downgrade() -> None:
    op.drop_table("outside_figure")
