"""Commands for whoever looks after an installation: set it up, back it up, restore, move, look for what is wrong."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import IN_FILE, OUT_FOLDER, report_input_errors
from survey.core.config import BACKUP_MONTHS, create_backup_key, create_secret_key, read_backup_key
from survey.core.db import Database
from survey.core.errors import InputError
from survey.web.context import database, now, settings

if TYPE_CHECKING:
    from survey.maintenance.backup import Manifest
    from survey.maintenance.operations.copy_database import Progress


@click.command()
@with_appcontext
@report_input_errors
def init() -> None:
    """Set up the instance folder, the secret key, the database and the questionnaires; keep what is there."""
    from survey.migrations import newest, upgrade
    from survey.questionnaires import bundled
    from survey.structure.operations.install_questionnaire import install_questionnaire

    create_secret_key(settings().instance_dir)
    upgrade(database())
    with database().write() as session:
        for definition in bundled().values():
            install_questionnaire(session, definition, now())
    names = ", ".join(bundled())
    say("The database is at revision %(revision)s; questionnaires: %(names)s", revision=newest(), names=names)


@click.command()
@click.option("--out", type=OUT_FOLDER, help="Folder of backups; default: backups/ in the instance folder.")
@click.option("--encrypt-to", "recipients", multiple=True, metavar="age1…", help="age public key; may be repeated.")
@click.option("--keep-days", type=click.IntRange(min=1), help="Delete older backups, but for one a month.")
@click.option("--keep-months", type=click.IntRange(min=0), default=BACKUP_MONTHS, show_default=True)
@with_appcontext
@report_input_errors
def backup(out: Path | None, recipients: tuple[str, ...], keep_days: int | None, keep_months: int) -> None:
    """Write a consistent, compressed, checksummed backup, also while answers come in; print its manifest."""
    from survey.maintenance import backup as backups

    folder, moment = out or _folder(), now()
    manifest = backups.create_backup(database(), folder, now=moment, key=_signing_key(), recipients=recipients)
    click.echo(str(manifest))
    if keep_days is not None:
        for gone in backups.prune(folder, now=moment, days=keep_days, months=keep_months):
            say("deleted %(name)s", name=gone.name, err=True)


@click.command()
@click.argument("manifest", type=IN_FILE)
@click.option("--identity", type=IN_FILE, help="File with the age private key of an encrypted backup.")
@click.option("--unsigned", is_flag=True, help="Take a backup without signature, of version 0.1.")
@with_appcontext
@report_input_errors
def restore(manifest: Path, identity: Path | None, unsigned: bool) -> None:
    """Fill an empty database from the backup that MANIFEST describes, and verify it."""
    from survey.maintenance import backup as backups

    restored = backups.restore_backup(
        manifest, database(), key=_known_key(), identity=_key(identity), unsigned=unsigned
    )
    say("Restored %(file)s of %(moment)s: %(count)s responses.", _counts(restored))


@click.command("test-backup")
@click.option("--folder", type=OUT_FOLDER, help="Folder of backups; default: backups/ in the instance folder.")
@click.option("--identity", type=IN_FILE, help="File with the age private key of encrypted backups.")
@with_appcontext
@report_input_errors
def test_backup(folder: Path | None, identity: Path | None) -> None:
    """Restore the newest backup into a scratch place and compute every published edition anew. Run it every month."""
    from survey.collect.queries.purged import answers_purged
    from survey.maintenance import backup as backups
    from survey.publication.editions import recompute
    from survey.publication.queries.editions import published, published_rounds

    newest_first = backups.manifests(folder or _folder())
    if not newest_first:
        raise InputError("There is no backup in %(folder)s", folder=folder or _folder())
    checked = backups.check_backup(newest_first[0], key=_known_key())
    if checked.encrypted and identity is None:
        say("%(file)s of %(moment)s: signature and checksum are right.", file=checked.file, moment=checked.created_at)
        say("It is encrypted: restore it where the private key is, with --identity, to try the rest.", err=True)
        return
    with tempfile.TemporaryDirectory(prefix="sipas-restore-") as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'sipas.db'}")
        try:
            restored = backups.restore_backup(newest_first[0], database, key=_known_key(), identity=_key(identity))
            with database.read() as session:
                for round_ in published_rounds(session):
                    if answers_purged(session, round_.code):
                        continue  # only its frozen editions are left, and these came back with their hashes
                    edition = published(session, round_.code)
                    if edition is not None and not recompute(session, edition).same:
                        raise InputError(
                            "The backup restores, but round %(code)s no longer gives the published results",
                            code=round_.code,
                        )
        finally:
            database.dispose()
    say("%(file)s of %(moment)s restores: %(count)s responses.", _counts(restored))


@click.command()
@with_appcontext
@report_input_errors
def doctor() -> None:
    """Look at settings, disk, clock, permissions, migrations, backups and fonts; exit code 1 when one is wrong."""
    from survey.maintenance.doctor import examine, report

    if not report(examine(settings(), database(), now()), click.echo):
        sys.exit(1)


@click.command("move")
@click.option("--to", "url", required=True, help="SQLAlchemy address of an empty database.")
@with_appcontext
@report_input_errors
def move_database(url: str) -> None:
    """Copy everything into an empty database, verify it, and tell how to switch over. Stop the server first."""
    from survey.maintenance.operations.copy_database import copy_database, count_rows
    from survey.migrations import upgrade

    source, target = database(), Database(url)
    try:
        upgrade(target)
        with _bar(count_rows(source)) as progress:
            copied = copy_database(source, target, progress)
    finally:
        target.dispose()
    for name, table in copied.items():
        if table.rows:
            click.echo(f"{name}\t{table.rows}\t{table.digest[:16]}")
    say("Every row was read back and is the same. Set DATABASE_URL to the new address and start the server.")


@click.command("adopt-key")
@with_appcontext
@report_input_errors
def adopt_key() -> None:
    """Let the database expect the session key of this server, after it was changed on purpose."""
    from survey.core.actor import Actor
    from survey.core.session_key import SHOWN, fingerprint
    from survey.maintenance.operations.keep_session_key import adopt_session_key

    with database().write() as session:
        adopt_session_key(session, settings(), actor=Actor(now()))
    key = fingerprint(settings().secret_key)[:SHOWN]
    say("The database expects the session key %(key)s of its servers. Restart every server with it.", key=key)


@click.command("adopt-storage")
@with_appcontext
@report_input_errors
def adopt_storage_folder() -> None:
    """Let the database expect the storage of this server, after the folder was changed on purpose."""
    from survey.core.actor import Actor
    from survey.maintenance.operations.keep_storage_mark import adopt_storage

    with database().write() as session:
        adopt_storage(session, settings(), actor=Actor(now()))
    say("The database expects %(folder)s as the storage of its servers.", folder=settings().storage)


def _counts(restored: Manifest) -> dict[str, object]:
    """What is said of a backup that was restored."""
    return {"file": restored.file, "moment": restored.created_at, "count": restored.rows["response"]}


@contextmanager
def _bar(total: int) -> Iterator[Progress | None]:
    """Progress bar over rows, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label="rows", file=sys.stderr) as bar:
        yield bar.update


def _key(identity: Path | None) -> str:
    """The private key in a file as age writes it: comments, then one line."""
    if identity is None:
        return ""
    lines = [line.strip() for line in identity.read_text("utf-8").splitlines()]
    return next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")


def _signing_key() -> str:
    """The key that signs backups; the first backup of an older installation makes it."""
    return _known_key() or create_backup_key(settings().instance_dir)


def _known_key() -> str:
    """The key that backups were signed with; empty where this installation has none."""
    return settings().backup_key or read_backup_key(settings().instance_dir)


def _folder() -> Path:
    return settings().instance_dir / "backups"
