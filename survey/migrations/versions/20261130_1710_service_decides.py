"""The agency that decides on a service."""

from __future__ import annotations

from alembic import op

revision = "20261130_1710"
down_revision = "20261130_1705"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE service ADD COLUMN deciding_agency_id INTEGER "
        "CONSTRAINT fk_service_deciding_agency_id_agency REFERENCES agency (id)"
    )


def downgrade() -> None:
    op.drop_column("service", "deciding_agency_id")
