"""The scope of a round: everywhere, or at kinds of agencies, at agencies or at counters alone.

`Round.scope` is empty for everywhere, else it has one key: `kinds` (of `AgencyKind`), `agencies` (codes of receiving
agencies) or `counters` (ids). Where two rounds take answers at a counter the narrower one has them: a form of its own
for a hospital holds there, that of the province everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency, Counter, Round

EVERYWHERE, KINDS, AGENCIES, COUNTERS = "all", "kinds", "agencies", "counters"
WIDTHS = (COUNTERS, AGENCIES, KINDS, EVERYWHERE)
"""What a scope can name, the narrowest first."""


def scope_width(round_: Round) -> int:
    """The place of a round's scope in `WIDTHS`: the smaller, the narrower."""
    return next((place for place, name in enumerate(WIDTHS) if name in (round_.scope or {})), len(WIDTHS) - 1)


def covers(round_: Round, counter: Counter) -> bool:
    """Say whether a round is held at a counter."""
    scope = round_.scope
    if not scope:
        return True
    return (
        counter.id in scope.get(COUNTERS, ())
        or counter.agency.code in scope.get(AGENCIES, ())
        or counter.agency.kind in scope.get(KINDS, ())
    )


def covered_counters(session: orm.Session, round_: Round) -> list[Counter]:
    """The open counters at which a round is held, each with its agency, its services and those that decide there."""
    counters = session.scalars(
        sa.select(Counter)
        .where(Counter.active.is_(True))
        .options(
            orm.joinedload(Counter.agency),
            orm.selectinload(Counter.deciding_agencies),
            orm.selectinload(Counter.services),
        )
        .order_by(Counter.id)
    )
    return [counter for counter in counters if covers(round_, counter)]


def covered_agencies(session: orm.Session, round_: Round) -> frozenset[int] | None:
    """The ids of the agencies whose services a round may judge; None for all.

    Those in the scope by kind or code, and those that receive or decide at one of its counters.
    """
    scope = round_.scope
    if not scope:
        return None
    named = sa.or_(Agency.code.in_(scope.get(AGENCIES, ())), Agency.kind.in_(scope.get(KINDS, ())))
    ids = set(session.scalars(sa.select(Agency.id).where(named)))
    for counter in covered_counters(session, round_):
        ids |= {agency.id for agency in counter.deciding_agencies} or {counter.agency_id}
    return frozenset(ids)


def narrowest_first(rounds: Iterable[Round]) -> list[Round]:
    """Rounds by their scope, the narrowest first; those of one width stay in their order."""
    return sorted(rounds, key=scope_width)


def round_at(rounds: Sequence[Round], counter: Counter) -> Round | None:
    """The round whose days are printed for a counter: the narrowest of those held there, the first of these."""
    return next((one for one in narrowest_first(rounds) if covers(one, counter)), None)


def refuse_outside(session: orm.Session, round_: Round, agency_ids: Iterable[int]) -> None:
    """Raise `InputError` naming an agency that a round is not held for."""
    covered = covered_agencies(session, round_)
    outside = set() if covered is None else set(agency_ids) - covered
    if outside:
        name = session.scalar(sa.select(Agency.name).where(Agency.id.in_(outside)).order_by(Agency.name).limit(1))
        raise InputError(
            "%(name)s is outside of the scope of round %(code)s: it is held elsewhere only", name=name, code=round_.code
        )
