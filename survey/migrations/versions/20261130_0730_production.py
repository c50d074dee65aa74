"""Production is a fact of the installation, kept where every command and page finds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0730"
down_revision = "20261130_0725"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("is_production", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("installation", "is_production")
