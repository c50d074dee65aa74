"""The worker: waits for jobs and has each done by a process of its own, whose memory goes with it.

It stands apart from the server, so that a report or an export takes no thread from citizens, and runs with the least
right to the processor.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from datetime import datetime

from survey.accounts.queries import users
from survey.core.config import ROOT, Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.file_store import JOBS, remove_files, write_whole
from survey.files.jobs.editions import published_path
from survey.files.jobs.kinds import KINDS, Work
from survey.models import Job
from survey.results.kept_search import outdated_search, search_path, write_search
from survey.structure.queries import rounds
from survey.web.operations.jobs import (
    advance_job,
    beat,
    claim_job,
    fail_job,
    fail_jobs_of,
    finish_job,
    tidy_jobs,
)
from survey.web.queries.jobs import is_work_waiting

STEP_S = 1.0
"""Seconds between two looks into the queue."""
TIDY_STEPS = 60
"""After so many looks old jobs and files are removed."""
NICENESS = 10
DEFECT = "defect"
"""Problem of a job that failed by a fault of ours; pages have words for it, the log has the rest."""

Clock = Callable[[], datetime]


def stay(database: Database, settings: Settings, clock: Clock, *, with_server: bool) -> None:
    """Wait for jobs for ever; with `with_server` until the server that started this process is gone."""
    os.nice(NICENESS)  # each job's process inherits it
    server, steps = os.getppid(), 0
    while not with_server or os.getppid() == server:
        if steps % TIDY_STEPS == 0:
            tidy(database, settings, clock())
        with database.read() as session:
            waiting = is_work_waiting(session)
            if not waiting and steps % TIDY_STEPS == 0:
                waiting = bool(outdated_search(session, settings.storage, clock()))
        steps += 1
        if waiting:
            _have_one_done(database, clock)
        else:
            time.sleep(STEP_S)


def _have_one_done(database: Database, clock: Clock) -> None:
    """Have the next job done by a process of its own, and say meanwhile that it is at work."""
    worker = secrets.token_hex(8)
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), "jobs", "run", "--once", worker]
    process = os.spawnve(os.P_NOWAIT, sys.executable, command, dict(os.environ))  # noqa: S606 (our own interpreter)
    while True:
        done, _status = os.waitpid(process, os.WNOHANG)
        with database.write() as session:
            if done:
                fail_jobs_of(session, worker, clock())  # whatever it had taken and did not end
                return
            beat(session, worker, clock())
        time.sleep(STEP_S)


def search_again(database: Database, settings: Settings, now: datetime) -> bool:
    """Look once more through a round of which a search is kept that is old and out of date; return whether one was."""
    with database.read() as session:
        code = outdated_search(session, settings.storage, now)
        if code:
            file = search_path(rounds.by_code(session, code).id)
            write_whole(settings.storage, file, lambda path: write_search(session, code, path, now, lambda _rows: None))
    return bool(code)


def tidy(database: Database, settings: Settings, now: datetime) -> None:
    """Fail what workers left behind that are gone, and remove what was kept for an hour."""
    with database.write() as session:
        files = tidy_jobs(session, now)
    remove_files(settings.storage, files)


def run_next(database: Database, settings: Settings, clock: Clock, worker: str) -> bool:
    """Do the job that waits longest, here and now; return whether there was one. A defect of ours is raised again."""
    with database.write() as session:
        job = claim_job(session, worker, clock())
        if job is None:
            return False
        session.expunge(job)
    try:
        file = _make(database, settings, clock(), job)
    except InputError as error:
        with database.write() as session:
            fail_job(session, job.id, str(error), clock())
    except BaseException:
        with database.write() as session:
            fail_job(session, job.id, DEFECT, clock())
        raise
    else:
        with database.write() as session:
            finish_job(session, job.id, file, clock())
    return True


def _make(database: Database, settings: Settings, now: datetime, job: Job) -> str:
    """Make the file of a job for what its owner may see now; return its path in the storage."""
    form = job.name.rpartition(".")[2]
    with database.read() as session:
        user = users.find(session, job.user_id)
        kind = KINDS[job.kind]
        if user is None or not user.active or user.role not in kind.roles:
            raise InputError("You may no longer have this file.")
        visible = users.visible_agencies(session, user)
        lasting = "" if kind.kept_at else published_path(session, job.kind, job.parameters, visible, form)
        kept = kind.kept_at(rounds.by_code(session, job.parameters["round"]).id) if kind.kept_at else ""
        session.expunge(user)
    file = kept or lasting or f"{JOBS}/{job.token}.{form}"
    if not (lasting and (settings.storage / lasting).exists()):
        work = Work(database, settings, user, job.parameters, now, _reporter(database, job))
        write_whole(settings.storage, file, lambda path: kind.make(work, path))
    return file


def _reporter(database: Database, job: Job) -> Callable[[int], object]:
    """What counts rows and notes the per cent of a job, where its parameters say how many there are."""
    total, rows, noted = int(job.parameters.get("rows", 0)), 0, 0

    def report(more: int) -> None:
        nonlocal rows, noted
        rows += more
        percent = min(99, 100 * rows // total) if total else 0
        if percent >= noted + 5:
            noted = percent
            with database.write() as session:
                advance_job(session, job.id, percent)

    return report
