"""Create a round as a draft, and open it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import DataError, Rules
from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, is_name_in_addresses
from survey.models import QuestionnaireVersion, Round, RoundState
from survey.models.rounds import USUAL_SECOND_PASS, USUAL_SPOT_CHECK


@dataclass(frozen=True)
class RoundPlan:
    """Plan of a round: its name, its days in its zone (ends included), its hours, and its scoring rules.

    Without hours it takes answers from midnight on its first day until its last day is over.
    """

    code: str
    name: str
    opens_on: date
    closes_on: date
    zone: str = "Asia/Ho_Chi_Minh"
    name_en: str | None = None
    opens_at: time | None = None
    closes_at: time | None = None
    rules: Mapping[str, Any] | None = None
    #: every how many paper forms one is keyed in twice; 0 for none
    second_pass: int = USUAL_SECOND_PASS
    #: of how many forms of a pile another unit keys one in again; 0: where an evaluator asks for it
    spot_check: int = USUAL_SPOT_CHECK


def create_round(session: orm.Session, plan: RoundPlan, version: QuestionnaireVersion, *, actor: Actor) -> Round:
    """Add a draft round; `InputError` for a code that is taken, dates in disorder, an unknown zone or rule."""
    code = clean(plan.code)
    if len(code) > 64 or not is_name_in_addresses(code):
        raise InputError(
            "A round's code has letters, digits, dots and hyphens only, not %(code)r", field="code", code=plan.code
        )
    if session.scalars(sa.select(Round.id).where(Round.code == code)).first() is not None:
        raise InputError("There is a round %(code)s already", field="code", code=code)
    check_dates(plan)
    rules = check_rules(plan.rules)
    round_ = Round(
        code=code,
        name=clean(plan.name) or code,
        name_en=plan.name_en,
        version_id=version.id,
        opens_on=plan.opens_on,
        closes_on=plan.closes_on,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        zone=plan.zone,
        rules=rules,
        second_pass=plan.second_pass,
        spot_check=plan.spot_check,
        state=RoundState.DRAFT,
    )
    session.add(round_)
    session.flush()
    audit.record(
        session,
        action="round.created",
        subject=f"round:{code}",
        actor=actor,
        after={**span_facts(round_), "version": version.id},
    )
    return round_


def check_dates(plan: RoundPlan) -> None:
    """Validate days, hours and zone: raise `InputError` for an end before the beginning or an unknown zone."""
    if plan.closes_on < plan.opens_on:
        raise InputError(
            "A round cannot end (%(last)s) before it begins (%(first)s)",
            field="closes_on",
            last=plan.closes_on,
            first=plan.opens_on,
        )
    hours_differ = plan.opens_at is None or plan.closes_at is None or plan.opens_at < plan.closes_at
    if plan.closes_on == plan.opens_on and not hours_differ:
        raise InputError(
            "On one day the hour at which a round ends (%(last)s) must be after that at which it begins (%(first)s)",
            field="closes_at",
            last=f"{plan.closes_at:%H:%M}",
            first=f"{plan.opens_at:%H:%M}",
        )
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError("There is no time zone %(zone)r", zone=plan.zone) from error


def span_facts(round_: Round) -> dict[str, str | None]:
    """A round's days and hours for an audit event."""
    return {
        "opens_on": str(round_.opens_on),
        "opens_at": f"{round_.opens_at:%H:%M}" if round_.opens_at else None,
        "closes_on": str(round_.closes_on),
        "closes_at": f"{round_.closes_at:%H:%M}" if round_.closes_at else None,
    }


def check_rules(rules: Mapping[str, Any] | None) -> dict[str, Any]:
    """The scoring rules of a new round in full; `InputError` for one unknown or outside its choices."""
    try:
        return Rules.new(rules or {}).to_mapping()
    except (DataError, TypeError) as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error


def open_round(session: orm.Session, round_: Round, *, actor: Actor) -> None:
    """Open a round: it takes answers in its days and hours. Idempotent; `InputError` for a published one."""
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published and cannot be opened again", code=round_.code)
    if round_.state is RoundState.OPEN:
        return
    before = round_.state
    round_.state = RoundState.OPEN
    round_.closed_at = None  # it is as if it had not been closed
    audit.record(
        session,
        action="round.opened",
        subject=f"round:{round_.code}",
        actor=actor,
        before={"state": before.value},
        after={"state": RoundState.OPEN.value},
    )
