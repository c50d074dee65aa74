"""Editions of published results, frozen by the database, and clients of the API."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261125_1240"
down_revision = "20261125_1230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_publication()
    create_api_client()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER publication_frozen BEFORE UPDATE OF content, results_hash, round_id, drafted_by_id "
            "ON publication BEGIN SELECT RAISE(ABORT, 'what was frozen is never altered'); END"
        )
        op.execute(
            "CREATE TRIGGER publication_kept BEFORE DELETE ON publication "
            "BEGIN SELECT RAISE(ABORT, 'what was frozen is never altered'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION publication_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'what was frozen is never altered'; END $$"
    )
    op.execute(
        "CREATE TRIGGER publication_frozen BEFORE UPDATE OF content, results_hash, round_id, drafted_by_id "
        "ON publication FOR EACH ROW EXECUTE FUNCTION publication_refuse()"
    )
    op.execute(
        "CREATE TRIGGER publication_kept BEFORE DELETE ON publication "
        "FOR EACH ROW EXECUTE FUNCTION publication_refuse()"
    )


def downgrade() -> None:
    op.drop_table("api_client")
    op.drop_table("publication")  # its triggers go with it
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION publication_refuse()")


def create_publication() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                *("draft", "reviewed", "published", "withdrawn"),
                name=op.f("ck_publication_state"),
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("results_hash", sa.String(length=64), nullable=False),
        sa.Column("drafted_by_id", sa.Integer(), nullable=False),
        sa.Column("drafted_at", UTCDateTime(), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", UTCDateTime(), nullable=True),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_publication_edition_from_one")),
        sa.CheckConstraint("length(results_hash) = 64", name=op.f("ck_publication_results_hash_sha256")),
        sa.CheckConstraint("reviewed_by_id <> drafted_by_id", name=op.f("ck_publication_reviewed_by_a_second_person")),
        sa.CheckConstraint(
            "state NOT IN ('reviewed', 'published') OR reviewed_by_id IS NOT NULL",
            name=op.f("ck_publication_reviewed_before_published"),
        ),
        sa.CheckConstraint(
            "(state = 'published') = (edition IS NOT NULL AND published_at IS NOT NULL)",
            name=op.f("ck_publication_published_has_edition"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_publication_round_id_round")),
        *(
            sa.ForeignKeyConstraint([column], ["user_account.id"], name=op.f(f"fk_publication_{column}_user_account"))
            for column in ("drafted_by_id", "reviewed_by_id", "published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("round_id", "edition", name=op.f("uq_publication_round_id_edition")),
    )


def create_api_client() -> None:
    op.create_table(
        "api_client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_api_client_name_not_empty")),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_api_client_token_hash_sha256")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR revoked_at >= created_at", name=op.f("ck_api_client_revoked_after_created")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_api_client_created_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_client_token_hash")),
    )
