"""The people who sign in. Citizens never do."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk
from survey.models.agencies import Agency


class Role(enum.StrEnum):
    """What a user may do."""

    ADMIN = "admin"  # everything
    EVALUATOR = "evaluator"  # all results, exports, rounds
    MANAGER = "manager"  # own agency and below: results, actions
    STAFF = "staff"  # own agency's counters: posters, paper entry


class User(Versioned, Base):
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
    #: base32 key of the one-time codes; null: signing in asks for none
    totp_secret: Mapped[str | None] = mapped_column(sa.String(64))
    #: the time step of the newest code taken: no code works twice
    totp_step: Mapped[int | None]

    agency: Mapped[Agency | None] = orm.relationship()


class Invitation(Base):
    """Invitation link: it lets one person set their password, once. Only the hash of its token is stored."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.CheckConstraint("expires_at > created_at", name="expires_after_created"),
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash_sha256"),
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    #: SHA-256 of the token, which has 256 random bits
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    #: null for the command line
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    expires_at: Mapped[datetime]
    #: when it was used, or another took its place
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = orm.relationship(foreign_keys=[user_id])


class RecoveryCode(Base):
    """Recovery code: it stands in once for the one-time code of a lost telephone. Only its hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "code_hash"),
        sa.CheckConstraint("length(code_hash) = 64", name="code_hash_sha256"),
    )

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    #: SHA-256 of the code, which has 80 random bits
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """Passkey (WebAuthn): a key in a person's device, which signs in after the password as a one-time code does."""

    __tablename__ = "passkey"

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    #: what its owner calls it
    name: Mapped[str] = mapped_column(sa.String(100))
    #: what the device calls it, base64url
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    #: COSE key, base64url: the device alone has the other half
    public_key: Mapped[str] = mapped_column(sa.Text)
    #: how often the device says that it signed; 0 where it does not count
    sign_count: Mapped[int]
    created_at: Mapped[datetime]
    #: a challenge from before is answered already
    used_at: Mapped[datetime | None]


class UserSession(Base):
    """Session: what a cookie stands for while somebody is signed in. Only the hash of the cookie's token is stored."""

    __tablename__ = "user_session"
    __table_args__ = (sa.CheckConstraint("length(token_hash) = 64", name="token_hash_sha256"),)

    id: Mapped[intpk]
    #: SHA-256 of the token, which has 256 random bits
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    #: `User.session_epoch` when it began; another role, agency or password raises that one
    epoch: Mapped[int]
    created_at: Mapped[datetime]
    #: to the minute
    last_seen_at: Mapped[datetime]
    #: when password, code or passkey were given last: grave steps ask again
    verified_at: Mapped[datetime]


class CalendarAddress(Base):
    """Secret address of the calendar of a person's due days. Only the hash of its token is stored."""

    __tablename__ = "calendar_address"
    __table_args__ = (sa.CheckConstraint("length(token_hash) = 64", name="token_hash_sha256"),)

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), unique=True)
    #: SHA-256 of the token, which has 256 random bits
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]


class RateCount(Base):
    """Rate limit: a count by account or token, seen by all servers. Those by address are in memory alone."""

    __tablename__ = "rate_count"
    __table_args__ = (sa.CheckConstraint("length(key_hash) = 64", name="key_hash_sha256"),)

    #: SHA-256 of what is counted: the name that was tried may be somebody's password
    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    count: Mapped[int]
    #: of failures the last one, of calls the beginning of their window
    at: Mapped[datetime]
