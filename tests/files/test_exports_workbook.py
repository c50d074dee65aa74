"""The workbook: nothing in it runs, it looks as told, and a spreadsheet program opens it and says the same."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.files.exports import labels
from survey.files.exports.content import Content, figure_sheets, load_content
from survey.files.exports.workbook import write_workbook
from survey.migrations import upgrade
from survey.models import Agency, Round
from survey.web.wording import FIGURE_STATUSES
from tests.support.evaluation import scored_round

NOW = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)  # 00:30 of 3 March in Viet Nam
EVIL = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "https://example.org", "ftp://x", "a\x00b\x1f"]


@pytest.fixture
def content(tmp_path: Path) -> Iterator[Content]:
    database = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
    upgrade(database)
    with database.write() as session:
        scored_round(session)
        for agency, name in zip(session.scalars(sa.select(Agency).order_by(Agency.id)), EVIL, strict=False):
            agency.name = name
        session.scalars(sa.select(Round)).one().name = '=HYPERLINK("http://x")'
    with database.read() as session:
        yield load_content(session, "r1")
    database.dispose()


def write(content: Content, folder: Path, *, english: bool = False) -> Path:
    path = folder / "book.xlsx"
    write_workbook(path, content, now=NOW, english=english)
    return path


def test_no_text_is_a_formula_or_a_link(content: Content, tmp_path: Path) -> None:
    path = write(content, tmp_path)
    book = openpyxl.load_workbook(path)
    formulas = [
        (page.title, cell.coordinate)
        for page in book
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    # the two lengths of each whisker of the chart, which are ours
    assert {name for name, _ in formulas} <= {"Biểu đồ xếp hạng"}
    assert {at[0] for _, at in formulas} <= {"F", "G"}
    assert not any(cell.hyperlink for page in book for row in page.iter_rows() for cell in row)
    names = {row[1].value: row[1] for row in book["Chỉ số"].iter_rows(min_row=2)}
    assert names["=cmd|' /C calc'!A0"].quotePrefix
    assert "ab" not in names
    with zipfile.ZipFile(path) as package:
        assert not [name for name in package.namelist() if "external" in name.lower()]


def test_headers_are_frozen_filtered_and_bilingual_when_asked(content: Content, tmp_path: Path) -> None:
    for english, top in ((False, 1), (True, 2)):
        book = openpyxl.load_workbook(write(content, tmp_path, english=english))
        titles = [
            "Chỉ số",
            "Yếu tố",
            "Câu hỏi",
            "Phân bố",
            "Xếp hạng",
            "Thay đổi",
            "Tỷ lệ",
            "Chất lượng",
            "Phương pháp",
        ]
        assert [page.title for page in book if not page.title.startswith("Biểu đồ")] == ["Phụ lục", *titles]
        for name in titles:
            page = book[name]
            assert page.freeze_panes.endswith(str(top + 1))
            assert page.auto_filter.ref.split(":")[0] == f"A{top}"
        page = book["Chỉ số"]
        at = next(cell.column for cell in page[1] if cell.value == "Chỉ số (%)")
        assert page.cell(top + 1, at).number_format == "0.0"
        assert page.cell(top + 1, at).value != round(page.cell(top + 1, at).value, 1)  # shown short, kept whole
        assert (page.cell(2, at).value == "Index (%)") == english


def test_times_are_those_of_the_round_s_zone(content: Content, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(content, tmp_path))
    told = {row[0].value: row[2] for row in book["Phương pháp"].iter_rows()}
    assert told["made_at"].value == datetime(2026, 3, 3, 0, 30)  # noqa: DTZ001
    assert told["opens_on"].is_date
    assert told["opens_on"].number_format == "dd/mm/yyyy"


def test_charts_are_excel_s_own(content: Content, tmp_path: Path) -> None:
    with zipfile.ZipFile(write(content, tmp_path)) as package:
        charts = [package.read(n).decode() for n in package.namelist() if n.startswith("xl/charts/chart")]
    assert len(charts) == 2
    league = next(text for text in charts if "errBars" in text)
    assert "'Biểu đồ xếp hạng'!$F$2:$F$4" in league  # whiskers come from the sheet
    stacked = next(text for text in charts if "percentStacked" in text)
    assert stacked.count("<c:ser>") == 5


def test_a_hidden_figure_is_an_empty_cell_with_its_reason(content: Content, tmp_path: Path) -> None:
    hidden = content.table.copy()
    rows = hidden["agency"] == "trung-tam"
    numbers = ["n", "valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "df", "lo", "hi", "n_eff", "deff"]
    hidden[numbers] = hidden[numbers].astype("Float64")
    hidden.loc[rows, numbers] = pd.NA
    hidden.loc[rows, "status"] = "suppressed"
    content = Content(**{**content.__dict__, "table": hidden})
    page = openpyxl.load_workbook(write(content, tmp_path))["Chỉ số"]
    head = [cell.value for cell in page[1]]
    found = [dict(zip(head, (c.value for c in row), strict=True)) for row in page.iter_rows(min_row=2)]
    found = [row for row in found if row["Mã cơ quan"] == "trung-tam"]
    assert found
    for row in found:
        assert row["Số người trả lời"] is row["Chỉ số (%)"] is row["Sai số chuẩn"] is None
        assert row["Trạng thái"] == "Ẩn để bảo vệ người trả lời (nhóm quá ít người)"


def test_every_word_of_the_results_has_its_words() -> None:
    from scoring import compare, estimate, table

    assert set(FIGURE_STATUSES) >= set(estimate.STATUS) | set(table.STATUS)
    assert set(labels.CHANGE_STATUSES) == set(compare.STATUS)


OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.slow(reason="starts LibreOffice to read it")
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed (apt-get install libreoffice-calc-nogui)")
def test_libreoffice_opens_it_and_says_the_same(content: Content, tmp_path: Path) -> None:
    path = write(content, tmp_path, english=True)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    again = tmp_path / "again"
    done = subprocess.run(
        [OFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(again), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Error" not in done.stderr
    book = openpyxl.load_workbook(again / "book.xlsx", data_only=True)
    for sheet in figure_sheets(content):
        rows = [row[: len(sheet.columns)] for row in book[sheet.title[0]].iter_rows(min_row=3, values_only=True)]
        expected = [tuple(_cleaned(value) for value in row) for row in sheet.rows]
        assert len(rows) == len(expected)
        for have, want in zip(rows, expected, strict=True):
            assert have == tuple(pytest.approx(v, rel=1e-14) if isinstance(v, float) else v for v in want)


def _cleaned(value: object) -> object:
    """Return what is left of a value in a cell: no control characters, nothing for an empty text."""
    return (value.replace("\x00", "").replace("\x1f", "") or None) if isinstance(value, str) else value


def test_targets_have_a_sheet_where_any_are_set(content: Content) -> None:
    assert "targets" not in [sheet.code for sheet in figure_sheets(content)]
    judged = replace(content, results=replace(content.results, targets={("so-tu-phap", ""): 50.0}))
    sheet = next(sheet for sheet in figure_sheets(judged) if sheet.code == "targets")
    (row,) = sheet.rows
    values = {column.code: value for column, value in zip(sheet.columns, row, strict=True)}
    assert (values["agency"], values["target"], values["n"]) == ("so-tu-phap", 50.0, 60)
    assert (values["verdict"], values["verdict_words"], values["more"]) == ("reached", "đạt", None)
    assert labels.TARGET_VERDICTS.text("not_reached") == "chưa đạt"


def test_the_first_sheet_is_the_appendix_of_a_decision(content: Content, tmp_path: Path) -> None:
    """By hand (see `tests.support.evaluation`): 75 % of 60, 50 % of 40; 6 people at the centre are shown too."""
    page = openpyxl.load_workbook(write(content, tmp_path)).worksheets[0]
    assert page.title == "Phụ lục"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0  # one page wide, as many as needed
    assert page.print_title_rows == "$3:$3"
    heads = [cell.value for cell in page[3]]
    assert heads[:5] == ["STT", "Cơ quan", "Số phiếu", "Tỷ lệ phản hồi (%)", "Chỉ số chung (%)"]
    assert heads[-1] == "So với mức mong đợi"
    assert len(heads) == 6 + len(content.definition.elements)
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    assert rows[0][1] == "Toàn tỉnh"
    first = next(row for row in rows if row[0] == "2")
    assert first[2] == 60
    assert first[3] == pytest.approx(10.0)  # 60 of 600
    assert first[4] == pytest.approx(75.0)
    at = next(k for k, row in enumerate(rows, 4) if row[0] == "2")
    assert page.cell(at, 5).number_format == "0.00"
    parts = [row[0] for row in rows if str(row[0]).startswith(("I.", "II."))]
    assert parts == ["I. Sở, ban, ngành và trung tâm phục vụ hành chính công"]  # no commune has figures here
    hidden = content.table.copy()
    few = hidden["agency"] == "trung-tam"
    hidden[["n", "index"]] = hidden[["n", "index"]].astype("Float64")
    hidden.loc[few, ["n", "index"]] = pd.NA
    cut = openpyxl.load_workbook(write(replace(content, table=hidden), tmp_path)).worksheets[0]
    last = next(row for row in cut.iter_rows(min_row=4, values_only=True) if row[0] == "3")
    assert last[2] == "–"
    assert last[4] == "không nêu"
