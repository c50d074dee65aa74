"""Parquet of a table of results: the same names, order and numbers as the CSV; what does not exist is null."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from survey.results.as_csv import plain


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of figures; columns of text, whole numbers or numbers, as the values are."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {}
    for name in table.columns:
        values = [plain(value) for value in table[name]]
        kinds = {type(value) for value in values if value is not None}
        kind = pa.int64() if kinds == {int} else pa.float64() if kinds and kinds <= {int, float} else pa.string()
        if not kinds and table[name].dtype.kind in "fiu":
            kind = pa.float64()
        columns[str(name)] = pa.array(values, type=kind)
    parquet.write_table(pa.table(columns), str(path), compression="zstd")
