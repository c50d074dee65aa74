"""Opening hours of counters, those of offices for the counters that are there, and decisions on places."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0650"
down_revision = "20261130_0630"
branch_labels = None
depends_on = None

HOURS = {"opens_at": "07:30:00", "lunch_from": "11:30:00", "lunch_to": "13:30:00", "closes_at": "17:00:00"}


def upgrade() -> None:
    for name, hour in HOURS.items():
        column = sa.Column(name, sa.Time(), nullable="lunch" in name, server_default=sa.text(f"'{hour}'"))
        op.add_column("counter", column)
    op.add_column(
        "counter", sa.Column("weekdays", sa.String(length=7), nullable=False, server_default=sa.text("'12345'"))
    )
    op.create_table(
        "place_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                *("asked", "explained", "to_exclude"),
                name=op.f("ck_place_decision_outcome"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_place_decision_reason_not_empty")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_place_decision_{column}_{table}"))
            for column, table in (("round_id", "round"), ("agency_id", "agency"), ("user_id", "user_account"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_decision")),
    )
    op.create_index("ix_place_decision_round_id_agency_id", "place_decision", ["round_id", "agency_id"])


def downgrade() -> None:
    op.drop_index("ix_place_decision_round_id_agency_id", table_name="place_decision")
    op.drop_table("place_decision")
    for name in ("weekdays", *HOURS):
        op.drop_column("counter", name)
