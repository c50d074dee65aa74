"""Cases of citizens with their events, the terms of their replies, and days that differ from the calendar."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0300"
down_revision = "20261130_0238"
branch_labels = None
depends_on = None

KINDS = ("report", "suggestion", "complaint", "denunciation", "spam")
ORIGINS = ("form", "comment", "paper", "phone")
STATES = ("new", "working", "replied", "closed")
THEMES = (
    *("attitude", "guidance", "procedure", "time", "fee", "place"),
    *("online", "result", "feedback", "praise", "other"),
)
STEPS = (
    *("received", "classed", "released", "assigned", "handed_over"),
    *("replied", "returned", "approved", "rated"),
)
RANDOM_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_case()
    op.create_table(
        "case_event",
        sa.Column("id", RANDOM_ID, autoincrement=False, nullable=False),
        sa.Column("case_id", RANDOM_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("step", choice("ck_case_event_step", STEPS), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        reference("case_event", "case_id", "case"),
        reference("case_event", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_event_case_id_number")),
    )
    op.create_table(
        "case_term",
        sa.Column("kind", choice("ck_case_term_kind", KINDS), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 90", name=op.f("ck_case_term_days_range")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_case_term")),
    )
    op.create_table(
        "working_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_working_day")),
    )


def downgrade() -> None:
    for table in ("working_day", "case_term", "case_event", "case"):
        op.drop_table(table)


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=32)


def reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def create_case() -> None:
    op.create_table(
        "case",
        sa.Column("id", RANDOM_ID, autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("kind", choice("ck_case_kind", KINDS), nullable=False),
        sa.Column("origin", choice("ck_case_origin", ORIGINS), nullable=False),
        sa.Column("state", choice("ck_case_state", STATES), nullable=False),
        sa.Column("theme", choice("ck_case_theme", THEMES), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("priority", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("forward_by", sa.Date(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("helped_why", sa.String(length=1000), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("length(text) <= 4000", name=op.f("ck_case_text_length")),
        sa.CheckConstraint("length(code_hash) = 64", name=op.f("ck_case_code_hash_sha256")),
        sa.CheckConstraint("state <> 'closed' OR closed_on IS NOT NULL", name=op.f("ck_case_closed_with_day")),
        reference("case", "agency_id", "agency"),
        reference("case", "handler_id", "user_account"),
        reference("case", "replied_by_id", "user_account"),
        reference("case", "approved_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_case_code_hash")),
    )
    op.create_index("ix_case_agency_id_state", "case", ["agency_id", "state"])
