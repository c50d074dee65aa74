"""Plan interviews at a counter: every how many people who leave one is asked, fixed for the round."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Counter, InterviewPlan, Round, RoundState
from survey.printing.operations.plan_slips import draw_seeds
from survey.structure.queries.scope import covers

MOST_EVERY = 30


def plan_interviews(
    session: orm.Session, round_: Round, counter: Counter, every: int, *, zone: ZoneInfo, actor: Actor
) -> InterviewPlan:
    """Set that one in `every` people who leave a counter is asked by an interviewer.

    Seeds of weeks to come are drawn where they are not there yet, as for receipts. `InputError` for those who are
    judged, for a counter at which the round is not held, for a number out of range, once the round is over, and for a
    counter that has a plan of a round that takes answers.
    """
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator plans interviews")
    if round_.state not in (RoundState.DRAFT, RoundState.OPEN):
        raise InputError("The round is closed; it can no longer change")
    if not 1 <= every <= MOST_EVERY:
        raise InputError("One in 1 to %(most)d people, not %(asked)d", field="every", most=MOST_EVERY, asked=every)
    if not covers(round_, counter):
        raise InputError("The round is not held at this counter", field="counter")
    known = session.get(InterviewPlan, (round_.id, counter.id))
    if known is not None and round_.state is RoundState.OPEN:
        raise InputError("The round takes answers: the share of this counter can no longer change", field="every")
    if not draw_seeds(session, round_, actor.now.astimezone(zone).date(), actor.now):
        raise InputError("No week of this round is still to begin", field="counter")
    plan = known or InterviewPlan(round_id=round_.id, counter_id=counter.id)
    plan.every, plan.set_at, plan.set_by_id = every, actor.now, actor.user_id
    session.add(plan)
    audit.record(
        session,
        action="interviews.planned",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        actor=actor,
        after={"round": round_.code, "every": every},
    )
    session.flush()
    return plan
