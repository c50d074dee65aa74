"""Rates on pages: which are told of which places, with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import orm

from survey.results.figures import PROVINCE, Figures, ShownFigure
from survey.results.page_data import RoundPage
from survey.results.rates import OF_FORM, Rate, find, rate_figures, rate_words, rates_age, rates_of
from survey.web.context import now


@dataclass(frozen=True)
class RatesView:
    """The rates of a round that a page shows."""

    page: RoundPage
    figures: Figures
    #: those of the form, and those of modules, whose answers are told under their question
    rates: Sequence[Rate]
    of_modules: Sequence[Rate]
    #: the instant of which they are, where responses came since
    as_of: datetime | None

    @property
    def places(self) -> list[str]:
        """The province, and the agencies of the page."""
        return [PROVINCE, *self.page.agencies]

    @property
    def any_told(self) -> bool:
        """Whether anybody of the page's places has a rate: a round in which nobody was asked has no table of dashes."""
        return any((one := self.find(place, rate)) and one.exists for place in self.places for rate in self.rates)

    @property
    def titles(self) -> list[str]:
        """What each rate is called."""
        return [self.title(rate) for rate in self.rates]

    def title(self, rate: Rate) -> str:
        """The words of the answer, as the form has them."""
        return rate_words(self.page.definition, rate, self.page.language)[1]

    def question(self, rate: Rate) -> str:
        """The question of a module's rate."""
        return rate_words(self.page.definition, rate, self.page.language)[0]

    @property
    def any_of_modules(self) -> bool:
        """Whether the province has a rate of a module's question."""
        return any((one := self.find(PROVINCE, rate)) and one.exists for rate in self.of_modules)

    def find(self, place: str, rate: Rate) -> ShownFigure | None:
        """A rate of a place."""
        return find(self.figures, place, rate)


def rates_view(session: orm.Session, page: RoundPage) -> RatesView:
    """The rates that this person may see."""
    figures = rate_figures(session, page.results, limited=page.limited)
    rates = rates_of(page.definition)
    of_form = [rate for rate in rates if rate.question in OF_FORM]
    of_modules = [rate for rate in rates if rate.question not in OF_FORM]
    return RatesView(
        page, figures, of_form, of_modules, instant_of(rates_age(session, page.results, limited=page.limited))
    )


def instant_of(age: timedelta | None) -> datetime | None:
    """The instant that so long ago was; None for what is of now."""
    return None if age is None else now() - age
