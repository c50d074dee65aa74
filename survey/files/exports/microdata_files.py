"""Microdata as CSV, Parquet and SPSS: written block by block, so that a million rows need no more memory than a few."""

from __future__ import annotations

import csv
import io
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import orm

from survey.files.exports.codebook import Variable, variables
from survey.files.exports.microdata import HIDDEN_VALUE, UNIT, Microdata, blocks
from survey.questionnaires import HIDDEN, UNKNOWN
from survey.questionnaires.definition import ITEM_CODES
from survey.results.as_csv import BOM, Dialect, write_value

Progress = Callable[[int], object]

SAV_HIDDEN, SAV_NOT_ASKED, SAV_DECLINED = -7.0, -8.0, -9.0
"""Numbers that SPSS takes for missing answers to a question."""


def csv_blocks(
    session: orm.Session, micro: Microdata, dialect: Dialect | None = None, progress: Progress | None = None
) -> Iterator[str]:
    """Yield the rows as CSV (RFC 4180, with a byte order mark), a block at a time."""
    dialect = dialect or Dialect()
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect.delimiter, lineterminator="\r\n")
    buffer.write(BOM)
    writer.writerow([write_value(name, dialect) for name in micro.columns])
    for block in blocks(session, micro):
        columns = [_texts(block[name], dialect) for name in micro.columns]
        writer.writerows(zip(*columns, strict=True))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        if progress:
            progress(len(block))
    yield buffer.getvalue()


def _texts(column: pd.Series[Any], dialect: Dialect) -> list[str]:
    """A column's cells; equal values are written out once."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = [write_value(value, dialect) for value in values]
    return [texts[code] if code >= 0 else "" for code in codes]


def write_parquet(session: orm.Session, micro: Microdata, path: Path, progress: Progress | None = None) -> None:
    """Write the rows as Parquet: text by dictionary, items as small whole numbers, blanks as null."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"weight": pa.float64(), "fpc": pa.float64(), "in_province": pa.int8(), UNIT: pa.int32()}
    kinds |= dict.fromkeys(micro.items, pa.int8())
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in micro.columns])
    with parquet.ParquetWriter(str(path), schema, compression="zstd") as writer:
        for block in blocks(session, micro):
            writer.write_table(pa.Table.from_pandas(block, schema=schema, preserve_index=False))
            if progress:
                progress(len(block))


def write_sav(session: orm.Session, micro: Microdata, path: Path, progress: Progress | None = None) -> None:
    """Write the rows for SPSS: numbers with Vietnamese labels, hidden and unasked answers as missing.

    The writer takes a whole table. Each block is therefore written as a file of its own with the same dictionary, and
    the blocks' records, which have one length, are put behind one another.
    """
    described = variables(micro)
    numbers = {variable.code: _numbers(micro, variable) for variable in described}
    with tempfile.TemporaryDirectory() as folder, path.open("wb") as out:
        piece = Path(folder) / "piece.sav"
        rows = 0
        for block in blocks(session, micro):
            _write_piece(piece, block, micro, described, numbers)
            record = 8 * len(micro.columns)
            data = piece.read_bytes()
            head = len(data) - record * len(block)
            out.write(data if not rows else data[head:])
            rows += len(block)
            if progress:
                progress(len(block))
        if not rows:
            empty = pd.DataFrame({name: pd.Series(dtype="float64") for name in micro.columns})
            _write_piece(piece, empty, micro, described, numbers)
            out.write(piece.read_bytes())
        out.seek(_CASES)
        out.write(struct.pack("<i", rows))


_CASES = 80
"""Where a .sav file keeps the number of its cases."""


OWN_CODES = ("agency", "service")
"""Columns whose labels begin with the code: SPSS keeps 120 bytes of a label, and long names can be equal that far."""


def _numbers(micro: Microdata, variable: Variable) -> Mapping[str, float]:
    """The number that stands for each text of a column in SPSS."""
    missing = {HIDDEN_VALUE: SAV_HIDDEN, HIDDEN: SAV_NOT_ASKED, UNKNOWN: SAV_DECLINED}
    if variable.item or variable.code in ("weight", "fpc", "in_province", UNIT, "month"):
        return {}
    if variable.code == "stratum":
        return {stratum.name: float(k) for k, stratum in enumerate(micro.strata, 1)}
    plain = [value for value, _ in variable.values if value not in missing]
    return {value: float(k) for k, value in enumerate(plain, 1)} | missing


def _value_label(variable: str, value: str, label: str) -> str:
    """The label of a value in SPSS, the code in front where the codes are the office's own."""
    return f"{value}: {label}" if variable in OWN_CODES and value != HIDDEN_VALUE else label


def _write_piece(
    path: Path,
    block: pd.DataFrame,
    micro: Microdata,
    described: list[Variable],
    numbers: Mapping[str, Mapping[str, float]],
) -> None:
    import pyreadstat

    columns = {v.code: _coded(block[v.code], v, numbers[v.code]) for v in described}
    said: dict[str, dict[Any, str]] = {}
    missing: dict[str, list[Any]] = {}
    for v in described:
        if v.item:
            said[v.code] = {float(value): pair[0] for value, pair in v.values}
            missing[v.code] = [float(code) for code in ITEM_CODES.values()]
        elif v.code == "stratum":
            said[v.code] = {number: name for name, number in numbers[v.code].items()}
        elif numbers[v.code]:
            said[v.code] = {
                numbers[v.code][value]: _value_label(v.code, value, pair[0])
                for value, pair in v.values
                if value in numbers[v.code]
            }
            missing[v.code] = [SAV_HIDDEN, SAV_NOT_ASKED, SAV_DECLINED] if v.attribute else []
        elif v.code == "month":
            said[v.code] = {SAV_HIDDEN: v.values[0][1][0]}
            missing[v.code] = [SAV_HIDDEN]
    pyreadstat.write_sav(
        pd.DataFrame(columns),
        str(path),
        file_label=f"SIPAS {micro.content.results.round.code}",
        column_labels={v.code: v.title[0] for v in described},
        variable_value_labels={code: labels for code, labels in said.items() if labels},
        missing_ranges={code: values for code, values in missing.items() if values},
        variable_measure={
            v.code: "ordinal" if v.item else "scale" if v.code in ("weight", "fpc") else "nominal" for v in described
        },
        variable_format={v.code: "F12.6" if v.code in ("weight", "fpc") else "F8.0" for v in described},
    )


def _coded(column: pd.Series[Any], variable: Variable, numbers: Mapping[str, float]) -> np.ndarray[Any, Any]:
    """A column as numbers; a month as 202603; blanks as missing."""
    if variable.code == "month":
        return np.array(
            [SAV_HIDDEN if text == HIDDEN_VALUE else float(text.replace("-", "")) for text in column], dtype=np.float64
        )
    if numbers:
        return np.array([numbers.get(text, np.nan) for text in column], dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
