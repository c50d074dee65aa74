"""What guards the data and makes them quick: triggers and indexes, compared with those that the migrations make.

Whoever reaches the database can drop a trigger, alter the audit log or an edition, and leave all tables as they were;
nothing else would notice.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from survey.core.db import Database
from survey.migrations import upgrade

SERVER_TRIGGERS = {
    "audit_event_append_only": "audit_event_refuse",
    "audit_event_no_truncate": "audit_event_refuse",
    "audit_seal_append_only": "audit_event_refuse",
    "audit_seal_no_truncate": "audit_event_refuse",
    "publication_frozen": "publication_refuse",
    "publication_kept": "publication_refuse",
    "publication_no_truncate": "publication_refuse",
    "response_came": "response_count",
    "response_went": "response_count",
}
"""Triggers on PostgreSQL and the function that each calls."""
DOES = {"response_count": "INSERT INTO response_tally"}
"""What stands in a function that does more than to raise an exception."""


def find_broken_guards(database: Database) -> list[str]:
    """Compare triggers and indexes with those of the newest migration; return what is wrong, one a line.

    Indexes that somebody added are nobody's harm; a trigger that somebody added may alter answers.
    """
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            actual = _sqlite_objects(connection)
            return [*_missing(expected_on_sqlite(), actual), *_unknown(set(expected_on_sqlite()), set(actual))]
        indexes = set(connection.scalars(sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")))
        wanted = {name for kind, name in expected_on_sqlite() if kind == "index"}
        missing = [f"index {name} is missing" for name in sorted(wanted - indexes)]
        return missing + _server_triggers(connection)


@cache
def expected_on_sqlite() -> dict[tuple[str, str], str]:
    """Kind and name of each trigger and index that the migrations make, with the statement that made it."""
    reference = Database("sqlite:///:memory:")
    try:
        upgrade(reference)
        with reference.engine.connect() as connection:
            return _sqlite_objects(connection)
    finally:
        reference.dispose()


def _sqlite_objects(connection: sa.Connection) -> dict[tuple[str, str], str]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    )
    return {(kind, name): " ".join(sql.replace('"', "").split()) for kind, name, sql in rows}


def _missing(expected: dict[tuple[str, str], str], actual: dict[tuple[str, str], str]) -> list[str]:
    wrong = []
    for (kind, name), statement in sorted(expected.items()):
        if (kind, name) not in actual:
            wrong.append(f"{kind} {name} is missing")
        elif actual[kind, name] != statement:
            wrong.append(f"{kind} {name} was altered")
    return wrong


def _unknown(expected: set[tuple[str, str]], actual: set[tuple[str, str]]) -> list[str]:
    return [f"trigger {name} is not ours" for kind, name in sorted(actual - expected) if kind == "trigger"]


def _server_triggers(connection: sa.Connection) -> list[str]:
    rows = connection.execute(
        sa.text(
            "SELECT t.tgname, p.proname, p.prosrc, t.tgenabled FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND n.nspname = 'public'"
        )
    )
    actual = {name: (function, source, enabled) for name, function, source, enabled in rows}
    wrong = []
    for name, function in sorted(SERVER_TRIGGERS.items()):
        if name not in actual:
            wrong.append(f"trigger {name} is missing")
        elif actual[name][0] != function or DOES.get(function, "RAISE EXCEPTION") not in actual[name][1]:
            wrong.append(f"trigger {name} was altered")
        elif actual[name][2] not in ("O", "A"):
            wrong.append(f"trigger {name} is switched off")
    return wrong + [f"trigger {name} is not ours" for name in sorted(set(actual) - set(SERVER_TRIGGERS))]
