"""Scoring of files: responses collected elsewhere; two files in, a table of figures out, no database.

The responses stream through once and are held as distinct answers with their counts, so that a file of a million rows
needs little memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from scoring.calibration import MarginTotals
from scoring.clusters import CLUSTER, ClusterSums, cluster_sums
from scoring.moments import Moments, moments_from_patterns
from scoring.scheme import DataError, Rules
from scoring.table import score_table
from survey.core.errors import InputError
from survey.questionnaires import BLANK, Definition
from survey.questionnaires.definition import ITEM_CODES
from survey.results.calibrated import calibrated_table, in_order, margins_of
from survey.results.compute import without_service
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.read import Checker, Table, open_table

STRATA = ("agency", "service")
OF_MICRODATA = ("stratum", "weight", "fpc", "in_province")
"""Columns by which a file is known for microdata of `export`: there 9 and 8 are answers that are not on the scale."""
MAX_WRONG = 200
"""Wrong cells after which reading stops: the file is then not what it was taken for."""


@dataclass(frozen=True)
class Task:
    """What to score, and how."""

    responses: Path
    population: Path
    definition: Definition
    columns: ColumnMap = field(default_factory=ColumnMap)
    rules: Rules = field(default_factory=Rules)
    #: columns whose combinations are the strata
    strata: tuple[str, ...] = STRATA
    #: columns by which figures are given
    by: tuple[str, ...] = STRATA
    #: columns whose combinations are the sampling units within an agency; empty: every respondent is one
    clusters: tuple[str, ...] = ()
    #: margins of all transactions to which the weights are calibrated; None: plain weights
    margins: Path | None = None
    #: take n for N where a stratum has more responses than transactions, in place of refusing the files
    allow_short: bool = False


def score_files(task: Task, progress: Callable[[int], object] | None = None) -> pd.DataFrame:
    """The figures of a task, columns as `scoring.table.COLUMNS`; `progress` is called with bytes read.

    Raises `InputError` (or `TableError` naming every wrong cell) when a file cannot be used as it is.
    """
    margins, rules = (None, task.rules) if task.margins is None else read_margins(task.margins, task.rules)
    named = () if margins is None else rules.calibrate_by
    extra = tuple(name for name in dict.fromkeys((*task.strata, *task.by, *named)) if name not in STRATA)
    keys = (*STRATA, *extra)
    if set(task.clusters) & set(keys) or (task.clusters and set(CLUSTER) & set(keys)):
        raise InputError("Columns of --cluster cannot be those of --by or --strata as well")
    population = read_population(task.population, task.strata)
    with open_table(task.responses, progress=progress) as table:
        patterns = count_answers(table, task.definition, task.columns, (*keys, *task.clusters), task.rules)
    if not patterns:
        raise InputError("%(source)s has a header but no responses", source=task.responses.name)
    if not task.allow_short:
        refuse_short(_respondents(patterns, keys, task.strata), population, task.strata)
    moments, clusters = _sums(patterns, keys, task)
    if margins is not None:
        wanted = in_order(rules, margins)
        return calibrated_table(moments, clusters, population, rules, wanted, by=task.by, strata=task.strata).table
    try:
        return score_table(
            moments,
            task.definition.scheme(task.rules),
            population,
            task.rules,
            by=task.by,
            strata=task.strata,
            clusters=clusters,
            without_service=without_service(task.rules),
        )
    except DataError as error:
        raise InputError("The responses cannot be scored: %(why)s", why=error) from error


def read_margins(path: Path, rules: Rules) -> tuple[list[MarginTotals], Rules]:
    """Margins of a file (`variable,category,N`, optional `agency`), and the rules by which to calibrate to them.

    Rules that say nothing of calibration take raking to all that the file has. Categories are as the responses write
    them. Raises `TableError` for an N that is no whole number and for a row that stands twice.
    """
    rows: dict[tuple[str, str, str], int] = {}
    with open_table(path) as table:
        at = {name: table.position(name) for name in ("variable", "category", "N")}
        agency_at, check = table.optional("agency"), Checker(table.source)
        for number, cells in table:
            agency = "" if agency_at is None else cells[agency_at]
            place = (agency, cells[at["variable"]], cells[at["category"]])
            n = check.whole(number, "N", cells[at["N"]])
            if not place[1]:
                check.wrong(number, "variable", "", "filled in")
            if place in rows:
                check.wrong(number, "category", place[2], "given once")
            rows[place] = n
        check.finish()
    if not rows:
        raise InputError("%(source)s has a header but no rows", source=path.name)
    frame = pd.DataFrame([(*place, n) for place, n in rows.items()], columns=["agency", "variable", "category", "N"])
    if rules.calibration == "none":
        rules = replace(rules, calibration="rake", calibrate_by=tuple(dict.fromkeys(frame["variable"])))
    return margins_of(frame), rules


Patterns = Counter[tuple[tuple[str, ...], str]]
"""How many respondents have given keys and exactly these answers."""


def count_answers(
    table: Table, definition: Definition, columns: ColumnMap, keys: Sequence[str], rules: Rules | None = None
) -> Patterns:
    """The responses of a table by keys and packed answers to the satisfaction items, and what else the rules count.

    Every distinct cell text of a column is understood once (`Definition.parse_answer`). Other columns are ignored.
    Raises `InputError` for a missing column and `TableError` for cells that are no answers.
    """
    check = Checker(table.source)
    exported = all(table.optional(name) is not None for name in OF_MICRODATA)
    items = [_ItemColumn(code, definition, columns, exported) for code in definition.scheme(rules).codes]
    missing = [columns.heading(i.code) for i in items if i.code not in columns.absent and i.find(table) is None]
    if missing:
        raise InputError(
            "%(source)s has no column for these items: %(missing)s. Its columns are: %(columns)s. A map file (--map) "
            "tells which column is which",
            source=table.source,
            missing=", ".join(missing),
            columns=", ".join(table.columns),
        )
    places = [_key_place(table, columns, key) for key in keys]
    counted: Patterns = Counter()
    for number, cells in table:
        key = tuple(
            columns.value(name, fixed if at is None else cells[at], item=False)
            for name, (at, fixed) in zip(keys, places, strict=True)
        )
        if not key[0]:
            check.wrong(number, columns.heading("agency"), "", "filled in")
        counted[key, "".join([item.read(cells, number, check) for item in items])] += 1
        if len(check.cells) > MAX_WRONG:
            break
    check.finish()
    return counted


class _ItemColumn:
    """One item's column: where it stands, and the answer each text in it stands for."""

    def __init__(self, code: str, definition: Definition, columns: ColumnMap, exported: bool = False) -> None:
        self.code = code
        self.definition = definition
        self.columns = columns
        self.position: int | None = None
        self.known: dict[str, str] = {"": BLANK}
        if exported:
            self.known |= {str(number): answer for answer, number in ITEM_CODES.items()}

    def find(self, table: Table) -> int | None:
        """Look for the column in a table; return where it stands."""
        self.position = table.optional(self.columns.heading(self.code))
        return self.position

    def read(self, cells: list[str], number: int, check: Checker) -> str:
        """The answer in a row, `.` for none; a text that is no answer is noted."""
        if self.position is None:
            return BLANK
        text = cells[self.position]
        known = self.known.get(text)
        if known is not None:
            return known
        try:
            meant = self.columns.value(self.code, text, item=True)
            self.known[text] = self.definition.parse_answer(self.code, meant) or BLANK
        except InputError:
            check.wrong(number, self.columns.heading(self.code), text, "1..5, empty, or a label of the answer scale")
            return BLANK
        return self.known[text]


def _key_place(table: Table, columns: ColumnMap, key: str) -> tuple[int | None, str]:
    """Where a key's column stands, or the value every row has."""
    if key in columns.fixed:
        return None, columns.fixed[key]
    at = table.optional(columns.heading(key))
    if at is None and key == "service":
        return None, ""
    return table.position(columns.heading(key)) if at is None else at, ""


def read_population(path: Path, strata: Sequence[str] = STRATA) -> pd.DataFrame:
    """A population file as columns `agency`, `service`, further strata, and whole `N`.

    Raises `InputError` for missing columns and `TableError` for wrong cells or a stratum given twice.
    """
    names = tuple(dict.fromkeys((*STRATA, *strata)))
    rows: dict[tuple[str, ...], int] = {}
    with open_table(path) as table:
        check = Checker(table.source)
        places = [table.position(name) for name in names]
        n_at = table.position("N")
        for number, cells in table:
            key = tuple(cells[at] for at in places)
            n = check.whole(number, "N", cells[n_at])
            if not key[0]:
                check.wrong(number, "agency", "", "filled in")
            if key in rows:
                check.wrong(number, names[1], key[1], "given once for %(agency)s", agency=key[0])
            rows[key] = n
        check.finish()
        if not rows:
            raise InputError("%(source)s has a header but no rows", source=table.source)
    population = pd.DataFrame(list(rows), columns=list(names), dtype=object)
    population["N"] = np.array(list(rows.values()), dtype=np.int64)
    return population


def _respondents(patterns: Patterns, keys: Sequence[str], strata: Sequence[str]) -> Counter[tuple[str, ...]]:
    """Count the responses of each stratum."""
    at = [keys.index(name) for name in strata]
    respondents: Counter[tuple[str, ...]] = Counter()
    for (key, _), count in patterns.items():
        respondents[tuple(key[k] for k in at)] += count
    return respondents


def refuse_short(respondents: Mapping[tuple[str, ...], int], population: pd.DataFrame, strata: Sequence[str]) -> None:
    """Raise `InputError` naming the strata with more responses than transactions."""
    transactions: Counter[tuple[str, ...]] = Counter()
    for row in population[[*strata, "N"]].itertuples(index=False, name=None):
        transactions[row[:-1]] += row[-1]
    short = [
        f"{' / '.join(stratum)}: N = {transactions[stratum]}, responses = {n}"
        for stratum, n in sorted(respondents.items())
        if 0 < transactions[stratum] < n
    ]
    if short:
        raise InputError(
            "N is smaller than the number of responses in these strata; correct the population file, or let the "
            "responses stand in for N there with --allow-short:\n%(strata)s",
            strata="\n".join(short),
        )


def unknown_strata(table: pd.DataFrame) -> list[str]:
    """The agencies whose responses had no transactions N, for a warning."""
    if "warnings" not in table:
        return []
    lost = table[(table["level"] == "overall") & table["warnings"].astype(str).str.contains("no_population")]
    return sorted({agency for agency in lost["agency"] if agency})


def _sums(patterns: Patterns, keys: Sequence[str], task: Task) -> tuple[Moments, ClusterSums | None]:
    """The moments of counted answers by keys, and their sums by sampling unit where columns name one.

    Several columns are a counter and, the last, its day: units of fewer than `min_n` people are joined with the next.
    A unit whose cells are all empty is not known: its people are units by themselves.
    """
    names = (*keys, *task.clusters)
    frame = pd.DataFrame([key for key, _ in patterns], columns=list(names), dtype=object)
    counts = np.fromiter(patterns.values(), dtype=np.int64, count=len(patterns))
    answers, scheme, features = (
        [text for _, text in patterns],
        task.definition.scheme(task.rules),
        task.rules.features,
    )
    moments = moments_from_patterns(answers, counts, frame[list(keys)], scheme, features=features)
    if not task.clusters:
        return moments, None
    cells = frame[list(task.clusters)].to_numpy(dtype=object)
    known = (cells != "").any(axis=1)
    first = cells[:, :-1] if cells.shape[1] > 1 else cells
    counter = np.array(
        ["\x1f".join(["", *row]) if ok else "" for row, ok in zip(first, known, strict=True)], dtype=object
    )
    day = cells[:, -1] if cells.shape[1] > 1 else np.full(len(cells), "", dtype=object)
    own = frame[list(keys)].assign(**dict(zip(CLUSTER, (counter, day), strict=True)))
    return moments, cluster_sums(answers, counts, own, scheme, features=features)
