"""Editions of a round's results: the published ones, and all with their drafts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Publication, PublicationState, QuestionnaireVersion, Round


def published(session: orm.Session, round_code: str, edition: int | None = None) -> Publication | None:
    """An edition of a round that everyone may see: the latest, or the one asked for; None without it."""
    query = (
        sa.select(Publication)
        .join(Publication.round)
        .where(Round.code == round_code, Publication.state == PublicationState.PUBLISHED)
        .order_by(Publication.edition.desc())
    )
    return session.scalars(query if edition is None else query.where(Publication.edition == edition)).first()


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
