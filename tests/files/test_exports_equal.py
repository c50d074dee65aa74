"""Every number of a round is the same on the page and in every file: each is read back by a reader of its own."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars
import pptx
import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from pypdf import PdfReader

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.demo.operations.load_demo import Demo
from survey.files.exports import labels
from survey.files.exports.content import Content, figure_sheets, load_content
from survey.publication.operations.api_clients import create_api_client
from survey.results.as_csv import BOM, plain
from survey.results.compute import round_results
from tests.support.evaluation import post, sign_in
from tests.support.jobs import make_file

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
TABLES = ("chi-so", "khoang-thu-hang", "thay-doi")
FRAMES = dict(zip(TABLES, ("results", "ranks", "changes"), strict=True))
ROUND = "2026"


@pytest.fixture(scope="module")
def demonstration(
    tmp_path_factory: pytest.TempPathFactory, demonstration_copy: Callable[[Path], Demo]
) -> Iterator[tuple[FlaskClient, Content]]:
    """A signed-in evaluator over the demonstration province, and what the one path says of its round."""
    instance = tmp_path_factory.mktemp("demo")
    made = demonstration_copy(instance)
    app = create_app(Settings(instance_dir=instance, secret_key="k" * 40))
    database = app.extensions["database"]
    client = app.test_client()
    sign_in(client, made.username, made.password)
    if client.get("/danh-gia").status_code != 200:  # the first password must be replaced
        post(client, "/tai-khoan/mat-khau", current=made.password, new="ruong 2026 bac", again="ruong 2026 bac")
    with database.read() as session:
        yield client, load_content(session, ROUND)
    database.dispose()


def stored(content: Content, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return names and plain values of a table as the one path gives it."""
    frame = content.frame(FRAMES[table])
    return list(frame.columns), [tuple(map(plain, row)) for row in frame.itertuples(index=False, name=None)]


def fetch(client: FlaskClient, address: str) -> bytes:
    at, english = f"/danh-gia/{ROUND}/{address}".rstrip("/"), {}
    if "bang-tinh" in at or "vi-mo" in at:
        at, _, query = at.partition("?")
        english = dict([query.split("=")]) if query else {}
        reply = make_file(client.application, client, at, **english)
    else:
        reply = client.get(at)
    assert reply.status_code == 200, address
    return reply.data


def compare(names: list[str], expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> None:
    """Assert that two tables are equal cell by cell; numbers to the last bit."""
    assert len(found) == len(expected) > 20
    for number, (want, have) in enumerate(zip(expected, found, strict=True)):
        for name, one, other in zip(names, want, have, strict=True):
            if isinstance(other, float) and math.isnan(other):
                other = None
            assert one == other or (one in (None, "") and other in (None, "")), (number, name, one, other)


def read_csv(text: str, names: list[str], like: list[tuple[Any, ...]], delimiter: str = ",") -> list[tuple[Any, ...]]:
    """Read CSV back; cells are numbers where the stored column has numbers."""
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=delimiter))
    assert rows[0] == names
    numeric = [any(isinstance(row[k], int | float) for row in like) for k in range(len(names))]
    point = "," if delimiter == ";" else "."

    def value(cell: str, is_number: bool) -> Any:
        return (float(cell.replace(point, ".")) if cell else None) if is_number else cell

    return [tuple(value(cell, numeric[k]) for k, cell in enumerate(row)) for row in rows[1:]]


@pytest.mark.parametrize("table", TABLES)
def test_csv_json_and_parquet(demonstration: tuple[FlaskClient, Content], table: str, tmp_path: Path) -> None:
    client, content = demonstration
    names, expected = stored(content, table)
    compare(names, expected, read_csv(fetch(client, f"tai-ve/{table}.csv").decode(), names, expected))
    semicolons = fetch(client, f"tai-ve/{table}.csv?dau=cham-phay").decode()
    compare(names, expected, read_csv(semicolons, names, expected, ";"))
    objects = json.loads(fetch(client, f"tai-ve/{table}.json"))
    assert [list(o) for o in objects[:1]] == [names]
    compare(names, expected, [tuple(o.values()) for o in objects])
    path = tmp_path / "table.parquet"
    path.write_bytes(fetch(client, f"tai-ve/{table}.parquet"))
    query = duckdb.read_parquet(str(path))
    assert query.columns == names
    compare(names, expected, query.fetchall())
    frame = polars.read_parquet(path)
    assert frame.columns == names
    compare(names, expected, frame.rows())
    again = pd.read_parquet(path)
    compare(names, expected, [tuple(map(plain, row)) for row in again.itertuples(index=False, name=None)])


def test_the_page_s_own_csv(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    names, expected = stored(content, "chi-so")
    compare(names, expected, read_csv(fetch(client, "ket-qua.csv?bang=day-du").decode(), names, expected))


def test_the_page_shows_the_same_indices(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    table = content.table
    whole = table[(table["service"] == "") & (table["level"] == "overall")].set_index("agency")
    rows = rows_of_all_pages(client, f"/danh-gia/{ROUND}")
    assert len(rows) == len(whole) > 20
    for row in rows:
        figure = whole.loc[row["data-agency"]]
        shown = [float(n.get_text().replace(".", "").replace(",", ".")) for n in row.select(".index b")[:1]]
        assert shown == [pytest.approx(figure["index"], abs=0.0500001)]
        assert int(row.select("td.count")[0].get_text().replace(".", "")) == figure["n"]


def test_the_workbook(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    book = openpyxl.load_workbook(io.BytesIO(fetch(client, "tai-ve/bang-tinh.xlsx?tieng-anh=co")), read_only=True)
    for sheet in figure_sheets(content):
        rows = list(book[sheet.title[0]].iter_rows(values_only=True))
        assert list(rows[0]) == [column.title[0] for column in sheet.columns]
        assert list(rows[1]) == [column.title[1] for column in sheet.columns]
        # a cell of a workbook has 16 digits
        expected = [tuple(float(f"{v:.16G}") if isinstance(v, float) else v for v in row) for row in sheet.rows]
        compare([c.code for c in sheet.columns], expected, rows[2:])


def test_the_sheets_hold_the_tables_whole(demonstration: tuple[FlaskClient, Content]) -> None:
    """What the workbook was compared with is itself compared with the tables: no row lost, no number altered."""
    _, content = demonstration
    sheets = {sheet.code: sheet for sheet in figure_sheets(content)}
    levels = {pair[0]: code for code, pair in labels.LEVELS.items()}
    split = [(s, row) for s in ("indices", "elements", "items") for row in sheets[s].rows]
    by_place = {}
    for name, row in split:
        cells = dict(zip([c.code for c in sheets[name].columns], row, strict=True))
        by_place[cells["agency"], cells["service"], levels[cells["level"]], cells["key"]] = cells
    names, expected = stored(content, "chi-so")
    assert len(by_place) == len(expected) == len(list(sheets["distribution"].rows))
    for row, counted in zip(expected, sheets["distribution"].rows, strict=True):
        wanted = dict(zip(names, row, strict=True))
        cells = by_place[wanted["agency"], wanted["service"], wanted["level"], wanted["key"]]
        for name in ("n", "valid", "index", "lo", "hi", "se", "df", "n_eff", "deff", "coverage", "population"):
            assert cells[name] == wanted[name]
        answers = dict(zip([c.code for c in sheets["distribution"].columns], counted, strict=True))
        assert [answers[f"c{k}"] for k in range(1, 6)] == [wanted[f"c{k}"] for k in range(1, 6)]


def test_quality_and_method_tell_the_round(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    book = openpyxl.load_workbook(io.BytesIO(fetch(client, "tai-ve/bang-tinh.xlsx")), read_only=True)
    quality = {row[0]: row[2] for row in book["Chất lượng"].iter_rows(min_row=2, values_only=True)}
    results = content.results
    assert quality["responses"] == results.responses
    assert quality["transactions"] == results.transactions
    assert quality["response_rate"] == pytest.approx(100 * results.responses / results.transactions)
    assert {k.split(":")[1]: v for k, v in quality.items() if k.startswith("channel:")} == results.channels
    assert {k.split(":")[1]: v for k, v in quality.items() if k.startswith("excluded:")} == results.excluded
    method = {row[0]: row[2] for row in book["Phương pháp"].iter_rows(min_row=2, values_only=True)}
    assert method["opens_on"].date() == results.round.opens_on  # a real date, not a text
    assert method["rule:min_n"] == results.rules.min_n
    assert isinstance(method["made_at"], datetime)


def test_the_package_holds_data_codebook_and_scripts(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    package = zipfile.ZipFile(io.BytesIO(fetch(client, "tai-ve/vi-mo.zip")))
    assert package.testzip() is None
    stem = f"sipas-{ROUND}"
    assert sorted(package.namelist()) == sorted(
        [f"{stem}-codebook.csv", f"{stem}-microdata.csv", f"{stem}.R", f"{stem}.do", f"{stem}.json"]
    )
    text = package.read(f"{stem}-microdata.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    told = json.loads(package.read(f"{stem}.json"))
    # two of the demonstration name no service: what the results hide with them does not leave either
    top = content.table[content.table["level"] == "overall"].set_index(["agency", "service"])["n"]
    agencies = sum(int(n) for (agency, service), n in top.items() if agency and not service)
    shown = sum(int(n) for (agency, service), n in top.items() if agency and service and not pd.isna(n))
    assert agencies == content.results.responses
    assert told["withheld"] == agencies - shown > 2
    assert len(rows) == told["rows"] == shown
    book = {
        row["column"] for row in csv.DictReader(io.StringIO(package.read(f"{stem}-codebook.csv").decode("utf-8-sig")))
    }
    assert book == set(rows[0])
    assert f'"{stem}-microdata.csv"' in package.read(f"{stem}.R").decode()


def test_the_api(demonstration: tuple[FlaskClient, Content]) -> None:
    client, content = demonstration
    with client.application.extensions["database"].write() as session:
        _client, token = create_api_client(session, name="Cổng dữ liệu", scopes=["results"], actor=Actor(NOW))
    program = client.application.test_client()
    names, expected = stored(content, "chi-so")
    for part in ("results", "distributions"):
        reply = program.get(f"/api/v1/rounds/{ROUND}/{part}", headers={"Authorization": f"Bearer {token}"})
        objects = reply.get_json()[part]
        kept = [names.index(name) for name in objects[0]]
        wanted = [tuple(row[k] for k in kept) for row in expected]
        compare(list(objects[0]), wanted, [tuple(o.values()) for o in objects])


def as_shown(value: float | None) -> str:
    """Return a figure as the pages write it: one decimal, half away from zero, a decimal comma."""
    if value is None or not math.isfinite(value):
        return ""
    return str(Decimal(repr(float(value))).quantize(Decimal("0.1"), ROUND_HALF_UP)).replace(".", ",")


def rows_of_all_pages(client: FlaskClient, address: str) -> list[Tag]:
    """The rows of agencies, and the province's, which every page of the table repeats."""
    rows: dict[str, Tag] = {}
    for number in (1, 2, 3):
        page = BeautifulSoup(client.get(address, query_string={"trang": number}).data, "html.parser")
        rows |= {str(row["data-agency"]): row for row in page.select("tr[data-agency]")}
    return list(rows.values())


@pytest.mark.parametrize("address", [f"/danh-gia/{ROUND}", "/ket-qua/2025"])
def test_every_figure_of_the_matrix_on_a_page(demonstration: tuple[FlaskClient, Content], address: str) -> None:
    """Agencies down, overall and elements across: the page's numbers are those of the results, rounded once."""
    client, content = demonstration
    with client.application.extensions["database"].read() as session:
        results = round_results(session, address.rsplit("/", 1)[1])
    columns = [("overall", "all"), *(("element", e.code) for e in content.definition.elements)]
    table = results.table[results.table["service"] == ""]
    figure = {(r.agency, r.level, r.key): r for r in table.itertuples(index=False)}
    rows = rows_of_all_pages(client, address)
    assert len(rows) == 25
    for row in rows:
        cells = [cell for cell in row.select("td:not(.count)") if cell.select_one("b, .nothing")]
        assert len(cells) == len(columns)
        for cell, column in zip(cells, columns, strict=True):
            of = figure[row["data-agency"], *column]
            number = cell.select_one("b")
            assert (number.get_text() if number else "") == as_shown(of.index)
            spread = cell.select_one(".range")
            if spread is not None and math.isfinite(of.lo):
                assert spread.get_text() == f"({as_shown(of.lo)}–{as_shown(of.hi)})"


def test_satisfied_shares_add_to_every_index(demonstration: tuple[FlaskClient, Content]) -> None:
    """Satisfied and very satisfied of every item of every place: as its index, to the last digit that counts."""
    _client, content = demonstration
    items = content.table[(content.table["level"] == "item") & content.table["index"].notna()]
    assert len(items) > 1000
    for row in items.to_dict("records"):
        shares = content.bars.shares[row["agency"], row["service"], row["key"]]
        assert sum(shares[3:]) == pytest.approx(row["index"], abs=1e-9)


Read = tuple[list[float], list[float], float]
"""What the bars of an output show as satisfied, the indices beside them, and how far they may lie apart by rounding."""


def of_page(client: FlaskClient, _content: Content, address: str) -> Read:
    """Lengths of the two satisfied parts of each bar, and the index printed above it."""
    page = BeautifulSoup(client.get(f"/danh-gia/{ROUND}/{address}").text, "lxml")
    items = [one for one in page.select("ul.items > li") if one.select_one("svg.stack-bar")]
    parts = [one.select("rect.level-4, rect.level-5") for one in items]
    wide = [sum(float(str(part["width"]).rstrip("%")) for part in each) for each in parts]
    return wide, [printed(one.select_one(".item-index b")) for one in items], 0.06


def of_public_page(client: FlaskClient, _content: Content, address: str) -> Read:
    """Lengths of the bars of what people were asked about, and how many of 100 are told to be satisfied."""
    parts = BeautifulSoup(client.get(f"/ket-qua/{address}").text, "lxml").select("ul.parts > li")
    wide = [float(str(one.select_one("rect.bar")["width"]).rstrip("%")) for one in parts]
    return wide, [float(one.b.get_text().split()[0]) for one in parts], 0.56


def of_workbook(client: FlaskClient, content: Content, sheet: str) -> Read:
    """Cells of the sheet that has the chart, and the indices of the sheet of items."""
    book = openpyxl.load_workbook(io.BytesIO(fetch(client, "tai-ve/bang-tinh.xlsx")), read_only=True)
    drawn = [row[4] + row[5] for row in book[sheet].iter_rows(min_row=2, max_col=6, values_only=True)]
    items = next(one for one in figure_sheets(content) if one.code == "items")
    rows = list(book[items.title[0]].iter_rows(min_row=2, values_only=True))
    agency, service, index = (items.position(code) for code in ("agency", "service", "index"))
    return drawn, [row[index] for row in rows if not row[agency] and not row[service]], 1e-9


def of_slides(client: FlaskClient, content: Content, address: str) -> Read:
    """Values of the two last series of the chart of items, the first item at its end, and the printed indices."""
    show = pptx.Presentation(io.BytesIO(make_file(client.application, client, f"/danh-gia/{ROUND}/{address}").data))
    charts = [shape.chart for slide in show.slides for shape in slide.shapes if shape.has_chart]
    (chart,) = (one for one in charts if len(one.plots[0].series) == 5)
    satisfied = [sum(pair) for pair in zip(*(one.values for one in list(chart.plots[0].series)[3:]), strict=True)]
    return satisfied[::-1], indices_of_items(content), 0.11


def of_report(client: FlaskClient, _content: Content, address: str) -> Read:
    """The shares beneath each bar of the report, and the index in the next cell."""
    data = make_file(client.application, client, f"/danh-gia/{ROUND}/{address}").data
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())
    found = re.findall(r"4: ([\d,]+) · 5: ([\d,]+) ([\d,]+)", text)
    numbers = [[float(one.replace(",", ".")) for one in row] for row in found]
    return [four + five for four, five, _ in numbers], [index for _, _, index in numbers], 0.16


def printed(number: Tag | None) -> float:
    assert number is not None
    return float(number.get_text().replace(",", "."))


def indices_of_items(content: Content) -> list[float]:
    """The province's index of each item, in the order of the questionnaire."""
    table = content.table[(content.table["agency"] == "") & (content.table["service"] == "")]
    index = table[table["level"] == "item"].set_index("key")["index"]
    return [float(index[item.code]) for item in content.definition.items]


@pytest.mark.parametrize(
    ("read", "address"),
    [
        (of_page, "toan-tinh"),
        (of_page, "toan-tinh?linh-vuc=cong-chung"),
        (of_page, "co-quan/so-tu-phap"),
        (of_page, "co-quan/so-tu-phap?linh-vuc=cong-chung"),
        (of_public_page, "2025/so-tu-phap"),
        (of_workbook, "Biểu đồ phân bố"),
        (of_slides, "tai-ve/van-ban/trinh-chieu"),
        (of_report, "tai-ve/bao-cao-toan-tinh.pdf"),
    ],
)
def test_bars_are_weighted_as_the_index_beside_them(
    demonstration: tuple[FlaskClient, Content], read: Callable[[FlaskClient, Content, str], Read], address: str
) -> None:
    """Whatever draws answers beside an index: what is satisfied in the bar adds to it, as far as digits are written.

    Other files (DOCX, CSV, JSON, Parquet, API, pictures of charts) have numbers of answers beside an index and no bars.
    """
    wide, index, rounded = read(*demonstration, address)
    assert len(wide) == len(index) > 3
    assert wide == pytest.approx(index, abs=rounded)
