"""The sample at the counter: which ticket numbers of a week are given a receipt code, and who may be told when.

The seed of a week is drawn before it. Its SHA-256 is told from then on, the ticket numbers when the week begins, the
seed itself once it is over: then everyone can draw the numbers again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.selection import slip_numbers
from survey.core.errors import InputError
from survey.models import Agency, Counter, InterviewPlan, Round, RoundState, SlipPlan, SlipWeek

Plan = TypeVar("Plan", SlipPlan, InterviewPlan)

MORE = 1.5
"""Tickets that a list holds for each that is expected: a week may be busier."""


@dataclass(frozen=True)
class SlipPlanRow:
    """The plan of a counter, with its names."""

    plan: SlipPlan
    counter: Counter

    @property
    def receipts(self) -> int:
        """Receipt codes to be expected in a week."""
        return math.ceil(self.plan.tickets / self.plan.every)


@dataclass(frozen=True)
class SlipWeekRow:
    """A week of the sample as it may be told on a day."""

    week_on: date
    #: SHA-256 of the seed, in hexadecimal
    commitment: str
    #: None until the week is over
    seed: str | None
    #: whether the ticket numbers may be told
    begun: bool


@dataclass(frozen=True)
class SlipList:
    """Which tickets of a counter are given a receipt code in a week."""

    round: Round
    counter: Counter
    week_on: date
    every: int
    #: the last ticket that the list is of
    last: int
    numbers: list[int]


def plans_by_counter(session: orm.Session, kind: type[Plan], round_id: int) -> Sequence[Plan]:
    """The plans of a kind that a round has, by agency and counter, these loaded."""
    query = (
        sa.select(kind)
        .join(kind.counter)
        .join(Counter.agency)
        .where(kind.round_id == round_id)
        .options(orm.contains_eager(kind.counter).contains_eager(Counter.agency))
        .order_by(Agency.name, Counter.code)
    )
    return session.scalars(query).all()


def plans_of(session: orm.Session, round_id: int) -> list[SlipPlanRow]:
    """The plans of a round, by agency and counter."""
    return [SlipPlanRow(plan, plan.counter) for plan in plans_by_counter(session, SlipPlan, round_id)]


def weeks_of(session: orm.Session, round_id: int, today: date) -> list[SlipWeekRow]:
    """The weeks of a round's sample, the earliest first."""
    weeks = session.scalars(sa.select(SlipWeek).where(SlipWeek.round_id == round_id).order_by(SlipWeek.week_on))
    return [
        SlipWeekRow(
            week.week_on,
            hashlib.sha256(week.seed.encode("ascii")).hexdigest(),
            week.seed if week.week_on + timedelta(days=7) <= today else None,
            week.week_on <= today,
        )
        for week in weeks
    ]


def rounds_with_slips(session: orm.Session, counter_id: int) -> Sequence[Round]:
    """The rounds in which a counter has a plan, the newest first."""
    query = sa.select(Round).join(SlipPlan, SlipPlan.round_id == Round.id).where(SlipPlan.counter_id == counter_id)
    return session.scalars(query.order_by(Round.opens_on.desc())).all()


def rounds_to_plan(session: orm.Session) -> Sequence[Round]:
    """The rounds whose sample can be planned or looked at, the newest first."""
    return session.scalars(
        sa.select(Round).where(Round.state != RoundState.PUBLISHED).order_by(Round.opens_on.desc(), Round.id)
    ).all()


def slip_list(session: orm.Session, counter: Counter, week_on: date, today: date) -> SlipList:
    """The ticket numbers of a counter for the week of a Monday; `InputError` before it begins, and without a plan."""
    found = session.execute(
        sa.select(SlipPlan, SlipWeek, Round)
        .join(SlipWeek, SlipWeek.round_id == SlipPlan.round_id)
        .join(Round, Round.id == SlipPlan.round_id)
        .where(SlipPlan.counter_id == counter.id, SlipWeek.week_on == week_on)
        .order_by(Round.opens_on.desc())
    ).first()
    if found is None:
        raise InputError("No sample of receipts is planned for this counter and week")
    if week_on > today:
        raise InputError("The ticket numbers of a week are told when it begins, not before")
    plan, week, round_ = found
    last = math.ceil(MORE * plan.tickets)
    numbers = slip_numbers(plan.every, last, counter_seed(week.seed, counter))
    return SlipList(round_, counter, week_on, plan.every, last, numbers)


def counter_seed(seed: str, counter: Counter) -> int:
    """The seed of one counter: the first eight bytes of SHA-256 "seed:agency/counter" as a number."""
    text = f"{seed}:{counter.agency.code}/{counter.code}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
