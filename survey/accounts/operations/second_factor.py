"""One-time codes (TOTP, RFC 6238) beside the password, and recovery codes for a lost telephone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.operations.sessions import end_all
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import RecoveryCode, User

STEP_SECONDS = 30
WINDOW = 1
"""Steps by which a telephone's clock may differ, either way."""
RECOVERY_CODES = 8


def new_secret() -> str:
    """A random key of 160 bits in base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def newest_step(now: datetime) -> int:
    """Tell the latest time step whose code is taken at an instant.

    A step beyond it was taken while a clock was ahead: it says nothing of the codes of now, and would refuse them until
    that time has come.
    """
    return int(now.timestamp()) // STEP_SECONDS + WINDOW


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code was given, within the window, or None."""
    code = "".join(code.split())
    newest = newest_step(now)
    generator = pyotp.HOTP(secret)
    for candidate in range(newest - 2 * WINDOW, newest + 1):
        if hmac.compare_digest(generator.at(candidate).encode(), code.encode()):
            return candidate
    return None


def enrol(session: orm.Session, user: User, *, secret: str, code: str, now: datetime) -> list[str]:
    """Ask for one-time codes from now on, once a first code proves that the telephone has the key.

    Returns the recovery codes, which are never shown again. `InputError` for a wrong code.
    """
    step = matching_step(secret, code, now)
    if step is None:
        raise InputError(
            "That code is not right. Check the time of your telephone and enter the newest code.", field="code"
        )
    user.totp_secret, user.totp_step = secret, step
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(c)) for c in codes)
    end_all(session, user)
    audit.record(
        session, action="user.second_factor_enrolled", subject=f"user:{user.username}", actor=Actor(now, user.id)
    )
    return ["-".join((c[:4], c[4:8], c[8:12], c[12:])) for c in codes]


def use_code(session: orm.Session, user: User, code: str, *, now: datetime) -> bool:
    """Take a one-time or recovery code at sign-in; a code that was taken is never taken again."""
    # locked and read anew: where writers run side by side (PostgreSQL), a code sent twice at once is taken once
    session.flush()
    session.refresh(user, with_for_update=True)
    if user.totp_secret is None:
        return False
    step = matching_step(user.totp_secret, code, now)
    if step is not None:
        if user.totp_step is not None and step <= user.totp_step <= newest_step(now):
            return False
        # not through the row, whose version would rise: signing in is no change that a form has to show
        session.execute(sa.update(User).where(User.id == user.id).values(totp_step=step))
        return True
    spent = session.scalars(
        sa.select(RecoveryCode).where(
            RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hash(code), RecoveryCode.used_at.is_(None)
        )
    ).first()
    if spent is None:
        return False
    spent.used_at = now
    audit.record(session, action="user.recovery_code_used", subject=f"user:{user.username}", actor=Actor(now, user.id))
    return True


def _hash(code: str) -> str:
    """What is stored of a recovery code. It has 80 random bits: one fast hash is enough."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).hexdigest()
