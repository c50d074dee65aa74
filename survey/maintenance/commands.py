"""Commands for whoever looks after an installation: backup, restore, backup-test, move-database."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_line import plainly
from survey.core.db import Database
from survey.core.errors import InputError
from survey.maintenance import backup as backups
from survey.maintenance.doctor import examine, tell
from survey.maintenance.operations.copy_database import Progress, copy_database, count_rows
from survey.migrations import upgrade
from survey.web import context
from survey.web.context import database, settings

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--out", type=FOLDER, help="Folder of backups; default: backups/ in the instance folder.")
@click.option("--encrypt-to", "recipients", multiple=True, metavar="age1…", help="age public key; may be repeated.")
@click.option("--keep-days", type=click.IntRange(min=1), help="Delete older backups, but for one a month.")
@click.option("--keep-months", type=click.IntRange(min=0), default=24, show_default=True)
@with_appcontext
@plainly
def backup(out: Path | None, recipients: tuple[str, ...], keep_days: int | None, keep_months: int) -> None:
    """Write a consistent, compressed, checksummed backup, also while answers come in; print its manifest."""
    folder = out or _folder()
    now = context.now()
    made = backups.create_backup(database(), folder, now=now, recipients=recipients)
    click.echo(str(made))
    if keep_days is not None:
        for gone in backups.prune(folder, now=now, days=keep_days, months=keep_months):
            click.echo(f"deleted {gone.name}", err=True)


@click.command()
@click.argument("manifest", type=FILE)
@click.option("--identity", type=FILE, help="File with the age private key of an encrypted backup.")
@with_appcontext
@plainly
def restore(manifest: Path, identity: Path | None) -> None:
    """Fill an empty database from the backup that MANIFEST describes, and verify it."""
    restored = backups.restore_backup(manifest, database(), identity=_key(identity))
    click.echo(f"Restored {restored.file} of {restored.created_at}: {restored.rows['response']} responses.")


@click.command("backup-test")
@click.option("--folder", type=FOLDER, help="Folder of backups; default: backups/ in the instance folder.")
@click.option("--identity", type=FILE, help="File with the age private key of encrypted backups.")
@with_appcontext
@plainly
def backup_test(folder: Path | None, identity: Path | None) -> None:
    """Restore the newest backup into a scratch place and compute every published edition anew. Run it every month."""
    from survey.collect.queries.purged import answers_purged
    from survey.publication.editions import published, published_rounds, recompute

    found = backups.manifests(folder or _folder())
    if not found:
        raise InputError("There is no backup in %(folder)s", folder=folder or _folder())
    with tempfile.TemporaryDirectory(prefix="sipas-restore-") as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'sipas.db'}")
        try:
            restored = backups.restore_backup(found[0], database, identity=_key(identity))
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
    click.echo(f"{restored.file} of {restored.created_at} restores: {restored.rows['response']} responses.")


@click.command()
@with_appcontext
def doctor() -> None:
    """Look at settings, disk, clock, permissions, migrations, backups and fonts; exit code 1 when one is wrong."""
    if not tell(examine(settings(), database(), context.now()), click.echo):
        sys.exit(1)


@click.command("move-database")
@click.option("--to", "url", required=True, help="SQLAlchemy address of an empty database.")
@with_appcontext
@plainly
def move_database(url: str) -> None:
    """Copy everything into an empty database, verify it, and tell how to switch over. Stop the server first."""
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
    click.echo("Every row was read back and is the same. Set DATABASE_URL to the new address and start the server.")


@contextmanager
def _bar(total: int) -> Iterator[Progress | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label="rows", file=sys.stderr) as bar:
        yield bar.update


def _key(identity: Path | None) -> str:
    """Return the private key in a file as age writes it: comments, then one line."""
    if identity is None:
        return ""
    lines = [line.strip() for line in identity.read_text("utf-8").splitlines()]
    return next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")


def _folder() -> Path:
    return settings().instance_dir / "backups"
