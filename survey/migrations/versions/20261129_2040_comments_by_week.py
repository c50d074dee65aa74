"""Comments under random keys, dated by the week and without language; reviewed ones without their raw text."""

from __future__ import annotations

import json
import random
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261129_2040"
down_revision = "20261128_1830"
branch_labels = None
depends_on = None

THEMES = (
    *("attitude", "guidance", "procedure", "time", "fee", "place"),
    *("online", "result", "feedback", "praise", "other"),
)
STATES = ("new", "shown", "hidden")
#: whole numbers of 62 bits; on SQLite the row's own number, so that rows lie in the order of their random keys
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DATE = {False: "received_on", True: "received_week"}


def upgrade() -> None:
    comments, themes = read()
    batch_of = batches()
    keys = {row["id"]: secrets.randbits(62) for row in comments}
    for row in comments:
        row["batch_id"] = next((b for first, last, b in batch_of if first <= row["id"] <= last), None)
        row["id"] = keys[row["id"]]
        received = row.pop("received_on")
        row["received_week"] = received - timedelta(days=received.weekday())
        row["text"] = row["masked"] if row["masked"] is not None else row["text"]
        del row["language"]
    for row in themes:
        row["comment_id"] = keys[row["comment_id"]]
    drop()
    create(weekly=True)
    insert(comments, themes)


def downgrade() -> None:
    """Comments blurred to the day and the language, as far as they are still known: the Monday, and Vietnamese."""
    comments, themes = read()
    keys = {row["id"]: number for number, row in enumerate(comments, start=1)}
    for row in comments:
        row["id"] = keys[row["id"]]
        row["received_on"] = row.pop("received_week")
        row["language"] = "vi"
        del row["batch_id"]
    for row in themes:
        row["comment_id"] = keys[row["comment_id"]]
    drop()
    create(weekly=False)
    insert(comments, themes)


def batches() -> list[tuple[int, int, int]]:
    """Which numbers of comments came with which import, and forget these numbers."""
    table = sa.table("import_batch", sa.column("id"), sa.column("undo", sa.JSON()))
    connection = op.get_bind()
    ranges = []
    for number, undo in connection.execute(sa.select(table.c.id, table.c.undo)).all():
        undo = json.loads(undo) if isinstance(undo, str) else undo
        if not undo or "comments" not in undo:
            continue
        ranges += [(int(first), int(last), int(number)) for first, last in undo["comments"]]
        left = {name: value for name, value in undo.items() if name != "comments"}
        connection.execute(sa.update(table).where(table.c.id == number).values(undo=left))
    return ranges


def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of both tables in random order."""
    connection = op.get_bind()
    found = []
    for name in ("comment", "comment_theme"):
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        random.SystemRandom().shuffle(rows)
        found.append(rows)
    return found[0], found[1]


def insert(comments: list[dict[str, Any]], themes: list[dict[str, Any]]) -> None:
    connection = op.get_bind()
    for name, rows in (("comment", comments), ("comment_theme", themes)):
        if rows:
            connection.execute(sa.insert(sa.Table(name, sa.MetaData(), autoload_with=connection)), rows)


def drop() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete = ON")
    op.drop_table("comment_theme")
    op.drop_table("comment")


def create(*, weekly: bool) -> None:
    key = KEY if weekly else sa.Integer()
    op.create_table(
        "comment",
        sa.Column("id", key, nullable=False, autoincrement="auto" if not weekly else False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        *([sa.Column("batch_id", sa.Integer(), nullable=True)] if weekly else []),
        *([] if weekly else [sa.Column("language", sa.String(length=16), nullable=False)]),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(DATE[weekly], sa.Date(), nullable=False),
        sa.Column("state", choice("ck_comment_state", STATES), nullable=False),
        sa.Column("masked", sa.Text(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_comment_text_length")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_comment_agency_id_agency")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_round_id_round")),
        *(
            [sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_comment_batch_id_import_batch"))]
            if weekly
            else []
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    # Written out as the revision before did it, so that SQLite can drop the column again.
    op.execute(
        "ALTER TABLE comment ADD COLUMN reviewed_by_id INTEGER "
        "CONSTRAINT fk_comment_reviewed_by_id_user_account REFERENCES user_account (id)"
    )
    op.create_index(op.f("ix_comment_agency_id"), "comment", ["agency_id"], unique=False)
    op.create_index(op.f("ix_comment_round_id"), "comment", ["round_id"], unique=False)
    if weekly:
        op.create_index(op.f("ix_comment_batch_id"), "comment", ["batch_id"], unique=False)
    op.create_table(
        "comment_theme",
        sa.Column("comment_id", key, nullable=False),
        sa.Column("theme", choice("ck_comment_theme_theme", THEMES), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_comment_theme_comment_id_comment")),
        sa.PrimaryKeyConstraint("comment_id", "theme", name=op.f("pk_comment_theme")),
    )


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=32)
