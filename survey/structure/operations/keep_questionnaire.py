"""Install a questionnaire that a person wrote or changed, as a new version."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import QuestionnaireVersion
from survey.questionnaires import Definition
from survey.structure.operations.install_questionnaire import install_questionnaire


def keep_questionnaire(session: orm.Session, definition: Definition, *, actor: Actor) -> QuestionnaireVersion:
    """Store a questionnaire as the next version of its code; stored versions and their rounds stay as they are.

    `InputError` for one that is stored already, has no wording to ask, or is of another family than its code.
    """
    version = install_questionnaire(session, definition, actor.now)
    if version.created_at != actor.now:
        raise InputError(
            "Nothing was changed: this is version %(n)d of %(code)s", n=version.number, code=definition.code
        )
    audit.record(
        session,
        action="questionnaire.installed",
        subject=f"questionnaire:{definition.code}",
        actor=actor,
        after={"version": version.number, "items": len(definition.items), "family": definition.family},
    )
    return version
