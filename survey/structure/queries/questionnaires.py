"""Reading the questionnaires that are stored: versions, and the rounds that ask each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import QuestionnaireVersion, Round
from survey.questionnaires import Definition
from survey.structure.queries import structure
from survey.structure.queries.rounds import definition_of


@dataclass(frozen=True)
class StoredVersion:
    """A version of a questionnaire with its definition, and the rounds that ask it."""

    version: QuestionnaireVersion
    definition: Definition
    rounds: Sequence[Round]


def stored_versions(session: orm.Session) -> list[StoredVersion]:
    """Every version, the newest of each questionnaire first."""
    rounds: dict[int, list[Round]] = {}
    for round_ in session.scalars(sa.select(Round).order_by(Round.opens_on.desc())):
        rounds.setdefault(round_.version_id, []).append(round_)
    return [
        StoredVersion(one, definition_of(one), tuple(rounds.get(one.id, ()))) for one in structure.versions(session)
    ]


def version_before(session: orm.Session, version: QuestionnaireVersion) -> QuestionnaireVersion | None:
    """The version before one, of the same questionnaire; of a first one the newest other of its family."""
    of_family = [one for one in structure.versions(session) if one.questionnaire.family == version.questionnaire.family]
    older = [
        one for one in of_family if one.questionnaire_id == version.questionnaire_id and one.number < version.number
    ]
    others = [one for one in of_family if one.questionnaire_id != version.questionnaire_id and one.id < version.id]
    return max(older, key=lambda one: one.number, default=None) or max(others, key=lambda one: one.id, default=None)
