"""Heavy work that waits for the process that does it."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261130_0305"
down_revision = "20261130_0255"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *("waiting", "running", "done", "failed"),
                name=op.f("ck_job_state"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=True),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("beat_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("file", sa.String(length=200), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_job_progress_percent")),
        sa.CheckConstraint("(state = 'done') = (file IS NOT NULL)", name=op.f("ck_job_done_has_file")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_job_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("token", name=op.f("uq_job_token")),
    )
    op.create_index(
        "ix_job_unfinished", "job", ["user_id"], unique=True, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )


def downgrade() -> None:
    op.drop_index("ix_job_unfinished", table_name="job")
    op.drop_table("job")
