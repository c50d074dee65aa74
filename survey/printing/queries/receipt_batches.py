"""Batches of receipt codes, and how many codes a counter may have in a week."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency, Counter, Population, ReceiptBatch, ReceiptCode, Round, RoundState, WeeklyCount
from survey.structure.queries.scope import covers, narrowest_first

ROOM = 1.5
"""Codes for each transaction of a usual week: weeks differ, and a round's total tells no week of its own."""


@dataclass(frozen=True)
class WeekLimit:
    """Codes that the counters of the same agencies may have in a week, all of them together."""

    round_id: int
    #: its Monday
    week_on: date
    most: int
    #: issued to these counters for the week so far
    issued: int

    @property
    def left(self) -> int:
        """How many more may be issued."""
        return max(0, self.most - self.issued)


def monday(day: date) -> date:
    """The first day of the week of a day."""
    return day - timedelta(days=day.weekday())


def week_limit(session: orm.Session, counter: Counter, week_on: date, *, lock: bool = False) -> WeekLimit:
    """The limit of a counter for the week that begins on a Monday; `lock` holds others off until the commit.

    As many codes as the week has transactions of the agencies that decide on what the counter receives, where these
    were imported by week; else their N of the round, divided by its weeks, times `ROOM`. `InputError` where no round
    takes answers there in that week, or nobody said how many transactions there are.
    """
    round_ = _round_in(session, counter, week_on)
    agencies = {agency.id for agency in counter.deciding_agencies} or {counter.agency_id}
    same = [other.id for other in _counters_of(session, agencies)]
    if lock:
        session.execute(sa.select(Counter.id).where(Counter.id.in_(same)).order_by(Counter.id).with_for_update())
    issued = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(ReceiptBatch.codes), 0)).where(
            ReceiptBatch.counter_id.in_(same), ReceiptBatch.week_on == week_on
        )
    )
    return WeekLimit(round_.id, week_on, _most(session, round_, agencies, week_on), int(issued or 0))


def batch_of(session: orm.Session, number: int) -> ReceiptBatch | None:
    """A batch by its number."""
    return session.get(ReceiptBatch, number)


def batches_of(session: orm.Session, counter_id: int) -> Sequence[ReceiptBatch]:
    """The batches of a counter, those of the latest week first."""
    return session.scalars(_all().where(ReceiptBatch.counter_id == counter_id)).all()


def batches_used(session: orm.Session, agency: str = "") -> list[tuple[ReceiptBatch, int]]:
    """Every batch (of one receiving agency where it is named) with how many of its codes were used."""
    used = (
        sa.select(sa.func.count())
        .where(ReceiptCode.batch_id == ReceiptBatch.id, ReceiptCode.used.is_(True))
        .scalar_subquery()
    )
    query = _all().add_columns(used)
    if agency:
        query = query.where(Agency.code == agency)
    return [(row[0], int(row[1])) for row in session.execute(query)]


def codes_of(session: orm.Session, batch_id: int) -> list[str]:
    """The codes of a batch that are not used yet, in alphabetical order."""
    query = sa.select(ReceiptCode.code).where(ReceiptCode.batch_id == batch_id, ReceiptCode.used.is_(False))
    return list(session.scalars(query.order_by(ReceiptCode.code)))


def coming_weeks(session: orm.Session, today: date, most: int = 26) -> list[date]:
    """The Mondays of the weeks from this one on in which a round takes answers, at most so many."""
    spans = session.execute(
        sa.select(Round.opens_on, Round.closes_on).where(
            Round.state.in_([RoundState.OPEN, RoundState.DRAFT]), Round.closes_on >= monday(today)
        )
    ).all()
    found: set[date] = set()
    for opens_on, closes_on in spans:
        first = monday(max(opens_on, today))
        weeks = min(most, (closes_on - first).days // 7 + 1)
        found |= {first + timedelta(weeks=week) for week in range(weeks)}
    return sorted(found)[:most]


def issuing_counters(session: orm.Session) -> Sequence[Counter]:
    """The open counters, by agency and code."""
    query = sa.select(Counter).join(Counter.agency).where(Counter.active.is_(True))
    return session.scalars(query.options(orm.contains_eager(Counter.agency)).order_by(Agency.name, Counter.code)).all()


def issuing_counter(session: orm.Session, number: int) -> Counter:
    """A counter that is known to exist."""
    return session.get_one(Counter, number)


def _all() -> sa.Select[ReceiptBatch]:
    return (
        sa.select(ReceiptBatch)
        .join(ReceiptBatch.counter)
        .join(Counter.agency)
        .options(
            orm.contains_eager(ReceiptBatch.counter).contains_eager(Counter.agency),
            orm.joinedload(ReceiptBatch.issued_by),
            orm.joinedload(ReceiptBatch.client),
            orm.joinedload(ReceiptBatch.printed_by),
        )
        .order_by(ReceiptBatch.week_on.desc(), ReceiptBatch.id.desc())
    )


def _round_in(session: orm.Session, counter: Counter, week_on: date) -> Round:
    """The round that takes answers at a counter in a week: the narrowest of those held there."""
    rounds = session.scalars(
        sa.select(Round)
        .where(
            Round.state.in_([RoundState.OPEN, RoundState.DRAFT]),
            Round.opens_on <= week_on + timedelta(days=6),
            Round.closes_on >= week_on,
        )
        .order_by(Round.opens_on.desc(), Round.id)
    )
    found = next((one for one in narrowest_first(rounds) if covers(one, counter)), None)
    if found is None:
        raise InputError(
            "No round takes answers at %(counter)s in the week of %(week)s",
            field="week",
            counter=counter.name,
            week=f"{week_on:%d/%m/%Y}",
        )
    return found


def _counters_of(session: orm.Session, agencies: set[int]) -> list[Counter]:
    """The counters at which one of the agencies decides."""
    counters = session.scalars(
        sa.select(Counter).options(orm.selectinload(Counter.deciding_agencies)).order_by(Counter.id)
    )
    return [
        counter
        for counter in counters
        if ({agency.id for agency in counter.deciding_agencies} or {counter.agency_id}) & agencies
    ]


def _most(session: orm.Session, round_: Round, agencies: set[int], week_on: date) -> int:
    weekly = sa.select(WeeklyCount.agency_id, WeeklyCount.transactions).where(
        WeeklyCount.round_id == round_.id, WeeklyCount.agency_id.in_(agencies), WeeklyCount.week_on == week_on
    )
    counted = {row[0]: row[1] for row in session.execute(weekly)}
    others = agencies - counted.keys()
    total = session.scalar(
        sa.select(sa.func.sum(Population.transactions)).where(
            Population.round_id == round_.id, Population.agency_id.in_(others)
        )
    )
    if not counted and total is None:
        raise InputError(
            "Round %(code)s has no number of transactions (N) of the agencies of this counter: import it first, for "
            "codes are as many as transactions",
            code=round_.code,
        )
    weeks = (monday(round_.closes_on) - monday(round_.opens_on)).days // 7 + 1
    return sum(counted.values()) + math.ceil(ROOM * (total or 0) / weeks)
