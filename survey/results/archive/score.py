"""Scoring of an archive by other strata, places and sampling units than the round's: `score --from`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.clusters import CLUSTER
from scoring.partition import Labelled
from scoring.scheme import DataError, Rules
from scoring.table import score_table
from survey.core.errors import InputError
from survey.results.archive.columns import ResponseColumns
from survey.results.archive.read import Archive
from survey.results.archive.sums import counted, key_column, sum_responses
from survey.results.compute import without_service
from survey.results.score_files import STRATA, refuse_short


@dataclass(frozen=True)
class ArchiveTask:
    """What to score of an archive, and how; fields as those of `survey.results.score_files.Task`."""

    archive: Archive
    rules: Rules
    strata: tuple[str, ...] = STRATA
    by: tuple[str, ...] = STRATA
    clusters: tuple[str, ...] = ()
    allow_short: bool = False
    #: transactions in place of the archive's own
    population: pd.DataFrame | None = None


def score_archive(task: ArchiveTask) -> pd.DataFrame:
    """Figures of a task, columns as `scoring.table.COLUMNS`; `InputError` where columns do not fit together."""
    archive, definition = task.archive, task.archive.definition
    extra = tuple(name for name in dict.fromkeys((*task.strata, *task.by)) if name not in STRATA)
    names = (*STRATA, *extra)
    if set(task.clusters) & set(names) or (task.clusters and set(CLUSTER) & set(names)):
        raise InputError("Columns of --cluster cannot be those of --by or --strata as well")
    rows = counted(archive.responses(archive.partitions()))
    if not len(rows):
        raise InputError("The archive in %(folder)s has no responses that count", folder=archive.folder)
    keys = {name: key_column(rows, name, definition) for name in names}
    if task.clusters:
        keys |= dict(zip(CLUSTER, _units(rows, task), strict=True))
    population = archive.population if task.population is None else task.population
    sums = sum_responses(rows, keys, definition, task.rules)
    if not task.allow_short:
        respondents: Counter[tuple[str, ...]] = Counter()
        strata = sums.moments.keys[list(task.strata)].itertuples(index=False, name=None)
        for stratum, n in zip(strata, sums.moments.n.tolist(), strict=True):
            respondents[stratum] += n
        refuse_short(respondents, population, task.strata)
    try:
        return score_table(
            sums.moments,
            definition.scheme(task.rules),
            population,
            task.rules,
            by=task.by,
            strata=task.strata,
            clusters=sums.clusters,
            without_service=without_service(task.rules),
        )
    except DataError as error:
        raise InputError("The responses cannot be scored: %(why)s", why=error) from error


def _units(rows: ResponseColumns, task: ArchiveTask) -> tuple[Labelled, Labelled]:
    """Counter and day of the sampling units: of several columns the last is the day; all empty: not known."""
    columns = [key_column(rows, name, task.archive.definition) for name in task.clusters]
    first, days = (columns[:-1], columns[-1:]) if len(columns) > 1 else (columns, [])
    known = np.zeros(len(rows), dtype=np.bool_)
    for column in columns:
        known |= (column.labels != "")[column.codes]
    counter = _combined(first)
    shut = Labelled.of(np.where(known, counter.codes, len(counter.labels)), [*counter.labels, ""])
    return shut, days[0] if days else Labelled.of(np.zeros(len(rows), dtype=np.int32), [""])


def _combined(columns: Sequence[Labelled]) -> Labelled:
    """Several columns as one; no label of it is empty."""
    number = np.zeros(len(columns[0].codes), dtype=np.int64)
    for column in columns:
        number = number * len(column.labels) + column.codes
    present, codes = np.unique(number, return_inverse=True)
    parts = []
    for column in reversed(columns):
        present, at = np.divmod(present, len(column.labels))
        parts.append(column.labels[at])
    labels = ["\x1f".join(["", *row]) for row in zip(*reversed(parts), strict=True)]
    return Labelled.of(codes, labels)
