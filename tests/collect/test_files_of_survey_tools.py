"""Files as survey tools write them: those of tests/fixtures/cases by page and by command, and what they stand for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, Response, Role
from survey.questionnaires import bundled
from tests.support.clock import set_clock
from tests.support.evaluation import PASSWORD, sign_in, token
from tests.support.province import NOW, RESPONSES, ROUND, TABLES, small, son_la

#: file, province, responses, left out as not finished; all at once, with nothing said by a person
AT_ONCE = [
    ("G1_google_forms.xlsx", son_la, 40, 0),
    ("G2_google_forms_csv.csv", son_la, 40, 0),
    ("K1_kobo.csv", son_la, 40, 0),
    ("K2_kobo_nhan.xlsx", son_la, 40, 0),
    ("L2_limesurvey_full.csv", son_la, 36, 4),
    ("F1_ms_forms.xlsx", son_la, 40, 0),
    ("F2_ms_forms_vi.xlsx", son_la, 40, 0),
    ("M1_surveymonkey.xlsx", son_la, 40, 0),
    ("a23.csv", small, 52, 0),
    ("b13.csv", small, 1, 0),
    ("b13r.csv", small, 1, 0),
    ("b1resp.xlsx", small, 1, 0),
]
#: the first answers of the trials, as their questionnaires were filled in
FIRST = "3145444452141544"
AGENCIES = {"A1": "phuong-to-hieu", "A2": "xa-van-ho", "A3": "phuong-moc-chau"}
SERVICES = {"A1": "ho-tich", "A2": "chung-thuc"}


@pytest.fixture
def site(app: Flask) -> Flask:
    set_clock(app, NOW)
    return app


@pytest.fixture
def evaluator(site: Flask) -> FlaskClient:
    with site.extensions["database"].write() as session:
        create_user(session, username="e", password=PASSWORD, role=Role.EVALUATOR, agency_id=None, actor=Actor(NOW))
    client = site.test_client()
    sign_in(client, "e")
    return client


def stored(app: Flask) -> list[Response]:
    with app.extensions["database"].read() as session:
        return list(session.scalars(sa.select(Response).order_by(Response.submitted_at, Response.id)))


def run(app: Flask, path: Path, *more: str) -> Any:
    return app.test_cli_runner().invoke(args=["import", "responses", str(path), "--round", ROUND, *more])


def text_of(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").main.get_text(" ").split())


def open_file(client: FlaskClient, path: Path) -> Any:
    """Send a file; return the page of its columns."""
    body = {"csrf_token": token(client.get("/nhap-phieu").text), "dot": ROUND}
    reply = client.post("/nhap-phieu", data={**body, "file": (io.BytesIO(path.read_bytes()), path.name)})
    assert reply.status_code == 303, text_of(reply.text)
    return client.get(reply.location)


def fields(page: str, at: int = -1) -> tuple[str, dict[str, str]]:
    """Return address and fields of a form as the browser would send it."""
    form = BeautifulSoup(page, "html.parser").main.find_all("form", method="post")[at]
    body = {i["name"]: i.get("value", "") for i in form.find_all("input") if i.get("name")}
    for select in form.find_all("select"):
        chosen = select.find("option", selected=True) or select.find("option")
        body[select["name"]] = chosen.get("value", chosen.text)
    return form["action"], body


def explained(page: str, meanings: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return what a person chooses for the words of a file: question or place → word → answer."""
    _, body = fields(page)
    said = {}
    for name, word in body.items():
        if name.startswith("l."):
            place = name.removeprefix("l.")
            if word in meanings.get(body[f"q.{place}"], {}):
                said[f"v.{place}"] = meanings[body[f"q.{place}"]][word]
    return said


def preview(client: FlaskClient, page: Any, **changes: str) -> Any:
    address, body = fields(page.text)
    return client.post(address, data=body | changes)


def confirm(client: FlaskClient, shown: Any) -> None:
    address, body = fields(shown.text, 0)
    assert client.post(address, data=body).status_code == 303


@pytest.mark.parametrize(("name", "province", "count", "unfinished"), AT_ONCE)
def test_a_file_is_taken_by_command_without_a_map(
    site: Flask, name: str, province: Any, count: int, unfinished: int
) -> None:
    province(site)
    done = run(site, RESPONSES / name)
    assert done.exit_code == 0, done.output
    assert f"{count} responses added as batch" in done.output
    assert (f"0 without any rating, {unfinished} not finished" in done.output) == bool(unfinished)
    if name[0] in "GKLFM":
        assert stored(site)[0].answers[:16] == FIRST


@pytest.mark.parametrize(("name", "province", "count", "unfinished"), AT_ONCE)
def test_a_file_is_taken_by_page_as_it_was_guessed(
    site: Flask, evaluator: FlaskClient, name: str, province: Any, count: int, unfinished: int
) -> None:
    province(site)
    shown = preview(evaluator, open_file(evaluator, RESPONSES / name))
    assert shown.status_code == 200, text_of(shown.text)
    assert f"Nhập {count} phiếu" in text_of(shown.text)
    assert (f"Bỏ qua: chưa gửi {unfinished}" in text_of(shown.text)) == bool(unfinished)
    confirm(evaluator, shown)
    assert len(stored(site)) == count


def test_codes_of_limesurvey_need_their_agencies_alone(site: Flask, evaluator: FlaskClient, tmp_path: Path) -> None:
    son_la(site)
    path = RESPONSES / "L1_limesurvey.csv"
    page = open_file(evaluator, path)
    said = explained(page.text, {"agency": AGENCIES, "service": SERVICES})
    assert len(said) == 5
    shown = preview(evaluator, page, **said)
    assert "Nhập 36 phiếu" in text_of(shown.text)
    confirm(evaluator, shown)
    assert stored(site)[0].answers[:16] == FIRST
    with site.extensions["database"].read() as session:
        code = session.scalar(sa.select(Agency.code).where(Agency.id == stored(site)[0].deciding_agency_id))
    assert code == "phuong-to-hieu"
    mapping = tmp_path / "l1.yaml"
    mapping.write_text(json.dumps({"values_of": {"agency": AGENCIES, "service": SERVICES}}), "utf-8")
    done = run(site, path, "--map", str(mapping))
    assert "0 responses added, 36 had been imported before" in done.output  # by page or by command: the same responses


def test_code_and_text_headings_of_limesurvey(site: Flask) -> None:
    small(site)
    path, mapping = RESPONSES / "limesurvey-code-and-text.csv", str(RESPONSES / "limesurvey-map.yaml")
    done = run(site, path, "--map", mapping)
    assert done.exit_code == 0, done.output
    assert "1 responses added" in done.output
    assert "1 not finished" in done.output


def test_a_grown_sheet_adds_what_is_new(site: Flask, evaluator: FlaskClient) -> None:
    small(site)
    first = run(site, RESPONSES / "g10.csv", "--map", str(RESPONSES / "g.yaml"))
    assert "10 responses added as batch 4, 0 had been imported before" in first.output
    shown = preview(evaluator, open_file(evaluator, RESPONSES / "g12.csv"))
    facts = BeautifulSoup(shown.text, "html.parser").find("dl", class_="facts").get_text(" ")
    assert "Đã nhập từ trước 10" in " ".join(facts.split())
    confirm(evaluator, shown)
    assert len(stored(site)) == 12


def rewritten(path: Path, target: Path) -> Path:
    """Return the sheet as another program saves it: sorted the other way, `;`, other days, no seconds."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = csv.reader(file)
    for row in rows:
        day, clock = row[0].split(" ")
        row[0] = "-".join(reversed(day.split("/"))) + " " + clock[:5]
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([heading, *reversed(rows)])
    return target


def test_a_sheet_saved_otherwise_is_the_same_sheet(site: Flask, tmp_path: Path) -> None:
    small(site)
    run(site, RESPONSES / "g10.csv")
    done = run(site, rewritten(RESPONSES / "g12.csv", tmp_path / "b.csv"))
    assert "2 responses added as batch 5, 10 had been imported before" in done.output


def test_a_tools_own_number_tells_a_response_whatever_its_day_looks_like(site: Flask, tmp_path: Path) -> None:
    small(site)
    head = "_uuid;end;agency;service;cc_thai_do\n"
    one, other = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text(head + "7;20/11/2026 09:00;so-a;dat-dai;4\n8;20/11/2026 09:00;so-a;dat-dai;4\n", "utf-8")
    other.write_text(head + "8;2026-11-20 09:00;so-a;dat-dai;4\n7;2026-11-20 09:00;so-a;dat-dai;5\n", "utf-8")
    assert "2 responses added" in run(site, one).output
    assert "0 responses added, 2 had been imported before" in run(site, other).output


def test_equal_answers_of_one_minute_are_counted(site: Flask, tmp_path: Path) -> None:
    small(site)
    head, row = "date;agency;service;cc_thai_do\n", "20/11/2026 09:00;so-a;dat-dai;4\n"
    path = tmp_path / "a.csv"
    for rows, added, known in ((2, 2, 0), (5, 3, 2), (5, 0, 5), (1, 0, 1)):
        path.write_text(head + row * rows, "utf-8")
        assert f"{added} responses added" in (output := run(site, path).output), output
        assert f"{known} had been imported before" in output


def test_responses_imported_by_the_version_before_are_known(site: Flask, tmp_path: Path) -> None:
    """The keys of version 0.1: a row's number and the cells of its table, or the tool's number and its time as text."""
    from hashlib import sha256

    small(site)
    path = tmp_path / "a.csv"
    path.write_text("date;agency;service;cc_thai_do\n20/11/2026;so-a;dat-dai;4\n", "utf-8")
    run(site, path)
    columns, cells = "\x1f".join(["date", "agency", "service", "cc_thai_do"]), ["20/11/2026", "so-a", "dat-dai", "4"]
    content = sha256((columns + "\x1e" + "\x1f".join(cells)).encode()).hexdigest()
    old = sha256(f"{ROUND}\nrow:{content}:2".encode()).hexdigest()
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Response).values(key=old))
    assert "0 responses added, 1 had been imported before" in run(site, path).output
    path.write_text("id;date;agency;service;cc_thai_do\n7;20/11/2026;so-a;dat-dai;4\n", "utf-8")
    old = sha256(f"{ROUND}\nid:{sha256(b'7|20/11/2026').hexdigest()}".encode()).hexdigest()
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Response).values(key=old))
    assert "0 responses added, 1 had been imported before" in run(site, path).output


QUALTRICS = [
    ["StartDate", "EndDate", "Finished", "ResponseId", "Q1", "Q2", "Q3_1", "Q3_2"],
    [
        *("Start Date", "End Date", "Finished", "Response ID", "Cơ quan", "Lĩnh vực"),
        "Ông/Bà hài lòng thế nào? - Cán bộ làm việc đúng quy định.",
        "Ông/Bà hài lòng thế nào? - Kết quả được trả đúng ngày hẹn.",
    ],
    [json.dumps({"ImportId": name, "timeZone": "America/Denver"}, separators=(",", ":")) for name in "abcdefgh"],
    ["2026-11-20 20:00:00", "2026-11-20 20:03:00", "1", "R_1abcdefghijklmno", "so-a", "dat-dai", "Hài lòng (4)", "5"],
    ["2026-11-20 20:00:00", "2026-11-20 20:04:00", "0", "R_2abcdefghijklmno", "so-a", "dat-dai", "4 sao", "5"],
    ["2026-11-20 20:00:00", "2026-11-20 20:05:00", "1", "R_3abcdefghijklmno", "so-a", "dat-dai", "2 sao", "★★★"],
]


def test_qualtrics_with_its_three_rows_of_headings(site: Flask, tmp_path: Path) -> None:
    small(site)
    path = tmp_path / "q.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(QUALTRICS)
    done = run(site, path)
    assert "2 responses added" in done.output
    assert "1 not finished" in done.output
    codes = [item.code for item in bundled()["sipas-service-16"].items]
    places = [codes.index("cc_dung_quy_dinh"), codes.index("kq_dung_hen")]
    assert [[r.answers[k] for k in places] for r in stored(site)] == [["4", "5"], ["2", "3"]]
    # 20:03 in Denver in winter is 03:03 of the next day in UTC
    assert f"{stored(site)[0].submitted_at:%Y-%m-%d %H:%M}" == "2026-11-21 03:03"


def test_odk_central(site: Flask, tmp_path: Path) -> None:
    small(site)
    path = tmp_path / "odk.csv"
    path.write_text(
        "SubmissionDate,noi-co_quan,noi-linh_vuc,danh_gia-cc_thai_do,meta-instanceID,KEY,ReviewState\n"
        "2026-11-20T02:00:00.123Z,so-a,dat-dai,4,uuid:1,uuid:00000000-0000-4000-8000-000000000001,\n",
        "utf-8",
    )
    assert "1 responses added" in run(site, path).output
    assert "0 responses added, 1 had been imported before" in run(site, path).output


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("46346;so-a;dat-dai;", "is Excel's number for 20/11/2026"),
        ("46346.604;so-a;dat-dai;", "is Excel's number for 20/11/2026"),
        ("20/11/26;so-a;dat-dai;", "is 20/11/2026 meant?"),
        ("20/11/2026;;dat-dai;7", "is “007” meant?"),
    ],
)
def test_cells_that_need_a_question(site: Flask, tmp_path: Path, cells: str, says: str) -> None:
    small(site)
    path = tmp_path / "a.csv"
    path.write_text(f"date;agency;service;counter;cc_thai_do\n{cells};4\n", "utf-8")
    done = run(site, path)
    assert (done.exit_code, says in done.output) == (2, True), done.output
    assert stored(site) == []


@pytest.mark.parametrize(
    ("head", "row", "says"),
    [
        ("agency;service;cc_thai_do", "so-a;dat-dai;4", "on which day people answered"),
        ("date;service;cc_thai_do", "20/11/2026;dat-dai;4", "which agency people rated"),
    ],
)
def test_a_missing_column_is_one_sentence_not_forty(
    site: Flask, evaluator: FlaskClient, tmp_path: Path, head: str, row: str, says: str
) -> None:
    small(site)
    path = tmp_path / "a.csv"
    path.write_text("\n".join([head, *[row] * 40]), "utf-8")
    done = run(site, path)
    assert (done.exit_code, done.output.count(says)) == (2, 1)
    shown = preview(evaluator, open_file(evaluator, path))
    assert shown.status_code == 422
    assert "Không cột nào của a.csv cho biết" in text_of(shown.text)


def test_a_column_that_stands_twice_is_left_to_a_person(site: Flask, tmp_path: Path) -> None:
    small(site)
    path = tmp_path / "a.csv"
    path.write_text("date;date;agency;service;cc_thai_do\n20/11/2026;21/11/2026;so-a;dat-dai;4\n", "utf-8")
    assert "has two columns named 'date'" in run(site, path).output
    mapping = tmp_path / "m.yaml"
    mapping.write_text("columns: {date (2): date, agency: agency, service: service, cc_thai_do: cc_thai_do}\n", "utf-8")
    assert "1 responses added" in run(site, path, "--map", str(mapping)).output
    assert f"{stored(site)[0].submitted_at:%d}" == "21"


def test_a_total_below_the_responses_is_left_out(site: Flask, tmp_path: Path) -> None:
    small(site)
    path = tmp_path / "a.csv"
    path.write_text("date;agency;service;cc_thai_do\n20/11/2026;so-a;dat-dai;4\nTổng cộng;;;1\n", "utf-8")
    done = run(site, path)
    assert "1 responses added" in done.output
    assert "Left out: row 3 (Tổng cộng)" in done.output


def test_the_heading_of_responses_in_two_rows(site: Flask) -> None:
    small(site)
    assert "1 responses added" in run(site, TABLES / "b1two.xlsx").output
