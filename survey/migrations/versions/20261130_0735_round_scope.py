"""Where a round is held: everywhere, or at kinds of agencies, agencies or counters alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0735"
down_revision = "20261130_0730"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("round", sa.Column("scope", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("round", "scope")
