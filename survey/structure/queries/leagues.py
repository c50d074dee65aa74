"""Leagues: which agencies are ranked and compared together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.models import Agency, AgencyKind

ORDER = (AgencyKind.DEPARTMENT, AgencyKind.COMMUNE, AgencyKind.DISTRICT, AgencyKind.CENTRE, AgencyKind.PROVINCE)
"""Leagues in the order in which pages and files have them."""


def agency_kinds(session: orm.Session) -> dict[str, str]:
    """The kind of every agency by its code: the league it is in where a round ranks by kind."""
    return {code: kind.value for code, kind in session.execute(sa.select(Agency.code, Agency.kind))}


def leagues_of(session: orm.Session, rules: Rules) -> dict[str, str]:
    """The league of every agency by its code under the rules of a round; empty where all are one."""
    if rules.leagues == "none":
        return {}
    return {**agency_kinds(session), **(rules.league_of if rules.leagues == "list" else {})}


def league_order(leagues: Mapping[str, str], agencies: Iterable[str]) -> list[str]:
    """The leagues that some agencies are in, in the order of `ORDER`, then lists by name; "" for none, at the end."""
    present = {leagues.get(agency, "") for agency in agencies}
    places = {kind.value: place for place, kind in enumerate(ORDER)}
    return sorted(present, key=lambda league: (places.get(league, len(ORDER) + (not league)), league))
