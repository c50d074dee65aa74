"""Addresses for reminders by mail, and their outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1000"
down_revision = "20261130_0955"
branch_labels = None
depends_on = None

STATES = ("queued", "sending", "sent", "failed")


def upgrade() -> None:
    """Add both tables, empty: mail is off until an operator and a person switch it on."""
    state = sa.Enum(*STATES, name=op.f("ck_mail_message_state"), native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mail_address",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(address) > 2", name=op.f("ck_mail_address_address_not_empty")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_address_user_id_user_account")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_address")),
    )
    op.create_table(
        "mail_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(200), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_message_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_message")),
        sa.UniqueConstraint("user_id", "day", name=op.f("uq_mail_message_user_id_day")),
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_table("mail_message")
    op.drop_table("mail_address")
