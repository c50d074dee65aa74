"""Tables as offices have them: the files of tests/fixtures/cases by page and by command, and what they stand for."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, BatchKind, Counter, Population, Role, Service
from survey.spreadsheets.read import open_office_table
from tests.support.clock import set_clock
from tests.support.evaluation import PASSWORD, sign_in, token
from tests.support.province import NOW, ROUND, TABLES, load, make_round, small, son_la

KINDS = {"agencies": "co-quan", "services": "linh-vuc", "counters": "quay", "population": "giao-dich"}
MODELS = {"agencies": Agency, "services": Service, "counters": Counter, "population": Population}
#: file, kind, what stands before, rows added, rows left out with what they say
TAKEN: list[tuple[str, str, Callable[[Flask], Any] | None, int, list[str]]] = [
    ("A1_co_quan_tieu_de_gop.xlsx", "agencies", None, 92, ["97 (Tổng cộng)"]),
    ("A2_tieu_de_tieng_viet.xlsx", "agencies", None, 92, []),
    ("A3_cham_phay.csv", "agencies", None, 92, []),
    ("A3b_tong_cong.csv", "agencies", None, 92, ["94 (Tổng cộng)"]),
    ("A6_ma_so_0.xlsx", "agencies", None, 3, []),
    ("S1_linh_vuc.xlsx", "services", None, 7, []),
    ("S2_tong.xlsx", "services", None, 7, ["9 (Tổng cộng)"]),
    ("S3_ok.xlsx", "services", None, 7, []),
    ("S3_ok.xls", "services", None, 7, []),
    ("S3_ok.ods", "services", None, 7, []),
    ("P1_bieu_rong.xlsx", "population", son_la, 225, ["79 (Tổng)"]),
    ("P2_dai_ten.xlsx", "population", son_la, 75, ["77 (Tổng cộng)"]),
    ("P3_ok.xlsx", "population", son_la, 227, []),
    ("P4_tong.xlsx", "population", son_la, 227, ["229 (Tổng cộng)"]),
    ("b1pop.xlsx", "population", small, 1, []),
]
#: worked out from the files: 75 communes with 1201 … 1275, 300 and 45; 75 × (1234 + 567 + 1045) and the centre's 11 500
SUMS = {
    "P1_bieu_rong.xlsx": 75 * 1238 + 75 * 345,
    "P2_dai_ten.xlsx": 75 * 1234,
    "P3_ok.xlsx": 75 * 2846 + 11_500,
    "P4_tong.xlsx": 75 * 2846 + 11_500,
    "b1pop.xlsx": 1000,
}


@pytest.fixture
def site(app: Flask) -> Flask:
    set_clock(app, NOW)
    return app


def admin_of(app: Flask) -> FlaskClient:
    """Return an administrator, where nothing may be stored yet."""
    with app.extensions["database"].write() as session:
        create_user(session, username="admin", password=PASSWORD, role=Role.ADMIN, agency_id=None, actor=Actor(NOW))
    client = app.test_client()
    sign_in(client, "admin")
    return client


def text_of(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").main.get_text(" ").split())


def send(client: FlaskClient, kind: str, data: bytes, name: str) -> str:
    """Send a file; return the address of its preview."""
    body = {"csrf_token": token(client.get("/quan-tri/nhap").text), "kind": KINDS[kind], "round": ROUND}
    reply = client.post("/quan-tri/nhap", data={**body, "file": (io.BytesIO(data), name)})
    assert reply.status_code == 303, text_of(reply.text)
    return str(reply.location)


def count(app: Flask, kind: str) -> int:
    with app.extensions["database"].read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(MODELS[kind])) or 0


def run(app: Flask, kind: str, path: Path, *more: str) -> Any:
    round_ = ["--round", ROUND] if kind == "population" else []
    return app.test_cli_runner().invoke(args=["import", kind, str(path), *round_, *more])


@pytest.mark.parametrize(("name", "kind", "before", "added", "left_out"), TAKEN)
def test_a_table_is_taken_by_command(
    site: Flask, name: str, kind: str, before: Callable[[Flask], Any] | None, added: int, left_out: list[str]
) -> None:
    if before:
        before(site)
    done = run(site, kind, TABLES / name)
    assert done.exit_code == 0, done.output
    assert f"{added} " in done.output
    assert [f"Left out: row {row}" in done.output for row in left_out] == [True] * len(left_out)
    assert count(site, kind) == added
    if name in SUMS:
        assert f"N = {SUMS[name]} in all" in done.output
        with site.extensions["database"].read() as session:
            assert session.scalar(sa.select(sa.func.sum(Population.transactions))) == SUMS[name]


@pytest.mark.parametrize(("name", "kind", "before", "added", "left_out"), TAKEN)
def test_a_table_is_taken_by_page(
    site: Flask, name: str, kind: str, before: Callable[[Flask], Any] | None, added: int, left_out: list[str]
) -> None:
    (before or make_round)(site)
    client = admin_of(site)
    at = send(client, kind, (TABLES / name).read_bytes(), name)
    shown = text_of(client.get(at).text)
    assert f"Sẽ thêm {added} dòng" in shown
    assert all(f"dòng {row}" in shown for row in left_out)
    assert ("Bỏ qua" in shown) == bool(left_out)
    if name in SUMS:
        assert f"Tổng N: {SUMS[name]:,}".replace(",", ".") in shown.replace("\u202f", ".").replace("\xa0", ".")
    page = client.get(at).text
    client.post(at.split("?")[0], data={"csrf_token": token(page), "round": ROUND})
    assert count(site, kind) == added


#: file, kind, what the page says, what the command says
REFUSED = [
    ("A4_ansi1258.csv", "agencies", "ô B2: “S? N?i v?” đã mất chữ tiếng Việt", "has lost its Vietnamese letters"),
    ("S5_hoi_cham.csv", "services", "ô B2: “H? t?ch” đã mất chữ tiếng Việt", "save that as .xlsx or as “CSV UTF-8”"),
    ("S4_trung.xlsx", "services", "ô B3 name đất đai tên khác, vì tên này trùng với lĩnh vực dat-dai", "(B3)"),
]


@pytest.mark.parametrize(("name", "kind", "page_says", "command_says"), REFUSED)
def test_a_table_is_refused_with_its_reason(
    site: Flask, name: str, kind: str, page_says: str, command_says: str
) -> None:
    make_round(site)
    done = run(site, kind, TABLES / name)
    assert (done.exit_code, command_says in done.output) == (2, True), done.output
    client = admin_of(site)
    shown = text_of(client.get(send(client, kind, (TABLES / name).read_bytes(), name)).text)
    assert page_says in shown
    assert count(site, kind) == 0


def test_codes_keep_the_zeros_that_excel_shows(site: Flask) -> None:
    run(site, "agencies", TABLES / "A6_ma_so_0.xlsx")
    with site.extensions["database"].read() as session:
        assert sorted(session.scalars(sa.select(Agency.code))) == ["03646", "03651", "14"]


def test_counters_by_the_names_of_agencies_and_fields(site: Flask, tmp_path: Path) -> None:
    son_la(site)
    refused = run(site, "counters", TABLES / "C3_ten.csv")
    assert refused.exit_code == 2
    assert "has the counter" in refused.output
    assert "(B3): 'Q01' is not new" in refused.output
    with site.extensions["database"].read() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Counter))
    path = tmp_path / "C3.csv"
    path.write_text((TABLES / "C3_ten.csv").read_text("utf-8-sig").replace("Q01", "Q77"), "utf-8")
    assert run(site, "counters", path).exit_code == 0
    with site.extensions["database"].read() as session:
        made = session.scalars(sa.select(Counter).order_by(Counter.id.desc()).limit(2)).all()
        assert session.scalar(sa.select(sa.func.count()).select_from(Counter)) == (before or 0) + 2
        assert [(c.agency.code, c.code, sorted(s.code for s in c.services)) for c in reversed(made)] == [
            ("phuong-to-hieu", "Q9", ["chung-thuc", "ho-tich"]),
            ("trung-tam-hcc", "Q77", ["dat-dai", "kinh-doanh"]),
        ]


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_total_that_differs_is_told_before_saving(site: Flask) -> None:
    son_la(site)
    client = admin_of(site)
    table = workbook(
        ["Đơn vị", "Hộ tịch", "Đất đai", "Tổng"],
        ["Xã Vân Hồ", 10, "-", 10],
        ["Ủy ban nhân dân phường Tô Hiệu", "1.200", 5, 1206],
        ["Tổng cộng", 1210, 5, 1300],
    )
    shown = text_of(client.get(send(client, "population", table, "a.xlsx")).text)
    assert "Sẽ thêm 3 dòng" in shown
    assert "Ô tổng D3 của tệp ghi 1206, nhưng cộng lại được 1205" in shown
    assert "Ô tổng D4 của tệp ghi 1300, nhưng cộng lại được 1215" in shown
    assert "Ô tổng B4" not in shown


def test_numbers_under_an_unknown_field_are_not_lost_without_a_word(site: Flask, tmp_path: Path) -> None:
    son_la(site)
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(["STT", "Đơn vị", "Hộ tịch", "Thủy lợi"], [1, "Xã Vân Hồ", 10, 4]))
    done = run(site, "population", path)
    assert done.exit_code == 2
    assert "cell D2 is a number, but “Thủy lợi”" in done.output
    assert count(site, "population") == 0


def test_a_heading_that_nobody_knows_is_pointed_at_on_the_page(site: Flask) -> None:
    make_round(site)
    client = admin_of(site)
    table = workbook(["Danh mục"], [], ["Ký hiệu", "Diễn giải"], ["a", "Đất đai"], ["b", "Hộ tịch"])
    at = send(client, "services", table, "b.xlsx")
    page = client.get(at).text
    assert "không có cột “Mã” (code) ở dòng 3" in text_of(page)
    form = BeautifulSoup(page, "html.parser").find("form", action=f"{at.split('?')[0]}/doc-lai")
    assert form.find("input", id="heading_row")["value"] == "3"
    body = {"csrf_token": token(page), "heading_row": "3", "c.code": "Ký hiệu", "c.name": "Diễn giải"}
    assert client.post(f"{at.split('?')[0]}/doc-lai", data=body).status_code == 303
    assert "Sẽ thêm 2 dòng" in text_of(client.get(at).text)
    refused = client.post(f"{at.split('?')[0]}/doc-lai", data=body | {"heading_row": "99"})
    assert (refused.status_code, "Hãy ghi một số" in text_of(refused.text)) == (422, True)
    command = run(site, "services", _write(site, table), "--column", "code=Ký hiệu", "--column", "name=Diễn giải")
    assert command.exit_code == 0, command.output
    assert count(site, "services") == 2


def _write(app: Flask, data: bytes) -> Path:
    path = Path(app.extensions["database"].engine.url.database or "").parent / "t.xlsx"
    path.write_bytes(data)
    return path


def test_a_signed_table_in_parts_with_counted_columns(site: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        workbook(
            ["UBND TỈNH SƠN LA"],
            ["STT", "Mã lĩnh vực", "Tên lĩnh vực", "Ghi chú", None, "Ghi chú"],
            ["(1)", "(2)", "(3)", "(4)"],
            ["I", None, "LĨNH VỰC CẤP TỈNH"],
            [1, "dat-dai", "Đất đai", "x", "y", "z"],
            ["II", None, "Lĩnh vực cấp xã"],
            [2, "ho-tich", "Hộ tịch"],
            [None, "Cộng:", 2],
            [],
            [None, None, "Sơn La, ngày 30 tháng 11 năm 2026"],
            [None, "Người lập biểu", "THỦ TRƯỞNG ĐƠN VỊ"],
            [None, "Lò Thị B", None],
        )
    )
    done = run(site, "services", path)
    assert done.exit_code == 0, done.output
    assert count(site, "services") == 2
    assert [line.split("row ")[1].split(" ")[0] for line in done.output.splitlines() if "Left out" in line] == [
        *("3", "4", "6", "8", "10", "11", "12"),
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Së Néi vô", "TCVN3"), ("Sôû Noäi vuï", "TCVN3"), ("S\ufffd N\ufffdi", "lost its Vietnamese")],
)
def test_letters_of_old_fonts_are_refused(site: Flask, tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(["Mã", "Tên"], ["noi-vu", name]))
    done = run(site, "services", path)
    assert (done.exit_code, reason in done.output, "cell B2" in done.output) == (2, True, True)


def test_a_number_without_its_zeros_is_asked_about(site: Flask, tmp_path: Path) -> None:
    run(site, "agencies", TABLES / "A6_ma_so_0.xlsx")
    path = tmp_path / "q.csv"
    path.write_text("Cơ quan;Mã quầy;Tên quầy\n3646;Q1;Quầy 1\n", "utf-8")
    done = run(site, "counters", path)
    assert (done.exit_code, "is “03646” meant?" in done.output) == (2, True)


@pytest.mark.parametrize(("written", "says"), [("46346", "Excel's number for 20/11/2026"), ("20/11/26", "20/11/2026")])
def test_days_that_need_a_question(site: Flask, tmp_path: Path, written: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"Mã;Tên;Loại;Cấp;Từ ngày\nso-a;Sở A;sở;cấp tỉnh;{written}\n", "utf-8")
    done = run(site, "agencies", path)
    assert (done.exit_code, says in done.output) == (2, True)


def test_long_names_are_taken(site: Flask) -> None:
    son_la(site)
    assert load(site, BatchKind.AGENCIES, TABLES / "longa.csv") == 1
    assert load(site, BatchKind.COUNTERS, TABLES / "longc.csv") == 2


def test_a_heading_in_two_rows_is_read_with_its_lower_one(site: Flask) -> None:
    with open_office_table(TABLES / "b1two.xlsx", lambda heading: heading if heading.isascii() else "") as table:
        assert table.columns == ("agency", "service", "date", "cc_thai_do", "tthc_phi")
        assert list(table) == [(3, ["so-a", "dat-dai", "20/11/2026", "4", "5"])]
