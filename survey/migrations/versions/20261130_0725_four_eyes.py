"""An edition keeps who made the accounts of its two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0725"
down_revision = "20261130_0720"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("people", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("publication", "people")
