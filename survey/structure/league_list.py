"""Leagues of an evaluator's own: a line for each, "Vùng cao: xa-a; xa-b", regions for example."""

from __future__ import annotations

from collections.abc import Mapping

from survey.core.errors import InputError
from survey.core.text import clean, fold

LONGEST = 80


def read_leagues(typed: str, agencies: Mapping[str, str]) -> dict[str, str]:
    """The league of each agency by code, from lines of a name and its agencies, each by code or name.

    `agencies`: names by code. `InputError` for a line without agencies, an agency nobody knows, or one in two leagues.
    """
    codes = {fold(name): code for code, name in agencies.items()} | {fold(code): code for code in agencies}
    league_by_code: dict[str, str] = {}
    for line in filter(None, (clean(one) for one in typed.splitlines())):
        league, _, members = line.partition(":")
        league, named = league.strip(), [one for one in map(str.strip, members.split(";")) if one]
        if not league or not named or len(league) > LONGEST:
            raise InputError(
                "Write a line for each group: its name, a colon, then its agencies with semicolons between them",
                field="league_list",
            )
        for name in named:
            code = codes.get(fold(name))
            if code is None:
                raise InputError("%(name)s is no agency's code or name", name=name, field="league_list")
            if code in league_by_code:
                raise InputError("%(name)s stands in two groups", name=name, field="league_list")
            league_by_code[code] = league
    if not league_by_code:
        raise InputError("Write the groups in which agencies are ranked", field="league_list")
    return league_by_code


def write_leagues(leagues: Mapping[str, str]) -> str:
    """The lines of leagues as they are typed, agencies by code."""
    by_league: dict[str, list[str]] = {}
    for code, league in sorted(leagues.items(), key=lambda pair: (pair[1], pair[0])):
        by_league.setdefault(league, []).append(code)
    return "\n".join(f"{league}: {'; '.join(codes)}" for league, codes in by_league.items())
