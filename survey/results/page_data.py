"""Access to results: a round's results as one person may see them, with the names that go with the codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.cache import cached
from survey.models import Agency, Round, Service
from survey.questionnaires import OVERALL, Aspect, Definition, Element
from survey.questionnaires.definition import OVERALL_TITLE
from survey.results.compute import RoundResults, round_results
from survey.results.figures import ALL_SERVICES, PROVINCE, Figures, ShownFigure
from survey.structure.queries import names
from survey.web.i18n import local_name


class PageFigures(Figures):
    """The figures of a table, built at first use: pages show all services together, or those of an agency."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._parts: dict[str | None, Figures] = {}

    def find(self, agency: str, service: str, level: str, key: str) -> ShownFigure | None:
        """A figure, or None when the table has no such row."""
        return self._part(agency if service else None).find(agency, service, level, key)

    @cached_property
    def agencies(self) -> tuple[str, ...]:
        """Agencies with figures, see `Figures.agencies`."""
        return self._part(None).agencies

    def services(self, agency: str) -> tuple[str, ...]:
        """Services of an agency (or the province) with figures, in the order of codes."""
        return self._services.get(agency, ())

    @cached_property
    def _services(self) -> dict[str, tuple[str, ...]]:
        by_agency: dict[str, list[str]] = {}
        for agency, service in sorted(set(zip(self._table["agency"], self._table["service"], strict=True))):
            if service:
                by_agency.setdefault(agency, []).append(service)
        return {agency: tuple(services) for agency, services in by_agency.items()}

    def _part(self, agency: str | None) -> Figures:
        """The figures of an agency's services, None: of every agency as a whole.

        Threads that ask at once make them twice, and alike.
        """
        if agency not in self._parts:
            whole = self._table["service"] == ALL_SERVICES
            chosen = whole if agency is None else ~whole & (self._table["agency"] == agency)
            self._parts[agency] = Figures(self._table[chosen])
        return self._parts[agency]


@dataclass(frozen=True)
class RoundPage:
    """What every page of a round needs."""

    results: RoundResults
    #: the rows this person may see
    table: pd.DataFrame
    figures: Figures
    agency_of: dict[str, Agency]
    service_of: dict[str, Service]
    language: str
    #: whether agencies are left out for this person
    limited: bool

    @property
    def round(self) -> Round:
        """The round."""
        return self.results.round

    @property
    def definition(self) -> Definition:
        """Its questionnaire."""
        return self.results.definition

    @property
    def rules(self) -> Rules:
        """Its scoring rules."""
        return self.results.rules

    @property
    def version(self) -> int:
        """The number of the questionnaire's version."""
        return self.round.version.number

    @property
    def confidence(self) -> float:
        """The confidence of the intervals, in percent."""
        return 100 * self.rules.confidence

    @property
    def agencies(self) -> tuple[str, ...]:
        """Codes of the agencies shown, best index first."""
        return self.figures.agencies

    def agency_name(self, code: str) -> str:
        """An agency's name in the language of the page."""
        if code == PROVINCE:
            return str(_("The whole province"))
        return local_name(self.agency_of[code]) if code in self.agency_of else code

    def service_name(self, code: str) -> str:
        """A service's name in the language of the page."""
        if code == ALL_SERVICES:
            return str(_("All services"))
        return local_name(self.service_of[code]) if code in self.service_of else code

    def label(self, level: str, key: str) -> str:
        """The name of a level's key: an element's title, an item's statement."""
        if level == "overall":
            return str(_("Overall"))
        if key == OVERALL:
            return OVERALL_TITLE.get(self.language)
        if level == "item":
            return next((item.text.get(self.language) for item in self.definition.items if item.code == key), key)
        parts: tuple[Aspect | Element, ...] = self.definition.aspects if level == "aspect" else self.definition.elements
        return next((part.title.get(self.language) for part in parts if part.code == key), key)

    def level_words(self) -> list[str]:
        """The five answers' labels."""
        return [text.get(self.language) for text in self.definition.scale.levels]


def load_round(session: orm.Session, code: str, visible: frozenset[str] | None, language: str) -> RoundPage:
    """The page data of a round, cut to the `visible` agencies and the province (None: everything)."""
    results = round_results(session, code)
    table = results.table
    if visible is not None:
        table = table[table["agency"].isin([PROVINCE, *visible])]
    return RoundPage(
        results=results,
        table=table,
        figures=cached(session, ("figures", results.stamp, visible), lambda: PageFigures(table)),
        agency_of=names.agencies(session, on=results.round.opens_on),
        service_of=names.services(session, on=results.round.opens_on),
        language=language,
        limited=visible is not None,
    )
