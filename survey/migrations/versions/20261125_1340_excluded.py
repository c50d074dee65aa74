"""An index of the responses that are not counted: few among many, and asked for at every page of results."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1340"
down_revision = "20261125_1315"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_response_excluded",
        "response",
        ["round_id", "excluded"],
        sqlite_where=sa.text("excluded IS NOT NULL"),
        postgresql_where=sa.text("excluded IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_response_excluded", table_name="response")
