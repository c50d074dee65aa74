"""An edition of published results as pages show it: the frozen figures under the names of their day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sqlalchemy import orm

from survey.figures import Figures
from survey.models import Agency, Publication, Service
from survey.publication import content_of, thaw
from survey.round_page import RoundPage


@dataclass(frozen=True)
class Named:
    """A name as it was frozen."""

    name: str
    name_en: str | None


def frozen_page(session: orm.Session, publication: Publication, language: str) -> RoundPage:
    """Return what every page of an edition needs."""
    content, results = content_of(publication), thaw(session, publication)
    return RoundPage(
        results=results,
        table=results.table,
        figures=Figures(results.table),
        agency_of=cast(dict[str, Agency], _names(content["agencies"])),
        service_of=cast(dict[str, Service], _names(content["services"])),
        language=language,
        limited=False,
    )


def _names(frozen: Mapping[str, list[str | None]]) -> dict[str, Named]:
    return {code: Named(str(name), name_en) for code, (name, name_en) in frozen.items()}
