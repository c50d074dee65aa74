"""Say where a round is held, while it is a draft."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, Counter, Population, Round, RoundState
from survey.structure.queries.overlaps import find_overlaps
from survey.structure.queries.scope import AGENCIES, COUNTERS, EVERYWHERE, KINDS, covered_agencies


def set_scope(session: orm.Session, round_: Round, width: str, chosen: Sequence[str], *, actor: Actor) -> bool:
    """Set where a round is held; return whether that changed. `chosen` are kinds, codes of agencies or counters' ids.

    `InputError` for a round that was opened, for nothing chosen, for what is not there, and where transactions were
    given for an agency that would be outside.
    """
    if round_.state is not RoundState.DRAFT:
        raise InputError("The round was opened: where it is held can no longer change", field="width")
    scope = _scope(session, width, chosen)
    before = dict(round_.scope or {})
    if scope == before:
        return False
    round_.scope = scope
    session.flush()
    covered = covered_agencies(session, round_)
    given = set(session.scalars(sa.select(Population.agency_id).where(Population.round_id == round_.id)))
    if covered is not None and given - covered:
        raise InputError(
            "The round has transactions of agencies outside of this: import its transactions anew first", field="width"
        )
    audit.record(
        session,
        action="round.scoped",
        subject=f"round:{round_.code}",
        actor=actor,
        before={"scope": before},
        after={"scope": scope},
    )
    return True


def _scope(session: orm.Session, width: str, chosen: Sequence[str]) -> dict[str, list[str] | list[int]]:
    """A scope as it is stored."""
    if width == EVERYWHERE:
        return {}
    wanted = list(dict.fromkeys(chosen))
    if not wanted:
        raise InputError("Choose at least one", field=width)
    if width == KINDS:
        known = {kind.value for kind in AgencyKind}
    elif width == AGENCIES:
        known = set(session.scalars(sa.select(Agency.code).where(Agency.code.in_(wanted))))
    elif width == COUNTERS:
        ids = [int(one) for one in wanted if one.isascii() and one.isdecimal() and len(one) < 10]
        known = {str(number) for number in session.scalars(sa.select(Counter.id).where(Counter.id.in_(ids)))}
    else:
        raise InputError("Choose where the round is held", field="width")
    missing = [one for one in wanted if one not in known]
    if missing:
        raise InputError("There is no %(what)s here", field=width, what=missing[0])
    return {width: sorted(int(one) for one in wanted) if width == COUNTERS else sorted(wanted)}


def refuse_overlap(session: orm.Session, round_: Round) -> None:
    """Raise `InputError` with its consequence where an open round takes answers at the same counters and days."""
    for overlap in find_overlaps(session, round_):
        raise InputError(
            "Round %(other)s is open on the same days at %(n)d of its counters; there answers would go to "
            "%(winner)s alone. Confirm that this is meant, or close round %(other)s first",
            other=overlap.other.code,
            n=overlap.counters,
            winner=overlap.winner.code,
            field="overlap",
        )
