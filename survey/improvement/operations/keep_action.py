"""The register of actions: what an agency does about its results, by when, and what shows that it was done.

Each step writes the row that holds now and an event that is never altered, so that no wording, due day or remark is
lost. A due day of the past is refused; an extension needs a reason and leaves the first due day, from which overdue
counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, clean_block
from survey.models import Action, ActionEvent, ActionState, ActionStep, Agency, Cause, Round

MOST = {"what": 1000, "cause": 1000, "text": 1000, "place": 300, "responsible": 200, "unit": 200, "co_units": 500}
"""Characters that each text may have."""
OPEN = (ActionState.PLANNED, ActionState.DOING)


@dataclass(frozen=True)
class ActionText:
    """What is done, why, where and by whom, as it was typed."""

    what: str
    #: a position, never a person's name
    responsible: str
    cause: str = ""
    causes: Sequence[Cause] = ()
    place: str = ""
    unit: str = ""
    co_units: str = ""


@dataclass(frozen=True)
class ActionAim:
    """The figure that an action is to better, and the numbers it begins from."""

    #: both None: the overall index
    element: str | None = None
    item: str | None = None
    figures: Mapping[str, Any] | None = field(default=None, hash=False)


def add_action(
    session: orm.Session,
    *,
    round_: Round,
    agency: Agency,
    aim: ActionAim,
    wording: ActionText,
    due_on: date,
    today: date,
    actor: Actor,
) -> Action:
    """Enter an action that answers to the results of a round; `InputError` for what is missing or past."""
    _refuse_past(due_on, today)
    added = Action(
        round_id=round_.id,
        agency_id=agency.id,
        element=aim.element,
        item=aim.item,
        figures=dict(aim.figures) if aim.figures else None,
        due_on=due_on,
        first_due_on=due_on,
        state=ActionState.PLANNED,
        evidence="",
        created_at=actor.now,
        created_by_id=actor.user_id,
        updated_at=actor.now,
    )
    _write(added, wording)
    session.add(added)
    session.flush()
    after = {"agency": agency.code, "round": round_.code, "element": aim.element, "item": aim.item, **_facts(added)}
    record_step(session, added, ActionStep.ENTERED, actor, after=after)
    return added


def change_action(session: orm.Session, action: Action, *, wording: ActionText, actor: Actor) -> None:
    """Change what an open action says; the former wording stays in its history."""
    _refuse_unless_open(action)
    before = _facts(action)
    _write(action, wording)
    after = _facts(action)
    if after == before:
        return
    changed = [name for name in after if after[name] != before[name]]
    record_step(
        session,
        action,
        ActionStep.CHANGED,
        actor,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )


def extend_action(
    session: orm.Session, action: Action, *, due_on: date, reason: str, today: date, actor: Actor
) -> None:
    """Move an open action's due day to a later one, with the reason; overdue still counts from the first due day."""
    _refuse_unless_open(action)
    reason = required(reason, "Say why more time is needed", field="reason")
    _refuse_past(due_on, today)
    if due_on <= action.due_on:
        raise InputError(
            "The new due day must be later than the present one, %(day)s",
            field="due_on",
            day=f"{action.due_on:%d/%m/%Y}",
        )
    before = {"due_on": action.due_on.isoformat()}
    action.first_due_on = action.first_due
    action.due_on = due_on
    record_step(
        session, action, ActionStep.EXTENDED, actor, text=reason, before=before, after={"due_on": due_on.isoformat()}
    )


def note_progress(session: orm.Session, action: Action, *, text: str, actor: Actor) -> None:
    """Write down how an open action is getting on; the first note says that it is under way."""
    _refuse_unless_open(action)
    text = required(text, "Write what has been done so far", field="text")
    _move(session, action, ActionState.DOING, ActionStep.NOTED, text, actor)


def report_done(session: orm.Session, action: Action, *, evidence: str, actor: Actor) -> None:
    """Report an open action as done, with what shows it; it then waits for a second person to accept it."""
    _refuse_unless_open(action)
    action.evidence = required(evidence, "Say what shows that it was done", field="evidence")
    _move(session, action, ActionState.DONE, ActionStep.DONE, action.evidence, actor)


def drop_action(session: orm.Session, action: Action, *, reason: str, actor: Actor) -> None:
    """Give an open action up, with the reason."""
    _refuse_unless_open(action)
    reason = required(reason, "Say why the action is given up", field="reason")
    _move(session, action, ActionState.DROPPED, ActionStep.DROPPED, reason, actor)


def required(text: str, message: str, *, field: str) -> str:
    """Free text as it is stored; `InputError` with the message for none, and for one that is too long."""
    text = clean_block(text)
    if not text:
        raise InputError(message, field=field)
    return _fits(text, MOST["text"], field=field)


def record_step(
    session: orm.Session,
    action: Action,
    step: ActionStep,
    actor: Actor,
    *,
    text: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an event to an action's history, and its line to the audit log."""
    action.updated_at = actor.now
    session.add(
        ActionEvent(
            action_id=action.id,
            step=step,
            at=actor.now,
            by_id=actor.user_id,
            text=text,
            before=dict(before) if before else None,
            after=dict(after) if after else None,
        )
    )
    facts = dict(after or {}) | ({"reason": text} if text else {})
    audit.record(
        session, action=f"action.{step}", subject=f"action:{action.id}", actor=actor, before=before, after=facts or None
    )


def _move(session: orm.Session, action: Action, state: ActionState, step: ActionStep, text: str, actor: Actor) -> None:
    before, action.state = action.state, state
    changed = before is not state
    record_step(
        session,
        action,
        step,
        actor,
        text=text,
        before={"state": before.value} if changed else None,
        after={"state": state.value} if changed else None,
    )


def _write(action: Action, wording: ActionText) -> None:
    """Take over what was typed once all of it is right."""
    blocks = {name: _fits(clean_block(getattr(wording, name)), MOST[name], field=name) for name in ("what", "cause")}
    lines = {
        name: _fits(clean(getattr(wording, name)), MOST[name], field=name)
        for name in ("responsible", "unit", "co_units", "place")
    }
    if not blocks["what"]:
        raise InputError("Say what is to be done", field="what")
    if not lines["responsible"]:
        raise InputError("Name the position or unit that is responsible", field="responsible")
    action.what, action.cause = blocks["what"], blocks["cause"] or None
    action.causes = [cause.value for cause in Cause if cause in wording.causes] or None
    action.responsible, action.unit = lines["responsible"], lines["unit"]
    action.co_units, action.place = lines["co_units"], lines["place"]


def _fits(text: str, most: int, *, field: str) -> str:
    if len(text) > most:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit", field=field, length=len(text), most=most
        )
    return text


def _refuse_past(due_on: date, today: date) -> None:
    if due_on < today:
        raise InputError("The due day is past; choose one from %(day)s on", field="due_on", day=f"{today:%d/%m/%Y}")


def _refuse_unless_open(action: Action) -> None:
    if action.state not in OPEN:
        raise InputError("This action is no longer open; nothing was changed")


def _facts(action: Action) -> dict[str, Any]:
    """What an action says, as its history keeps it."""
    return {
        "what": action.what,
        "cause": action.cause,
        "causes": action.causes,
        "place": action.place or None,
        "responsible": action.responsible,
        "unit": action.unit or None,
        "co_units": action.co_units or None,
        "due_on": action.due_on.isoformat(),
    }
