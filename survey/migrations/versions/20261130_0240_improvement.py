"""Actions with item, place, causes, owner, first due day, acceptance, events and evidence; requests for a plan."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0240"
down_revision = "20261130_0230"
branch_labels = None
depends_on = None

STEPS = (
    *("entered", "changed", "extended", "noted", "evidence"),
    *("done", "returned", "accepted", "withdrawn", "dropped"),
)
TEXTS = {"place": 300, "unit": 200, "co_units": 500}
ADDED = ("item", "causes", "figures", "first_due_on", "accepted_at")


def upgrade() -> None:
    op.add_column("agency_action", sa.Column("item", sa.String(length=64), nullable=True))
    op.add_column("agency_action", sa.Column("causes", sa.JSON(), nullable=True))
    op.add_column("agency_action", sa.Column("figures", sa.JSON(), nullable=True))
    for name, length in TEXTS.items():
        op.add_column(
            "agency_action",
            sa.Column(name, sa.String(length=length), nullable=False, server_default=sa.text("''")),
        )
    op.add_column("agency_action", sa.Column("first_due_on", sa.Date(), nullable=True))
    op.add_column("agency_action", sa.Column("accepted_at", UTCDateTime(), nullable=True))
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE agency_action ADD COLUMN accepted_by_id INTEGER "
        "CONSTRAINT fk_agency_action_accepted_by_id_user_account REFERENCES user_account (id)"
    )
    create_request()
    create_event()
    create_evidence()


def downgrade() -> None:
    for table in ("action_evidence", "action_event", "plan_request"):
        op.drop_table(table)
    for name in ("accepted_by_id", *ADDED, *TEXTS):
        op.drop_column("agency_action", name)


def reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def create_request() -> None:
    op.create_table(
        "plan_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(document) > 0", name=op.f("ck_plan_request_document_not_empty")),
        reference("plan_request", "round_id", "round"),
        reference("plan_request", "agency_id", "agency"),
        reference("plan_request", "created_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_request")),
    )
    op.create_index("ix_plan_request_agency_id_round_id", "plan_request", ["agency_id", "round_id"])


def create_event() -> None:
    step = sa.Enum(*STEPS, name=op.f("ck_action_event_step"), native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "action_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("step", step, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False, server_default=sa.text("''")),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        reference("action_event", "action_id", "agency_action"),
        reference("action_event", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_event")),
    )
    op.create_index(op.f("ix_action_event_action_id"), "action_event", ["action_id"])


def create_evidence() -> None:
    op.create_table(
        "action_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(data) BETWEEN 1 AND 10485760", name=op.f("ck_action_evidence_data_size")),
        reference("action_evidence", "action_id", "agency_action"),
        reference("action_evidence", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_evidence")),
    )
    op.create_index(op.f("ix_action_evidence_action_id"), "action_evidence", ["action_id"])
