"""Store a questionnaire; a version once stored is never altered."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import AnswerSlot, Questionnaire, QuestionnaireVersion
from survey.questionnaires import Definition, canonical, content_hash


def install_questionnaire(session: orm.Session, definition: Definition, now: datetime) -> QuestionnaireVersion:
    """Insert a questionnaire's version unless its content hash is stored; return the stored one.

    InputError when the definition has no wording to show, or its family differs from that of the stored
    questionnaire of the same code (results of a code are comparable through its versions).
    """
    if not definition.presentable:
        raise InputError(
            "The questionnaire %(code)s names no languages; it can score answers but has no wording to ask.",
            code=definition.code,
        )
    questionnaire = session.scalar(sa.select(Questionnaire).where(Questionnaire.code == definition.code))
    if questionnaire is None:
        questionnaire = Questionnaire(code=definition.code, family=definition.family)
        session.add(questionnaire)
        session.flush()
    if questionnaire.family != definition.family:
        raise InputError(
            "The questionnaire %(code)s is of family %(stored)s, not %(family)s; give the new one a code of its own.",
            code=definition.code,
            stored=questionnaire.family,
            family=definition.family,
        )
    digest = content_hash(definition)
    versions = sa.select(QuestionnaireVersion).where(QuestionnaireVersion.questionnaire_id == questionnaire.id)
    stored = session.scalar(versions.where(QuestionnaireVersion.content_hash == digest))
    return stored or _add_version(session, questionnaire, definition, digest, now)


def _add_version(
    session: orm.Session, questionnaire: Questionnaire, definition: Definition, digest: str, now: datetime
) -> QuestionnaireVersion:
    """Store the next version with the key to its packed answers."""
    last = session.scalar(
        sa.select(sa.func.max(QuestionnaireVersion.number)).where(
            QuestionnaireVersion.questionnaire_id == questionnaire.id
        )
    )
    version = QuestionnaireVersion(
        questionnaire=questionnaire,
        number=(last or 0) + 1,
        content=canonical(definition),
        content_hash=digest,
        created_at=now,
        slots=[
            AnswerSlot(position=position, code=slot.code, kind=slot.kind)
            for position, slot in enumerate(definition.slots, start=1)
        ],
    )
    session.add(version)
    session.flush()
    return version
