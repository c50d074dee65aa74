"""The three worst and three best items of an agency or the province in sentences: the same on pages, in files, by API.

One item stands in one place. All numbers are such as results print; the size of a difference between a place and the
rest of its agency is for evaluators alone and stands on their page only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import orm

from survey.core.numbers import NOTHING, fixed, with_sign
from survey.models import Agency, RoundState
from survey.results.agency_standing import target_standing
from survey.results.comparisons import Changes, changes_since_last_round
from survey.results.compute import RoundResults
from survey.results.diagnosis import diagnosis
from survey.results.figures import ALL_SERVICES, PROVINCE, Figures, ShownFigure
from survey.results.item_statements import (
    AGAINST_OTHERS,
    ALONE,
    CHANGE,
    LEARN_SENTENCES,
    PEER,
    PEER_ACTION,
    PEOPLE,
    TARGET,
)
from survey.results.league_table import change_of
from survey.results.peers import Peer, peers
from survey.results.statements import CHANGE_WORDS, TARGET_WORDS, WEAK_PLACE, choose
from survey.results.strengths import FEW, ItemFinding, best, findings, worst
from survey.results.weak_place_names import place_name
from survey.results.weak_places import Where, weak_places

WORST, BEST = "worst", "best"


@dataclass(frozen=True)
class LearnFrom:
    """Whom to learn from."""

    peers: tuple[Peer, ...]

    @property
    def found(self) -> int:
        """How many are named."""
        return len(self.peers)

    @property
    def similar(self) -> int:
        """How many of them have similar services."""
        return sum(peer.similar for peer in self.peers)


@dataclass(frozen=True)
class ItemLines:
    """What is said of one item."""

    key: str
    #: `worst` or `best`
    kind: str
    #: how it stands: against others, by people
    stands: tuple[str, ...]
    #: since the last round, and the target of its element
    moves: tuple[str, ...]
    #: where in the agency it is worse: the sentence, then a line a place
    where: tuple[str, ...] = ()
    #: whom to learn from: the sentence, then a line an agency
    learn: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in order."""
        return (*self.stands, *self.moves, *self.where, *self.learn)


@dataclass(frozen=True, eq=False)
class _Speaker:
    """Says things of one agency (or the province) in one language."""

    session: orm.Session
    results: RoundResults
    figures: Figures
    agency: str
    language: str
    changes: Changes | None

    def number(self, value: float, decimals: int = 1) -> str:
        return fixed(value, decimals, english=self.language == "en")

    def percent(self, value: float) -> str:
        written = self.number(value)
        return written if written == NOTHING else f"{written} %"

    def signed(self, value: float) -> str:
        return with_sign(self.number(value))

    def figure(self, key: str) -> ShownFigure | None:
        return self.figures.find(self.agency, ALL_SERVICES, "item", key)

    def stands(self, finding: ItemFinding) -> tuple[str, ...]:
        index = self.percent(finding.figure.index if finding.figure else math.nan)
        said = AGAINST_OTHERS.text(
            self.language, index=index, rest=self.percent(finding.rest), gap=self.signed(finding.gap)
        )
        return (said, self.people(finding.dissatisfied, finding.n))

    def alone(self, figure: ShownFigure) -> tuple[str, ...]:
        interval = f"({self.number(figure.lo)}–{self.number(figure.hi)})" if not figure.thin else ""
        said = ALONE.text(self.language, index=self.percent(figure.index), interval=interval).replace(" .", ".")
        return (said, self.people(sum(figure.counts[:2]), sum(figure.counts)))

    def people(self, some: int, every: int) -> str:
        return PEOPLE.text(self.language, some=self.number(some, 0), all=self.number(every, 0))

    def moves(self, key: str) -> tuple[str, ...]:
        said = []
        moved = None if self.changes is None else change_of(self.changes, self.agency, "item", key)
        if self.changes is not None and self.changes.comparable and moved is not None and moved.exists:
            before = self.changes.before
            interval = "" if math.isnan(moved.lo) else f"({self.signed(moved.lo)}; {self.signed(moved.hi)})"
            said.append(
                CHANGE.text(
                    self.language,
                    before=(before.name_en if self.language == "en" else None) or before.name,
                    signed=self.signed(moved.diff),
                    interval=interval,
                    word=choose(CHANGE_WORDS, moved).text(self.language),
                ).replace(" ,", ",")
            )
        return (*said, *self.target(key))

    def target(self, key: str) -> tuple[str, ...]:
        part = next(one for one in self.results.definition.elements if any(item.code == key for item in one.items))
        value = self.results.targets.get((self.agency, part.code))
        if value is None:
            return ()
        figure = self.figures.find(self.agency, ALL_SERVICES, "element", part.code)
        judged = target_standing(self.results, part.code, value, figure).judgement
        word = choose(TARGET_WORDS, judged).text(self.language)
        title = part.title.get(self.language)
        return (TARGET.text(self.language, element=title, target=self.percent(value), word=word),)

    def where(self, found: Where) -> tuple[str, ...]:
        places = (
            WEAK_PLACE.text(
                self.language,
                place=place_name(self.session, self.results, place, self.language),
                index=self.percent(place.index),
                n=self.number(place.n, 0),
            )
            for place in found.places
        )
        return (found.sentence.text(self.language, tests=self.number(found.tests, 0)), *places)

    def learn(self, found: LearnFrom, names: Mapping[str, Agency]) -> tuple[str, ...]:
        lines = [choose(LEARN_SENTENCES, found).text(self.language)]
        for peer in found.peers:
            known = names.get(peer.agency)
            name = ((known.name_en if self.language == "en" else None) or known.name) if known else peer.agency
            line = PEER.text(self.language, agency=name, index=self.percent(peer.index), n=self.number(peer.n, 0))
            done = (
                PEER_ACTION.text(self.language, what=one.what.rstrip(". "), round=one.round_code)
                for one in peer.actions[:2]
            )
            lines.append(" ".join([line, *done]))
        return tuple(lines)


def item_lines(
    session: orm.Session,
    results: RoundResults,
    figures: Figures,
    agency: str,
    language: str,
    *,
    names: Mapping[str, Agency],
    limited: bool,
    places: bool = True,
) -> list[ItemLines]:
    """The worst items of an agency (or the province, ""), the worst first, then the best; each once.

    `figures`: those that results print; `limited`: for readers below evaluator, who learn of other agencies what is
    published, and nothing before; `places` False: without where it is worse, which takes seconds to find.
    """
    changes = changes_since_last_round(session, results, (ALL_SERVICES,))
    speaker = _Speaker(session, results, figures, agency, language, changes)
    if agency == PROVINCE:
        return _of_province(speaker)
    found = findings(results.definition, figures, agency, diagnosis(session, results, agency))
    low = worst(found)
    high = [one for one in best(found) if one.key not in {finding.key for finding in low}]
    keys = [finding.key for finding in low]
    weak = weak_places(session, results, agency, keys) if keys and places else {}
    tells = not limited or results.round.state is RoundState.PUBLISHED
    others = peers(session, results, agency, keys, published_only=limited) if tells else {}
    return [
        *(
            ItemLines(
                one.key,
                WORST,
                speaker.stands(one),
                speaker.moves(one.key),
                speaker.where(weak[one.key]) if places else (),
                speaker.learn(LearnFrom(others[one.key]), names) if tells else (),
            )
            for one in low
        ),
        *(ItemLines(one.key, BEST, speaker.stands(one), speaker.moves(one.key)) for one in high),
    ]


def _of_province(speaker: _Speaker) -> list[ItemLines]:
    every = (speaker.figure(item.code) for item in speaker.results.definition.items)
    shown = sorted((one for one in every if one is not None and one.exists), key=lambda one: one.index)
    few = min(FEW, len(shown) // 2)
    return [*_lines_of(speaker, shown[:few], WORST), *_lines_of(speaker, shown[::-1][:few], BEST)]


def _lines_of(speaker: _Speaker, chosen: Sequence[ShownFigure], kind: str) -> list[ItemLines]:
    return [ItemLines(one.key, kind, speaker.alone(one), speaker.moves(one.key)) for one in chosen]
