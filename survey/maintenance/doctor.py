"""Health checks of an installation for its operator: each finding says what to do."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from survey.accounts.queries.audit_chain import verify_audit_chain
from survey.core.config import MIN_SECRET_LENGTH, ROOT, Settings
from survey.core.db import Database
from survey.core.private import open_to_others
from survey.core.session_key import SHOWN as SHORT
from survey.core.session_key import fingerprint, is_foreign
from survey.improvement.queries import mail
from survey.maintenance.backup import manifests, read_manifest
from survey.maintenance.queries.database_state import read_durability, read_newest_answer_time, read_wrong_tallies
from survey.maintenance.queries.session_key import read_expected_key
from survey.maintenance.queries.storage_mark import is_other_storage, read_expected_mark
from survey.migrations import current, newest
from survey.migrations.guards import find_broken_guards
from survey.questionnaires import broken_files
from survey.structure.queries import rounds
from survey.web import catalogues
from survey.web.queries.jobs import waiting_since

FINE, WARNING, WRONG = "ok", "warning", "wrong"
LEAST_FREE = 1_000_000_000
OLD_BACKUP = timedelta(days=2)
SHOWN = 3
LONG_WAIT = timedelta(minutes=10)


@dataclass(frozen=True)
class HealthFinding:
    """Result of one check."""

    state: str
    what: str
    #: what to do; empty when nothing
    advice: str = ""


def examine(settings: Settings, database: Database, now: datetime) -> list[HealthFinding]:
    """Run all checks, read-only, and return their findings."""
    findings = [
        *_address(settings),
        *_contact(settings),
        *_office(settings),
        *_secret(settings),
        *_files(settings),
        *_disk(settings),
    ]
    try:
        findings += [
            *_schema(database),
            *_session_key(settings, database),
            *_storage(settings, database),
            *_guards(database),
            *_durability(database),
            *_clock(database, now),
            *_rounds(database, now),
            *_jobs(database, now),
            *_mail(settings, database, now),
        ]
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        findings.append(
            HealthFinding(WRONG, f"the database does not answer: {reason}", "check DATABASE_URL and the server")
        )
    return [*findings, *_backups(settings, now), *_questionnaires(), *_fonts(), *_translations()]


def _address(settings: Settings) -> Iterator[HealthFinding]:
    address = urlsplit(settings.public_base_url)
    if not settings.public_base_url:
        yield HealthFinding(WARNING, "PUBLIC_BASE_URL is not set", "posters cannot be printed; put it into sipas.env")
    elif address.hostname in {"localhost", "127.0.0.1", "::1"}:
        yield HealthFinding(
            WARNING, f"PUBLIC_BASE_URL is {settings.public_base_url}", "telephones cannot open that address"
        )
    elif address.scheme != "https":
        yield HealthFinding(WARNING, "PUBLIC_BASE_URL is not https", "get a certificate; see docs/deploy/")
    else:
        yield HealthFinding(FINE, f"citizens open {settings.public_base_url}")


def _contact(settings: Settings) -> Iterator[HealthFinding]:
    if settings.contact:
        yield HealthFinding(FINE, "the privacy notice names a contact")
    else:
        yield HealthFinding(
            WARNING, "CONTACT is not set", "the privacy notice names nobody; put an office into sipas.env"
        )


def _office(settings: Settings) -> Iterator[HealthFinding]:
    for name, value in (("HOTLINE", settings.hotline), ("PORTAL_URL", settings.portal_url)):
        if value:
            yield HealthFinding(FINE, f"citizens are told {value}")
        else:
            yield HealthFinding(WARNING, f"{name} is not set", "`make serve` demands it; put it into sipas.env")


def _secret(settings: Settings) -> Iterator[HealthFinding]:
    if len(settings.secret_key) < MIN_SECRET_LENGTH:
        yield HealthFinding(WRONG, "the secret key is missing or short", "run `flask --app app init`")
        return
    yield HealthFinding(FINE, "the secret key is long enough")
    if settings.secret_key_fallbacks:
        yield HealthFinding(WARNING, "secrets of before are still believed", "empty SECRET_KEY_FALLBACKS after a day")


def _files(settings: Settings) -> Iterator[HealthFinding]:
    """Nobody else on the machine may read the key, the answers or the backups."""
    if not settings.instance_dir.exists():
        return
    public = open_to_others(settings.instance_dir)
    for path in public[:SHOWN]:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = "700" if path.is_dir() else "600"
        yield HealthFinding(WRONG, f"{path} can be read by others ({mode:o})", f"chmod {wanted} {path}")
    if len(public) > SHOWN:
        more = f"and {len(public) - SHOWN} more files and folders in {settings.instance_dir}"
        yield HealthFinding(WRONG, more, f"chmod -R go= {settings.instance_dir}")
    if not public:
        yield HealthFinding(FINE, f"all in {settings.instance_dir} is its owner's alone")


def _disk(settings: Settings) -> Iterator[HealthFinding]:
    folder = next(path for path in (settings.instance_dir, *settings.instance_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:.1f} GB are free where the answers lie"
    yield (
        HealthFinding(FINE, message)
        if free >= LEAST_FREE
        else HealthFinding(WRONG, message, "make room: without it no answer is kept")
    )


def _schema(database: Database) -> Iterator[HealthFinding]:
    revision = current(database)
    if revision == newest():
        yield HealthFinding(FINE, f"the database is at the newest migration ({revision})")
    else:
        yield HealthFinding(
            WRONG, f"the database is at {revision}, the program at {newest()}", "run `flask --app app init`"
        )


def _session_key(settings: Settings, database: Database) -> Iterator[HealthFinding]:
    """Look whether this server has the session key of the others on its database."""
    if current(database) != newest():
        return
    with database.read() as session:
        expected = read_expected_key(session)
    mine = fingerprint(settings.secret_key)[:SHORT]
    if expected is not None and is_foreign(expected, settings.secret_key, settings.secret_key_fallbacks):
        what = f"the session key ({mine}) is not that of the database's servers ({expected[:SHORT]})"
        yield HealthFinding(WRONG, what, "copy instance/secret_key, or SECRET_KEY, from a server that runs")
    elif expected is not None:
        yield HealthFinding(FINE, f"the session key is the one that the database knows ({mine})")


def _storage(settings: Settings, database: Database) -> Iterator[HealthFinding]:
    """Look whether this server's storage is the one that the others on its database share."""
    if current(database) != newest():
        return
    with database.read() as session:
        expected = read_expected_mark(session)
    if is_other_storage(settings, expected):
        what = f"{settings.storage} is not the storage of the database's other servers"
        advice = "set STORAGE_DIR to the folder that all share, or run `flask --app app database adopt-storage`"
        yield HealthFinding(WRONG, what, advice)
    elif expected is not None:
        yield HealthFinding(FINE, f"{settings.storage} is the storage that the database knows")


def _guards(database: Database) -> Iterator[HealthFinding]:
    """Look whether triggers, indexes and the hash chain of the audit log are as they were made."""
    if current(database) != newest():
        return
    lost = database.lost_responses()
    if lost is not None:
        what = f"responses {lost[0]} to {lost[1]} were stored and are not there any more: the database's log was lost"
        yield HealthFinding(WRONG, what, "look for sipas.db-wal, or for a copy of it, before the next start")
    broken = find_broken_guards(database)
    for what in broken[:SHOWN]:
        yield HealthFinding(WRONG, what, "somebody altered the database; compare it with a backup")
    if not broken:
        yield HealthFinding(FINE, "triggers and indexes are those of the migrations")
    with database.read() as session:
        wrong = read_wrong_tallies(session)
        chain = verify_audit_chain(session)
    if wrong:
        what = f"responses were counted wrong in rounds {', '.join(map(str, wrong))}: their figures may be old"
        yield HealthFinding(WRONG, what, "somebody wrote past the triggers; compare the database with a backup")
    if chain.broken_at is None:
        yield HealthFinding(FINE, f"the audit log is whole: {chain.sealed} events sealed, head {chain.head[:16]}")
    else:
        what = f"the audit log was altered: link {chain.broken_at} of its chain does not hold"
        yield HealthFinding(WRONG, what, "compare it with a backup; `flask --app app audit verify` has the rest")


def _durability(database: Database) -> Iterator[HealthFinding]:
    """Look whether an answer that was thanked for is on the disk."""
    durability = read_durability(database)
    if durability.safe:
        yield HealthFinding(FINE, durability.settings)
    else:
        yield HealthFinding(WRONG, durability.settings, "answers can be lost in a power cut; switch it on")


def _clock(database: Database, now: datetime) -> Iterator[HealthFinding]:
    """Look for answers from the future: rounds open and close by this machine's clock."""
    with database.read() as session:
        latest = read_newest_answer_time(session)
    if latest is not None and latest > now + timedelta(minutes=1):
        yield HealthFinding(
            WRONG, f"the newest answer is of {latest:%Y-%m-%d %H:%M} UTC, the clock says {now:%H:%M}", "set it"
        )
    else:
        yield HealthFinding(FINE, f"the clock says {now:%Y-%m-%d %H:%M} UTC")


def _rounds(database: Database, now: datetime) -> Iterator[HealthFinding]:
    with database.read() as session:
        opened = rounds.find_open_rounds(session)
    for round_ in opened:
        if round_.closes_on < now.date() - timedelta(days=1):
            yield HealthFinding(WARNING, f"round {round_.code} is open but ended on {round_.closes_on}", "close it")
        else:
            yield HealthFinding(FINE, f"round {round_.code} is open until {round_.closes_on}")
    if not opened:
        yield HealthFinding(WARNING, "no round is open", "posters show a friendly page until one is")


def _jobs(database: Database, now: datetime) -> Iterator[HealthFinding]:
    if current(database) != newest():
        return
    with database.read() as session:
        since = waiting_since(session)
    if since is not None and now - since > LONG_WAIT:
        what = f"a file has waited to be made since {since:%Y-%m-%d %H:%M} UTC"
        yield HealthFinding(WARNING, what, "no worker runs; the server starts one, or enable sipas-jobs.service")


def _backups(settings: Settings, now: datetime) -> Iterator[HealthFinding]:
    newest_first = manifests(settings.instance_dir / "backups")
    if not newest_first:
        yield HealthFinding(
            WARNING, "there is no backup", "run `flask --app app database backup`, every night by a timer"
        )
        return
    created_at = datetime.fromisoformat(read_manifest(newest_first[0]).created_at)
    message = f"the newest backup is of {created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    yield (
        HealthFinding(FINE, message)
        if now - created_at < OLD_BACKUP
        else HealthFinding(WARNING, message, "look at the timer that makes them")
    )


def _mail(settings: Settings, database: Database, now: datetime) -> Iterator[HealthFinding]:
    if not settings.smtp_host:
        yield HealthFinding(FINE, "reminders by mail are off")
        return
    with database.read() as session:
        failed = mail.failed(session, now.astimezone(settings.timezone).date() - timedelta(days=1))
    yield (
        HealthFinding(WARNING, f"{failed} reminders by mail did not go since yesterday", "look at mail_message.error")
        if failed
        else HealthFinding(FINE, f"reminders go by mail through {settings.smtp_host}")
    )


def _questionnaires() -> Iterator[HealthFinding]:
    problems = broken_files()
    for problem in problems:
        advice = "correct or remove the file; rounds go on with what the database holds"
        yield HealthFinding(WRONG, f"a questionnaire cannot be used: {' '.join(problem.split())}", advice)
    if not problems:
        yield HealthFinding(FINE, "the questionnaires that come with the software can be read")


def _fonts() -> Iterator[HealthFinding]:
    missing = [name for name in ("Regular", "SemiBold") if not _font(name).exists()]
    if missing:
        yield HealthFinding(WRONG, f"fonts are missing: {', '.join(missing)}", "posters cannot be drawn; install again")
    else:
        yield HealthFinding(FINE, "the fonts of posters are there")


def _font(name: str) -> Path:
    return ROOT / "static" / "fonts" / f"BeVietnamPro-{name}.ttf"


def _translations() -> Iterator[HealthFinding]:
    behind = [source.parts[-3] for source in catalogues.sources() if not catalogues.is_compiled(source)]
    if behind:
        what = f"catalogues are not compiled ({', '.join(behind)}), so that every start does it"
        yield HealthFinding(WARNING, what, "run `make translations` as the owner of the program's folder")
    else:
        yield HealthFinding(FINE, "the languages are compiled")


MARKS: dict[str, str] = {FINE: "ok  ", WARNING: "look", WRONG: "BAD "}


def report(findings: list[HealthFinding], write: Callable[[str], object]) -> bool:
    """Report the findings, one a line; return whether nothing is wrong."""
    for finding in findings:
        write(f"{MARKS[finding.state]}  {finding.what}{f' → {finding.advice}' if finding.advice else ''}")
    return all(finding.state != WRONG for finding in findings)
