"""The storage that all servers of a database share: one with a folder of its own is told so, and serves citizens."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.storage_mark import NAME, make_mark, read_mark
from survey.maintenance.backup import create_backup, restore_backup
from survey.maintenance.doctor import FINE, WRONG, examine
from survey.maintenance.operations.keep_session_key import adopt_session_key
from survey.maintenance.operations.keep_storage_mark import adopt_first_storage
from survey.models import AuditEvent, Installation
from survey.serve import prepare
from tests.support.places import BACKUP_KEY

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
KEY = "k" * 40


def start(database: Database, settings: Settings) -> None:
    """What a start does with the storage."""
    with database.write() as session:
        adopt_session_key(session, settings, actor=Actor(NOW))
        adopt_first_storage(session, settings, actor=Actor(NOW))


def expected(database: Database) -> str | None:
    with database.read() as session:
        return session.scalar(sa.select(Installation.storage_mark))


def test_a_mark_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    storage = tmp_path / "shared"
    assert read_mark(storage) is None
    mark = make_mark(storage)
    content = (storage / NAME).read_bytes()
    assert len(content) == 16
    assert mark == hashlib.blake2b(content, digest_size=16, person=b"sipas-storage").hexdigest()
    assert make_mark(storage) == read_mark(storage) == mark
    assert [path.name for path in storage.iterdir()] == [NAME]
    assert stat.S_IMODE((storage / NAME).stat().st_mode) == 0o600


def test_a_server_with_a_folder_of_its_own_is_told_everywhere_and_serves(database: Database, tmp_path: Path) -> None:
    """Two servers set up by the guide but for STORAGE_DIR."""
    a, b, c = (
        Settings(instance_dir=tmp_path / name, database_url=database.url, secret_key=KEY, storage_dir=str(storage))
        for name, storage in (("a", tmp_path / "shared"), ("b", ""), ("c", tmp_path / "shared"))
    )
    for settings in (a, b, c):
        start(database, settings)
    assert expected(database) == read_mark(tmp_path / "shared")
    for settings, state in ((a, FINE), (b, WRONG), (c, FINE)):
        app = create_app(settings)
        reply = app.test_client().get("/health/ready")
        assert (reply.status_code, reply.get_json()["status"]) == (200, "ready")
        assert ("Set STORAGE_DIR" in reply.get_json().get("warning", "")) == (state == WRONG)
        found = [one for one in examine(settings, database, NOW) if "the storage" in one.what]
        assert [one.state for one in found] == [state]
        app.extensions["database"].dispose()


def test_a_folder_that_was_changed_on_purpose_is_adopted_and_logged(database: Database, tmp_path: Path) -> None:
    start(database, Settings(instance_dir=tmp_path / "a", database_url=database.url, secret_key=KEY))
    app = create_app(Settings(instance_dir=tmp_path / "b", database_url=database.url, secret_key=KEY))
    told = app.test_cli_runner().invoke(args=["database", "adopt-storage"])
    assert (told.exit_code, str(tmp_path / "b") in told.stdout) == (0, True)
    assert expected(database) == read_mark(tmp_path / "b")
    with database.read() as session:
        action = AuditEvent.action == "installation.storage_changed"
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent).where(action)) == 1
    app.extensions["database"].dispose()


def test_the_start_itself_says_so(tmp_path: Path, newest_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sipas.db").write_bytes(newest_file.read_bytes())
    settings = Settings(instance_dir=tmp_path, secret_key=KEY, production=True, public_base_url="https://a.example.vn")
    prepare(settings)
    assert "storage" not in capsys.readouterr().err
    (tmp_path / NAME).unlink()
    prepare(settings)
    assert f"{tmp_path} is not the storage of the database's other servers" in capsys.readouterr().err


def test_a_restored_database_takes_the_storage_of_the_first_server(database: Database, tmp_path: Path) -> None:
    start(database, Settings(instance_dir=tmp_path / "a", database_url=database.url, secret_key=KEY))
    manifest = create_backup(database, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    target = Database(f"sqlite:///{tmp_path / 'new' / 'sipas.db'}")
    restore_backup(manifest, target, key=BACKUP_KEY)
    assert expected(target) is None
    target.dispose()
