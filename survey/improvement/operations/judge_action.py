"""Acceptance of an action by a second person, who speaks for the province; or its return with a remark."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.improvement.operations.keep_action import record_step, required
from survey.models import Action, ActionState, ActionStep


def accept_action(session: orm.Session, action: Action, *, remark: str, workers: Collection[int], actor: Actor) -> None:
    """Accept an action that was reported as done. `workers`: accounts that entered or reported it, who may not."""
    _refuse_unless_waiting(action)
    if actor.user_id in workers:
        raise InputError("You entered this action or reported it as done; a second person must accept it")
    action.accepted_at, action.accepted_by_id = actor.now, actor.user_id
    record_step(session, action, ActionStep.ACCEPTED, actor, text=remark[:1000])


def return_action(session: orm.Session, action: Action, *, remark: str, actor: Actor) -> None:
    """Send an action that was reported as done back to its agency, with a remark: it is under way again."""
    _refuse_unless_waiting(action)
    remark = required(remark, "Say what is still missing", field="remark")
    _reopen(session, action, ActionStep.RETURNED, text=remark, actor=actor)


def withdraw_acceptance(session: orm.Session, action: Action, *, reason: str, actor: Actor) -> None:
    """Take an acceptance back, with the reason: the action is under way again and leaves the public pages."""
    if action.accepted_at is None:
        raise InputError("This action has not been accepted")
    reason = required(reason, "Say why the acceptance is withdrawn", field="reason")
    action.accepted_at = action.accepted_by_id = None
    _reopen(session, action, ActionStep.WITHDRAWN, text=reason, actor=actor)


def _reopen(session: orm.Session, action: Action, step: ActionStep, *, text: str, actor: Actor) -> None:
    """Put an action that was done back under way, by a step that says why."""
    action.state = ActionState.DOING
    states = {"before": {"state": ActionState.DONE.value}, "after": {"state": ActionState.DOING.value}}
    record_step(session, action, step, actor, text=text, **states)


def _refuse_unless_waiting(action: Action) -> None:
    if action.state is not ActionState.DONE or action.accepted_at is not None:
        raise InputError("This action does not wait for acceptance")
