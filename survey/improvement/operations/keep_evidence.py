"""Keep a file that shows what was done."""

from __future__ import annotations

from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.improvement.evidence_files import CheckedFile
from survey.improvement.operations.keep_action import record_step
from survey.models import Action, ActionEvidence, ActionStep

MOST_FILES = 20
"""Files that one action may have."""


def keep_evidence(
    session: orm.Session, action: Action, checked: CheckedFile, *, already: int, actor: Actor
) -> ActionEvidence:
    """Keep a checked file with an action that was not accepted yet; `already`: how many files it has."""
    if action.accepted_at is not None:
        raise InputError("This action was accepted; its evidence is closed", field="file")
    if already >= MOST_FILES:
        raise InputError("An action keeps at most %(most)d files", field="file", most=MOST_FILES)
    added = ActionEvidence(
        action_id=action.id,
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.data),
        content_hash=checked.content_hash,
        data=checked.data,
        at=actor.now,
        by_id=actor.user_id,
    )
    session.add(added)
    record_step(session, action, ActionStep.EVIDENCE, actor, after={"file": checked.name, "bytes": len(checked.data)})
    return added
