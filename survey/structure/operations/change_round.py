"""Change a round: all of it while it is a draft, its name and end while it is open, nothing afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import QuestionnaireVersion, Round, RoundState
from survey.structure.operations.open_round import RoundPlan, check_dates, check_rules, span_facts


def change_round(
    session: orm.Session,
    round_: Round,
    plan: RoundPlan,
    version: QuestionnaireVersion,
    *,
    actor: Actor,
) -> bool:
    """Update a round as `plan` says; return whether anything changed. Its code stays.

    `InputError` for what its state does not allow: answers given under one questionnaire or first day cannot be made
    answers to another, and how an index is formed is settled before anybody answers.
    """
    if round_.state not in (RoundState.DRAFT, RoundState.OPEN):
        raise InputError("The round is closed; it can no longer change")
    check_dates(plan)
    rules = check_rules(plan.rules)
    before = audit_facts(round_)
    round_.name, round_.name_en = clean(plan.name)[:200] or round_.code, clean(plan.name_en or "")[:200] or None
    if round_.state is RoundState.OPEN:
        begin, stored = (plan.opens_on, plan.opens_at), (round_.opens_on, round_.opens_at)
        settled = (stored, round_.version_id, check_rules(round_.rules), round_.second_pass, round_.spot_check)
        if (begin, version.id, rules, plan.second_pass, plan.spot_check) != settled:
            raise InputError("The round is open: only its name and its end can change")
    ended = round_.ends
    round_.closes_on, round_.closes_at = plan.closes_on, plan.closes_at
    if round_.state is RoundState.DRAFT:
        round_.opens_on, round_.opens_at, round_.version, round_.rules = plan.opens_on, plan.opens_at, version, rules
        round_.second_pass, round_.spot_check = plan.second_pass, plan.spot_check
    elif round_.ends != ended and round_.ends <= actor.now:
        raise InputError("The end cannot lie in the past; close the round by hand instead", field="closes_on")
    session.flush()
    after = audit_facts(round_)
    if after == before:
        return False
    audit.record(
        session,
        action="round.edited",
        subject=f"round:{round_.code}",
        actor=actor,
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before[name]},
    )
    return True


def audit_facts(round_: Round) -> dict[str, Any]:
    """The facts of a round for an audit event."""
    return {
        "name": round_.name,
        "name_en": round_.name_en,
        **span_facts(round_),
        "version": round_.version_id if round_.version is None else round_.version.id,
        "rules": dict(round_.rules),
        "check_every": round_.second_pass,
        "spot_check": round_.spot_check,
    }
