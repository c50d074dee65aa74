"""Set up what is missing and start the server: what `make run` and `make serve` do. `python -m survey.serve --help`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from survey.accounts.operations.first_administrator import MINUTES, awaits_first, invite_first
from survey.core.actor import Actor
from survey.core.clock import system_clock
from survey.core.command_line import BadInput, database_message, system_message, work_bar
from survey.core.config import ROOT, Settings, create_secret_key, is_loopback, load_settings, require_production
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.private import keep_private
from survey.maintenance.operations.keep_session_key import adopt_session_key, require_session_key
from survey.maintenance.operations.keep_storage_mark import adopt_first_storage
from survey.maintenance.operations.tell_losses import tell_lost_responses
from survey.maintenance.queries.readiness import is_newer_and_served
from survey.maintenance.queries.storage_mark import read_expected_mark, storage_warning
from survey.migrations import upgrade
from survey.migrations.guards import find_broken_guards
from survey.questionnaires import broken_files, bundled
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.mark_production import mark_production
from survey.structure.queries.installation import is_empty
from survey.structure.queries.structure import find_code_in_use
from survey.web.catalogues import compile_catalogues, is_compiled, sources
from survey.web.i18n import require_known_languages
from survey.web.queries.installation import read_is_production
from survey.web.rate_counts import SHARED, create_shared

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import orm

    from survey.demo.operations.load_demo import Demo

WORKERS, THREADS = 2, 4


def main() -> int:
    """Prepare the installation and become gunicorn; return 2 when the settings cannot be used."""
    parser = argparse.ArgumentParser(description="Set up what is missing and start the server.")
    parser.add_argument("--production", action="store_true", help="no demonstration data; refuse weak settings")
    parser.add_argument("--prepare", action="store_true", help="only set up, do not start")
    options = parser.parse_args()
    keep_private()
    try:
        settings = load_settings()
        if options.production or was_production(settings):
            settings = replace(settings, production=True)
            require_production(settings)
        else:
            create_secret_key(settings.instance_dir)
            settings = load_settings()
        require_known_languages(settings)
        require_proxy(settings)
        prepare(settings)
        if not options.prepare:
            _tell("", "Starting the server; Ctrl-C ends it.")
            _become_gunicorn(settings)
    except InputError as error:
        return _refuse(str(error))
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        message = database_message(error)
        if not message:
            raise
        return _refuse(message)
    except OSError as error:
        return _refuse(system_message(error))
    return 0


def was_production(settings: Settings) -> bool:
    """Say whether the installation was started for real citizens before, however it is started now."""
    database = Database(settings.database)
    try:
        return read_is_production(database)
    finally:
        database.dispose()


def require_proxy(settings: Settings) -> None:
    """Raise `InputError` where the server would listen to the network itself: ten slow callers would stop it.

    gunicorn's threads wait for callers, so that whoever sends slowly holds one; a proxy takes that on. And without one
    nothing ends TLS.
    """
    if not (is_loopback(settings.host) or settings.trusted_proxies):
        raise InputError(
            "HOST is %(host)s, an address that the network reaches, and TRUSTED_PROXIES is 0: without a proxy in front "
            "ten slow connections stop the server and nothing is encrypted; put Caddy or nginx in front "
            "(docs/operations.md, Serving) and set TRUSTED_PROXIES to their number, or HOST to 127.0.0.1",
            host=settings.host,
        )


def _refuse(message: str) -> int:
    """Write what is wrong and return the exit code for it."""
    sys.stderr.write(f"Error: {message}\n")
    return BadInput.exit_code


def prepare(settings: Settings) -> None:
    """Bring the database to the newest migration and load the demonstration into an empty one (not in production)."""
    database = Database(settings.database)
    now = system_clock()
    made, token = None, ""
    try:
        if not all(map(is_compiled, sources())):  # make did it already
            _tell("Compiling the languages …")
            compile_catalogues()
        _tell("Bringing the database to the newest migration …")
        if not is_newer_and_served(database):
            upgrade(database)
            _warn_of_database(database, now)
        _tell("Installing the questionnaires …")
        with database.write() as session:
            require_session_key(session, settings)
            for definition in bundled().values():
                install_questionnaire(session, definition, now)
            if not settings.production and is_empty(session):
                made = _load_demonstration(session, settings, now)
            if settings.production:
                mark_production(session, actor=Actor(now))
            adopt_session_key(session, settings, actor=Actor(now))
            adopt_first_storage(session, settings, actor=Actor(now))
            other = storage_warning(settings, read_expected_mark(session))
            if awaits_first(session):
                token = invite_first(session, actor=Actor(now))
            code = find_code_in_use(session)
    finally:
        database.dispose()
    if other:
        sys.stderr.write(f"Warning: {other}\n")
    _tell("", _greeting(settings, made, code, token))


def _warn_of_database(database: Database, now: datetime) -> None:
    """Say on standard error what is wrong with database and questionnaires; citizens are served still."""
    lost = tell_lost_responses(database, actor=Actor(now))
    gone = [f"{lost} answers that were stored are not there any more"] if lost else []
    for what in (*gone, *find_broken_guards(database), *broken_files()):
        sys.stderr.write(f'Warning: {what}: see "Watching" in docs/operations.md, and run `flask --app app doctor`\n')


def _load_demonstration(session: orm.Session, settings: Settings, now: datetime) -> Demo:
    """Load the invented province under a progress bar: it takes longer than all other steps together."""
    from survey.demo.operations.load_demo import PROGRESS, load_demo

    with work_bar("Inventing a province with 25 000 answers …", PROGRESS) as progress:
        return load_demo(session, now=now, zone=settings.zone, progress=progress)


def _tell(*lines: str) -> None:
    """Say at the terminal what is being done; at once, since a step may take a while."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _greeting(settings: Settings, made: Demo | None, code: str | None, token: str = "") -> str:
    """What the person at the terminal needs to know."""
    base = settings.base_url
    lines = [f"Address:            {base}"]
    if code:
        lines.append(f"A counter's form:   {base}/K/{made.counter_code if made else code}")
    if made:
        lines += [
            f"Evaluator:          {base}/danh-gia   user {made.username}   password {made.password}",
            *(f"{who + ':':<20}{base}/dang-nhap   user {username}   same password" for username, who in made.others),
            "                    The password is shown this once. All data are invented (dữ liệu minh họa).",
        ]
    if token:
        lines += [
            f"First step:         {base}/moi/{token}",
            f"                    Whoever opens it becomes the administrator: it works once, for {MINUTES} minutes.",
            "                    A new one: `.venv/bin/flask --app app user invite --first`, or start again.",
        ]
    return "\n".join(lines)


def _become_gunicorn(settings: Settings) -> None:
    """Replace this process by gunicorn, so that Ctrl-C and signals reach it as they are."""
    environment = {**os.environ}
    if settings.production:
        environment["PRODUCTION"] = "true"
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(_numbers_folder(settings))
    command = [
        *(sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "--bind", f"{settings.host}:{settings.port}"),
        *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
        *("--graceful-timeout", "10", "--log-level", "warning"),
        *("--logger-class", "survey.maintenance.server_log.ServerLog"),
        "app:create_app()",
    ]
    environment[SHARED] = str(create_shared())
    _start_beside(environment, "nightly", "--wait")
    _start_beside(environment, "jobs", "run", "--with-server")
    os.execve(sys.executable, command, environment)  # noqa: S606 (our own interpreter and arguments)


def _start_beside(environment: dict[str, str], *words: str) -> None:
    """Start a command in a process beside the server; it ends with the server, whose number stays ours."""
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words]
    os.spawnve(os.P_NOWAIT, sys.executable, command, environment)  # noqa: S606 (our own interpreter and arguments)


def _numbers_folder(settings: Settings) -> Path:
    """An empty folder where the workers share their numbers.

    In memory where there is such a place: the files are mapped, and a mapped file on a full disk kills its process.
    """
    memory = Path("/dev/shm")  # noqa: S108 (the folder is made anew, for us alone, or not used)
    places = [settings.instance_dir / "metrics"]
    if os.access(memory, os.W_OK):
        places.insert(0, memory / f"sipas-metrics-{os.getuid()}-{settings.port}")
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
        with contextlib.suppress(OSError):
            place.mkdir(mode=0o700, parents=True)
            return place
    raise InputError("The folder %(path)s cannot be made; make room or correct its owner", path=places[-1])


if __name__ == "__main__":
    sys.exit(main())
