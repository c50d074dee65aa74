"""An edition of published results as pages show it: the frozen figures under the names of their day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd
from sqlalchemy import orm

from scoring.disclosure import DisclosureRule
from survey.models import Agency, Publication, Service
from survey.publication.disclosure import LEVELS, hidden_agencies
from survey.publication.editions import content_of, thaw
from survey.publication.frozen_frames import thaw_frames
from survey.results.figures import ALL_SERVICES, PROVINCE, Figures
from survey.results.frame_files import public_frame_rows
from survey.results.frames import Frames, open_frames
from survey.results.headline import CALIBRATED
from survey.results.headline_index import HeadlineIndex
from survey.results.page_data import RoundPage

COLUMNS = ["agency", "agency_name", "level", "key", "name", "n", "index", "lo", "hi", "status"]
"""What everyone may have of a published round, in this order."""


@dataclass(frozen=True)
class Named:
    """A name as it was frozen."""

    name: str
    name_en: str | None


def frozen_page(session: orm.Session, publication: Publication, language: str) -> RoundPage:
    """What every page of an edition needs."""
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


def hidden_agencies_of(page: RoundPage) -> frozenset[str]:
    """The agencies of which the public is told nothing: too few answered, or they give such an agency away."""
    # Of a suppressed agency only this is known: it has respondents, and fewer than may be shown.
    respondents = {a: 1 if f.n is None else f.n for a in page.agencies if (f := page.figures.overall(a)) is not None}
    return hidden_agencies(respondents, DisclosureRule.of(page.rules))


def public_headline(page: RoundPage) -> dict[str, HeadlineIndex] | None:
    """The hardened or calibrated indices that everyone may have; None where the edition's headline is the plain index.

    An agency that is not shown has none; the province has none either then, for the others would give it away. Of
    calibrated ones nobody has any then: their weights rest on what all agencies answered.
    """
    found = page.results.headline
    if found is None:
        return None
    hidden = hidden_agencies_of(page)
    if hidden and page.rules.headline == CALIBRATED:
        return {}
    gone = hidden | {PROVINCE} if hidden else hidden
    return {code: figure for code, figure in found.read_by_all().items() if code not in gone}


def public_frames(publication: Publication, page: RoundPage) -> Frames | None:
    """People chosen by chance beside those who chose to answer, as far as everyone may have it; None without any."""
    found = thaw_frames(publication)
    return None if found is None else open_frames(found, hidden_agencies_of(page), page.rules.min_n)


def public_rows(page: RoundPage) -> pd.DataFrame:
    """The figures everyone may have, with all their columns."""
    table = page.table
    shown = ~table["agency"].isin(hidden_agencies_of(page))
    return table[(table["service"] == ALL_SERVICES) & table["level"].isin(LEVELS) & shown]


def public_table(publication: Publication, page: RoundPage) -> pd.DataFrame:
    """The rows and columns everyone may have: those of the public page, with names in its language.

    Frames of people chosen by chance follow as rows of their own level.
    """
    table = _named_rows(page)
    frames = public_frames(publication, page)
    if frames is None:
        return table
    more = public_frame_rows(frames)
    more = more.assign(agency_name=[page.agency_name(agency) for agency in more["agency"]])
    more = more.reindex(columns=table.columns).astype(table.dtypes.to_dict())
    return pd.concat([table, more], ignore_index=True)


def _named_rows(page: RoundPage) -> pd.DataFrame:
    """The public figures with names, and with the indices of a headline that is not the plain one."""
    rows = public_rows(page)
    keys = zip(rows["level"], rows["key"], strict=True)
    table = rows.assign(
        agency_name=[page.agency_name(agency) for agency in rows["agency"]],
        name=[page.label(level, key) for level, key in keys],
    )[COLUMNS]
    headline = public_headline(page)
    if headline is None:
        return table
    whole = rows["agency"].where(rows["level"] == "overall")
    ends = {f"{page.rules.headline}{end}": name for end, name in (("", "index"), ("_lo", "lo"), ("_hi", "hi"))}
    return table.assign(
        **{
            column: whole.map({code: getattr(one, name) for code, one in headline.items()}).astype(float)
            for column, name in ends.items()
        }
    )


def _names(frozen: Mapping[str, list[str | None]]) -> dict[str, Named]:
    return {code: Named(str(name), name_en) for code, (name, name_en) in frozen.items()}
