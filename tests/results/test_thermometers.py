"""Four thermometers on one page: what comes in, what is drawn, and what would have to be true for two of them."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from scoring.nonresponse import others_must_be
from survey.models import AuditEvent, Instrument, OutsideFigure
from survey.results.compute import round_results
from survey.results.figures import Figures
from survey.results.thermometers import Thermometer, together
from tests.support.evaluation import accounts, close_rounds, scored_round, sign_in, token

AT = "/danh-gia/thuoc-do"
TABLE = """Cơ quan\tNăm\tThước đo\tGiá trị\tĐiểm tối đa\tn\tCách hỏi\tNguồn
trung-tam\t2099\tSIPAS\t83,94\t\t400\tphiếu hộ gia đình\tQĐ công bố 2026
trung-tam\t2099\t766\t17,88\t18\t\tphản ánh trên Cổng\tBáo cáo tháng 12
trung-tam\t2099\tCổng dịch vụ công\t96,4\t100\t200\ttrong hồ sơ\tCổng DVCQG
trung-tam\t2099\tPAR INDEX\t90,02\t100\t\tchấm điểm\tQĐ công bố PAR 2026
"""


@pytest.fixture
def site(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    close_rounds(app)
    return app


def sent(site: Flask, table: str):
    client = site.test_client()
    sign_in(client, "evaluator")
    form = {"csrf_token": token(client.get(AT).get_data(as_text=True)), "pasted": table}
    return client, client.post(AT, data=form)


def test_what_the_others_must_say_by_hand() -> None:
    """84 of everybody, 96.4 of 2 000 of 10 000: .2 · 96.4 + .8 · 80.9 = 84."""
    must = others_must_be(84.0, 96.4, 2000.0, 10000.0)
    assert must == pytest.approx(80.9)
    assert 0.2 * 96.4 + 0.8 * must == pytest.approx(84)


def test_a_table_is_stored_drawn_and_explained(site: Flask) -> None:
    client, reply = sent(site, TABLE)
    assert reply.status_code == 303
    with site.extensions["database"].read() as session:
        stored = {one.instrument: one for one in session.scalars(sa.select(OutsideFigure))}
        assert session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "outside_figures.imported")).one()
        assert (stored[Instrument.SERVICE_INDEX].value, stored[Instrument.SERVICE_INDEX].most) == (17.88, 18)
        assert (stored[Instrument.SIPAS].n, stored[Instrument.PAR].n) == (400, None)
    shown = client.get(AT)
    assert shown.status_code == 200
    page = BeautifulSoup(shown.data, "html.parser")
    section = page.find(id="t-2099-trung-tam").find_parent("section")
    table = section.find(id="table-2099-trung-tam").find_parent("table")
    rows = [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
    assert rows[0][0] == "Đợt khảo sát của tỉnh"
    assert [row[1:4] for row in rows[1:]] == [
        ["90,02", "100", "–"],
        ["96,40", "100", "200"],
        ["17,88", "18", "–"],
        ["83,94", "100", "400"],
    ]
    assert "không có căn cứ" in section.get_text()
    assert section.select("svg")


def test_the_same_place_given_again_is_replaced_and_others_stay(site: Flask) -> None:
    sent(site, TABLE)
    _, reply = sent(site, "Cơ quan;Năm;Thước đo;Giá trị;Nguồn\ntrung-tam;2099;SIPAS;84,5;sửa lại\n")
    assert reply.status_code == 303
    with site.extensions["database"].read() as session:
        values = {one.instrument: one.value for one in session.scalars(sa.select(OutsideFigure))}
    assert values[Instrument.SIPAS] == 84.5
    assert len(values) == 4


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nowhere;2026;SIPAS;84;x", "nowhere"),
        ("trung-tam;26;SIPAS;84;x", "26"),
        ("trung-tam;2026;khac;84;x", "khac"),
        ("trung-tam;2026;SIPAS;184;x", "184"),
        ("trung-tam;2026;SIPAS;84;", "Nguồn"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_stored(site: Flask, row: str, said: str) -> None:
    _, reply = sent(site, f"Cơ quan;Năm;Thước đo;Giá trị;Nguồn\ntrung-tam;2025;SIPAS;80;y\n{row}\n")
    assert reply.status_code == 422
    assert said in reply.get_data(as_text=True)
    with site.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutsideFigure)) == 0


def test_a_missing_column_is_named(site: Flask) -> None:
    _, reply = sent(site, "Cơ quan;Năm;Thước đo;Giá trị\ntrung-tam;2026;SIPAS;84\n")
    assert reply.status_code == 422
    assert "Nguồn" in reply.get_data(as_text=True)


def pair(app: Flask, own: tuple[float, float, float], other: tuple[float, int | None], population: float) -> str:
    """The sentence about the own round (value, lo, hi) and the portal (value, n)."""
    one = Thermometer("A", None, own[0], 100, 300, "", "x", own[1], own[2])
    two = Thermometer("B", Instrument.PORTAL, other[0], 100, other[1], "", "x", other[0] - 1, min(other[0] + 1, 100))
    with app.test_request_context():
        return together([one, two], population).sentences[0]


def test_each_sentence_holds_where_it_is_said(app: Flask) -> None:
    """(84 - .2 · 96.4)/.8 = 80.9; (20 - .5 · 96.4)/.5 is below 0."""
    assert "trung bình ở mức 80,9." in pair(app, (84, 82, 86), (96.4, 2000), 10_000)
    impossible = pair(app, (20, 18, 22), (96.4, 5000), 10_000)
    unknown = pair(app, (84, 82, 86), (96.4, None), 10_000)
    without = pair(app, (84, 82, 86), (96.4, 2000), math.nan)
    near = pair(app, (84, 82, 86), (85, 2000), 10_000)
    assert len({impossible, unknown, near}) == 3
    assert unknown == without


def test_commands_store_and_print_the_same(site: Flask, tmp_path: Path) -> None:
    """The own round's row stands first; PAR INDEX 90.02 of 100, 17.88 of 18 is 99.33 %."""
    file = tmp_path / "thuoc-do.csv"
    file.write_text(TABLE.replace("\t", ";"), encoding="utf-8")
    run = site.test_cli_runner().invoke
    unknown = run(args=["import", "thermometers", str(file), "--by", "nobody"])
    assert unknown.exit_code == 2
    assert "nobody" in unknown.output
    done = run(args=["import", "thermometers", str(file), "--by", "evaluator"])
    assert done.exit_code == 0, done.output
    with site.extensions["database"].read() as session:
        assert len(session.scalars(sa.select(OutsideFigure)).all()) == 4
        whole = Figures(round_results(session, "r1").table).overall("trung-tam")
    rows = list(csv.DictReader(io.StringIO(run(args=["thermometers", "--year", "2099"]).stdout)))
    assert [row["instrument"] for row in rows] == ["own", "par", "portal", "service_index", "sipas"]
    assert (float(rows[0]["value"]), rows[0]["source"]) == (whole.index, "r1")
    assert float(rows[3]["percent"]) == pytest.approx(100 * 17.88 / 18)
    assert (rows[2]["n"], rows[3]["n"]) == ("200", "")
    assert len(run(args=["thermometers", "--year", "2098"]).stdout.splitlines()) == 1
    assert len(run(args=["thermometers", "--agency", "so-tu-phap"]).stdout.splitlines()) == 1
    file.write_text("Cơ quan;Năm;Thước đo;Giá trị;Nguồn\nnowhere;2026;SIPAS;84;x\n", encoding="utf-8")
    wrong = run(args=["import", "thermometers", str(file), "--by", "evaluator"])
    assert wrong.exit_code == 2
    assert "A2" in wrong.output


def test_the_page_takes_a_file_and_names_a_wrong_cell_by_its_address(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    for text, status in ((TABLE, 303), (TABLE.replace("83,94", "183,94"), 422)):
        form = {
            "csrf_token": token(client.get(AT).get_data(as_text=True)),
            "pasted": "",
            "file": (io.BytesIO(text.encode()), "thuoc-do.tsv"),
        }
        reply = client.post(AT, data=form)
        assert reply.status_code == status
    page = BeautifulSoup(reply.data, "html.parser")
    assert "D2" in page.find(id="cells").find_parent("table").select_one("tbody tr").get_text()
