"""An edition can name the decision that approves and publishes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0745"
down_revision = "20261130_0740"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns."""
    op.add_column("publication", sa.Column("decision_number", sa.String(100), nullable=True))
    op.add_column("publication", sa.Column("decision_on", sa.Date(), nullable=True))
    op.add_column("publication", sa.Column("decision_link", sa.String(300), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("publication", "decision_link")
    op.drop_column("publication", "decision_on")
    op.drop_column("publication", "decision_number")
