"""The register of actions: what an agency does about its results, by when, and what shows that it was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, clean_block
from survey.models import Action, ActionState, Agency, Round

MOST = 1000
MOST_RESPONSIBLE = 200


@dataclass(frozen=True)
class ActionText:
    """An action as it was typed."""

    what: str
    cause: str
    #: a position or unit, never a person's name
    responsible: str
    due_on: date
    state: ActionState = ActionState.PLANNED
    evidence: str = ""


def add_action(
    session: orm.Session,
    *,
    round_: Round,
    agency: Agency,
    element: str | None,
    wording: ActionText,
    actor: Actor,
) -> Action:
    """Enter an action that answers to the results of a round; `InputError` for what is missing."""
    made = Action(
        round_id=round_.id,
        agency_id=agency.id,
        element=element,
        created_at=actor.now,
        created_by_id=actor.user_id,
        updated_at=actor.now,
    )
    _write(made, wording)
    session.add(made)
    session.flush()
    audit.record(
        session,
        action="action.added",
        subject=f"action:{made.id}",
        actor=actor,
        after={"agency": agency.code, "round": round_.code, "element": element, **_told(made)},
    )
    return made


def alter_action(session: orm.Session, action: Action, *, wording: ActionText, actor: Actor) -> None:
    """Alter an action, for example its state; `InputError` for what is missing."""
    before = _told(action)
    _write(action, wording)
    action.updated_at = actor.now
    audit.record(
        session,
        action="action.altered",
        subject=f"action:{action.id}",
        actor=actor,
        before=before,
        after=_told(action),
    )


def _write(action: Action, wording: ActionText) -> None:
    """Take over what was typed once all of it is right."""
    what, cause, evidence = (
        _fits(clean_block(getattr(wording, name)), MOST, field=name) for name in ("what", "cause", "evidence")
    )
    responsible = _fits(clean(wording.responsible), MOST_RESPONSIBLE, field="responsible")
    if not what:
        raise InputError("Say what is to be done", field="what")
    if not responsible:
        raise InputError("Name the position or unit that is responsible", field="responsible")
    if wording.state is ActionState.DONE and not evidence:
        raise InputError("Say what shows that it was done", field="evidence")
    action.what, action.cause, action.responsible = what, cause or None, responsible
    action.due_on, action.state, action.evidence = wording.due_on, wording.state, evidence


def _fits(text: str, most: int, *, field: str) -> str:
    if len(text) > most:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit", field=field, length=len(text), most=most
        )
    return text


def _told(action: Action) -> dict[str, str | None]:
    return {
        "what": action.what,
        "responsible": action.responsible,
        "due_on": action.due_on.isoformat(),
        "state": action.state.value,
    }
