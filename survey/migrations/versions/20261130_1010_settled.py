"""What unit roles see of a closed round: when it was settled, and which responses did not count then.

Rounds closed before have nothing settled: the first night settles them as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1010"
down_revision = "20261130_1000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("round", sa.Column("settled", sa.JSON(), nullable=True))
    op.create_table(
        "settled_out",
        sa.Column("response_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_settled_out_response_id_response")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_settled_out_round_id_round")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_settled_out")),
    )
    op.create_index(op.f("ix_settled_out_round_id"), "settled_out", ["round_id"])


def downgrade() -> None:
    """Take both away."""
    op.drop_index(op.f("ix_settled_out_round_id"), table_name="settled_out")
    op.drop_table("settled_out")
    op.drop_column("round", "settled")
