"""The page and the command that check a published table: what they say, what they leave alone, what they keep."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from survey.results.table_check import KINDS, REASONS, check_file
from tests.results.test_calibrated import fill
from tests.support.evaluation import accounts, earlier_round, publish_scored, scored_round, sign_in, token

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
AT = "/danh-gia/kiem-tra-bang"
TABLE = """Cơ quan   Số phiếu   Số hài lòng   Tỷ lệ hài lòng (%)
1 Sở Nội vụ 120 115 95,83
2 Sở Y tế 80 78 97,50
3 Sở Tư pháp 100 90 91,00
Tổng cộng 310 283 94,33
"""


def plain(value: float) -> str:
    return f"{value:g}"


@pytest.fixture
def site(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    return app


def test_the_published_tables_are_flagged_on_the_right_rows() -> None:
    with (CASES / "published-tables.csv").open("rb") as file:
        found = check_file(file, "published-tables.csv", plain)
    assert [(flag.address, flag.kind) for flag in found.flags] == [("D2", "sum"), ("E6", "sum")]


def test_a_pasted_table_is_checked_and_not_kept(site: Flask) -> None:
    """120 + 80 + 100 = 300, not 310; 90 of 100 are 90.00 %; 283 of 310 are 91.29 %."""
    client = site.test_client()
    sign_in(client, "evaluator")
    before = sorted(Path(site.extensions["settings"].storage).rglob("*")) if "settings" in site.extensions else []
    page = client.get(AT).get_data(as_text=True)
    sent = client.post(AT, data={"csrf_token": token(page), "pasted": TABLE, "items": "1"})
    assert sent.status_code == 200
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(sent.data, "html.parser").select("table")[0].select("tbody tr")
    ]
    assert [(row[0], row[1]) for row in rows] == [
        ("D4", "Tỷ lệ không khớp với số đếm"),
        ("B5", "Tổng không khớp"),
        ("D5", "Tỷ lệ không khớp với số đếm"),
    ]
    assert "300" in rows[1][2]
    after = sorted(Path(site.extensions["settings"].storage).rglob("*")) if "settings" in site.extensions else []
    assert before == after


def test_a_file_is_checked_and_a_bad_one_refused_beside_its_field(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    form = {"csrf_token": token(client.get(AT).get_data(as_text=True)), "items": "1", "pasted": ""}
    sent = client.post(AT, data=form | {"file": (io.BytesIO(TABLE.encode()), "a.txt")})
    assert b"B5" in sent.data
    for bad in ({}, {"file": (io.BytesIO(b"\x00\x01\x02\x03"), "a.csv")}, {"items": "x", "pasted": TABLE}):
        refused = client.post(AT, data=form | bad)
        assert refused.status_code == 422
        assert BeautifulSoup(refused.data, "html.parser").select("[aria-invalid]")


def test_names_of_a_table_are_text_on_the_page(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    hostile = "Cơ quan,Số phiếu,<b>Tỷ lệ hài lòng (%)</b>\n<script>x</script>,30,84.0\nB,30,83.3\n"
    form = {"csrf_token": token(client.get(AT).get_data(as_text=True)), "items": "1", "pasted": hostile}
    page = client.post(AT, data=form).get_data(as_text=True)
    assert "<script>x" not in page
    assert "<b>Tỷ" not in page
    assert "&lt;script&gt;x" in page


def test_the_command_says_cell_kind_and_reason(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(TABLE, "utf-8")
    done = app.test_cli_runner().invoke(args=["check-table", str(file)])
    assert done.exit_code == 0, done.output
    assert "B5: Sum that does not add up. 310 is printed; the rows add up to 300." in done.output
    assert "3 flags; 1 tables with 12 numbers were read." in done.output
    bad = tmp_path / "b.csv"
    bad.write_bytes(b"")
    refused = app.test_cli_runner().invoke(args=["check-table", str(bad)])
    assert refused.exit_code == 2
    assert "empty" in refused.output


def test_no_false_alarm_on_our_own_files(app: Flask, tmp_path: Path) -> None:
    """Workbook (with and without English headings), CSV, microdata, codebook, and the public file of an edition."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        publish_scored(session)
        earlier_round(session)
    run = app.test_cli_runner().invoke
    for options in ((), ("--english", "--semicolon")):
        out = tmp_path / "-".join(("all", *options))
        done = run(args=["export", "--round", "r1", *options, "--out", str(out)])
        assert done.exit_code == 0, done.output
    client = app.test_client()
    (tmp_path / "public.csv").write_bytes(client.get("/ket-qua/r1/ket-qua.csv").data)
    files = sorted(path for path in tmp_path.rglob("*") if path.suffix in {".csv", ".xlsx"})
    assert len(files) == 13
    for path in files:
        with path.open("rb") as file:
            found = check_file(file, path.name, plain)
        assert [(path.name, flag.sheet, flag.address, flag.kind) for flag in found.flags] == []


AS_CSV = (
    *("ket-qua.csv", "ket-qua.csv?bang=day-du", "xep-hang.csv", "muc-mong-doi.csv", "ke-hoach.csv", "can-chinh.csv"),
    "co-quan/a1/kiem-soat.csv",
)


def test_no_false_alarm_on_the_files_of_pages_and_commands(app: Flask, tmp_path: Path) -> None:
    """What pages send as CSV, the four thermometers and the figures of a calibration."""
    fill(app, "rake")
    table = "Cơ quan;Năm;Thước đo;Giá trị;Điểm tối đa;n;Nguồn\na1;2099;SIPAS;83,94;100;400;x\na1;2099;766;17,88;18;;x\n"
    (tmp_path / "thuoc-do.txt").write_text(table, encoding="utf-8")
    run = app.test_cli_runner().invoke
    run(args=["import", "thermometers", str(tmp_path / "thuoc-do.txt"), "--by", "evaluator"])
    for name, args in (
        ("thermometers", ["thermometers"]),
        ("calibrated", ["results", "--round", "r1", "--calibrated"]),
        ("plan", ["plan", "--round", "r1", "--margin", "5"]),
    ):
        done = run(args=[*args, "--out", str(tmp_path / f"{name}.csv")])
        assert done.exit_code == 0, done.output
    client = app.test_client()
    sign_in(client, "evaluator")
    sent = {at: client.get(f"/danh-gia/r1/{at}") for at in AS_CSV}
    assert {at: reply.status_code for at, reply in sent.items()} == dict.fromkeys(AS_CSV, 200)
    for number, reply in enumerate(sent.values()):
        (tmp_path / f"page-{number}.csv").write_bytes(reply.data)
    files = sorted(tmp_path.glob("*.csv"))
    assert len(files) == 3 + len(AS_CSV)
    numbers = 0
    for path in files:
        with path.open("rb") as file:
            checked = check_file(file, path.name, plain)
        numbers += checked.numbers
        assert [(path.name, flag.address, flag.kind) for flag in checked.flags] == []
    assert numbers > 1000


def test_every_kind_has_words_and_every_reason_its_values() -> None:
    assert all(KINDS.text(kind) != KINDS.text(kind, "en") for kind in KINDS)
    assert len(REASONS) == 22
