"""Responses as the columns of Parquet files: text by dictionary, days as dates, answers a byte a character."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from scoring.partition import Labelled
from survey.core.errors import InputError

TEXTS = ("agency", "service", "counter", "channel", "excluded")
"""Columns of text. `counter` is a counter (`c` and its number) or a pile of paper forms (`p`), "" where not known;
`excluded` says why a response does not count, "" where it does."""
COLUMNS = (*TEXTS[:3], "day", *TEXTS[3:], "answers")
ROW_GROUP = 1 << 18
"""Rows between which statistics of a file are kept, so that readers may skip agencies and days."""
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, eq=False)
class ResponseColumns:
    """Responses by column."""

    #: one of `TEXTS` each
    texts: Mapping[str, Labelled]
    #: (rows,) local days, as days since 1970-01-01
    day: NDArray[np.int32]
    #: (rows, characters) packed answers, see `survey.models.Response`
    answers: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.day)

    def select(self, rows: NDArray[Any]) -> ResponseColumns:
        """Responses of some rows, by flag or by number in the order given."""
        return ResponseColumns(
            {name: Labelled(column.codes[rows], column.labels) for name, column in self.texts.items()},
            self.day[rows],
            self.answers[rows],
        )

    def sorted(self) -> ResponseColumns:
        """Responses in the order of what they hold: that of arrival is gone, and equal ones are neighbours."""
        keys: list[NDArray[Any]] = [np.ascontiguousarray(self.answers).view(f"S{self.answers.shape[1]}").ravel()]
        keys += [self.texts[name].codes for name in ("excluded", "channel")]
        keys += [self.day, *(self.texts[name].codes for name in ("counter", "service", "agency"))]
        return self.select(np.lexsort(keys))


def joined(parts: Sequence[ResponseColumns]) -> ResponseColumns:
    """Responses of several files behind one another."""
    if len(parts) == 1:
        return parts[0]
    texts = {name: Labelled.joined([part.texts[name] for part in parts]) for name in parts[0].texts}
    return ResponseColumns(texts, np.concatenate([p.day for p in parts]), np.concatenate([p.answers for p in parts]))


def write_responses(rows: ResponseColumns, path: Path) -> None:
    """Write responses as one Parquet file (zstd, statistics of all columns but the answers)."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name in TEXTS:
            column = rows.texts[name].compact()
            columns[name] = pa.DictionaryArray.from_arrays(
                pa.array(column.codes), pa.array(column.labels.tolist(), pa.string())
            )
        elif name == "day":
            columns[name] = pa.array(rows.day).cast(pa.date32())
        else:
            content = pa.py_buffer(np.ascontiguousarray(rows.answers))
            kind = pa.binary(rows.answers.shape[1])
            columns[name] = pa.FixedSizeBinaryArray.from_buffers(kind, len(rows), [None, content])
    parquet.write_table(
        pa.table(columns),
        str(path),
        compression="zstd",
        use_dictionary=list(TEXTS),
        write_statistics=[*TEXTS, "day"],
        row_group_size=ROW_GROUP,
    )


def read_responses(source: Path | IO[bytes], name: str, wanted: Sequence[str] = COLUMNS) -> ResponseColumns:
    """Read responses of one Parquet file; `name` names it in `InputError`, raised where it is not such a file."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        place = str(source) if isinstance(source, Path) else source
        with parquet.ParquetFile(place, read_dictionary=[c for c in TEXTS if c in wanted]) as file:
            table = file.read(columns=list(wanted)).unify_dictionaries().combine_chunks()
        texts = {c: _labelled(table.column(c)) for c in TEXTS if c in wanted}
        day = table.column("day").combine_chunks().cast(pa.int32()).to_numpy(zero_copy_only=False)
        return ResponseColumns(
            texts, np.asarray(day, dtype=np.int32), _matrix(table.column("answers").combine_chunks())
        )
    except (pa.ArrowException, KeyError, OSError, ValueError, TypeError) as error:
        raise InputError("%(file)s is damaged: it holds no responses as an archive has them", file=name) from error


def _labelled(column: Any) -> Labelled:
    """Column of text as numbers into sorted labels; a column without any row has none."""
    import pyarrow as pa

    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)
    return Labelled.of(whole.indices.to_numpy(zero_copy_only=False), whole.dictionary.to_pylist())


def _matrix(column: Any) -> NDArray[np.uint8]:
    """Answers as (rows, characters), without a copy where Arrow has them in one piece."""
    width = column.type.byte_width
    raw = np.frombuffer(column.buffers()[1] or b"", dtype=np.uint8)
    return raw[column.offset * width : (column.offset + len(column)) * width].reshape(len(column), width)


def day_labels(day: NDArray[np.int32]) -> Labelled:
    """Days as text, `YYYY-MM-DD`."""
    if not len(day):
        return Labelled(day, np.empty(0, dtype=object))
    first = int(day.min())
    present = np.flatnonzero(np.bincount(day - first))
    place = np.zeros(int(present[-1]) + 1, dtype=np.int32)
    place[present] = np.arange(len(present))
    labels = np.array([date.fromordinal(EPOCH + first + int(k)).isoformat() for k in present], dtype=object)
    return Labelled(place[day - first], labels)
