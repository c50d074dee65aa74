"""Export files of a round, written atomically: whole to a path, or not at all."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

import pandas as pd
from sqlalchemy import orm

from survey.files.exports.codebook import codebook_sheet
from survey.files.exports.content import TABLES, Content, WorkbookSheet
from survey.files.exports.microdata import Microdata, prepare
from survey.files.exports.microdata_files import csv_blocks, write_parquet, write_sav
from survey.files.exports.scripts import r_script, stata_script
from survey.files.exports.workbook import write_workbook
from survey.results.as_csv import SPREADSHEET, Dialect, csv_lines
from survey.results.as_json import json_lines
from survey.results.as_parquet import write_table

Progress = Callable[[int], object]
Writer = Callable[[Path], None]


@dataclass(frozen=True)
class Export:
    """Export task: what the files of one round are written from."""

    session: orm.Session
    content: Content
    now: datetime
    dialect: Dialect = SPREADSHEET
    english: bool = False
    progress: Progress | None = None
    #: whether microdata are for everyone, without the numbers of counter-days
    public: bool = False

    @property
    def stem(self) -> str:
        """Begin of the files' names: letters, digits and hyphens alone, since scripts name the files."""
        return "sipas-" + re.sub(r"[^A-Za-z0-9-]+", "-", self.content.results.round.code).strip("-")


def files(export: Export, kinds: Iterable[str]) -> Iterator[tuple[str, Writer]]:
    """Yield the name of each file of the kinds asked for, and what writes it."""
    stem = export.stem
    micro: Microdata | None = None
    for kind in kinds:
        if kind == "xlsx":
            yield f"{stem}.xlsx", lambda path: workbook(export, path)
        elif kind in ("csv", "json", "parquet"):
            for table in TABLES:
                yield f"{stem}-{table}.{kind}", _table_writer(export, table, kind)
        if kind in ("sav", "microdata", "scripts"):
            micro = micro or prepare(export.session, export.content, public=export.public)
            yield from _microdata_files(export, micro, kind)


def _table_writer(export: Export, table: str, form: str) -> Writer:
    return lambda path: write_figures(export.content.frame(table), form, path, export.dialect)


def write_figures(table: pd.DataFrame, form: str, path: Path, dialect: Dialect = SPREADSHEET) -> None:
    """Write a table of figures as `csv`, `json` or `parquet`."""
    if form == "parquet":
        write_table(table, path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(json_lines(table) if form == "json" else csv_lines(table, dialect=dialect))


def workbook(export: Export, path: Path) -> None:
    """Write the workbook; for those who see all agencies with the codebook of the microdata."""
    more: list[WorkbookSheet] = []
    if not export.content.limited:
        more.append(codebook_sheet(prepare(export.session, export.content, public=export.public)))
    write_workbook(path, export.content, now=export.now, english=export.english, more=more, progress=export.progress)


def _microdata_files(export: Export, micro: Microdata, kind: str) -> Iterator[tuple[str, Writer]]:
    session, stem, progress = export.session, export.stem, export.progress
    data = f"{stem}-microdata.csv"
    if kind == "sav":
        yield f"{stem}-microdata.sav", lambda path: write_sav(session, micro, path, progress)
    elif kind == "microdata":
        yield data, lambda path: _write_text(path, csv_blocks(session, micro, export.dialect, progress))
        yield f"{stem}-microdata.parquet", lambda path: write_parquet(session, micro, path, progress)
        yield f"{stem}-codebook.csv", lambda path: _write_text(path, _codebook(micro, export.dialect))
    else:
        yield f"{stem}.R", lambda path: _write_text(path, [r_script(micro, data)])
        yield f"{stem}.do", lambda path: _write_text(path, [stata_script(micro, data)])


def write_package(export: Export, path: Path) -> None:
    """Write the microdata as CSV with codebook and scripts into one ZIP file."""
    micro = prepare(export.session, export.content, public=export.public)
    stem = export.stem
    data = f"{stem}-microdata.csv"
    parts: dict[str, Iterable[str]] = {
        data: csv_blocks(export.session, micro, SPREADSHEET, export.progress),
        f"{stem}-codebook.csv": _codebook(micro, SPREADSHEET),
        f"{stem}.R": [r_script(micro, data)],
        f"{stem}.do": [stata_script(micro, data)],
        f"{stem}.json": [_about(export, micro)],
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, lines in parts.items():
            entry = zipfile.ZipInfo(name, export.now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with package.open(entry, "w", force_zip64=True) as raw, TextIOWrapper(raw, "utf-8", newline="") as file:
                file.writelines(lines)


def _about(export: Export, micro: Microdata) -> str:
    """What the data are, for programs."""
    round_ = export.content.results.round
    facts = {
        "round": round_.code,
        "name": round_.name,
        "opens_on": str(round_.opens_on),
        "closes_on": str(round_.last_day),
        "zone": round_.zone,
        "questionnaire": export.content.definition.code,
        "rules": export.content.results.rules.to_mapping(),
        "rows": micro.responses,
        "withheld": sum(w.responses for w in micro.withheld if w.agency == ""),
        "k": micro.rule.min_n,
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _codebook(micro: Microdata, dialect: Dialect) -> Iterator[str]:
    sheet = codebook_sheet(micro)
    table = pd.DataFrame(list(sheet.rows), columns=[column.code for column in sheet.columns], dtype=object)
    return csv_lines(table, dialect=dialect)


def _write_text(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
