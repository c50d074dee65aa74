"""Backups and moves: consistent while answers come in, verified, refused when damaged, restored into later versions."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyrage
import pytest
import sqlalchemy as sa
from flask import Flask

from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.private import open_to_others
from survey.maintenance.backup import create_backup, manifests, prune, read_manifest, restore_backup
from survey.maintenance.operations.copy_database import copy_database
from survey.migrations import current, newest, upgrade
from survey.models import Agency, Channel, Response, Round
from survey.publication.editions import recompute
from survey.publication.queries.editions import published
from survey.results.compute import round_results
from tests.support.evaluation import accounts, publish_scored, scored_round
from tests.support.places import BACKUP_KEY

NOW = datetime(2026, 4, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def filled(database: Database) -> Database:
    """A published round, accounts, an agency that came after another."""
    with database.write() as session:
        scored_round(session)
        accounts(session)
        publish_scored(session)
        old = session.scalars(sa.select(Agency).where(Agency.code == "so-dat-dai")).one()
        old.valid_to = datetime(2026, 7, 1, tzinfo=UTC).date()
        old.successor_id = session.scalars(sa.select(Agency.id).where(Agency.code == "trung-tam")).one()
    return database


Place = Callable[..., Database]


@pytest.fixture
def place() -> Iterator[Place]:
    """Return a function that makes a database in a folder; all are closed at the end."""
    made: list[Database] = []

    def make(folder: Path, name: str = "sipas.db") -> Database:
        made.append(Database(f"sqlite:///{folder / name}"))
        return made[-1]

    yield make
    for one in made:
        one.dispose()


def table_of(database: Database) -> list[tuple[object, ...]]:
    with database.read() as session:
        table = round_results(session, "r1").table.drop(columns="warnings")
    return [tuple(row) for row in table.astype(object).where(table.notna(), None).to_numpy().tolist()]


def test_a_backup_restores_to_the_same_results(filled: Database, tmp_path: Path, place: Place) -> None:
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    assert made.name == "sipas-20260401-020304.json"
    manifest = read_manifest(made)
    assert (manifest.revision, manifest.rows["response"], manifest.encrypted) == (newest(), 107, False)
    assert (tmp_path / "backups").stat().st_mode & 0o777 == 0o700
    assert made.with_name(manifest.file).stat().st_mode & 0o777 == 0o600
    target = place(tmp_path, "restored.db")
    restore_backup(made, target, key=BACKUP_KEY)
    assert current(target) == newest()
    assert table_of(target) == table_of(filled)
    with target.read() as session:
        edition = published(session, "r1")
        assert edition is not None
        assert recompute(session, edition).same
        successor = session.scalars(sa.select(Agency).where(Agency.code == "so-dat-dai")).one().successor_id
        assert session.get_one(Agency, successor).code == "trung-tam"
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == sorted([made.name, manifest.file])
    target.dispose()


def test_a_damaged_backup_is_refused_and_nothing_is_left_behind(filled: Database, tmp_path: Path, place: Place) -> None:
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    packed = made.with_name(read_manifest(made).file)
    whole = bytearray(packed.read_bytes())
    whole[len(whole) // 2] ^= 1
    packed.write_bytes(whole)
    with pytest.raises(InputError, match="damaged"):
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY)
    packed.unlink()
    with pytest.raises(InputError, match="missing"):
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY)
    assert not list(tmp_path.glob(".restore-*"))


def test_a_backup_with_other_rows_than_its_manifest_is_refused(filled: Database, tmp_path: Path, place: Place) -> None:
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    told = read_manifest(made)
    counted = replace(told, rows={**told.rows, "response": told.rows["response"] + 1})
    made.write_text(json.dumps(asdict(counted.signed(BACKUP_KEY))))
    with pytest.raises(InputError, match="does not hold the rows"):
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY)


def forged(made: Path, work: Path) -> Path:
    """Alter what is in a backup as its holder can: answers, the audit log, a trigger; every checksum made anew."""
    told = json.loads(made.read_text())
    packed = made.with_name(told["file"])
    plain = work / "plain.db"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    connection = sqlite3.connect(plain)
    connection.execute("DROP TRIGGER audit_event_no_delete")
    connection.execute("DELETE FROM audit_event WHERE action = 'publication.drafted'")
    connection.execute("UPDATE response SET answers = replace(answers, '1', '5')")
    connection.commit()
    told["rows"] = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in told["rows"]}  # noqa: S608
    connection.close()
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    told["file_sha256"] = sha256(packed.read_bytes()).hexdigest()
    told["database_sha256"] = sha256(plain.read_bytes()).hexdigest()
    made.write_text(json.dumps(told))
    return made


def test_an_altered_backup_is_refused_even_with_new_checksums(filled: Database, tmp_path: Path, place: Place) -> None:
    made = forged(create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW), tmp_path)
    with pytest.raises(InputError, match="was altered"):
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY)
    with pytest.raises(InputError, match="was altered"):  # trust in old backups is none in wrong signatures
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY, unsigned=True)
    made.write_text(json.dumps({**json.loads(made.read_text()), "signature": ""}))
    with pytest.raises(InputError, match="not signed"):
        restore_backup(made, place(tmp_path, "restored.db"), key=BACKUP_KEY)


def test_nothing_of_a_restored_place_is_open_to_others(filled: Database, tmp_path: Path, place: Place) -> None:
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    target = place(tmp_path / "new" / "deep")
    before = os.umask(0o022)
    try:
        restore_backup(made, target, key=BACKUP_KEY)
        with target.write() as session:  # makes the log anew
            session.execute(sa.update(Agency).values(name_en="X"))
        found = open_to_others(tmp_path / "new")
        assert (tmp_path / "new" / "deep" / "sipas.db-wal").exists()
    finally:
        os.umask(before)
    assert found == []
    assert open_to_others(tmp_path / "backups") == []


def test_nothing_is_restored_over_what_is_there(filled: Database, tmp_path: Path) -> None:
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    with pytest.raises(InputError, match="not empty"):
        restore_backup(made, filled, key=BACKUP_KEY)


def test_only_the_key_s_holder_reads_an_encrypted_backup(filled: Database, tmp_path: Path, place: Place) -> None:
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    made = create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW, recipients=[str(key.to_public())])
    packed = made.with_name(read_manifest(made).file)
    assert packed.read_bytes().startswith(b"age-encryption.org/v1")
    for wrong in ("", str(other)):
        with pytest.raises(InputError, match=r"encrypted|does not open"):
            restore_backup(made, place(tmp_path, "restored.db"), identity=wrong, key=BACKUP_KEY)
    target = place(tmp_path, "restored.db")
    restore_backup(made, target, identity=str(key), key=BACKUP_KEY)
    assert table_of(target) == table_of(filled)
    target.dispose()
    with pytest.raises(InputError, match="age public key"):
        create_backup(
            filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW + timedelta(hours=1), recipients=["age1wrong"]
        )
    assert len(manifests(tmp_path / "backups")) == 1


def test_a_backup_taken_while_answers_come_in_restores(filled: Database, tmp_path: Path, place: Place) -> None:
    stop = threading.Event()

    def write() -> None:
        own, number = Database(filled.url), 0
        with own.read() as session:
            round_id = session.scalars(sa.select(Round.id)).one()
            agency_id = session.scalars(sa.select(Agency.id)).first()
        while not stop.is_set() and number < 2_000:
            number += 1
            with own.write() as session:
                session.add(
                    Response(
                        key=f"during-{number:016d}",
                        round_id=round_id,
                        deciding_agency_id=agency_id,
                        channel=Channel.QR,
                        language="vi",
                        answers="5" * 20,
                        submitted_at=NOW,
                    )
                )
        own.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [
            create_backup(filled, tmp_path / "backups", key=BACKUP_KEY, now=NOW + timedelta(seconds=k))
            for k in range(3)
        ]
    finally:
        stop.set()
        writer.join()
    counts = [read_manifest(path).rows["response"] for path in made]
    assert counts == sorted(counts)
    assert counts[-1] > 107
    target = place(tmp_path, "restored.db")
    restore_backup(made[-1], target, key=BACKUP_KEY)
    with target.read() as session:
        keys = set(session.scalars(sa.select(Response.key).where(Response.key.like("during-%"))))
    assert keys == {f"during-{k:016d}" for k in range(1, counts[-1] - 107 + 1)}
    target.dispose()


def test_an_older_version_s_backup_restores_into_this_one(tmp_path: Path, place: Place) -> None:
    first = "20261125_0500"
    old = place(tmp_path, "old.db")
    upgrade(old, first)
    with old.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO agency (code, kind, level, name, valid_from) "
            "VALUES ('tinh', 'province', 'province', 'Tỉnh thử', '2026-01-01')"
        )
    plain = tmp_path / "plain.db"
    with old.engine.connect() as connection:
        connection.connection.cursor().execute("VACUUM INTO ?", (str(plain),))
    old.dispose()
    packed = tmp_path / "sipas-20260101-000000.sqlite.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    import hashlib

    made = tmp_path / "sipas-20260101-000000.json"
    told = {
        "file": packed.name,
        "created_at": "2026-01-01T00:00:00+00:00",
        "software": "0.0.1",
        "revision": first,
        "encrypted": False,
        "rows": {"agency": 1, "response": 0},
        "file_sha256": hashlib.sha256(packed.read_bytes()).hexdigest(),
        "database_sha256": hashlib.sha256(plain.read_bytes()).hexdigest(),
    }
    made.write_text(json.dumps(told))
    target = place(tmp_path, "restored.db")
    with pytest.raises(InputError, match="not signed"):
        restore_backup(made, target, key=BACKUP_KEY)
    restore_backup(made, target, key=BACKUP_KEY, unsigned=True)
    assert current(target) == newest()
    with target.read() as session:
        assert session.scalars(sa.select(Agency.name)).all() == ["Tỉnh thử"]
    target.dispose()


def test_old_backups_go_but_for_one_a_month(tmp_path: Path, place: Place) -> None:
    source = place(tmp_path, "source.db")
    upgrade(source)
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k) for k in range(0, 120, 5)]
    for day in days:
        create_backup(source, tmp_path / "backups", key=BACKUP_KEY, now=day)
    source.dispose()
    gone = prune(tmp_path / "backups", now=days[-1], days=20, months=3)
    kept = [path.name[6:14] for path in manifests(tmp_path / "backups")]
    assert kept == ["20260426", "20260421", "20260416", "20260411", "20260406", "20260401", "20260302", "20260205"]
    assert len(gone) == len(days) - len(kept)
    assert len(list((tmp_path / "backups").iterdir())) == 2 * len(kept)


def test_moving_to_the_other_database_keeps_every_row(
    filled: Database, postgresql: sa.URL, tmp_path: Path, place: Place
) -> None:
    if filled.engine.dialect.name == "sqlite":
        name = f"moved_{abs(hash(str(tmp_path))) % 10**9}"
        admin = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        target = Database(postgresql.set(database=name).render_as_string(hide_password=False))
    else:
        target = place(tmp_path, "moved.db")
    upgrade(target)
    told: list[int] = []
    copied = copy_database(filled, target, told.append)
    assert copied["response"].rows == 107
    assert sum(told) == sum(table.rows for table in copied.values())
    assert table_of(target) == table_of(filled)
    with target.write() as session:  # keys go on where they stopped
        session.add(
            Agency(
                code="sau", kind="commune", level="commune", name="Xã sau", valid_from=datetime(2026, 1, 1, tzinfo=UTC)
            )
        )
    with pytest.raises(InputError, match="not empty"):
        copy_database(filled, target)
    target.dispose()


def test_the_commands(app: Flask, tmp_path: Path) -> None:
    database: Database = app.extensions["database"]
    with database.write() as session:
        scored_round(session)
        publish_scored(session)
    runner = app.test_cli_runner()
    told = runner.invoke(args=["backup", "--out", str(tmp_path / "backups"), "--keep-days", "30"])
    assert told.exit_code == 0, told.output
    manifest = told.stdout.strip()
    tested = runner.invoke(args=["backup-test", "--folder", str(tmp_path / "backups")])
    assert (tested.exit_code, "restores: 107 responses" in tested.stdout) == (0, True), tested.output
    refused = runner.invoke(args=["restore", manifest])
    assert (refused.exit_code, "not empty" in refused.stderr) == (2, True)
    moved = runner.invoke(args=["move-database", "--to", f"sqlite:///{tmp_path / 'moved.db'}"])
    assert "response\t107\t" in moved.stdout, moved.output
    from app import create_app

    key = (tmp_path / "instance" / "backup_key").read_text()
    empty = create_app(Settings(instance_dir=tmp_path / "fresh", secret_key="k" * 40, backup_key=key))
    restored = empty.test_cli_runner().invoke(args=["restore", manifest])
    assert (restored.exit_code, "107 responses" in restored.stdout) == (0, True), restored.output
    empty.extensions["database"].dispose()


def test_an_encrypted_backup_is_tested_as_far_as_the_server_can(app: Flask, tmp_path: Path) -> None:
    """The private key is elsewhere: the monthly test must not fail for that, or every month it is the same."""
    run, key = app.test_cli_runner().invoke, pyrage.x25519.Identity.generate()
    folder = str(tmp_path / "backups")
    made = run(args=["database", "backup", "--out", folder, "--encrypt-to", str(key.to_public())])
    tested = run(args=["database", "test-backup", "--folder", folder])
    assert (tested.exit_code, "signature and checksum are right" in tested.stdout) == (0, True), tested.output
    packed = Path(made.stdout.strip()).with_name(read_manifest(Path(made.stdout.strip())).file)
    packed.write_bytes(packed.read_bytes()[:-1] + b"x")
    damaged = run(args=["database", "test-backup", "--folder", folder])
    assert (damaged.exit_code, "damaged" in damaged.stderr) == (2, True)
