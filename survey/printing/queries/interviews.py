"""Interviews at the counters of a round: the plan, the sheet of a week, the tablets, and how many answers came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.selection import first_asked
from survey.core.errors import InputError
from survey.models import Channel, Counter, InterviewPlan, InterviewTablet, Response, Round, SlipWeek
from survey.printing.queries.slip_plans import counter_seed, plans_by_counter


@dataclass(frozen=True)
class InterviewRow:
    """The plan of a counter, with how many interviews were stored so far."""

    plan: InterviewPlan
    counter: Counter
    by_tablet: int
    by_paper: int


@dataclass(frozen=True)
class InterviewSheet:
    """What the interviewers at a counter need for a week."""

    round: Round
    counter: Counter
    every: int
    #: the days on which the counter is open, each with who of those who leave is asked first
    days: tuple[tuple[date, int], ...]


def interviews_of(session: orm.Session, round_id: int) -> list[InterviewRow]:
    """The plans of a round, by agency and counter."""
    stored = {
        counter: (int(tablet), int(paper))
        for counter, tablet, paper in session.execute(
            sa.select(
                Response.counter_id,
                sa.func.count().filter(Response.batch_id.is_(None)),
                sa.func.count().filter(Response.batch_id.is_not(None)),
            )
            .where(Response.round_id == round_id, Response.channel == Channel.INTERVIEWER)
            .group_by(Response.counter_id)
        )
    }
    plans = plans_by_counter(session, InterviewPlan, round_id)
    return [InterviewRow(one, one.counter, *stored.get(one.counter_id, (0, 0))) for one in plans]


def tablets_of(session: orm.Session, round_id: int) -> Sequence[InterviewTablet]:
    """The tablets of a round, the newest first."""
    query = (
        sa.select(InterviewTablet)
        .where(InterviewTablet.round_id == round_id)
        .options(
            orm.joinedload(InterviewTablet.counter).joinedload(Counter.agency),
            orm.joinedload(InterviewTablet.begun_by),
        )
        .order_by(InterviewTablet.id.desc())
    )
    return session.scalars(query).all()


def tablet_of(session: orm.Session, round_id: int, number: int) -> InterviewTablet | None:
    """A tablet of a round by its number."""
    found = session.get(InterviewTablet, number)
    return found if found is not None and found.round_id == round_id else None


def interview_sheet(
    session: orm.Session, round_: Round, counter: Counter, week_on: date, today: date
) -> InterviewSheet:
    """The sheet of a counter for the week of a Monday; `InputError` before it begins, and without a plan."""
    plan = session.get(InterviewPlan, (round_.id, counter.id))
    week = session.get(SlipWeek, (round_.id, week_on))
    if plan is None or week is None:
        raise InputError("No interviews are planned for this counter and week")
    if week_on > today:
        raise InputError("Who is asked first is told when the week begins, not before")
    own = counter_seed(week.seed, counter)
    every_day = (week_on + timedelta(days=k) for k in range(7))
    open_days = [
        one
        for one in every_day
        if str(one.isoweekday()) in counter.weekdays and round_.opens_on <= one <= round_.closes_on
    ]
    days = tuple((one, first_asked(plan.every, one.isoformat(), own)) for one in open_days)
    return InterviewSheet(round_, counter, plan.every, days)
