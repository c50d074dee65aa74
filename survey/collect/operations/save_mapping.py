"""Keep a way to read the columns of a foreign file under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import ColumnMapping, QuestionnaireVersion

MAX_NAME = 100


def find_mapping(session: orm.Session, version: QuestionnaireVersion, name: str) -> ColumnMapping | None:
    """The column map of a name for a questionnaire."""
    same_name = ColumnMapping.questionnaire_id == version.questionnaire_id, ColumnMapping.name == clean(name)
    return session.scalar(sa.select(ColumnMapping).where(*same_name))


def save_mapping(
    session: orm.Session,
    version: QuestionnaireVersion,
    name: str,
    mapping: Mapping[str, Any],
    *,
    actor: Actor,
) -> ColumnMapping:
    """Save a column map's data for a questionnaire; a name that is there already is written over."""
    name = clean(name)
    if not name or len(name) > MAX_NAME:
        raise InputError("Give the mapping a name of at most %(n)d characters", n=MAX_NAME)
    found = find_mapping(session, version, name)
    if found is None:
        found = ColumnMapping(name=name, questionnaire_id=version.questionnaire_id)
        session.add(found)
    before = dict(found.mapping or {})
    found.mapping, found.user_id, found.saved_at = dict(mapping), actor.user_id, actor.now
    session.flush()
    audit.record(
        session,
        action="column_mapping.saved",
        subject=f"column_mapping:{found.id}",
        actor=actor,
        before=before or None,
        after=found.mapping,
    )
    return found
