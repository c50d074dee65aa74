"""Former names of agencies, several successors of one, and services no longer in use."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1303"
down_revision = "20261125_1255"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_former_name",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_agency_former_name_name_not_empty")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_former_name_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "until", name=op.f("pk_agency_former_name")),
    )
    op.create_table(
        "agency_successor",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("successor_id <> agency_id", name=op.f("ck_agency_successor_not_its_own_successor")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_successor_agency_id_agency")),
        sa.ForeignKeyConstraint(["successor_id"], ["agency.id"], name=op.f("fk_agency_successor_successor_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "successor_id", name=op.f("pk_agency_successor")),
    )
    op.add_column("service", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("service", "active")
    op.drop_table("agency_successor")
    op.drop_table("agency_former_name")
