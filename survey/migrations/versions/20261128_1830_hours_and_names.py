"""Hours at which rounds begin and end, and former names of services."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1830"
down_revision = "20261125_1340"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("round", sa.Column("opens_at", sa.Time(), nullable=True))
    # with the column, not of the table: SQLite adds it without copying the table that every response points to
    op.execute(
        "ALTER TABLE round ADD COLUMN closes_at TIME CONSTRAINT ck_round_closes_after_it_opens "
        "CHECK (closes_on > opens_on OR opens_at IS NULL OR closes_at IS NULL OR closes_at > opens_at)"
    )
    op.create_table(
        "service_former_name",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_service_former_name_name_not_empty")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_former_name_service_id_service")),
        sa.PrimaryKeyConstraint("service_id", "until", name=op.f("pk_service_former_name")),
    )


def downgrade() -> None:
    op.drop_table("service_former_name")
    op.drop_column("round", "closes_at")
    op.drop_column("round", "opens_at")
