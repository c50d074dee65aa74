"""The results pages show what the result table holds, in the person's language, with what it must stand beside."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scoring import nonresponse
from survey.results.compute import round_results
from tests.support.evaluation import accounts, scored_round, sign_in
from tests.support.reading import soup, words


@pytest.fixture
def evaluator(app: Flask, client: FlaskClient) -> FlaskClient:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    sign_in(client, "evaluator")
    return client


def rows_of_csv(client: FlaskClient, address: str) -> list[dict[str, str]]:
    body = client.get(address).data
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_rounds_are_listed(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia")
    assert [a["href"] for a in page.select(".cards a")] == ["/danh-gia/r1"]
    assert "01/01/2020 – 31/12/2099 · Đang nhận phiếu" in words(page.select_one(".cards"))


def test_the_province_is_weighted_by_transactions(evaluator: FlaskClient) -> None:
    """By hand: 45/60 of 600, 20/40 of 200 and 6/6 of 100 transactions: (450 + 100 + 100) / 900 = 72.22 %."""
    page = soup(evaluator, "/danh-gia/r1")
    assert words(page.select_one("#province-index")).startswith("72,2 (")
    assert words(page.select_one("#province-n")) == "106"
    facts = words(page.select_one(".facts"))
    assert "900" in facts
    assert "11,8 %" in facts  # 106 / 900


def test_agencies_stand_best_first_below_the_province_with_n_and_rate(evaluator: FlaskClient) -> None:
    rows = soup(evaluator, "/danh-gia/r1").select(".matrix:not(.rates) tbody tr")
    assert [row["data-agency"] for row in rows] == ["", "trung-tam", "so-tu-phap", "so-dat-dai"]
    justice = [words(cell) for cell in rows[2].find_all(["th", "td"])]
    assert justice[:3] == ["Sở Tư pháp", "60", "10,0 %"]
    assert len(justice) == 3 + 1 + 5
    assert justice[3].startswith("75,0 (")


def test_thin_data_are_grey_and_say_why(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1")
    row = page.select_one('tr[data-agency="trung-tam"]')
    assert row is not None
    assert row.select_one(".index.thin sup") is not None
    reasons = [words(one) for one in page.select("ol.reasons li")]  # a, b … beneath the table
    assert reasons["abc".index(words(row.sup))] == "Quá ít người trả lời nên khoảng tin cậy không có ý nghĩa."
    assert row.select_one(".whisker") is None


def test_channels_and_exclusions_stand_beside_the_index(evaluator: FlaskClient) -> None:
    lists = [words(table) for table in soup(evaluator, "/danh-gia/r1").select("table.list")]
    assert lists[0] == "Số phiếu được tính, theo kênh Mã QR 80 Phiếu giấy 26"
    assert lists[1] == "Số phiếu không được tính, theo lý do Do chương trình máy tính gửi, không phải người 1"


def test_the_limits_are_told(evaluator: FlaskClient) -> None:
    for address in ("/danh-gia/r1", "/danh-gia/r1/toan-tinh", "/danh-gia/r1/co-quan/so-tu-phap"):
        assert "Khoảng tin cậy chỉ phản ánh sai số chọn mẫu." in words(soup(evaluator, address).select_one(".caveats"))


def test_an_agency_is_shown_down_to_the_five_answers(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap")
    assert words(page.h1) == "Sở Tư pháp"
    items = page.select(".items > li")
    assert len(items) == 16
    first = items[0]
    assert words(first.select_one(".counts")) == (
        "Rất không hài lòng 0 Không hài lòng 15 Bình thường 0 Hài lòng 0 Rất hài lòng 45"
    )
    widths = [(rect["class"][0], rect["x"], rect["width"]) for rect in first.select("rect:not(.pattern)")]
    assert widths == [("level-2", "0.0%", "25.0%"), ("level-5", "25.0%", "75.0%")]
    assert [text.get_text() for text in first.select(".stack-bar text")] == ["25", "75"]
    assert "60 câu trả lời hợp lệ" in words(first)


def test_services_lead_further_down(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap")
    link = page.select_one("table.compact tbody a")
    assert link is not None
    below = soup(evaluator, str(link["href"]))
    assert words(below.h1) == "Sở Tư pháp: Hộ tịch"
    assert words(below.select_one(".main-fact dd")).startswith("75,0 (")


def test_every_chart_is_titled_and_described(evaluator: FlaskClient) -> None:
    for address in ("/danh-gia/r1", "/danh-gia/r1/co-quan/so-tu-phap"):
        page = soup(evaluator, address)
        charts = page.select("svg[role=img]")
        assert charts
        for chart in charts:
            for attribute in ("aria-labelledby", "aria-describedby"):
                assert words(page.find(id=chart[attribute]))
        assert all(svg.get("aria-hidden") == "true" for svg in page.select("svg:not([role=img])"))


def test_the_csv_holds_exactly_what_the_overview_shows(app: Flask, evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1")
    rows = rows_of_csv(evaluator, "/danh-gia/r1/ket-qua.csv")
    shown = {row["data-agency"]: row.select("td:not(.count)") for row in page.select(".matrix:not(.rates) tbody tr")}
    assert {row["agency"] for row in rows} == set(shown)
    for agency, cells in shown.items():
        figures = [row for row in rows if row["agency"] == agency]
        assert [row["level"] for row in figures] == ["overall"] + ["element"] * 5
        for cell, figure in zip(cells, figures, strict=True):
            assert words(cell.select_one("b")) == f"{float(figure['index']):.1f}".replace(".", ",")
            if figure["lo"]:
                bounds = f"({float(figure['lo']):.1f}–{float(figure['hi']):.1f})".replace(".", ",")
                assert words(cell.select_one(".range")) == bounds
    with app.extensions["database"].read() as session:
        table = round_results(session, "r1").table
    assert list(rows[0]) == [*table.columns, *(name for name, _ in nonresponse.COLUMNS)]
    kept = table[(table["service"] == "") & table["level"].isin(["overall", "element"])]
    assert [float(row["index"]) for row in rows] == list(kept["index"])


def test_the_csv_of_an_agency_and_of_everything(app: Flask, evaluator: FlaskClient) -> None:
    agency = rows_of_csv(evaluator, "/danh-gia/r1/ket-qua.csv?co-quan=so-tu-phap&linh-vuc=ho-tich")
    assert {(row["agency"], row["service"]) for row in agency} == {("so-tu-phap", "ho-tich")}
    assert [row["level"] for row in agency].count("item") == 16
    with app.extensions["database"].read() as session:
        table = round_results(session, "r1").table
    assert len(rows_of_csv(evaluator, "/danh-gia/r1/ket-qua.csv?bang=day-du")) == len(table)


def test_the_file_has_a_vietnamese_name(evaluator: FlaskClient) -> None:
    header = evaluator.get("/danh-gia/r1/ket-qua.csv").headers["Content-Disposition"]
    assert f"filename*=UTF-8''{quote('Kết quả SIPAS r1.csv')}" in header


def test_english_has_its_own_numbers_and_names(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1?lang=en")
    assert words(page.select_one("#province-index")).startswith("72.2 (")
    assert words(page.select_one('tr[data-agency="so-tu-phap"] th')) == "Department of Justice"
    assert "Intervals cover sampling error only." in words(page.select_one(".caveats"))


@pytest.mark.parametrize(
    "address",
    [
        "/danh-gia/no-such-round",
        "/danh-gia/r1/co-quan/no-such-agency",
        "/danh-gia/r1/co-quan/so-tu-phap?linh-vuc=dat-dai",
        "/danh-gia/r1/ket-qua.csv?co-quan=no-such-agency",
    ],
)
def test_what_does_not_exist_is_not_found(evaluator: FlaskClient, address: str) -> None:
    assert evaluator.get(address).status_code == 404


def test_a_round_without_responses_says_so(app: Flask, client: FlaskClient) -> None:
    import sqlalchemy as sa

    from survey.models import Response

    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        session.execute(sa.delete(Response))
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/r1")
    assert words(page.select_one("#province-n")) == "0"
    assert "Chưa có phiếu nào." in words(page)
