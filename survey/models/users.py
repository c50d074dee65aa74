"""The people who sign in. Citizens never do."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.db import Base, choice, intpk
from survey.models.agencies import Agency


class Role(enum.StrEnum):
    """What a user may do."""

    ADMIN = "admin"  # everything
    EVALUATOR = "evaluator"  # all results, exports, rounds
    MANAGER = "manager"  # own agency and below: results, actions
    STAFF = "staff"  # own agency's counters: posters, paper entry


class User(Base):
    """An account. `manager` and `staff` belong to an agency, `admin` and `evaluator` to none."""

    __tablename__ = "user_account"
    __table_args__ = (
        sa.CheckConstraint("(role IN ('manager', 'staff')) = (agency_id IS NOT NULL)", name="agency_for_unit_roles"),
        sa.CheckConstraint("username = lower(username)", name="username_lowercase"),
        sa.CheckConstraint("session_epoch >= 0", name="session_epoch_not_negative"),
    )

    id: Mapped[intpk]
    username: Mapped[str] = mapped_column(sa.String(64), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(200))
    #: argon2id
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agency.id"))
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    #: a session carries the epoch it began in; raising it signs the user out everywhere
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    agency: Mapped[Agency | None] = orm.relationship()
