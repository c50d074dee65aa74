"""Reading accounts."""

from __future__ import annotations

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


def visible_agencies(session: orm.Session, user: User) -> frozenset[str] | None:
    """The codes of the agencies whose results a user may see; None means all of them."""
    if user.role in {Role.ADMIN, Role.EVALUATOR}:
        return None
    if user.role is Role.MANAGER and user.agency_id is not None:
        return agencies_below(session, user.agency_id)
    return frozenset()


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
