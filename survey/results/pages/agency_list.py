"""Which agencies a table of a round shows: those of a kind and of words in the address, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from survey.results.page_data import RoundPage
from survey.structure.queries.leagues import league_order
from survey.web.listing import ListPage, asked, list_page, word_filter

KIND_ARGUMENT = "loai"
FEW = 20
"""So many agencies fit into a table without a filter."""


@dataclass(frozen=True)
class AgencyList:
    """The agencies of a table, and the filter that found them."""

    page: ListPage[str]
    #: codes of the kinds that there are, in the order of leagues
    kinds: list[str]
    kind: str
    words: str
    #: agencies without the filter
    total: int

    @property
    def filtered(self) -> bool:
        """Whether the table is long enough for a filter."""
        return self.total > FEW


def agency_list(page: RoundPage, size: int, among: tuple[str, ...] | None = None) -> AgencyList:
    """The agencies that the address asks for, in the order of `among` (default: best index first)."""
    every = page.agencies if among is None else among
    kind_of = {code: page.agency_of[code].kind.value if code in page.agency_of else "" for code in every}
    kinds = league_order(kind_of, every)
    kind, holds = asked(KIND_ARGUMENT, kinds), word_filter(asked("tim"))
    found = [code for code in every if kind in ("", kind_of[code]) and holds(page.agency_name(code))]
    return AgencyList(list_page(found, size), kinds, kind, asked("tim"), len(every))
