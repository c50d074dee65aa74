"""Effects of actions: between the round they answer to and the next that ended, each on its own figure.

Computed once for all actions of a round (`scoring.followup`), and cached under what both rounds' results are made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.compare import changed_figures
from scoring.disclosure import SUPPRESSED
from scoring.followup import action_effects
from survey.core.cache import cached
from survey.models import Action, ActionState, Round, RoundState
from survey.results.compute import RoundResults, round_results
from survey.structure.queries.rounds import all_rounds

ENDED = (RoundState.CLOSED, RoundState.PUBLISHED)
LEVEL = 0.05


@dataclass(frozen=True)
class Effect:
    """What became of an action's figure in the next round, beyond what would have come by itself."""

    #: code of the round that tells
    round_code: str
    before: float
    after: float
    #: what the figure would be without the action: regression to the mean, and what the others gained
    expected: float
    effect: float
    lo: float
    hi: float
    #: `better`, `same`, `worse`, `unknown`
    verdict: str


def effects_of(session: orm.Session, actions: Sequence[Action]) -> Mapping[int, Effect]:
    """The effect of each action that a later round can tell of, by its number."""
    rounds = all_rounds(session)
    by_round: dict[int, list[Action]] = {}
    for action in actions:
        if action.state is not ActionState.DROPPED:
            by_round.setdefault(action.round_id, []).append(action)
    found: dict[int, Effect] = {}
    for round_id, group in by_round.items():
        before = next(round_ for round_ in rounds if round_.id == round_id)
        after = next_ended(rounds, before)
        if after is not None:
            found |= _between(session, before, after, group)
    return found


def next_ended(rounds: Iterable[Round], before: Round) -> Round | None:
    """The first round that began after one had ended, once it has ended itself; None before."""
    later = [round_ for round_ in rounds if round_.opens_on > before.last_day]
    first = min(later, key=lambda round_: (round_.opens_on, round_.id), default=None)
    return first if first is not None and first.state in ENDED else None


def _between(session: orm.Session, before: Round, after: Round, actions: Sequence[Action]) -> dict[int, Effect]:
    then, now = round_results(session, before.code), round_results(session, after.code)
    if then.definition.family != now.definition.family or then.rules.composition != now.rules.composition:
        return {}
    acted = frozenset((action.agency.code, *action.figure) for action in actions)
    table = cached(
        session,
        ("action effects", then.stamp, now.stamp, acted),
        lambda: action_effects(_figures(then, now, acted), level=LEVEL),
    )
    by_place = {(row["agency"], row["figure"]): row for row in table.to_dict("records")}
    found = {}
    for action in actions:
        row = by_place.get((action.agency.code, "/".join(action.figure)))
        if row is not None and math.isfinite(row["before"]) and math.isfinite(row["after"]):
            numbers = {name: float(row[name]) for name in ("before", "after", "expected", "effect", "lo", "hi")}
            found[action.id] = Effect(round_code=after.code, verdict=str(row["verdict"]), **numbers)
    return found


def _figures(then: RoundResults, now: RoundResults, acted: frozenset[tuple[str, str, str]]) -> pd.DataFrame:
    """The agencies' figures of both rounds that some action is about, as `action_effects` takes them."""
    broken = changed_figures(now.scheme, then.scheme)
    wanted = {(level, key) for _, level, key in acted} - broken
    sides = []
    for results in (then, now):
        table = results.table if results.tested is None else results.tested
        error = "se_test" if "se_test" in table else "se"
        rows = table[(table["agency"] != "") & (table["service"] == "") & (table["status"] != SUPPRESSED)]
        of_actions = [place in wanted for place in zip(rows["level"], rows["key"], strict=True)]
        rows = rows[np.array(of_actions, dtype=bool)]
        sides.append(
            pd.DataFrame(
                {
                    "agency": rows["agency"].astype(str),
                    "figure": rows["level"].astype(str) + "/" + rows["key"].astype(str),
                    "index": rows["index"].to_numpy(dtype="float64", na_value=math.nan),
                    "se": rows[error].to_numpy(dtype="float64", na_value=math.nan),
                }
            )
        )
    both = sides[0].merge(sides[1], on=["agency", "figure"], suffixes=("_before", "_after"))
    both = both.rename(columns={"index_before": "before", "index_after": "after"})
    places = {(agency, f"{level}/{key}") for agency, level, key in acted}
    return both.assign(acted=[place in places for place in zip(both["agency"], both["figure"], strict=True)])
