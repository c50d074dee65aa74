"""Plan the sample at the counter: one in how many transactions is given a receipt code, fixed for the round."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Counter, Round, RoundState, SlipPlan, SlipWeek
from survey.printing.queries.receipt_batches import monday
from survey.structure.queries.scope import covers

MOST_EVERY, MOST_TICKETS = 1000, 100_000


def plan_slips(
    session: orm.Session, round_: Round, counter: Counter, every: int, tickets: int, *, zone: ZoneInfo, actor: Actor
) -> SlipPlan:
    """Set that a random one in `every` of a counter's transactions is given a code, `tickets` being expected a week.

    The seeds of all weeks of the round that are still to begin are drawn, where they are not there yet. `InputError`
    for those who are judged, for a counter at which the round is not held, for numbers out of range, once the round
    is over, and for a counter that has a plan of a round that takes answers: k is fixed from its beginning on.
    """
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator plans the sample of receipts")
    if round_.state not in (RoundState.DRAFT, RoundState.OPEN):
        raise InputError("The round is closed; it can no longer change")
    if not 1 <= every <= MOST_EVERY:
        raise InputError(
            "One in 1 to %(most)d transactions, not %(asked)d", field="every", most=MOST_EVERY, asked=every
        )
    if not 1 <= tickets <= MOST_TICKETS:
        raise InputError("Between 1 and %(most)d transactions a week", field="tickets", most=MOST_TICKETS)
    if not covers(round_, counter):
        raise InputError("The round is not held at this counter", field="counter")
    known = session.get(SlipPlan, (round_.id, counter.id))
    if known is not None and round_.state is RoundState.OPEN:
        raise InputError("The round takes answers: the share of this counter can no longer change", field="every")
    today = actor.now.astimezone(zone).date()
    if not draw_seeds(session, round_, today, actor.now):
        raise InputError("No week of this round is still to begin", field="counter")
    plan = known or SlipPlan(round_id=round_.id, counter_id=counter.id)
    plan.every, plan.tickets, plan.set_at, plan.set_by_id = every, tickets, actor.now, actor.user_id
    session.add(plan)
    audit.record(
        session,
        action="slips.planned",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        actor=actor,
        after={"round": round_.code, "every": every, "tickets": tickets},
    )
    session.flush()
    return plan


def draw_seeds(session: orm.Session, round_: Round, today: date, now: datetime) -> int:
    """Draw the seeds of the weeks that are still to begin and have none; return how many weeks to come have one."""
    session.execute(sa.select(Round.id).where(Round.id == round_.id).with_for_update())
    first = max(monday(round_.opens_on), monday(today) + timedelta(days=7))
    weeks = [first + timedelta(weeks=k) for k in range(max((round_.closes_on - first).days // 7 + 1, 0))]
    there = set(session.scalars(sa.select(SlipWeek.week_on).where(SlipWeek.round_id == round_.id)))
    session.add_all(
        SlipWeek(round_id=round_.id, week_on=week, seed=secrets.token_hex(16), drawn_at=now)
        for week in weeks
        if week not in there
    )
    session.flush()
    return len(weeks)
