"""Jobs as their owners see them, and as the worker and the doctor do."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Job, JobState


def job_of(session: orm.Session, token: str, user_id: int) -> Job | None:
    """A job by the token of its page, for its owner alone."""
    return session.scalar(sa.select(Job).where(Job.token == token, Job.user_id == user_id))


def jobs_before(session: orm.Session, job: Job) -> int:
    """Count the jobs that come before one that waits."""
    earlier = sa.select(sa.func.count()).select_from(Job).where(Job.id < job.id)
    return session.scalar(earlier.where(Job.state.in_((JobState.WAITING, JobState.RUNNING)))) or 0


def is_work_waiting(session: orm.Session) -> bool:
    """Say whether a job waits for a worker."""
    return session.scalar(sa.select(sa.exists().where(Job.state == JobState.WAITING))) or False


def waiting_since(session: orm.Session) -> datetime | None:
    """Since when the job that waits longest has waited; None where none does."""
    return session.scalar(sa.select(sa.func.min(Job.created_at)).where(Job.state == JobState.WAITING))
