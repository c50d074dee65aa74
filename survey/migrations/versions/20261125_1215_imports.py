"""Imports as batches, kiosk counters, and when a round was closed by hand."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261125_1215"
down_revision = "20261125_0500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                *("agencies", "services", "counters", "population", "responses"),
                name=op.f("ck_import_batch_kind"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_import_batch_content_hash_sha256")),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_import_batch_rows_not_negative")),
        sa.CheckConstraint(
            "undone_at IS NULL OR undone_at >= created_at", name=op.f("ck_import_batch_undone_after_created")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_import_batch_round_id_round")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_import_batch_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(op.f("ix_import_batch_round_id"), "import_batch", ["round_id"])
    op.create_index(op.f("ix_import_batch_content_hash"), "import_batch", ["content_hash"])
    # Written out, for SQLite too can add such a column without copying the table of responses.
    op.execute(
        "ALTER TABLE response ADD COLUMN batch_id INTEGER "
        "CONSTRAINT fk_response_batch_id_import_batch REFERENCES import_batch (id)"
    )
    op.create_index(op.f("ix_response_batch_id"), "response", ["batch_id"])
    op.add_column("counter", sa.Column("kiosk", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("round", sa.Column("closed_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("round", "closed_at")
    op.drop_column("counter", "kiosk")
    op.drop_index(op.f("ix_response_batch_id"), table_name="response")
    op.drop_column("response", "batch_id")
    op.drop_index(op.f("ix_import_batch_content_hash"), table_name="import_batch")
    op.drop_index(op.f("ix_import_batch_round_id"), table_name="import_batch")
    op.drop_table("import_batch")
