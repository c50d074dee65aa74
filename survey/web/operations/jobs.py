"""The queue of heavy work: put a job in, take the next, say how far it is, end it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.models import Job, JobState

UNFINISHED = (JobState.WAITING, JobState.RUNNING)
KEPT_FOR = timedelta(hours=1)
"""How long a finished job and its file are kept."""
SILENT_FOR = timedelta(minutes=2)
"""A worker that was not heard of for so long is taken to be gone."""
LOST = "lost"
"""Problem of a job whose worker ended; pages have words for it."""


def enqueue_job(
    session: orm.Session, kind: str, parameters: Mapping[str, Any], *, name: str, actor: Actor, file: str = ""
) -> tuple[Job, bool]:
    """Enqueue a job; return it and True, or the one that this person waits for already, and False.

    `file`: the path of one that was made before, which needs no work.
    """
    waiting = session.scalars(sa.select(Job).where(Job.user_id == actor.user_id, Job.state.in_(UNFINISHED))).first()
    if waiting is not None:
        return waiting, False
    job = Job(
        token=secrets.token_urlsafe(24),
        kind=kind,
        parameters=dict(parameters),
        user_id=actor.user_id,
        name=name[:300],
        created_at=actor.now,
    )
    if file:
        job.state, job.file, job.progress, job.ended_at = JobState.DONE, file, 100, actor.now
    session.add(job)
    session.flush()
    return job, True


def claim_job(session: orm.Session, worker: str, now: datetime) -> Job | None:
    """Take the job that waits longest; None where none does. No two workers get the same."""
    job = session.scalars(
        sa.select(Job).where(Job.state == JobState.WAITING).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    ).first()
    if job is not None:
        job.state, job.worker, job.beat_at = JobState.RUNNING, worker, now
        session.flush()
    return job


def beat(session: orm.Session, worker: str, now: datetime) -> None:
    """Say that a worker still works."""
    _running(session, worker).update({Job.beat_at: now}, synchronize_session=False)


def advance_job(session: orm.Session, job_id: int, progress: int) -> None:
    """Say how far a job is, in per cent."""
    session.execute(sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(progress=progress))


def finish_job(session: orm.Session, job_id: int, file: str, now: datetime) -> None:
    """Note the file that came of a job."""
    ended = {"state": JobState.DONE, "file": file, "progress": 100, "ended_at": now}
    session.execute(sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(ended))


def fail_job(session: orm.Session, job_id: int, problem: str, now: datetime) -> None:
    """Note why nothing came of a job."""
    ended = {"state": JobState.FAILED, "problem": problem[:500], "ended_at": now}
    session.execute(sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(ended))


def fail_jobs_of(session: orm.Session, worker: str, now: datetime) -> None:
    """Fail what a worker had taken that ended by itself."""
    ended = {Job.state: JobState.FAILED, Job.problem: LOST, Job.ended_at: now}
    _running(session, worker).update(ended, synchronize_session=False)  # type: ignore[arg-type]


def tidy_jobs(session: orm.Session, now: datetime) -> list[str]:
    """Fail the jobs of workers that are gone and forget those that ended an hour ago; return the files that go."""
    ended = {"state": JobState.FAILED, "problem": LOST, "ended_at": now}
    silent = sa.update(Job).where(Job.state == JobState.RUNNING, Job.beat_at < now - SILENT_FOR).values(ended)
    session.execute(silent.execution_options(synchronize_session=False))
    old = session.execute(sa.select(Job.id, Job.file).where(Job.ended_at < now - KEPT_FOR)).all()
    session.execute(
        sa.delete(Job).where(Job.id.in_([row.id for row in old])).execution_options(synchronize_session=False)
    )
    return [row.file for row in old if row.file]


def _running(session: orm.Session, worker: str) -> orm.Query[Job]:
    return session.query(Job).filter(Job.worker == worker, Job.state == JobState.RUNNING)
