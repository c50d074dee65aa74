"""Rounds: which one is open, which ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Questionnaire, QuestionnaireVersion, Round, RoundState
from survey.questionnaires import Definition, from_canonical

DEFINITIONS_CACHED = 64
_definitions: dict[str, Definition] = {}

USUAL = "sipas-service-16"
"""Code of the questionnaire that a first round begins with, on pages as by command."""


def local_day(round_: Round, now: datetime) -> date:
    """The calendar day of an instant in the round's own zone."""
    return now.astimezone(ZoneInfo(round_.zone)).date()


def takes_answers(round_: Round, now: datetime) -> bool:
    """Whether the round takes answers at an instant: it is open, has begun and has not ended."""
    return round_.state is RoundState.OPEN and round_.begins <= now < round_.ends


def all_rounds(session: orm.Session) -> Sequence[Round]:
    """Every round, the newest first, with its questionnaire."""
    return session.scalars(
        sa.select(Round)
        .options(orm.joinedload(Round.version).joinedload(QuestionnaireVersion.questionnaire))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    ).all()


def find_round(session: orm.Session, code: str) -> Round | None:
    """The round of a code; None without one, for pages that answer 404."""
    return session.scalars(sa.select(Round).where(Round.code == code)).first()


def find_open_rounds(session: orm.Session) -> Sequence[Round]:
    """The rounds whose state is open, whether or not their days have come."""
    return session.scalars(sa.select(Round).where(Round.state == RoundState.OPEN).order_by(Round.id)).all()


def find_rounds_before(session: orm.Session, round_: Round) -> Sequence[Round]:
    """The rounds that had ended when one began, the latest first; one that was closed early had."""
    earlier = session.scalars(sa.select(Round).where(Round.opens_on < round_.opens_on)).all()
    ended = [one for one in earlier if one.last_day < round_.opens_on]
    return sorted(ended, key=lambda one: (one.last_day, one.id), reverse=True)


def by_code(session: orm.Session, code: str) -> Round:
    """Look a round up by its code; `InputError` naming the rounds there are when none has the code."""
    round_ = find_round(session, code)
    if round_ is None:
        codes = session.scalars(sa.select(Round.code).order_by(Round.opens_on.desc())).all()
        raise InputError(
            "There is no round %(code)s; there are: %(codes)s", code=code, codes=", ".join(codes) or "none"
        )
    return round_


def definition_of(version: QuestionnaireVersion) -> Definition:
    """Parse a version's questionnaire, cached. Versions are immutable, so that nothing is ever invalidated."""
    definition = _definitions.get(version.content_hash)
    if definition is None:
        definition = from_canonical(version.content)
        if len(_definitions) < DEFINITIONS_CACHED:
            _definitions[version.content_hash] = definition
    return definition


def find_version(session: orm.Session, version_id: int) -> QuestionnaireVersion | None:
    """A questionnaire's version by its id."""
    return session.get(QuestionnaireVersion, version_id)


def get_version(session: orm.Session, version_id: int) -> QuestionnaireVersion:
    """A round's version, which a foreign key says is there."""
    return session.get_one(QuestionnaireVersion, version_id)


def latest_version(session: orm.Session, questionnaire: str) -> QuestionnaireVersion:
    """The newest version of a questionnaire; `InputError` naming those there are when none has the code."""
    version = session.scalars(
        sa.select(QuestionnaireVersion)
        .join(QuestionnaireVersion.questionnaire)
        .where(Questionnaire.code == questionnaire)
        .order_by(QuestionnaireVersion.number.desc())
        .limit(1)
    ).first()
    if version is None:
        codes = session.scalars(sa.select(Questionnaire.code).order_by(Questionnaire.code)).all()
        raise InputError(
            "There is no questionnaire %(code)s; there are: %(codes)s",
            code=questionnaire,
            codes=", ".join(codes) or "none",
        )
    return version


def usual_version(session: orm.Session) -> QuestionnaireVersion | None:
    """The version that a new round begins with: the very one of the last round, else the newest of 16 items.

    A newer version of the last round's questionnaire is taken on by a person alone, never by an update of the program.
    None where neither is there.
    """
    last = session.scalars(
        sa.select(QuestionnaireVersion)
        .join(Round, Round.version_id == QuestionnaireVersion.id)
        .order_by(Round.opens_on.desc(), Round.id.desc())
        .limit(1)
    ).first()
    newest = (
        sa.select(QuestionnaireVersion)
        .join(QuestionnaireVersion.questionnaire)
        .where(Questionnaire.code == USUAL)
        .order_by(QuestionnaireVersion.number.desc())
        .limit(1)
    )
    return last or session.scalars(newest).first()
