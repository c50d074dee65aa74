"""The database knows the fingerprint of the storage that all of its servers share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1635"
down_revision = "20261130_1120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("storage_mark", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("installation", "storage_mark")
