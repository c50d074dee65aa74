"""An agency's part of a round: the key of what follows from its own responses, whatever came to the others.

While a round takes answers every response gives it another stamp. What is made of one agency's strata alone stays as it
is where a response came elsewhere, so it is cached by when the agency's own counted responses last changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from sqlalchemy import orm

from scoring.disclosure import SUPPRESSED
from survey.core.cache import cached
from survey.results.aggregation import aggregate
from survey.results.compute import RoundResults
from survey.results.queries.delta import Delta, Stamp
from survey.structure.queries.counted import stamp


@dataclass(frozen=True)
class _LastChanges:
    """The stamp that a round had when each agency's counted responses last changed, as far as is known."""

    #: of agencies that are not among `later`: when all responses were read
    read: Stamp
    later: Mapping[str, Stamp] = field(default_factory=dict)

    def of(self, agency: str) -> Stamp:
        return self.later.get(agency, self.read)


def agency_part(session: orm.Session, results: RoundResults, agency: str) -> tuple[Hashable, ...]:
    """A key that names all that figures of one agency alone are computed from.

    Besides its responses these are the round's rules and questionnaire, the agency's transactions, and which of its
    figures the results hide.
    """
    now = stamp(session, results.round.id)

    def add_delta(before: _LastChanges, delta: Delta) -> _LastChanges:
        return replace(before, later={**before.later, **dict.fromkeys(delta.keys["agency"], now)})

    last = aggregate(
        session,
        results.round.id,
        ("last changes",),
        by=("agency",),
        full=partial(_LastChanges, now),
        merge=add_delta,
    )
    whole = cached(session, ("parts", results.stamp), lambda: _parts(results))
    round_id, version, rules, _now, _population = results.stamp
    return (round_id, version, rules, agency, last.of(agency), whole.get(agency, ()))


def _parts(results: RoundResults) -> dict[str, tuple[Hashable, ...]]:
    """What the stamp and the table of a round say of each agency beside its responses."""
    table = results.table
    gone = table[table["status"] == SUPPRESSED]
    found: dict[str, list[Hashable]] = {}
    for agency, *rest in cast("tuple[tuple[str, str, int], ...]", results.stamp[-1]):  # its transactions
        found.setdefault(agency, []).append(tuple(rest))
    for agency, *rest in gone[["agency", "service", "level", "key"]].itertuples(index=False, name=None):
        found.setdefault(agency, []).append(tuple(rest))
    return {agency: tuple(rows) for agency, rows in found.items()}
