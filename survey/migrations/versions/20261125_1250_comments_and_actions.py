"""Comments reviewed by a person and tagged with themes, and the register of actions."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime
from survey.core.text import searchable

revision = "20261125_1250"
down_revision = "20261125_1240"
branch_labels = None
depends_on = None

THEMES = (
    *("attitude", "guidance", "procedure", "time", "fee", "place"),
    *("online", "result", "feedback", "praise", "other"),
)
CHUNK = 1000


def upgrade() -> None:
    op.add_column("comment", sa.Column("masked", sa.Text(), nullable=True))
    op.add_column("comment", sa.Column("search", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("comment", sa.Column("reviewed_on", sa.Date(), nullable=True))
    # Written out, for SQLite too can add such a column without copying the table.
    op.execute(
        "ALTER TABLE comment ADD COLUMN reviewed_by_id INTEGER "
        "CONSTRAINT fk_comment_reviewed_by_id_user_account REFERENCES user_account (id)"
    )
    fill_search()
    op.create_table(
        "comment_theme",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("theme", choice("ck_comment_theme_theme", THEMES), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_comment_theme_comment_id_comment")),
        sa.PrimaryKeyConstraint("comment_id", "theme", name=op.f("pk_comment_theme")),
    )
    create_action()


def downgrade() -> None:
    op.drop_table("agency_action")
    op.drop_table("comment_theme")
    op.drop_column("comment", "reviewed_by_id")
    op.drop_column("comment", "reviewed_on")
    op.drop_column("comment", "search")
    op.drop_column("comment", "masked")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=32)


def fill_search() -> None:
    """Fill the searchable text of the comments there are."""
    comment = sa.table("comment", sa.column("id"), sa.column("text"), sa.column("search"))
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(
        sa.select(comment.c.id, comment.c.text).where(comment.c.id > last).order_by(comment.c.id).limit(CHUNK)
    ).all():
        connection.execute(
            sa.update(comment).where(comment.c.id == sa.bindparam("at")).values(search=sa.bindparam("found")),
            [{"at": row.id, "found": searchable(row.text)} for row in rows],
        )
        last = rows[-1].id


def create_action() -> None:
    op.create_table(
        "agency_action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=64), nullable=True),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("cause", sa.String(length=1000), nullable=True),
        sa.Column("responsible", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", choice("ck_agency_action_state", ("planned", "doing", "done", "dropped")), nullable=False),
        sa.Column("evidence", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("length(what) > 0", name=op.f("ck_agency_action_what_not_empty")),
        sa.CheckConstraint("length(responsible) > 0", name=op.f("ck_agency_action_responsible_not_empty")),
        sa.CheckConstraint("state <> 'done' OR length(evidence) > 0", name=op.f("ck_agency_action_done_with_evidence")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_agency_action_round_id_round")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_action_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_agency_action_created_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_action")),
    )
    op.create_index("ix_agency_action_agency_id_round_id", "agency_action", ["agency_id", "round_id"])
