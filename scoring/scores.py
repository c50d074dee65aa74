"""Answers → figures in one call, for a notebook: keys of any names, the results as one object that tells what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from scoring.moments import Moments, enough_answers, moments, read_answers
from scoring.pooling import pooled
from scoring.scheme import DataError, Rules, Scheme
from scoring.table import FIRST, TEST_ERRORS, score_table
from scoring.weights import Design, stratified


@dataclass(frozen=True, eq=False)
class Scores:
    """Figures of a round, what they are made of, and how. Made by `score`."""

    #: `scoring.table.score_table` with errors for tests; the first key is called `agency`, the second `service`
    table: pd.DataFrame
    moments: Moments
    design: Design
    scheme: Scheme
    rules: Rules
    #: the names of the keys
    by: tuple[str, ...]

    def __repr__(self) -> str:
        whole = self.table.iloc[0]
        index = "no figure" if pd.isna(whole["index"]) else f"{whole['index']:.2f} %"
        if pd.notna(whole["lo"]):
            index += f" ({whole['lo']:.2f}-{whole['hi']:.2f})"
        places = ", ".join(f"{self.table[key].nunique() - 1} × {name}" for key, name in self.names().items())
        return f"Scores of {int(self.moments.n.sum())} responses: {index}, {places}, {len(self.table)} figures"

    def names(self) -> dict[str, str]:
        """What each key is called in the table, and in the data."""
        return dict(zip(inner_names(len(self.by)), self.by, strict=True))

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with the keys' own names; the column of services is left out when there is no such key."""
        if len(self.by) == 1 and "service" in table:
            table = table.drop(columns="service")
        return table.rename(columns=self.names())

    def to_frame(self) -> pd.DataFrame:
        """One row a figure: the keys and the columns of `scoring.table.COLUMNS`, in percentage points."""
        return self.named(self.table.drop(columns=[name for name, _ in TEST_ERRORS]))


def score(
    responses: pd.DataFrame,
    scheme: Scheme,
    population: pd.DataFrame | None = None,
    rules: Rules | None = None,
    *,
    by: Sequence[str] = FIRST,
    without_service: str | None = "",
) -> Scores:
    """The figures of a table with one row a respondent: index, error and interval of every place and level.

    `responses`: columns `by` and one for each item of the scheme, in the numbers of its scale, empty where there is no
    answer. `population`: the columns of `by` that make strata, and `N` transactions; None: every response counts the
    same. `by`: names of the keys; the first is what is compared and ranked (agencies, schools, …), the second, if any,
    its parts; further ones make further places. `without_service`: the value of the second key of responses whose part
    is not known, spread over the others. Raises `DataError`.

    >>> from scoring import Item, Scheme, score
    >>> answers = pd.DataFrame({"school": ["A"] * 40 + ["B"] * 40, "q": [5, 4, 4, 2] * 10 + [5, 2, 4, 1] * 10})
    >>> pupils = pd.DataFrame({"school": ["A", "B"], "N": [300, 100]})
    >>> score(answers, Scheme((Item("q", "teaching"),)), pupils, by=["school"])
    Scores of 80 responses: 68.75 % (57.82-78.29), 2 × school, 12 figures
    """
    rules, names = rules or Rules(), tuple(by)
    if not names:
        raise DataError("by needs the name of at least one key")
    inner = inner_names(len(names))
    keys = _renamed(responses, names, inner, "responses")
    if len(names) == 1:
        keys = keys.assign(service="")
    answers = read_answers(responses, scheme)
    enough = enough_answers(answers, scheme, rules.min_answered_share)
    found = moments(answers[enough], keys[enough].reset_index(drop=True), scheme, features=rules.features)
    strata = inner[:2]
    if population is not None:
        there = tuple(name for name in names if name in population)
        strata = tuple(inner[names.index(name)] for name in there)
        population = _renamed(population, there, strata, "population").assign(N=population["N"].to_numpy())
    table = score_table(found, scheme, population, rules, inner, strata, tests=True, without_service=without_service)
    found = found.rated() if rules.pooling else found
    design = stratified(found.keys, found.n, population, rules, strata=strata, without_service=without_service)
    design = pooled(design, table, strata) if rules.pooling and rules.min_n > 1 else design
    return Scores(table, found, design, scheme, rules, names)


def inner_names(size: int) -> tuple[str, ...]:
    """What `size` keys are called in the tables of `scoring`."""
    return (*FIRST, *(f"key{k}" for k in range(3, size + 1)))[:size]


def _renamed(frame: pd.DataFrame, names: Sequence[str], inner: Sequence[str], what: str) -> pd.DataFrame:
    missing = [name for name in names if name not in frame]
    if missing or (what == "population" and "N" not in frame):
        raise DataError(f"the {what} have no column {(missing or ['N'])[0]!r}")
    return frame[list(names)].set_axis(list(inner), axis=1).reset_index(drop=True)
