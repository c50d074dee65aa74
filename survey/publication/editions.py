"""Freezing a round's results, reading them back, and telling whether the answers still give the same.

What is frozen is one JSON text: the results with all their digits, the rules, the questionnaire's hash, the
population, the names of the day, and which software made them. The hash is over the canonical results alone, so that
anyone who recomputes them can compare. Numbers enter the hash rounded to `DIGITS` decimals of a percentage point: two
processors may differ in the thirteenth digit, not in the ninth.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import scipy
from sqlalchemy import orm

from scoring.scheme import BEFORE, DEFINITIONS, Rules
from scoring.table import TEST_ERRORS
from survey import __version__
from survey.accounts.queries.users import reading_settled
from survey.collect.queries.evidence import Decided, decided_batches
from survey.core.errors import InputError
from survey.models import Publication, QuestionnaireVersion, Round
from survey.publication.frozen_frames import frames_to_freeze
from survey.publication.looked_at import places_of, places_to_freeze
from survey.publication.queries.editions import published, version_by_hash
from survey.questionnaires import from_canonical
from survey.results.compute import RoundResults, effective_rules, round_results
from survey.results.headline import CALIBRATED, HARDENED, calibrated_indices
from survey.results.headline_index import HeadlineIndex, HeadlineIndices
from survey.results.operations.settle_closed import late_are_few
from survey.structure.queries import names, rounds
from survey.structure.queries.counted import held_back, stamp
from survey.structure.queries.population import population as read_population
from survey.structure.queries.withdrawals import exclusions_in_force

FORMAT = 1
DIGITS = 9
WHOLE = ("n", "valid", "c1", "c2", "c3", "c4", "c5")
TEXT = ("agency", "service", "level", "key", "status", "interval", "warnings")


@dataclass(frozen=True)
class Frozen:
    """What a publication keeps."""

    #: canonical JSON
    content: str
    #: SHA-256 over the canonical results, in hexadecimal
    results_hash: str


@dataclass(frozen=True)
class Late:
    """Responses that came, and went, since units saw the figures, where they are few in some number of them."""

    came: int = 0
    gone: int = 0
    #: whether the edition counts them; else it leaves them to a later one
    counted: bool = False

    @property
    def left_out(self) -> bool:
        """Whether the edition leaves any out."""
        return bool(self.came or self.gone) and not self.counted


@dataclass(frozen=True)
class FigureDifference:
    """A figure that comes out otherwise now."""

    agency: str
    service: str
    level: str
    key: str
    column: str
    #: None: it was not there, or had no value
    frozen: Any
    now: Any


@dataclass(frozen=True)
class Recomputed:
    """What the stored answers give today, against what was frozen."""

    results_hash: str
    same: bool
    differences: tuple[FigureDifference, ...]


def freeze(session: orm.Session, round_code: str, *, few: bool = False) -> Frozen:
    """The results of a round as they are to be published. `InputError` as `round_results`.

    Rules come from the round; a round whose editions are older than some rules takes today's defaults for these. Late
    responses that are few in some number are left out, and wait for a later edition: whoever kept the figures of before
    would read their answers off the difference. `few`: count them all the same.
    """
    round_ = rounds.by_code(session, round_code)
    late = Late(*held_back(session, round_.id), counted=few) if late_are_few(session, round_) else Late()
    with reading_settled(session) if late.left_out else nullcontext():
        return _freeze(session, round_, late)


def _freeze(session: orm.Session, round_: Round, late: Late) -> Frozen:
    results = round_results(session, round_.code, rules=rules_to_freeze(session, round_))
    rows = _rows(results.table)
    population = read_population(session, round_.id)
    content = {
        "format": FORMAT,
        "software": {"version": __version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "round": {
            "code": round_.code,
            "name": round_.name,
            "name_en": round_.name_en,
            "opens_on": round_.opens_on.isoformat(),
            "closes_on": round_.last_day.isoformat(),
            "zone": round_.zone,
        },
        "questionnaire": {
            "code": results.definition.code,
            "version": round_.version.number,
            "content_hash": round_.version.content_hash,
        },
        "rules": results.rules.to_mapping(),
        "population": [[str(a), str(s), int(n)] for a, s, n in population.itertuples(index=False, name=None)],
        "agencies": {
            code: [agency.name, agency.name_en] for code, agency in names.agencies(session, on=round_.opens_on).items()
        },
        "services": {
            code: [service.name, service.name_en]
            for code, service in names.services(session, on=round_.opens_on).items()
        },
        "counted": list(stamp(session, round_.id)),
        "late": asdict(late),
        "responses": results.responses,
        "transactions": results.transactions,
        "excluded": results.excluded,
        "channels": results.channels,
        "exclusions": exclusions_in_force(session, round_.id),
        "batches": asdict(decided_batches(session, round_.id)),
        "places": places_to_freeze(session, results),
        "frames": frames_to_freeze(session, results),
        **({"calibrated": _calibrated(session, results)} if results.rules.headline == CALIBRATED else {}),
        "columns": list(results.table.columns),
        "results": rows,
        "test_errors": _test_errors(results),
        "leagues": dict(results.leagues),
        "targets": [[*place, value] for place, value in results.targets.items()],
    }
    return Frozen(_canonical(content), results_hash(results.table))


def rules_to_freeze(session: orm.Session, round_: Round) -> Rules:
    """The rules of a round's next edition: the round's, with today's default for what came after its first."""
    rules = effective_rules(round_)
    if rules.definitions == DEFINITIONS or published(session, round_.code) is None:
        return rules
    return replace(rules, **{name: getattr(Rules(), name) for name in BEFORE})


def replaced_rules(publication: Publication, before: Publication | None) -> bool:
    """Say whether an edition follows other rules than the one before it; `before`: None for the first."""
    if before is None:
        return False
    one, other = (Rules.from_mapping(content_of(each)["rules"]) for each in (before, publication))
    return one != other


def _test_errors(results: RoundResults) -> list[list[Any]]:
    """Agency and `TEST_ERRORS` of the overall rows: what ranks and changes need, apart from the results."""
    if results.tested is None:
        return []
    return _rows(results.tested.loc[_wholes(results.tested), ["agency", *(name for name, _ in TEST_ERRORS)]])


def _tested(table: pd.DataFrame, errors: list[list[Any]]) -> pd.DataFrame | None:
    """The overall rows with the errors that were frozen beside them; None without any.

    Editions of before keep no errors of the province's own row.
    """
    if not errors:
        return None
    names = [name for name, _ in TEST_ERRORS]
    found = pd.DataFrame(errors, columns=["agency", *names]).astype({names[0]: float, names[1]: float, names[2]: bool})
    return table[_wholes(table)].merge(found, on="agency", how="inner", sort=False)


def _wholes(table: pd.DataFrame) -> pd.Series:
    return (table["service"] == "") & (table["level"] == "overall")


def results_hash(table: pd.DataFrame) -> str:
    """The SHA-256 of a result table, whatever the order of its rows."""
    rows = sorted(_rows(table, digits=DIGITS), key=lambda row: [str(value) for value in row[:4]])
    return hashlib.sha256(_canonical({"columns": list(table.columns), "results": rows}).encode()).hexdigest()


def content_of(publication: Publication) -> dict[str, Any]:
    """What was frozen; `InputError` when it was written by a later version of the program."""
    content = publication.parsed
    if content["format"] != FORMAT:
        raise InputError(
            "This edition was written in format %(found)s, which this version of the program cannot read",
            found=content["format"],
        )
    return content


def decided_in(publication: Publication) -> Decided | None:
    """What had been decided about units' batches when it was frozen; None for editions of before that."""
    found = content_of(publication).get("batches")
    return Decided(**found) if found else None


def exclusions_of(publication: Publication) -> tuple[int, int]:
    """By how many rules responses were left out when it was frozen, and how many responses."""
    rows = content_of(publication).get("exclusions", [])
    return len(rows), sum(row["responses"] for row in rows)


def late_in(publication: Publication) -> Late:
    """The few late responses that were left out when it was frozen, or counted all the same."""
    return Late(**content_of(publication).get("late", {}))


def thaw(session: orm.Session, publication: Publication) -> RoundResults:
    """The frozen results in the shape of live ones, so that pages and files show both alike."""
    content = content_of(publication)
    version = version_by_hash(session, content["questionnaire"]["content_hash"])
    if version is None:
        raise InputError("The questionnaire of round %(code)s is no longer stored", code=content["round"]["code"])
    table, rules = _table(content["columns"], content["results"]), Rules.from_mapping(content["rules"])
    return RoundResults(
        round=_frozen_round(content["round"], version, publication.round.last_day),
        definition=from_canonical(version.content),
        rules=rules,
        table=table,
        responses=content["responses"],
        excluded=content["excluded"],
        transactions=content["transactions"],
        channels=content["channels"],
        tested=_tested(table, content.get("test_errors", [])),
        leagues=content.get("leagues", {}),
        targets={(agency, element): value for agency, element, value in content.get("targets", [])},
        headline=_headline(publication, rules),
    )


def _calibrated(session: orm.Session, results: RoundResults) -> dict[str, Any]:
    """The calibrated headline as an edition keeps it."""
    found = calibrated_indices(session, results)
    figures = {
        code: [_plain(value, None) for value in (one.index, one.lo, one.hi)] for code, one in found.figures.items()
    }
    return {"indices": figures, "for_all": sorted(found.for_all)}


def _headline(publication: Publication, rules: Rules) -> HeadlineIndices | None:
    """The frozen indices that the rules make the headline; None where that is the plain index."""
    places, kept = places_of(publication), content_of(publication).get("calibrated")
    if rules.headline == HARDENED:
        return places.indices if places else None
    if rules.headline != CALIBRATED or kept is None:
        return None
    figures = {}
    for code, ends in kept["indices"].items():
        index, lo, hi = (math.nan if value is None else value for value in ends)
        figures[code] = HeadlineIndex(index, lo, hi)
    return HeadlineIndices(figures, frozenset(kept["for_all"]))


def recompute(session: orm.Session, publication: Publication) -> Recomputed:
    """Work the results of an edition's round out again, under the rules frozen with it, and compare."""
    frozen = thaw(session, publication)
    with reading_settled(session) if late_in(publication).left_out else nullcontext():
        now = round_results(session, publication.round.code, rules=frozen.rules)
    found = results_hash(now.table)
    same = found == publication.results_hash
    return Recomputed(found, same, () if same else tuple(_differences(frozen.table, now.table)))


def _frozen_round(content: Mapping[str, Any], version: QuestionnaireVersion, last_day: date) -> Round:
    """The round as it was; it belongs to no session, so that nothing of it can be written back.

    Editions of before say the day on which it should have ended: one that was closed early is told by its `last_day`.
    """
    last = min(date.fromisoformat(content["closes_on"]), last_day)
    values = {
        **content,
        "opens_on": date.fromisoformat(content["opens_on"]),
        "closes_on": last,
        "last_day": last,
        "version": version,
    }
    return cast(Round, SimpleNamespace(**values))


def _rows(table: pd.DataFrame, digits: int | None = None) -> list[list[Any]]:
    """The rows as JSON-ready values; what does not exist is None."""
    return [[_plain(value, digits) for value in row] for row in table.itertuples(index=False, name=None)]


def _plain(value: Any, digits: int | None) -> Any:
    if value is None or value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else f"{value:.{digits}f}".replace(f"-{0:.{digits}f}", f"{0:.{digits}f}")
    if isinstance(value, tuple | list | set | frozenset):
        return " ".join(sorted(map(str, value)))
    return value


def _table(columns: list[str], rows: list[list[Any]]) -> pd.DataFrame:
    """Frozen rows as a result table with the types of a live one."""
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    for name in columns:
        if name in WHOLE:
            table[name] = table[name].astype("Int64")
        elif name in TEXT:
            table[name] = table[name].fillna("").astype(object)
        else:
            table[name] = pd.to_numeric(table[name]).astype(np.float64)
    return table


def _differences(frozen: pd.DataFrame, now: pd.DataFrame) -> list[FigureDifference]:
    """Every figure's value that is not the same, in the order of the frozen table, new figures last."""
    before, after = _by_place(frozen), _by_place(now)
    found = []
    for place in [*before, *(place for place in after if place not in before)]:
        old, new = before.get(place, {}), after.get(place, {})
        for column in [name for name in now.columns if name not in TEXT[:4]]:
            pair = old.get(column), new.get(column)
            if _plain(pair[0], DIGITS) != _plain(pair[1], DIGITS):
                found.append(FigureDifference(*place, column, *pair))
    return found


def _by_place(table: pd.DataFrame) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    columns = list(table.columns)
    rows = (dict(zip(columns, row, strict=True)) for row in _rows(table))
    return {(row["agency"], row["service"], row["level"], row["key"]): row for row in rows}


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
