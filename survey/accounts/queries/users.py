"""Reading accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.text import clean, fold
from survey.models import Agency, AgencyKind, Role, User


def by_username(session: orm.Session, username: str) -> User | None:
    """The account of that name (case and outer spaces forgiven), active or not."""
    return session.scalar(sa.select(User).where(User.username == clean(username).lower()))


def find(session: orm.Session, user_id: int) -> User | None:
    """The account of an id, if there is one."""
    return session.get(User, user_id)


def by_id(session: orm.Session, user_id: int) -> User:
    """The account of an id that is known to exist."""
    return session.get_one(User, user_id)


def by_session(session: orm.Session, user_id: int, epoch: int) -> User | None:
    """The account a session speaks for, or None once it was closed or signed out everywhere."""
    return session.scalar(sa.select(User).where(User.id == user_id, User.session_epoch == epoch, User.active.is_(True)))


def all_users(session: orm.Session) -> list[User]:
    """Every account in the order of names."""
    return list(session.scalars(sa.select(User).order_by(User.username)))


def people(session: orm.Session) -> dict[int, str]:
    """The name of every account by its number."""
    return {user.id: user.display_name for user in all_users(session)}


def search_users(session: orm.Session, text: str, role: Role | None) -> list[User]:
    """The accounts whose names hold `text`, with or without marks, of one role or of all."""
    query = sa.select(User).options(orm.joinedload(User.agency)).order_by(User.username)
    if role is not None:
        query = query.where(User.role == role)
    wanted = fold(clean(text))
    return [user for user in session.scalars(query) if wanted in fold(f"{user.username} {user.display_name}")]


def agencies_below(session: orm.Session, agency_id: int) -> frozenset[str]:
    """The codes of an agency and of every agency under it."""
    top = sa.select(Agency.id, Agency.code).where(Agency.id == agency_id).cte("below", recursive=True)
    below = top.union_all(sa.select(Agency.id, Agency.code).join(top, Agency.parent_id == top.c.id))
    return frozenset(session.scalars(sa.select(below.c.code)))


def is_judged(session: orm.Session, user_id: int | None) -> bool:
    """Say whether a person belongs to an agency that is judged: what they bring does not count by itself."""
    return user_id is not None and by_id(session, user_id).role in {Role.MANAGER, Role.STAFF}


_SETTLED, _NOTED = "reads_settled", "read_for_evaluators"


def visible_agencies(session: orm.Session, user: User) -> frozenset[str] | None:
    """The codes of the agencies whose results a user may see; None means all of them.

    For those who are judged the session reads settled figures alone from then on. It must not have read others before:
    `RuntimeError`.
    """
    if user.role in {Role.ADMIN, Role.EVALUATOR}:
        return None
    read_settled(session)
    if user.role is Role.MANAGER and user.agency_id is not None:
        return agencies_below(session, user.agency_id)
    return frozenset()


def read_settled(session: orm.Session) -> None:
    """Let a session read what those who are judged may see; `RuntimeError` where it read more already."""
    if session.info.get(_NOTED):
        raise RuntimeError("a session that serves a unit read figures before it was said for whom")
    session.info[_SETTLED] = True


@contextmanager
def reading_settled(session: orm.Session) -> Iterator[None]:
    """Let a session read for a while what those who are judged may see, whatever it read before: to publish that."""
    before = session.info.get(_SETTLED)
    session.info[_SETTLED] = True
    try:
        yield
    finally:
        session.info[_SETTLED] = before


def reads_settled(session: orm.Session) -> bool:
    """Say whether a session reads for those who are judged (`survey.structure.queries.counted`)."""
    return bool(session.info.get(_SETTLED))


def note_reading(session: orm.Session) -> None:
    """Note that a session read what evaluators alone may see."""
    session.info[_NOTED] = True


def speaks_for_province(session: orm.Session, user: User) -> bool:
    """Say whether a user is a manager of the root agency: who asks for plans, accepts actions and approves replies."""
    if user.role is not Role.MANAGER or user.agency_id is None:
        return False
    found = session.scalar(
        sa.select(Agency.id).where(
            Agency.id == user.agency_id, Agency.kind == AgencyKind.PROVINCE, Agency.parent_id.is_(None)
        )
    )
    return found is not None
