"""From the files of an archive to figures: the same sums as `survey.results.compute` takes from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scoring.clusters import CLUSTER
from scoring.partition import Labelled
from scoring.scheme import DataError, Rules
from survey.core.errors import InputError
from survey.questionnaires import BLANK, HIDDEN, Definition
from survey.results.archive.columns import ResponseColumns, day_labels
from survey.results.archive.manifest import ArchivedFile
from survey.results.archive.read import Archive
from survey.results.compute import PLACES, Sums, score_sums, sums_of_rows

COLUMNS = ("agency", "service", "counter", "day", "excluded", "answers")
"""Columns that figures need."""


def archive_results(archive: Archive, rules: Rules) -> pd.DataFrame:
    """Results of an archived round under rules, one row a figure, as `results --round` has them."""
    sums = sum_partitions(archive, archive.partitions(), rules)
    try:
        tested = score_sums(sums, archive.definition.scheme(rules), archive.population, rules, tests=False)
    except DataError as error:
        code = archive.manifest.round["code"]
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=code, why=error) from error
    return tested


def sum_partitions(archive: Archive, parts: Sequence[ArchivedFile], rules: Rules, by: Sequence[str] = PLACES) -> Sums:
    """Add up the counted responses of some partitions, by counter and day where the rules say so."""
    rows = counted(archive.responses(parts, COLUMNS))
    clusters = CLUSTER if rules.clusters != "none" else ()
    keys = {name: key_column(rows, name, archive.definition) for name in (*by, *clusters)}
    return sum_responses(rows, keys, archive.definition, rules)


def sum_responses(rows: ResponseColumns, keys: dict[str, Labelled], definition: Definition, rules: Rules) -> Sums:
    """Add up responses by keys, those with too few answers left out; by counter-day where the keys end with it."""
    return sums_of_rows(rows.answers, keys, definition.scheme(rules), rules)


def counted(rows: ResponseColumns) -> ResponseColumns:
    """Responses that count."""
    reason = rows.texts["excluded"]
    inside = reason.labels == ""
    return rows if inside.all() else rows.select(inside[reason.codes])


def key_column(rows: ResponseColumns, name: str, definition: Definition) -> Labelled:
    """Key of responses by name: a column of the archive, `month`, or a question beside the items by its code.

    `day` is that of a sampling unit: a pile of forms has none, nor has who came to no known counter. `InputError` for
    a name that is none of these.
    """
    if name == "day":
        return _unit_days(rows)
    if name == "month":
        days = day_labels(rows.day)
        return Labelled.of(days.codes, [label[:7] for label in days.labels])
    if name in rows.texts:
        return rows.texts[name]
    position = {slot.code: k for k, slot in enumerate(definition.slots)}.get(name)
    if position is None:
        columns = ", ".join((*rows.texts, "day", "month"))
        raise InputError("An archive has no column %(name)s; there are %(columns)s", name=name, columns=columns)
    characters, codes = np.unique(rows.answers[:, position], return_inverse=True)
    texts = ["" if chr(one) in (BLANK, HIDDEN) else chr(one) for one in characters]
    return Labelled.of(codes, texts)


def _unit_days(rows: ResponseColumns) -> Labelled:
    counter, days = rows.texts["counter"], day_labels(rows.day)
    known = np.array([str(label).startswith("c") for label in counter.labels], dtype=np.bool_)
    codes = np.where(known[counter.codes], days.codes, len(days.labels)) if len(counter.labels) else days.codes
    return Labelled.of(codes, [*days.labels, ""])


def with_min_n(rules: Rules, interval: str | None, min_n: int | None) -> Rules:
    """Rules with what the caller asked to differ; `InputError` for values that cannot be."""
    try:
        rules = rules if interval is None else replace(rules, interval=interval)
        return rules if min_n is None else replace(rules, min_n=min_n)
    except DataError as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error
