"""The command that writes a round's archive, and verifies one."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import IN_FILE, OUT_FOLDER, report_input_errors, work_bar
from survey.core.config import create_backup_key, read_backup_key
from survey.core.errors import InputError
from survey.web.context import database, now, settings


@click.command()
@click.option("--round", "round_code", help="Code of the round.")
@click.option("--all", "everything", is_flag=True, help="Every round that was opened and is not in the folder yet.")
@click.option("--out", type=OUT_FOLDER, help="Folder to write into; each round makes its own in it.")
@click.option("--encrypt-to", "recipients", multiple=True, metavar="age1…", help="age public key; may be repeated.")
@click.option("--verify", "folder", type=OUT_FOLDER, help="Verify the archive in this folder; write nothing.")
@click.option("--identity", type=IN_FILE, help="File with the age private key of an encrypted archive to verify.")
@with_appcontext
@report_input_errors
def archive(
    round_code: str | None,
    everything: bool,
    out: Path | None,
    recipients: tuple[str, ...],
    folder: Path | None,
    identity: Path | None,
) -> None:
    """Write rounds as Parquet files for their owner, or verify what was written: exit code 1 where it differs."""
    if folder is not None:
        if everything or out is not None or recipients:
            raise InputError("Verify an archive with --verify FOLDER alone, and --round where it holds several")
        _verify(folder, round_code, identity)
        return
    if out is None or bool(round_code) == everything:
        raise InputError("Say what to archive and where: --round CODE or --all, and --out FOLDER")
    _write(round_code, out, recipients)


def _write(round_code: str | None, out: Path, recipients: tuple[str, ...]) -> None:
    from survey.models import RoundState
    from survey.results.archive.manifest import MANIFEST, archive_folder
    from survey.results.archive.write import Seal, write_archive
    from survey.results.queries.archive_rows import archivable_rounds, stored_responses
    from survey.structure.queries import rounds

    with database().read() as session:
        wanted = [rounds.by_code(session, round_code)] if round_code else list(archivable_rounds(session))
        if round_code and wanted[0].state is RoundState.DRAFT:
            raise InputError("Round %(code)s was never opened; there is nothing to archive", code=round_code)
        if not round_code:
            wanted = [one for one in wanted if not archive_folder(out, one.code).exists()]
        seal = Seal(_known_key() or create_backup_key(settings().instance_dir), recipients)
        for one in wanted:
            with work_bar(one.code, stored_responses(session, one.id), err=True) as advance:
                written = write_archive(session, one, out, seal, now(), advance)
            click.echo(str(written / MANIFEST))


def _verify(folder: Path, round_code: str | None, identity: Path | None) -> None:
    from survey.results.archive.manifest import round_folders
    from survey.results.archive.read import Archive, read_identity
    from survey.results.archive.verify import verify_archive

    wrong = False
    for one in round_folders(folder, round_code):
        opened = Archive.open(one, read_identity(identity))
        code = opened.manifest.round["code"]
        problems = verify_archive(opened, _known_key())
        for problem in problems:
            click.echo(f"{code}\t{problem}", err=True)
        if not problems:
            say("%(round)s\t%(count)s\tas it was written", round=code, count=opened.manifest.responses)
        wrong |= bool(problems)
    if wrong:
        sys.exit(1)


def _known_key() -> str:
    """Find the key that signs backups and archives; empty where this installation has none."""
    return settings().backup_key or read_backup_key(settings().instance_dir)
