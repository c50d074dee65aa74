"""From stored counters to what is printed."""

from __future__ import annotations

from survey.core.config import Settings
from survey.models import AgencyEmblem, Counter, Round
from survey.printing.posters.emblem import Emblem
from survey.printing.posters.qr import code_address
from survey.printing.posters.words import PosterText


def poster_text(settings: Settings, counter: Counter, code: str, dates: Round | None = None) -> PosterText:
    """The words of a counter's poster, with a round's days when one is given."""
    return PosterText(
        counter.agency.name,
        counter.name,
        code_address(settings, code),
        counter.agency.name_en or "",
        counter.name_en or "",
        dates.opens_on if dates else None,
        dates.closes_on if dates else None,
    )


def stored_emblem(row: AgencyEmblem | None) -> Emblem | None:
    """A stored picture as posters take it."""
    return Emblem(row.format.value, row.data) if row else None
