"""A random sample of a pile of paper forms is keyed in again by another unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_1100"
down_revision = "20261130_1045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the samples and their forms."""
    op.create_table(
        "spot_check",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("drawn_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("size >= 1", name=op.f("ck_spot_check_size_positive")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["entry_batch.batch_id"], name=op.f("fk_spot_check_batch_id_entry_batch")
        ),
        sa.ForeignKeyConstraint(
            ["drawn_by_id"], ["user_account.id"], name=op.f("fk_spot_check_drawn_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_spot_check")),
    )
    op.create_table(
        "spot_form",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=True),
        sa.Column("agreed", sa.Integer(), nullable=True),
        sa.Column("keyed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("keyed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_spot_form_number_from_one")),
        sa.CheckConstraint("compared IS NULL OR agreed <= compared", name=op.f("ck_spot_form_agreed_within_compared")),
        sa.CheckConstraint("(compared IS NULL) = (agreed IS NULL)", name=op.f("ck_spot_form_compared_with_agreed")),
        sa.ForeignKeyConstraint(["batch_id"], ["spot_check.batch_id"], name=op.f("fk_spot_form_batch_id_spot_check")),
        sa.ForeignKeyConstraint(
            ["keyed_by_id"], ["user_account.id"], name=op.f("fk_spot_form_keyed_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_spot_form")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("spot_form")
    op.drop_table("spot_check")
