"""Editions of a round's results: the published ones, and all with their drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Action, ActionEvent, Publication, PublicationState, QuestionnaireVersion, Round


@dataclass(frozen=True)
class EditionSeen:
    """What a public page of an edition is made of: as long as it is the same, so is the page."""

    id: int
    edition: int
    results_hash: str
    #: the decision that it names: the one thing that may change after publication
    decision: tuple[str | None, date | None, str | None]
    round_id: int
    #: the days on which the round was to end, and the moment at which a person ended it
    ended: tuple[date, datetime | None]
    #: number of the round's newest edition
    latest: int
    #: key of the same round's edition before it
    before: int | None
    #: the newest of all published editions and how many there are: one of them is of the round before
    all_published: tuple[int, int]
    #: the last step of the round's actions and how many there were
    steps: tuple[int | None, int]


def _published_editions() -> sa.Select[Any]:
    """Make the statement of `seen_edition` once: this page of all is asked for most often."""
    every = sa.select(Publication.id).where(Publication.state == PublicationState.PUBLISHED).subquery()
    steps = sa.select(ActionEvent.id, Action.round_id).join(Action, Action.id == ActionEvent.action_id).subquery()
    of_round = steps.c.round_id == Publication.round_id
    return (
        sa.select(
            Publication.id,
            Publication.edition,
            Publication.results_hash,
            Publication.decision_number,
            Publication.decision_on,
            Publication.decision_link,
            Publication.round_id,
            Round.closes_on,
            Round.closed_at,
            sa.select(sa.func.max(every.c.id)).scalar_subquery().label("newest"),
            sa.select(sa.func.count()).select_from(every).scalar_subquery().label("published"),
            sa.select(sa.func.max(steps.c.id)).where(of_round).scalar_subquery().label("last_step"),
            sa.select(sa.func.count()).select_from(steps).where(of_round).scalar_subquery().label("steps"),
        )
        .join(Publication.round)
        .where(Round.code == sa.bindparam("code"), Publication.state == PublicationState.PUBLISHED)
        .order_by(Publication.edition.desc())
    )


_PUBLISHED_EDITIONS = _published_editions()


def seen_edition(session: orm.Session, round_code: str, number: int | None = None) -> EditionSeen | None:
    """Tell what the page of an edition (None: the latest) is made of now; None where nobody may see it."""
    rows = session.execute(_PUBLISHED_EDITIONS, {"code": round_code}).all()
    at = next((k for k, row in enumerate(rows) if number is None or row.edition == number), None)
    if at is None:
        return None
    row = rows[at]
    return EditionSeen(
        id=row.id,
        edition=row.edition,
        results_hash=row.results_hash,
        decision=(row.decision_number, row.decision_on, row.decision_link),
        round_id=row.round_id,
        ended=(row.closes_on, row.closed_at),
        latest=rows[0].edition,
        before=rows[at + 1].id if at + 1 < len(rows) else None,
        all_published=(row.newest, row.published),
        steps=(row.last_step, row.steps),
    )


def edition_of_round_before(session: orm.Session, round_: Round) -> Publication | None:
    """The newest edition of the latest published round that had ended when a round began; None without one."""
    found = session.scalars(
        sa.select(Publication)
        .join(Publication.round)
        .where(Round.opens_on < round_.opens_on, Publication.state == PublicationState.PUBLISHED)
        .options(orm.contains_eager(Publication.round))
    ).all()
    ended = [one for one in found if one.round.last_day < round_.opens_on]
    return max(ended, key=lambda one: (one.round.last_day, one.round_id, one.edition), default=None)


def published(session: orm.Session, round_code: str, edition: int | None = None) -> Publication | None:
    """An edition of a round that everyone may see: the latest, or the one asked for; None without it."""
    query = (
        sa.select(Publication)
        .join(Publication.round)
        .where(Round.code == round_code, Publication.state == PublicationState.PUBLISHED)
        .order_by(Publication.edition.desc())
    )
    return session.scalars(query if edition is None else query.where(Publication.edition == edition)).first()


def by_key(session: orm.Session, key: int) -> Publication:
    """The publication of a key that is known to be there."""
    return session.get_one(Publication, key)


def edition_before(session: orm.Session, publication: Publication) -> Publication | None:
    """The published edition of the same round that a publication follows (a draft: the latest); None without."""
    query = sa.select(Publication).where(
        Publication.round_id == publication.round_id, Publication.state == PublicationState.PUBLISHED
    )
    if publication.edition is not None:
        query = query.where(Publication.edition < publication.edition)
    return session.scalars(query.order_by(Publication.edition.desc())).first()


def published_rounds(session: orm.Session) -> list[Round]:
    """The rounds of which an edition is published, the newest first."""
    has_edition = sa.exists().where(Publication.round_id == Round.id, Publication.state == PublicationState.PUBLISHED)
    return list(session.scalars(sa.select(Round).where(has_edition).order_by(Round.opens_on.desc(), Round.id.desc())))


def editions(session: orm.Session, round_code: str) -> list[Publication]:
    """All publications of a round, the newest first, with those never published."""
    query = sa.select(Publication).join(Publication.round).where(Round.code == round_code)
    return list(session.scalars(query.order_by(Publication.id.desc())))


def reviewed_publications(session: orm.Session) -> list[Publication]:
    """The drafts that a second person reviewed and nobody published, with their round and people."""
    query = (
        sa.select(Publication)
        .where(Publication.state == PublicationState.REVIEWED)
        .options(
            orm.joinedload(Publication.round),
            orm.joinedload(Publication.drafted_by),
            orm.joinedload(Publication.reviewed_by),
            orm.defer(Publication.content),
        )
        .order_by(Publication.id)
    )
    return list(session.scalars(query))


def edition_of(session: orm.Session, round_code: str, number: int) -> Publication | None:
    """A publication of a round by its number, if there is one."""
    found = session.get(Publication, number)
    return found if found is not None and found.round.code == round_code else None


def version_by_hash(session: orm.Session, content_hash: str) -> QuestionnaireVersion | None:
    """The questionnaire of a content's hash."""
    query = sa.select(QuestionnaireVersion).where(QuestionnaireVersion.content_hash == content_hash)
    return session.scalars(query).first()
