"""How many responses each agency's service needs in a round, and how many receipts a week bring them.

What is wanted is an interval of ± x points, or to tell a change of y points from the round before. Index and planner's
factor come from the newest round that had ended when this one began: those of the cell where it had enough people for
an interval, else those of its agency, else of the province; where nothing is known, p = 1/2 and a factor of 1. Errors
are those of tests (`scoring.table.TEST_ERRORS`): with counter-days as units, without the finite-population correction,
which the planner allows for itself.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from math import ceil

import pandas as pd
from sqlalchemy import orm

from scoring.clusters import likeness
from scoring.estimate import places
from scoring.planner import person_factor, size_for, size_for_change
from scoring.scheme import Rules, figure
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.models import Round
from survey.results.compute import RoundResults, effective_rules, round_results
from survey.results.intraclass import LEAST_CLUSTERS
from survey.results.queries.receipt_use import receipts_answered
from survey.results.sample import sample
from survey.structure.queries.population import population
from survey.structure.queries.rounds import find_rounds_before

Cell = tuple[str, str]


class Basis(enum.StrEnum):
    """Where index and factor of a plan come from."""

    CELL = "cell"
    AGENCY = "agency"
    PROVINCE = "province"
    NOTHING = "nothing"


class PlanNote(enum.StrEnum):
    """What must be said beside a planned number."""

    #: the round before has too few for any number to tell: as many are wanted in this round and in the next
    TWO_ROUNDS = "two_rounds"
    #: all transactions together are fewer than what is needed
    NOT_ENOUGH_PEOPLE = "not_enough_people"
    #: more receipts are needed a week than there are transactions
    NOT_ENOUGH_RECEIPTS = "not_enough_receipts"


@dataclass(frozen=True)
class Aim:
    """What is wanted of every cell: one of `margin` and `change`, in percentage points."""

    margin: float | None = None
    change: float | None = None
    #: probability with which the change is told
    power: float = 0.8
    #: responses per hundred receipts; None: as in the round before
    answering: float | None = None

    def __post_init__(self) -> None:
        """Raise `InputError` for what is no aim."""
        if (self.margin is None) == (self.change is None):
            raise InputError("Say either how exact the index is to be (margin) or which change is to be told (change)")
        points = self.margin if self.margin is not None else self.change
        if points is None or not 0.5 <= points <= 50:
            raise InputError("Write 0.5 to 50 points, not %(points)s", points=points)
        if not 0.5 <= self.power <= 0.99:
            raise InputError("The power is a share from 0.5 to 0.99, not %(power)s", power=self.power)
        if self.answering is not None and not 0 < self.answering <= 100:
            raise InputError("Write 0.1 to 100 answers of 100 receipts, not %(share)s", share=self.answering)


@dataclass(frozen=True)
class PlaceFigures:
    """What the round before told of a place."""

    #: respondents
    n: int
    #: the index on 0..1, and the planner's factor
    share: float
    deff: float
    #: intra-class correlation of people of one counter and day; NaN where counter-days are too few
    icc: float = math.nan


@dataclass(frozen=True)
class PlannedCell:
    """An agency's service: what it needs. The fields are the columns of the file."""

    agency: str
    service: str
    #: transactions N
    population: int
    #: respondents of the round before; None where it had none, or too few to be told
    before: int | None
    #: index that is reckoned with, in percent, the planner's factor, and the correlation of a counter and day
    index: float
    deff: float
    icc: float
    basis: Basis
    #: responses wanted, at most N
    needed: int
    #: responses, and receipts to print, in each week of the round; None where nothing tells how many answer
    per_week: int
    receipts_per_week: int | None
    notes: tuple[PlanNote, ...] = ()


@dataclass(frozen=True)
class ResponsePlan:
    """The plan of a round."""

    round: Round
    weeks: int
    #: the round it is planned from; None: there is none
    before: Round | None
    #: responses per hundred receipts; None where neither a person nor the round before tells
    answering: float | None
    #: whether N is that of the round before, since the round's own is not known yet
    borrowed_n: bool
    cells: Sequence[PlannedCell]

    @property
    def needed(self) -> int:
        """Responses wanted in all."""
        return sum(cell.needed for cell in self.cells)

    @property
    def receipts_per_week(self) -> int | None:
        """Receipts to print in each week, in all."""
        return None if self.answering is None else sum(cell.receipts_per_week or 0 for cell in self.cells)

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, columns as the fields of `PlannedCell`."""
        names = [one.name for one in fields(PlannedCell)]
        frame = pd.DataFrame([[getattr(cell, name) for name in names] for cell in self.cells], columns=names)
        whole = {"before": "Int64", "receipts_per_week": "Int64"}
        notes = [" ".join(cell.notes) for cell in self.cells]
        return frame.astype(whole).assign(basis=[cell.basis.value for cell in self.cells], notes=notes)


@dataclass(frozen=True)
class Experience:
    """The round before and what it told of its places; agencies have the service "", the province is ("", "")."""

    round: Round | None = None
    places: Mapping[Cell, PlaceFigures] = field(default_factory=dict)
    #: respondents by place, wherever they may be told
    n: Mapping[Cell, int] = field(default_factory=dict)

    def of(self, cell: Cell) -> tuple[Basis, PlaceFigures]:
        """What a cell is reckoned with: its own, its agency's, the province's, or nothing."""
        for basis, place in ((Basis.CELL, cell), (Basis.AGENCY, (cell[0], "")), (Basis.PROVINCE, ("", ""))):
            if place in self.places:
                return basis, self.places[place]
        return Basis.NOTHING, PlaceFigures(0, 0.5, 1.0)


def response_plan(session: orm.Session, round_: Round, aim: Aim) -> ResponsePlan:
    """The plan of a round. Raises `InputError` where no transactions are known to plan for."""
    experience = experience_before(session, round_)
    rules = effective_rules(round_)
    counts = population(session, round_.id)
    borrowed = not len(counts) and experience.round is not None
    if borrowed and experience.round is not None:
        counts = population(session, experience.round.id)
    if not len(counts):
        raise InputError(
            "No transactions are known of round %(code)s or of one before; import them to plan", code=round_.code
        )
    answering = aim.answering if aim.answering is not None else _answering(session, experience.round)
    weeks = ceil(((round_.closes_on - round_.opens_on).days + 1) / 7)
    cells = [
        plan_cell((str(agency), str(service)), int(n), experience, aim, rules, weeks=weeks, answering=answering)
        for agency, service, n in counts.itertuples(index=False, name=None)
        if n > 0
    ]
    return ResponsePlan(round_, weeks, experience.round, answering, borrowed, cells)


def planned_responses(session: orm.Session, round_: Round, margin: float) -> dict[Cell, int]:
    """The responses that each (agency, service) needs for an index of ± `margin` points; none where nothing is known.

    Other parts of the program ask for it by `app.extensions["planned_responses"]`.
    """
    try:
        return {(cell.agency, cell.service): cell.needed for cell in response_plan(session, round_, Aim(margin)).cells}
    except InputError:
        return {}


def plan_cell(
    cell: Cell,
    transactions: int,
    experience: Experience,
    aim: Aim,
    rules: Rules,
    *,
    weeks: int,
    answering: float | None,
) -> PlannedCell:
    """What one cell needs in all and in each of `weeks` weeks; `answering`: responses per hundred receipts."""
    basis, known = experience.of(cell)
    before = experience.n.get(cell)
    wanted, notes = _wanted(transactions, known, before, aim, rules)
    needed = min(wanted, transactions)
    notes += [PlanNote.NOT_ENOUGH_PEOPLE] if wanted > transactions else []
    per_week, receipts = ceil(needed / weeks), None
    if answering is not None:
        most = ceil(transactions / weeks)
        asked = ceil(100 * needed / (weeks * answering) - 1e-9)
        receipts = min(asked, most)
        notes += [PlanNote.NOT_ENOUGH_RECEIPTS] if asked > most else []
    return PlannedCell(
        *cell, transactions, before, 100 * known.share, known.deff, known.icc, basis, needed, per_week, receipts,
        tuple(notes),
    )  # fmt: skip


def _wanted(
    transactions: int, known: PlaceFigures, before: int | None, aim: Aim, rules: Rules
) -> tuple[int, list[PlanNote]]:
    """Responses that the aim wants, however many there are to ask."""
    if aim.margin is not None:
        limit = transactions if rules.fpc else None
        return size_for(aim.margin / 100, limit, known.share, deff=known.deff, confidence=rules.confidence), []
    change = (aim.change or 0) / 100

    def size(n: int | None) -> int | None:
        return size_for_change(
            change, known.share, deff=known.deff, before=n, power=aim.power, confidence=rules.confidence
        )

    found = size(before)
    if found is not None:
        return found, []
    return size(None) or transactions, [PlanNote.TWO_ROUNDS]


def experience_before(session: orm.Session, round_: Round) -> Experience:
    """What the newest round tells that had ended when one began; nothing where none had, or none can be scored."""
    for before in find_rounds_before(session, round_):
        try:
            results = round_results(session, before.code)
        except InputError:  # a round that cannot be scored tells nothing
            continue
        if results.responses:
            known, n = cached(session, ("experience", results.stamp), partial(_experience, session, results))
            return Experience(before, known, n)
    return Experience()


def _experience(session: orm.Session, results: RoundResults) -> tuple[dict[Cell, PlaceFigures], dict[Cell, int]]:
    table = results.table if results.tested is None else results.tested
    rows = table[(table["level"] == "overall") & table["index"].notna() & table["n"].notna() & (table["n"] > 0)]
    correlations = _likeness(session, results)
    n: dict[Cell, int] = {}
    known: dict[Cell, PlaceFigures] = {}
    columns = ("agency", "service", "n", "index", "se_test")
    for agency, service, people, index, error in rows[list(columns)].itertuples(index=False, name=None):
        place = (str(agency), str(service))
        n[place] = int(people)
        factor = math.nan if pd.isna(error) else person_factor((error / 100) ** 2, int(people), index / 100)
        if people >= results.rules.min_n_interval and math.isfinite(factor) and factor > 0:
            known[place] = PlaceFigures(int(people), float(index) / 100, factor, correlations.get(place, math.nan))
    return known, n


def _likeness(session: orm.Session, results: RoundResults) -> dict[Cell, float]:
    """The intra-class correlation of every place with counter-days enough, 0 where it was found below."""
    moments, design = sample(session, results)
    if design.clusters is None:
        return {}
    whole = figure(moments.scheme, results.rules, "overall", "all")
    found: dict[Cell, float] = {}
    for columns in ((), ("agency",), ("agency", "service")):
        code, own = places(moments.keys, columns)
        table = likeness(moments, design, whole, code, statistic=results.rules.statistic)
        enough = table[(table["clusters"] >= LEAST_CLUSTERS) & table["icc"].notna()]
        for at, icc in zip(enough["domain"].tolist(), enough["icc"].tolist(), strict=True):
            agency, service = (*map(str, own[at]), "", "")[:2]
            found[agency, service] = max(float(icc), 0.0)
    return found


def _answering(session: orm.Session, before: Round | None) -> float | None:
    """Responses per hundred receipts of a round; None where it had none, or none was used."""
    issued, used = receipts_answered(session, before.id) if before is not None else (0, 0)
    return 100 * used / issued if used else None
