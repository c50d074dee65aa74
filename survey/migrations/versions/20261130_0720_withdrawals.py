"""What was taken back of the evidence, with its reason and an evaluator's decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0720"
down_revision = "20261130_0700"
branch_labels = None
depends_on = None

KINDS = ("correction", "undo", "code", "exclusion")
STATES = ("waiting", "done", "refused", "reversed")
REASONS = ("slip", "differed", "wrong_place", "twice", "not_citizens", "poster", "other")
REFERENCES = {
    "round_id": "round",
    "agency_id": "agency",
    "batch_id": "import_batch",
    "counter_id": "counter",
    "response_id": "response",
    "replacement_id": "response",
    "by_id": "user_account",
    "decided_by_id": "user_account",
}


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        *(one_of(name, values) for name, values in (("kind", KINDS), ("state", STATES), ("reason", REASONS))),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("counter_id", sa.Integer(), nullable=True),
        sa.Column("form_number", sa.Integer(), nullable=True),
        sa.Column("response_id", sa.Integer(), nullable=True),
        sa.Column("replacement_id", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_withdrawal_counted_not_negative")),
        sa.CheckConstraint("length(note) > 0", name=op.f("ck_withdrawal_note_not_empty")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_withdrawal_{column}_{table}"))
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
    )
    op.create_index("ix_withdrawal_round_id_state", "withdrawal", ["round_id", "state"])


def downgrade() -> None:
    op.drop_index("ix_withdrawal_round_id_state", table_name="withdrawal")
    op.drop_table("withdrawal")


def one_of(name: str, values: tuple[str, ...]) -> sa.Column[str]:
    """A column that holds one of the values, behind a named CHECK."""
    kind = sa.Enum(*values, name=op.f(f"ck_withdrawal_{name}"), native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)
