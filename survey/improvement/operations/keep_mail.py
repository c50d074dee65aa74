"""Mail: addresses kept by their owners, and an outbox of one message a person a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.config import MAIL_ADDRESS
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import MailAddress, MailMessage, MailState, User
from survey.models.mail import MAX_ADDRESS

_TABLE = MailMessage.__table__


@dataclass(frozen=True)
class Outgoing:
    """A message that is handed to the server, with the address it goes to."""

    number: int
    address: str
    subject: str
    text: str


def set_mail_address(session: orm.Session, user: User, address: str, *, actor: Actor) -> None:
    """Keep the address at which a person wants reminders; the log says that there is one, and not which."""
    given = clean(address)
    if len(given) > MAX_ADDRESS or not MAIL_ADDRESS.fullmatch(given):
        raise InputError("%(address)r is not an address like ten@example.vn", field="mail_address", address=given[:80])
    found = session.get(MailAddress, user.id)
    if found is None:
        session.add(MailAddress(user_id=user.id, address=given, entered_at=actor.now))
    else:
        found.address, found.entered_at = given, actor.now
    audit.record(session, action="user.mail_set", subject=f"user:{user.username}", actor=actor)


def remove_mail_address(session: orm.Session, user: User, *, actor: Actor) -> bool:
    """Forget a person's address; return whether there was one. What waits in the outbox has nowhere to go then."""
    gone = session.execute(
        sa.delete(MailAddress).where(MailAddress.user_id == user.id).returning(MailAddress.user_id)
    ).all()
    if gone:
        audit.record(session, action="user.mail_removed", subject=f"user:{user.username}", actor=actor)
    return bool(gone)


def queue_message(session: orm.Session, user_id: int, day: date, subject: str, text: str) -> bool:
    """Put a person's message of a day into the outbox; return False where there is one of that day already."""
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = {"user_id": user_id, "day": day, "subject": subject, "text": text, "state": MailState.QUEUED, "error": ""}
    made = session.execute(
        kind.insert(_TABLE).values(row).on_conflict_do_nothing(index_elements=["user_id", "day"]).returning(_TABLE.c.id)
    )
    return made.first() is not None


def claim_message(session: orm.Session, number: int, now: datetime) -> Outgoing | None:
    """Take a message for sending: of several processes one gets it. None where another has it, or it has no address."""
    taken = session.execute(
        sa.update(MailMessage)
        .where(MailMessage.id == number, MailMessage.state == MailState.QUEUED)
        .values(state=MailState.SENDING, tried_at=now)
        .returning(MailMessage.user_id, MailMessage.subject, MailMessage.text)
    ).first()
    if taken is None:
        return None
    owner = sa.select(MailAddress.address).join(User, User.id == MailAddress.user_id)
    address = session.scalar(owner.where(MailAddress.user_id == taken.user_id, User.active.is_(True)))
    if address is None:
        settle_message(session, number, MailState.FAILED, "the person wants no mail any more")
        return None
    return Outgoing(number, address, taken.subject, taken.text)


def settle_message(session: orm.Session, number: int, state: MailState, error: str = "") -> None:
    """Write down what became of a message."""
    session.execute(
        sa.update(MailMessage).where(MailMessage.id == number).values(state=state, error=clean(error)[:200])
    )


def forget_old_mail(session: orm.Session, before: date) -> int:
    """Delete messages from before a day, and the addresses of closed accounts; return how many messages went."""
    closed = sa.select(User.id).where(User.active.is_(False))
    session.execute(sa.delete(MailAddress).where(MailAddress.user_id.in_(closed)))
    return len(session.execute(sa.delete(MailMessage).where(MailMessage.day < before).returning(MailMessage.id)).all())
