"""The hash chain of the audit log: altered, removed and inserted events are seen, and printed heads are found again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from survey.accounts.audit_export import new_audit_lines
from survey.accounts.operations import audit
from survey.accounts.operations.seal_audit import seal_audit
from survey.accounts.queries.audit import AuditFilter
from survey.accounts.queries.audit_chain import head_position, verify_audit_chain
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import AuditSeal

AT = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)


def record(database: Database, *subjects: str) -> str:
    """Record an event about each subject and seal them; return the head."""
    with database.write() as session:
        for subject in subjects:
            audit.record(
                session, action="agency.renamed", subject=subject, actor=Actor(AT), after={"name": "Sở Tư pháp"}
            )
            session.flush()
        return seal_audit(session)


def attack(database: Database, *statements: str) -> None:
    """Alter the database as its administrator can: guards switched off first."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in (
                "audit_event_no_update",
                "audit_event_no_delete",
                "audit_seal_no_update",
                "audit_seal_no_delete",
            ):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER ALL")
            connection.exec_driver_sql("ALTER TABLE audit_seal DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_link_is_the_hash_of_the_link_before_and_the_event(database: Database) -> None:
    record(database, "agency:a")
    text = '[1,"2026-03-01T17:30:00.000000+00:00",null,"agency.renamed","agency:a",null,{"name":"Sở Tư pháp"}]'
    first = hashlib.sha256(("0" * 64 + text).encode()).hexdigest()
    with database.read() as session:
        assert session.scalars(sa.select(AuditSeal.hash)).all() == [first]
        assert verify_audit_chain(session).head == first


def test_sealing_goes_on_where_it_ended_and_seals_nothing_twice(database: Database) -> None:
    first = record(database, "agency:a", "agency:b")
    assert record(database) == first
    second = record(database, "agency:c")
    with database.read() as session:
        chain = verify_audit_chain(session)
        assert (chain.head, chain.sealed, chain.unsealed, chain.broken_at) == (second, 3, 0, None)
        assert (head_position(session, first), head_position(session, second)) == (2, 3)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_event SET subject = 'agency:x' WHERE id = 2", 2),
        ("UPDATE audit_event SET at = '2026-03-02 17:30:00' WHERE id = 3", 3),
        ("UPDATE audit_event SET after = NULL WHERE id = 1", 1),
        ("DELETE FROM audit_seal WHERE position = 2", 2),
    ],
)
def test_an_altered_log_is_seen_where_it_was_altered(database: Database, statement: str, broken_at: int) -> None:
    record(database, "agency:a", "agency:b", "agency:c")
    attack(database, statement)
    with database.read() as session:
        assert verify_audit_chain(session).broken_at == broken_at


def test_events_removed_at_the_end_are_missed_by_the_head_that_was_printed(database: Database) -> None:
    record(database, "agency:a")
    printed = record(database, "agency:b")
    attack(database, "DELETE FROM audit_seal WHERE position = 2", "DELETE FROM audit_event WHERE id = 2")
    with database.read() as session:
        assert verify_audit_chain(session).broken_at is None
        assert head_position(session, printed) is None


def test_the_database_refuses_to_alter_or_empty_the_log(database: Database) -> None:
    record(database, "agency:a")
    statements = ["DELETE FROM audit_seal", "UPDATE audit_seal SET position = 7"]
    if database.engine.dialect.name == "postgresql":
        statements += ["TRUNCATE audit_event CASCADE", "TRUNCATE audit_seal", "TRUNCATE publication"]
    for statement in statements:
        with (
            pytest.raises(sa.exc.DBAPIError, match=r"append-only|never altered"),
            database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_the_command_says_whether_a_printed_head_is_still_there(app: Flask) -> None:
    database = app.extensions["database"]
    head = record(database, "agency:a", "agency:b")
    run = app.test_cli_runner().invoke
    whole = run(args=["audit", "verify", "--head", head])
    assert (whole.exit_code, "that head is link 2" in whole.stdout) == (0, True), whole.output
    lost = run(args=["audit", "verify", "--head", "f" * 64])
    assert (lost.exit_code, "are gone" in lost.stderr) == (1, True)
    attack(database, "UPDATE audit_event SET subject = 'agency:x' WHERE id = 2")
    altered = run(args=["audit", "verify"])
    assert (altered.exit_code, "Link 2 does not hold" in altered.stderr) == (1, True)


def exported(database: Database, after: int = 0, action: str = "") -> list[int]:
    """Return the numbers of the events that a collector is sent."""
    lines = new_audit_lines(database, AuditFilter(action=action), ZoneInfo("UTC"), after)
    return [json.loads(line)["id"] for line in lines]


def test_an_event_whose_writer_ends_late_is_exported_with_the_next(postgresql_database: Database) -> None:
    """Two writers: the second takes the higher number and ends first; the collector asked in between."""
    database = postgresql_database
    with orm.Session(database.engine) as slow:
        audit.record(slow, action="a.slow", subject="x:1", actor=Actor(AT))
        slow.flush()
        with database.write() as session:
            audit.record(session, action="a.quick", subject="x:2", actor=Actor(AT))
        assert exported(database) == [2]
        slow.commit()
    with database.write() as session:
        audit.record(session, action="a.third", subject="x:3", actor=Actor(AT))
    assert exported(database, after=2) == [1, 3]
    assert exported(database, after=3) == []
    assert exported(database) == [2, 1, 3]


def test_an_export_goes_on_after_any_number(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.accounts.queries.audit.CHUNK", 2)
    record(database, "agency:a", "agency:b")
    with database.write() as session:
        for name in ("b.one", "a.two", "b.three"):
            audit.record(session, action=name, subject="x", actor=Actor(AT))
            session.flush()
    assert exported(database) == [1, 2, 3, 4, 5]
    assert exported(database, action="b.") == [3, 5]
    assert exported(database, after=3, action="b.") == [5]
    assert exported(database, after=99) == []
