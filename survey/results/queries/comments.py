"""Comments: those to review, those to show, and how many speak of what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.text import like_pattern
from survey.models import Agency, Comment, CommentState, CommentTheme, Response, Round, RoundState, Theme
from survey.structure.queries.counted import counted_in

PAGE = 50
ENDED = (RoundState.CLOSED, RoundState.PUBLISHED)


@dataclass(frozen=True)
class CommentFilter:
    """Which comments are asked for; what is None is not asked."""

    round_id: int | None = None
    agency: str | None = None
    state: CommentState | None = None
    theme: Theme | None = None
    #: words to be found, with marks or without
    words: str = ""
    #: codes of the agencies the person may see; None: all
    visible: frozenset[str] | None = None
    #: (round, agency) of which too few citizens answered for a comment to be shown
    without: tuple[tuple[int, int], ...] = ()
    #: only of rounds that have ended: while one is open, an agency could tell from a new comment who has just answered
    ended_only: bool = False


def find(session: orm.Session, number: int) -> Comment | None:
    """A comment."""
    return session.get(Comment, number)


def zone_of(session: orm.Session, comment: Comment) -> str:
    """The time zone of a comment's round."""
    return session.scalars(sa.select(Round.zone).where(Round.id == comment.round_id)).one()


def page_of(session: orm.Session, wanted: CommentFilter, number: int) -> tuple[list[Comment], int]:
    """The comments of a page (from 1), the newest first, and how many there are on all pages."""
    where = _conditions(wanted)
    total = session.scalar(sa.select(sa.func.count()).select_from(Comment).join(Comment.agency).where(*where)) or 0
    found = session.scalars(
        sa.select(Comment)
        .join(Comment.agency)
        .where(*where)
        .options(orm.contains_eager(Comment.agency))
        .order_by(Comment.received_week.desc(), Comment.id.desc())
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    ).all()
    return list(found), total


def too_few(session: orm.Session, visible: frozenset[str], least: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    """The (round, agency) with comments and fewer counted responses than `least` asks of the round.

    One statement counts for all of them, however many agencies the person may see.
    """
    spoken = (
        sa.select(Comment.round_id, Comment.agency_id)
        .join(Comment.agency)
        .where(_among(visible))
        .distinct()
        .subquery("spoken")
    )
    of_pair = sa.and_(
        Response.round_id == spoken.c.round_id,
        Response.deciding_agency_id == spoken.c.agency_id,
        counted_in(session, least),
    )
    counts = session.execute(
        sa.select(spoken.c.round_id, spoken.c.agency_id, sa.func.count(Response.id))
        .outerjoin(Response, of_pair)
        .group_by(spoken.c.round_id, spoken.c.agency_id)
        .order_by(spoken.c.round_id, spoken.c.agency_id)
    )
    return tuple((round_id, agency_id) for round_id, agency_id, n in counts if n < least.get(round_id, 0))


def by_state(session: orm.Session, visible: frozenset[str] | None, round_id: int | None) -> dict[CommentState, int]:
    """How many comments wait, are shown and are hidden."""
    wanted = CommentFilter(round_id=round_id, visible=visible)
    rows = session.execute(
        sa.select(Comment.state, sa.func.count())
        .join(Comment.agency)
        .where(*_conditions(wanted))
        .group_by(Comment.state)
    )
    return dict.fromkeys(CommentState, 0) | {state: int(count) for state, count in rows}


def shown(session: orm.Session, round_id: int, agency: str, limit: int) -> list[Comment]:
    """The newest comments on an agency that may be shown."""
    query = (
        sa.select(Comment)
        .join(Comment.agency)
        .where(*_conditions(CommentFilter(round_id=round_id, agency=agency, state=CommentState.SHOWN)))
        .order_by(Comment.received_week.desc(), Comment.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def themes(session: orm.Session, round_id: int, agency: str) -> dict[Theme, int]:
    """How many of the comments on an agency that may be shown speak of each theme, the commonest first."""
    count = sa.func.count()
    rows = session.execute(
        sa.select(CommentTheme.theme, count)
        .join(Comment, Comment.id == CommentTheme.comment_id)
        .join(Comment.agency)
        .where(*_conditions(CommentFilter(round_id=round_id, agency=agency, state=CommentState.SHOWN)))
        .group_by(CommentTheme.theme)
        .order_by(count.desc(), CommentTheme.theme)
    )
    return {theme: int(number) for theme, number in rows}


def agencies_spoken_of(session: orm.Session, visible: frozenset[str] | None) -> list[Agency]:
    """The agencies that comments are on, by name."""
    query = sa.select(Agency).where(sa.exists().where(Comment.agency_id == Agency.id)).order_by(Agency.name)
    if visible is not None:
        query = query.where(Agency.code.in_(visible))
    return list(session.scalars(query))


def rounds_spoken_in(session: orm.Session) -> list[Round]:
    """The rounds that have comments, the newest first."""
    query = sa.select(Round).where(sa.exists().where(Comment.round_id == Round.id)).order_by(Round.opens_on.desc())
    return list(session.scalars(query))


def _conditions(wanted: CommentFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.visible is not None:
        found.append(_among(wanted.visible))
    for round_id, agency_id in wanted.without:
        found.append(sa.or_(Comment.round_id != round_id, Comment.agency_id != agency_id))
    if wanted.round_id is not None:
        found.append(Comment.round_id == wanted.round_id)
    if wanted.ended_only:
        found.append(Comment.round_id.in_(sa.select(Round.id).where(Round.state.in_(ENDED))))
    if wanted.agency:
        found.append(Agency.code == wanted.agency)
    if wanted.state is not None:
        found.append(Comment.state == wanted.state)
    if wanted.theme is not None:
        found.append(Comment.themes.any(CommentTheme.theme == wanted.theme))
    if wanted.words:
        found.append(Comment.search.like(like_pattern(wanted.words), escape="!"))
    return found


def _among(codes: Collection[str]) -> sa.ColumnElement[bool]:
    return Agency.code.in_(codes)
