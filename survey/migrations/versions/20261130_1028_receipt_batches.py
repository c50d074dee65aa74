"""Receipt codes belong to a batch: who issued it, for which week, and who printed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_1028"
down_revision = "20261130_1010"
branch_labels = None
depends_on = None

REFERENCES = {
    "counter_id": "counter",
    "round_id": "round",
    "issued_by_id": "user_account",
    "client_id": "api_client",
    "printed_by_id": "user_account",
}


def upgrade() -> None:
    """Add the table; what was made before becomes batches of a counter and day that nobody is named for."""
    op.create_table(
        "receipt_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("issued_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("prints", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("printed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("printed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("codes >= 1", name=op.f("ck_receipt_batch_codes_positive")),
        sa.CheckConstraint("prints >= 0", name=op.f("ck_receipt_batch_prints_not_negative")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_receipt_batch_{column}_{table}"))
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_batch")),
    )
    op.create_index("ix_receipt_batch_counter_id", "receipt_batch", ["counter_id"])
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE receipt_code ADD COLUMN batch_id INTEGER "
        "CONSTRAINT fk_receipt_code_batch_id_receipt_batch REFERENCES receipt_batch (id)"
    )
    op.create_index("ix_receipt_code_batch_id", "receipt_code", ["batch_id"])
    op.create_table(
        "weekly_count",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.CheckConstraint("transactions >= 0", name=op.f("ck_weekly_count_transactions_not_negative")),
        *(
            sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_weekly_count_{table}_id_{table}"))
            for table in ("round", "agency")
        ),
        sa.PrimaryKeyConstraint("round_id", "agency_id", "week_on", name=op.f("pk_weekly_count")),
    )
    _gather()


def downgrade() -> None:
    """Take it away."""
    op.drop_table("weekly_count")
    op.drop_index("ix_receipt_code_batch_id", table_name="receipt_code")
    op.drop_column("receipt_code", "batch_id")
    op.drop_index("ix_receipt_batch_counter_id", table_name="receipt_batch")
    op.drop_table("receipt_batch")


def _gather() -> None:
    """Make a batch of the codes of each counter and day."""
    batch = sa.table(
        "receipt_batch",
        *(sa.column(name, sa.Integer()) for name in ("id", "counter_id", "codes")),
        sa.column("week_on", sa.Date()),
        sa.column("issued_at", UTCDateTime(timezone=True)),
    )
    code = sa.table(
        "receipt_code",
        *(sa.column(name, sa.Integer()) for name in ("counter_id", "batch_id")),
        sa.column("issued_on", sa.Date()),
    )
    connection = op.get_bind()
    days = connection.execute(
        sa.select(code.c.counter_id, code.c.issued_on, sa.func.count())
        .group_by(code.c.counter_id, code.c.issued_on)
        .order_by(code.c.issued_on, code.c.counter_id)
    ).all()
    for number, (counter, day, codes) in enumerate(days, 1):
        monday = day - timedelta(days=day.weekday())
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        connection.execute(
            sa.insert(batch).values(id=number, counter_id=counter, week_on=monday, codes=codes, issued_at=at)
        )
        same = (code.c.counter_id == counter, code.c.issued_on == day)
        connection.execute(sa.update(code).where(*same).values(batch_id=number))
    if days and connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT setval('receipt_batch_id_seq', (SELECT max(id) FROM receipt_batch))")
