"""Rounds: which one is open, which ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.errors import InputError
from survey.models import Questionnaire, QuestionnaireVersion, Round, RoundState


def local_day(round_: Round, now: datetime) -> date:
    """Return the calendar day of an instant in the round's own zone."""
    return now.astimezone(ZoneInfo(round_.zone)).date()


def takes_answers(round_: Round, today: date) -> bool:
    """Say whether the round takes answers on a local day: it is open, and the day lies in its dates, ends included."""
    return round_.state is RoundState.OPEN and round_.opens_on <= today <= round_.closes_on


def open_round(session: orm.Session, today: date) -> Round | None:
    """Return the round that takes answers on a local day, the latest begun if several do, or None."""
    return session.scalars(
        sa.select(Round)
        .where(Round.state == RoundState.OPEN, Round.opens_on <= today, Round.closes_on >= today)
        .order_by(Round.opens_on.desc(), Round.id.desc())
        .limit(1)
    ).first()


def all_rounds(session: orm.Session) -> Sequence[Round]:
    """Return every round, the newest first, with its questionnaire."""
    return session.scalars(
        sa.select(Round)
        .options(orm.joinedload(Round.version).joinedload(QuestionnaireVersion.questionnaire))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    ).all()


def by_code(session: orm.Session, code: str) -> Round:
    """Return a round; `InputError` naming the rounds there are when none has the code."""
    found = session.scalars(sa.select(Round).where(Round.code == code)).first()
    if found is None:
        codes = session.scalars(sa.select(Round.code).order_by(Round.opens_on.desc())).all()
        raise InputError(
            "There is no round %(code)s; there are: %(codes)s", code=code, codes=", ".join(codes) or "none"
        )
    return found


def latest_version(session: orm.Session, questionnaire: str) -> QuestionnaireVersion:
    """Return the newest version of a questionnaire; `InputError` naming those there are when none has the code."""
    found = session.scalars(
        sa.select(QuestionnaireVersion)
        .join(QuestionnaireVersion.questionnaire)
        .where(Questionnaire.code == questionnaire)
        .order_by(QuestionnaireVersion.number.desc())
        .limit(1)
    ).first()
    if found is None:
        codes = session.scalars(sa.select(Questionnaire.code).order_by(Questionnaire.code)).all()
        raise InputError(
            "There is no questionnaire %(code)s; there are: %(codes)s",
            code=questionnaire,
            codes=", ".join(codes) or "none",
        )
    return found
