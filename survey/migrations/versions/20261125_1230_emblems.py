"""An emblem for each agency's posters."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261125_1230"
down_revision = "20261125_1215"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_emblem",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "png",
                "svg",
                name=op.f("ck_agency_emblem_format"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(data) BETWEEN 1 AND 4194304", name=op.f("ck_agency_emblem_data_size")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_emblem_agency_id_agency")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_agency_emblem_user_id_user_account")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agency_emblem")),
    )


def downgrade() -> None:
    op.drop_table("agency_emblem")
