"""The first schema."""

import sqlalchemy as sa
from alembic import op

from survey.core.db import UTCDateTime

revision = "20261125_0500"
down_revision = None
branch_labels = None
depends_on = None

ANSWER_VIEW = """
CREATE VIEW answer AS
SELECT response.id AS response_id, answer_slot.code AS code, substr(response.answers, answer_slot.position, 1) AS answer
FROM response
JOIN round ON round.id = response.round_id
JOIN answer_slot ON answer_slot.version_id = round.version_id
"""


def upgrade() -> None:
    create_tables()
    op.execute(ANSWER_VIEW)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_event_no_{verb.lower()} BEFORE {verb} ON audit_event "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()"
    )


def downgrade() -> None:
    op.execute("DROP VIEW answer")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_event_no_update")
        op.execute("DROP TRIGGER audit_event_no_delete")
    else:
        op.execute("DROP TRIGGER audit_event_append_only ON audit_event")
        op.execute("DROP FUNCTION audit_event_refuse()")
    drop_tables()


def create_tables() -> None:
    """Create the tables, parents first."""
    op.create_table(
        "agency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "province",
                "department",
                "district",
                "commune",
                "centre",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "province", "district", "commune", name="level", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_agency_name_not_empty")),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_agency_not_its_own_parent")),
        sa.CheckConstraint("successor_id IS NULL OR successor_id <> id", name=op.f("ck_agency_not_its_own_successor")),
        sa.CheckConstraint(
            "successor_id IS NULL OR valid_to IS NOT NULL", name=op.f("ck_agency_successor_only_when_ended")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_agency_valid_to_after_valid_from")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["agency.id"], name=op.f("fk_agency_parent_id_agency")),
        sa.ForeignKeyConstraint(["successor_id"], ["agency.id"], name=op.f("fk_agency_successor_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    op.create_index(op.f("ix_agency_parent_id"), "agency", ["parent_id"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("code", name=op.f("uq_questionnaire_code")),
    )
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_service_name_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("code", name=op.f("uq_service_code")),
        sa.UniqueConstraint("name", name=op.f("uq_service_name")),
    )
    op.create_table(
        "counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_counter_name_not_empty")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("agency_id", "code", name=op.f("uq_counter_agency_id_code")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_counter_agency_id_name")),
    )
    op.create_index(op.f("ix_counter_agency_id"), "counter", ["agency_id"], unique=False)
    op.create_table(
        "questionnaire_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_questionnaire_version_content_hash_sha256")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_questionnaire_version_number_from_one")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_version_questionnaire_id_questionnaire"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_version")),
        sa.UniqueConstraint(
            "questionnaire_id", "content_hash", name=op.f("uq_questionnaire_version_questionnaire_id_content_hash")
        ),
        sa.UniqueConstraint(
            "questionnaire_id", "number", name=op.f("uq_questionnaire_version_questionnaire_id_number")
        ),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "evaluator",
                "manager",
                "staff",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(role IN ('manager', 'staff')) = (agency_id IS NOT NULL)",
            name=op.f("ck_user_account_agency_for_unit_roles"),
        ),
        sa.CheckConstraint("session_epoch >= 0", name=op.f("ck_user_account_session_epoch_not_negative")),
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_user_account_username_lowercase")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_user_account_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "answer_slot",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "satisfaction", "need", "respondent", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_answer_slot_position_from_one")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_answer_slot_version_id_questionnaire_version")
        ),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_answer_slot")),
        sa.UniqueConstraint("version_id", "code", name=op.f("uq_answer_slot_version_id_code")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_audit_event_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"], unique=False)
    op.create_index(op.f("ix_audit_event_user_id"), "audit_event", ["user_id"], unique=False)
    op.create_table(
        "counter_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_counter_code_code_uppercase")),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_counter_code_code_length")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR revoked_at >= created_at", name=op.f("ck_counter_code_revoked_after_created")
        ),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_counter_code_counter_id_counter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_code")),
        sa.UniqueConstraint("code", name=op.f("uq_counter_code_code")),
    )
    op.create_index(op.f("ix_counter_code_counter_id"), "counter_code", ["counter_id"], unique=False)
    op.create_table(
        "counter_deciding_agency",
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_counter_deciding_agency_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["counter_id"], ["counter.id"], name=op.f("fk_counter_deciding_agency_counter_id_counter")
        ),
        sa.PrimaryKeyConstraint("counter_id", "agency_id", name=op.f("pk_counter_deciding_agency")),
    )
    op.create_table(
        "counter_service",
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_counter_service_counter_id_counter")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_counter_service_service_id_service")),
        sa.PrimaryKeyConstraint("counter_id", "service_id", name=op.f("pk_counter_service")),
    )
    op.create_table(
        "receipt_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_receipt_code_code_uppercase")),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_receipt_code_code_length")),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_receipt_code_counter_id_counter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_code")),
        sa.UniqueConstraint("code", name=op.f("uq_receipt_code_code")),
    )
    op.create_index(op.f("ix_receipt_code_counter_id"), "receipt_code", ["counter_id"], unique=False)
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                "published",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_round_closes_not_before_it_opens")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_round_name_not_empty")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_round_version_id_questionnaire_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("code", name=op.f("uq_round_code")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "shown", "hidden", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_comment_text_length")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_comment_agency_id_agency")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_agency_id"), "comment", ["agency_id"], unique=False)
    op.create_index(op.f("ix_comment_round_id"), "comment", ["round_id"], unique=False)
    op.create_table(
        "population",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.CheckConstraint("transactions >= 0", name=op.f("ck_population_transactions_not_negative")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_population_agency_id_agency")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_population_round_id_round")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_population_service_id_service")),
        sa.PrimaryKeyConstraint("round_id", "agency_id", "service_id", name=op.f("pk_population")),
    )
    op.create_table(
        "response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=True),
        sa.Column("deciding_agency_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "qr",
                "kiosk",
                "receipt",
                "paper",
                "phone",
                "interviewer",
                "online",
                "import",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("answers", sa.String(length=200), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=True),
        sa.Column("submitted_at", UTCDateTime(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("excluded", sa.String(length=64), nullable=True),
        sa.CheckConstraint("duration_s IS NULL OR duration_s >= 0", name=op.f("ck_response_duration_not_negative")),
        sa.CheckConstraint("length(answers) > 0", name=op.f("ck_response_answers_not_empty")),
        sa.CheckConstraint("length(key) BETWEEN 16 AND 64", name=op.f("ck_response_key_length")),
        sa.CheckConstraint(
            "opened_at IS NULL OR opened_at <= submitted_at", name=op.f("ck_response_opened_before_submitted")
        ),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_response_counter_id_counter")),
        sa.ForeignKeyConstraint(
            ["deciding_agency_id"], ["agency.id"], name=op.f("fk_response_deciding_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_response_round_id_round")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_response_service_id_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint("key", name=op.f("uq_response_key")),
    )
    op.create_index("ix_response_counter_id_submitted_at", "response", ["counter_id", "submitted_at"], unique=False)
    op.create_index(
        "ix_response_round_id_deciding_agency_id_service_id",
        "response",
        ["round_id", "deciding_agency_id", "service_id"],
        unique=False,
    )


def drop_tables() -> None:
    """Drop the tables, children first."""
    op.drop_index("ix_response_round_id_deciding_agency_id_service_id", table_name="response")
    op.drop_index("ix_response_counter_id_submitted_at", table_name="response")
    op.drop_table("response")
    op.drop_table("population")
    op.drop_index(op.f("ix_comment_round_id"), table_name="comment")
    op.drop_index(op.f("ix_comment_agency_id"), table_name="comment")
    op.drop_table("comment")
    op.drop_table("round")
    op.drop_index(op.f("ix_receipt_code_counter_id"), table_name="receipt_code")
    op.drop_table("receipt_code")
    op.drop_table("counter_service")
    op.drop_table("counter_deciding_agency")
    op.drop_index(op.f("ix_counter_code_counter_id"), table_name="counter_code")
    op.drop_table("counter_code")
    op.drop_index(op.f("ix_audit_event_user_id"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_at"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("answer_slot")
    op.drop_table("user_account")
    op.drop_table("questionnaire_version")
    op.drop_index(op.f("ix_counter_agency_id"), table_name="counter")
    op.drop_table("counter")
    op.drop_table("service")
    op.drop_table("questionnaire")
    op.drop_table("installation")
    op.drop_index(op.f("ix_agency_parent_id"), table_name="agency")
    op.drop_table("agency")
