"""The database knows the fingerprint of the session key, which all of its servers share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0955"
down_revision = "20261130_0745"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installation", sa.Column("key_fingerprint", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("installation", "key_fingerprint")
