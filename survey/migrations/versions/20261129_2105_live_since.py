"""The local day since which a response counts in what unit roles see of an open round."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_2105"
down_revision = "20261129_2040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response", sa.Column("live_since", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("response", "live_since")
