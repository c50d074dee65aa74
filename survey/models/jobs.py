"""Heavy work that waits for the one process that does it, and the files that came of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk


class JobState(enum.StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """Job: a file that somebody asked for; one at a time per person. Rows and files go soon after they are done."""

    __tablename__ = "job"
    __table_args__ = (
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress_percent"),
        sa.CheckConstraint("(state = 'done') = (file IS NOT NULL)", name="done_has_file"),
        sa.Index(
            "ix_job_unfinished",
            "user_id",
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[intpk]
    #: stands in the address of its page; says nothing of the file
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: what is to be made, one of `survey.files.jobs.kinds.KINDS`
    kind: Mapped[str] = mapped_column(sa.String(32))
    parameters: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    #: how the file is called when it is saved
    name: Mapped[str] = mapped_column(sa.String(300))
    state: Mapped[JobState] = mapped_column(choice(JobState, "state"), default=JobState.WAITING)
    #: per cent
    progress: Mapped[int] = mapped_column(default=0)
    #: which worker took it; null while it waits
    worker: Mapped[str | None] = mapped_column(sa.String(32))
    created_at: Mapped[datetime]
    #: when its worker was last heard of
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: path in the shared storage, once it is done
    file: Mapped[str | None] = mapped_column(sa.String(200))
    #: why it failed: an English msgid; pages translate it
    problem: Mapped[str | None] = mapped_column(sa.String(500))
