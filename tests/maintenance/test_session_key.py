"""The session key that all servers of a database share: another one is refused, named by doctor, and never ready."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.maintenance.backup import create_backup, restore_backup
from survey.maintenance.doctor import FINE, WRONG, examine
from survey.maintenance.operations.keep_session_key import adopt_session_key, require_session_key
from survey.models import AuditEvent, Installation
from survey.serve import prepare
from tests.support.places import BACKUP_KEY

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
OURS, THEIRS = "k" * 40, "x" * 40


def digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16, person=b"sipas-key").hexdigest()


@contextmanager
def server(database: Database, folder: Path, key: str, *earlier: str) -> Iterator[Flask]:
    """A server of the database with a folder of its own."""
    app = create_app(
        Settings(instance_dir=folder, database_url=database.url, secret_key=key, secret_key_fallbacks=earlier)
    )
    yield app
    app.extensions["database"].dispose()


def start(database: Database, settings: Settings) -> None:
    """What a start does with the key."""
    with database.write() as session:
        require_session_key(session, settings)
        adopt_session_key(session, settings, actor=Actor(NOW))


def expected(database: Database) -> str | None:
    with database.read() as session:
        return session.scalar(sa.select(Installation.key_fingerprint))


def test_a_server_with_another_key_does_not_start_and_says_what_to_copy(database: Database, tmp_path: Path) -> None:
    """The attack of the issue: two servers set up by the guide, each with a key that `init` made."""
    first = Settings(instance_dir=tmp_path / "a", database_url=database.url, secret_key=OURS)
    start(database, first)
    assert expected(database) == digest(OURS)
    start(database, first)
    with pytest.raises(InputError) as refused:
        start(database, replace(first, instance_dir=tmp_path / "b", secret_key=THEIRS))
    told = str(refused.value)
    assert "copy instance/secret_key" in told
    assert digest(OURS)[:8] in told
    assert digest(THEIRS)[:8] in told
    assert OURS not in told
    assert THEIRS not in told
    assert expected(database) == digest(OURS)


def test_the_start_itself_refuses(tmp_path: Path, newest_file: Path) -> None:
    (tmp_path / "sipas.db").write_bytes(newest_file.read_bytes())
    settings = Settings(instance_dir=tmp_path, secret_key=OURS, production=True, public_base_url="https://a.example.vn")
    prepare(settings)
    with pytest.raises(InputError, match="is not that of the database's servers"):
        prepare(replace(settings, secret_key=THEIRS))


def test_ready_and_doctor_name_a_server_with_another_key(database: Database, tmp_path: Path) -> None:
    with server(database, tmp_path / "a", OURS) as a, server(database, tmp_path / "b", THEIRS) as b:
        assert b.test_client().get("/health/ready").status_code == 200  # nobody started on it yet
        start(database, a.config["SETTINGS"])
        assert a.test_client().get("/health/ready").status_code == 200
        reply = b.test_client().get("/health/ready")
        assert (reply.status_code, "copy instance/secret_key" in reply.get_json()["why"]) == (503, True)
        for app, state in ((a, FINE), (b, WRONG)):
            found = [one for one in examine(app.config["SETTINGS"], database, NOW) if "session key" in one.what]
            assert [one.state for one in found] == [state]


def test_a_key_is_changed_on_several_servers_without_one_of_them_leaving(database: Database, tmp_path: Path) -> None:
    """By the guide: the new key as a fallback everywhere, then as the key of one server after the other."""
    start(database, Settings(database_url=database.url, secret_key=OURS))
    with server(database, tmp_path / "a", THEIRS, OURS) as a, server(database, tmp_path / "b", OURS, THEIRS) as b:
        for app in (a, b, a):
            start(database, app.config["SETTINGS"])
            assert [one.test_client().get("/health/ready").status_code for one in (a, b)] == [200, 200]
    assert expected(database) == digest(THEIRS)


def test_a_key_that_somebody_saw_is_changed_by_a_command_that_is_logged(database: Database, tmp_path: Path) -> None:
    start(database, Settings(database_url=database.url, secret_key=OURS))
    with server(database, tmp_path / "a", THEIRS) as a:
        told = a.test_cli_runner().invoke(args=["database", "adopt-key"])
        assert (told.exit_code, digest(THEIRS)[:8] in told.stdout) == (0, True)
        start(database, a.config["SETTINGS"])
    with database.read() as session:
        events = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "installation.key_changed")).all()
        assert [(event.before, event.after) for event in events] == [
            ({"key": digest(OURS)[:8]}, {"key": digest(THEIRS)[:8]})
        ]


def test_a_restored_database_takes_the_key_of_the_first_server(database: Database, tmp_path: Path) -> None:
    start(database, Settings(database_url=database.url, secret_key=OURS))
    manifest = create_backup(database, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    target = Database(f"sqlite:///{tmp_path / 'new' / 'sipas.db'}")
    restore_backup(manifest, target, key=BACKUP_KEY)
    assert expected(target) is None
    start(target, Settings(secret_key=THEIRS))
    assert expected(target) == digest(THEIRS)
    target.dispose()
