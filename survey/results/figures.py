"""Figures as pages need them: the result table looked up by agency, service, level and key."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from survey.results.charts import ChartRow, PlacedInterval

PROVINCE = ""
ALL_SERVICES = ""
OVERALL = ("overall", "all")


@dataclass(frozen=True)
class ShownFigure(PlacedInterval):
    """One row of the result table."""

    agency: str
    service: str
    level: str
    key: str
    #: respondents; None where the figure is suppressed, and then there are no counts either
    n: int | None
    valid: int | None
    counts: tuple[int, ...]
    index: float
    se: float
    lo: float
    hi: float
    status: str
    n_eff: float
    population: float
    coverage: float
    warnings: tuple[str, ...]

    @property
    def exists(self) -> bool:
        """Whether there is an index to show."""
        return math.isfinite(self.index)

    @property
    def thin(self) -> bool:
        """Whether the figure is to be read with care: it has no interval, and therefore nothing to judge it by."""
        return self.exists and not (math.isfinite(self.lo) and math.isfinite(self.hi))

    @property
    def words(self) -> tuple[str, ...]:
        """The status and the warnings, each once, `ok` left out."""
        return tuple(dict.fromkeys(word for word in (self.status, *self.warnings) if word and word != "ok"))

    @property
    def response_rate(self) -> float:
        """Responses per hundred transactions; NaN when the transactions are unknown."""
        return 100 * self.n / self.population if self.n is not None and self.population > 0 else math.nan


class Figures:
    """The rows of a result table by (agency, service, level, key)."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._columns = {str(name): table[name].tolist() for name in table}
        names = (map(str, self._columns[name]) for name in ("agency", "service", "level", "key"))
        self._row = {key: row for row, key in enumerate(zip(*names, strict=True))}
        self._made: dict[int, ShownFigure] = {}

    def find(self, agency: str, service: str, level: str, key: str) -> ShownFigure | None:
        """A figure, or None when the table has no such row; made when it is first asked for."""
        row = self._row.get((agency, service, level, key))
        if row is None:
            return None
        if row not in self._made:
            self._made[row] = _figure({name: values[row] for name, values in self._columns.items()})
        return self._made[row]

    def overall(self, agency: str = PROVINCE, service: str = ALL_SERVICES) -> ShownFigure | None:
        """The overall index of an agency (or the province) and service (or all)."""
        return self.find(agency, service, *OVERALL)

    @cached_property
    def agencies(self) -> tuple[str, ...]:
        """Agencies with figures, best index first; those without an index last. Ties in the order of codes."""
        wanted = (key for key in self._row if key[0] and not key[1] and key[2:] == OVERALL)
        figures = [f for key in wanted if (f := self.find(*key)) is not None]
        return tuple(
            f.agency for f in sorted(figures, key=lambda f: (not f.exists, -f.index if f.exists else 0, f.agency))
        )

    def services(self, agency: str) -> tuple[str, ...]:
        """Services of an agency (or the province) with figures, in the order of codes."""
        return tuple(sorted({s for (a, s, _, _) in self._row if a == agency and s}))


def chart_row(label: str, figure: ShownFigure | None, reference: ShownFigure | None = None) -> ChartRow:
    """A figure as a row of a dot-and-whisker chart, the province's own figure behind it."""
    behind = reference.index if reference is not None and reference.exists else None
    if figure is None:
        return ChartRow(label, math.nan, math.nan, math.nan, reference=behind)
    return ChartRow(label, figure.index, figure.lo, figure.hi, figure.thin, behind)


def _figure(row: dict[str, Any]) -> ShownFigure:
    return ShownFigure(
        agency=str(row["agency"]),
        service=str(row["service"]),
        level=str(row["level"]),
        key=str(row["key"]),
        n=_whole(row["n"]),
        valid=_whole(row["valid"]),
        counts=tuple(int(c) for k in range(1, 6) if not pd.isna(c := row[f"c{k}"])),
        warnings=_words(row.get("warnings")),
        status=str(row["status"]),
        **{name: _real(row.get(name)) for name in ("index", "se", "lo", "hi", "n_eff", "population", "coverage")},
    )


def _real(value: Any) -> float:
    """A number; what does not exist is NaN."""
    return math.nan if value is None or pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(map(str, value)))
    return tuple(re.findall(r"[a-z_0-9]+", value)) if isinstance(value, str) else ()
