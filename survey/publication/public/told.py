"""What an edition tells people: a card an agency with three sentences, made of the edition's public figures alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import pandas as pd
from flask_babel import gettext as _
from flask_babel import ngettext

from scoring.compare import changes
from survey.core.text import searchable
from survey.models import Action
from survey.publication.page_data import hidden_agencies_of
from survey.results.comparisons import agency_ranks, comparable
from survey.results.compute import RoundResults
from survey.results.figures import ALL_SERVICES, PROVINCE, ShownFigure
from survey.results.page_data import RoundPage
from survey.results.statements import (
    PUBLIC_CHANGE_SENTENCES,
    RANK_ALONE,
    RANK_SENTENCES,
    Difference,
    MovedBetween,
    RankRange,
    Statement,
    choose,
)
from survey.web.formatters import day, number
from survey.web.i18n import local_name


@dataclass(frozen=True)
class ElementTold:
    """One thing that people were asked about, at one agency."""

    title: str
    figure: ShownFigure

    @property
    def width(self) -> float:
        """Length of its bar, in percent of the drawing."""
        return round(self.figure.index, 1)


@dataclass(frozen=True)
class AgencyTold:
    """What people are told of one agency, or of the province."""

    #: empty: the province
    code: str
    name: str
    figure: ShownFigure
    #: against the published round before, in words; empty where there is none
    change: str
    parts: tuple[ElementTold, ...]
    praised: str
    blamed: str
    mended: str
    #: where it stands among its kind, in words; empty for the province
    rank: str
    #: among whom it is ranked; empty where all are ranked together
    league: str
    #: whether the province has checked something that it did
    heard: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is praised, what is not, what will be mended."""
        return tuple(one for one in (self.praised, self.blamed, self.mended) if one)


@dataclass(frozen=True)
class RoundTold:
    """The round of an edition, by the names and days of then."""

    code: str
    name: str
    opens_on: date
    last_day: date
    published_at: datetime | None


@dataclass(frozen=True)
class EditionTold:
    """What people are told of a round."""

    round: RoundTold
    province: AgencyTold | None
    #: by index, highest first
    agencies: tuple[AgencyTold, ...]
    #: code and name of the agencies of which too few people answered, by name
    hidden: tuple[tuple[str, str], ...]

    @property
    def leagues(self) -> list[tuple[str, list[AgencyTold]]]:
        """The agencies by the league they are ranked in, in its order."""
        return [(league, list(part)) for league, part in groupby(self.agencies, lambda one: one.league)]

    def find(self, code: str) -> AgencyTold | None:
        """What is told of an agency; None for one that is not there or not shown."""
        return next((one for one in self.agencies if one.code == code), None)

    def search(self, typed: str) -> tuple[list[AgencyTold], list[str]]:
        """The agencies, and the names of hidden ones, that hold every word, typed with marks or without."""
        words = typed.casefold().split()

        def fits(name: str) -> bool:
            text = searchable(name)
            return bool(words) and all(word in text for word in words)

        return [one for one in self.agencies if fits(one.name)], [name for _code, name in self.hidden if fits(name)]


def tell(
    page: RoundPage, earlier: RoundPage | None, actions: Sequence[Action], published_at: datetime | None
) -> EditionTold:
    """Put an edition into words, in the language of the page. `earlier`: the published round before, None without.

    `actions`: of the round, see `survey.improvement.queries.actions.actions_of_round`.
    """
    hidden = hidden_agencies_of(page)
    ranks = {str(row["agency"]): row for row in agency_ranks(page.results).to_dict("records")}
    order = [agency for agency in ranks if agency not in hidden]
    moved = _changes(page, earlier, hidden)
    of_agency: dict[str, list[Action]] = {}
    for action in actions:
        of_agency.setdefault(action.agency.code, []).append(action)
    shown = []
    for code in (PROVINCE, *order):
        figure = page.figures.overall(code)
        if figure is None:
            continue
        parts = _parts(page, code)
        praised, blamed = _said(parts)
        shown.append(
            AgencyTold(
                code=code,
                name=page.agency_name(code),
                figure=figure,
                change=moved(code),
                parts=parts,
                praised=praised,
                blamed=blamed,
                mended="" if code == PROVINCE else _mended(of_agency.get(code, [])),
                rank=_rank(ranks, code) if code else "",
                league=str(ranks[code]["league"]) if code else "",
                heard=any(action.accepted_at for action in of_agency.get(code, [])),
            )
        )
    province = shown.pop(0) if shown and shown[0].code == PROVINCE else None
    names = sorted(((code, page.agency_name(code)) for code in hidden), key=lambda one: one[1])
    round_ = page.round
    about = RoundTold(round_.code, local_name(round_), round_.opens_on, round_.last_day, published_at)
    return EditionTold(about, province, tuple(shown), tuple(names))


def _parts(page: RoundPage, agency: str) -> tuple[ElementTold, ...]:
    found = ((e.code, page.figures.find(agency, ALL_SERVICES, "element", e.code)) for e in page.definition.elements)
    return tuple(ElementTold(page.label("element", code), f) for code, f in found if f is not None and f.exists)


def _said(parts: Sequence[ElementTold]) -> tuple[str, str]:
    """Say what is praised most and least; of parts that are printed alike nothing is told apart."""
    if len(parts) < 2:
        return "", ""
    best, worst = max(parts, key=lambda one: one.figure.index), min(parts, key=lambda one: one.figure.index)
    if number(best.figure.index, 0) == number(worst.figure.index, 0):
        return str(_("People are about equally satisfied with everything they were asked about.")), ""
    return (
        str(
            _(
                "Praised most: %(part)s – of 100 answers, %(share)s are satisfied.",
                part=best.title,
                share=number(best.figure.index, 0),
            )
        ),
        str(
            _(
                "Least satisfied with: %(part)s – of 100 answers, %(share)s are satisfied.",
                part=worst.title,
                share=number(worst.figure.index, 0),
            )
        ),
    )


def _mended(actions: Sequence[Action]) -> str:
    """Say what an agency did, as the province checked it, and what is under way; never a text nobody checked."""
    done = next((action for action in actions if action.accepted_at is not None), None)
    due = sorted(action.due_on for action in actions if action.accepted_at is None)
    said = [str(_("Mended: %(what)s", what=done.what.rstrip(".") + "."))] if done else []
    if due:
        said.append(_under_way(due))
    return " ".join(said) or str(_("The agency has not said yet what it will mend."))


def _under_way(due: Sequence[date]) -> str:
    return str(
        ngettext(
            "It is mending %(num)d thing, by %(day)s.",
            "It is mending %(num)d things, the next by %(day)s.",
            len(due),
            day=day(due[0]),
        )
    )


def _rank(ranks: Mapping[str, Mapping[Hashable, Any]], agency: str) -> str:
    row = ranks[agency]
    if row["status"] == "alone":
        return RANK_ALONE.here()
    among = sum(1 for one in ranks.values() if one["league"] == row["league"] and one["status"] == "ranked")
    known = RankRange(int(row["low"]), int(row["high"])) if row["status"] == "ranked" else RankRange()
    return choose(RANK_SENTENCES, known).here(ranked=among, low=known.low, high=known.high)


def _changes(page: RoundPage, earlier: RoundPage | None, hidden: frozenset[str]) -> Callable[[str], str]:
    """What says how an agency's overall index stands against the published round before.

    Both sides are public figures, tested with the errors frozen beside them, all agencies shown as one family.
    """
    if earlier is None:
        return lambda _code: ""
    away = hidden | hidden_agencies_of(earlier)
    found: dict[str, Difference] = {}
    now, then = (_tested(one.results, away) for one in (page, earlier))
    same_form = page.definition.same_form(earlier.definition)  # else a change may be one of the form
    if now is not None and then is not None and same_form and comparable(page.results, earlier.results):
        table = changes(
            now,
            then,
            families=(page.definition.family, earlier.definition.family),
            schemes=(page.results.scheme, earlier.results.scheme),
            confidence=page.rules.confidence,
        )
        for row in table.to_dict("records"):
            ends = (math.nan if pd.isna(row[name]) else float(row[name]) for name in ("lo_family", "hi_family"))
            found[str(row["agency"])] = MovedBetween(*ends)
    before = local_name(earlier.round)

    def say(agency: str) -> str:
        statement: Statement[Difference] = choose(PUBLIC_CHANGE_SENTENCES, found.get(agency, MovedBetween()))
        return statement.here(before=before)

    return say


def _tested(results: RoundResults, away: frozenset[str]) -> pd.DataFrame | None:
    """The overall rows of what is shown with the errors for tests; None for editions that keep none."""
    table = results.tested
    return None if table is None else table[~table["agency"].isin(away)].reset_index(drop=True)
