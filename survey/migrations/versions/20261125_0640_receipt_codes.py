"""Add the one-use codes of receipts."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_0640"
down_revision = "20261125_0500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_receipt_code_code_uppercase")),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_receipt_code_code_length")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_receipt_code_counter_id_counter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_code")),
        sa.UniqueConstraint("code", name=op.f("uq_receipt_code_code")),
    )
    op.create_index(op.f("ix_receipt_code_counter_id"), "receipt_code", ["counter_id"])


def downgrade() -> None:
    op.drop_table("receipt_code")
