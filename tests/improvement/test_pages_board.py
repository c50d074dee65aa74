"""The board of all actions: filters, counts, files, requests for a plan, and no query more for many actions."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.improvement.effects import effects_of
from survey.improvement.queries.actions import actions_of
from survey.models import Action, ActionState, Agency, AgencyKind, AgencyLevel, PlanRequest, Round, User
from tests.support.evaluation import post, sign_in
from tests.support.followup import TODAY, two_rounds_of_eight, with_province
from tests.support.reading import soup, words

TODAY_LOCAL = TODAY.date()


@pytest.fixture
def site(rounds: Flask) -> Flask:
    with_province(rounds)
    return rounds


@pytest.fixture
def province(site: Flask) -> FlaskClient:
    client = site.test_client()
    sign_in(client, "tinh")
    return client


def action(session, agency: str, what: str, *, round_code: str = "r1", due: int = 30, **more: object) -> Action:
    """Add an action that is due so many days from today."""
    values = {
        "round_id": session.scalars(sa.select(Round.id).where(Round.code == round_code)).one(),
        "agency_id": session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one(),
        "what": what,
        "responsible": "Trưởng bộ phận một cửa",
        "due_on": TODAY_LOCAL + timedelta(days=due),
        "state": ActionState.PLANNED,
        "created_at": TODAY,
        "created_by_id": session.scalars(sa.select(User.id)).first(),
        "updated_at": TODAY,
        "evidence": "x" if more.get("state") is ActionState.DONE else "",
    }
    made = Action(**values | more)
    session.add(made)
    return made


def filled(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        action(session, "so-tu-phap", "Đặt thêm ghế", element="access", due=5)
        action(session, "so-tu-phap", "Tập huấn", due=40, first_due_on=TODAY_LOCAL - timedelta(days=1))
        action(session, "so-dat-dai", "Sửa phần mềm", state=ActionState.DONE)
        action(session, "so-dat-dai", "Niêm yết lại", state=ActionState.DONE, accepted_at=TODAY)
        action(session, "so-dat-dai", "Bỏ việc này", state=ActionState.DROPPED)


def shown(client: FlaskClient, query: str = "") -> list[str]:
    return [words(row.th) for row in soup(client, f"/cai-thien{query}").select("tr[data-action]")]


def test_filters_stand_in_the_address(site: Flask, province: FlaskClient) -> None:
    filled(site)
    assert len(shown(province)) == 5
    assert shown(province, "?tinh-trang=qua-han") == ["Tập huấn"]
    assert shown(province, "?tinh-trang=den-han") == ["Đặt thêm ghế"]
    assert shown(province, "?tinh-trang=cho-duyet") == ["Sửa phần mềm"]
    assert shown(province, "?tinh-trang=da-duyet") == ["Niêm yết lại"]
    assert shown(province, "?co-quan=so-tu-phap&tinh-trang=dang-lam") == ["Đặt thêm ghế", "Tập huấn"]
    assert shown(province, "?yeu-to=access") == ["Đặt thêm ghế"]
    assert shown(province, "?loai=commune") == []
    assert shown(province, "?dot=r0") == []
    assert shown(province, "?tim=phan+mem") == ["Sửa phần mềm"]
    assert len(shown(province, "?tinh-trang=khong-co")) == 5


def test_counts_lead_to_what_they_count(site: Flask, province: FlaskClient) -> None:
    filled(site)
    tiles = {words(tile).split(" ", 1)[1]: words(tile.b) for tile in soup(province, "/cai-thien").select(".tiles a")}
    assert tiles == {
        "Chưa có kế hoạch": "1",  # trung-tam alone has no action for the newest round
        "Đến hạn trong tháng": "1",
        "Quá hạn": "1",
        "Đang thực hiện": "2",
        "Đã xong, chờ duyệt": "1",
        "Đã duyệt": "1",
        "Đã duyệt, chưa thấy hiệu quả": "0",
        "Có hiệu quả": "0",
        "Đã dừng": "1",
    }


def test_a_request_for_a_plan_names_document_and_day_and_is_answered_by_an_action(
    site: Flask, province: FlaskClient
) -> None:
    fields = {"round": "r1", "agencies": "so-dat-dai", "document": "12/UBND-KSTTHC", "text": "Lập kế hoạch"}
    late = post(province, "/cai-thien/yeu-cau", **fields, due_on="2026-03-01")
    assert late.status_code == 422
    assert "Hạn này đã qua" in late.text
    assert post(province, "/cai-thien/yeu-cau", **fields, due_on="2026-03-20").status_code == 303
    row = soup(province, "/cai-thien?tinh-trang=chua-co-ke-hoach").select_one("tr[data-missing=so-dat-dai]")
    assert "12/UBND-KSTTHC 20/03/2026" in words(row)
    with site.extensions["database"].write() as session:
        assert session.scalars(sa.select(PlanRequest.due_on)).all() == [date(2026, 3, 20)]
        action(session, "so-dat-dai", "Sửa phần mềm")
    assert words(soup(province, "/cai-thien/yeu-cau").select("tr[data-request] td")[-1]) == "có"
    manager = site.test_client()
    sign_in(manager, "manager")
    assert soup(manager, "/cai-thien/yeu-cau").select("tr[data-request], main form") == []
    assert post(manager, "/cai-thien/yeu-cau", form_at="/tai-khoan", **fields).status_code == 403


def test_files_hold_what_the_filter_gives(site: Flask, province: FlaskClient) -> None:
    filled(site)
    with site.extensions["database"].write() as session:
        action(session, "so-dat-dai", "=cmd|' /C calc'!A0", due=50)
    body = province.get("/cai-thien/bang.csv?co-quan=so-dat-dai").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["what"] for row in rows][-1] == "'=cmd|' /C calc'!A0"
    assert {row["agency"] for row in rows} == {"so-dat-dai"}
    book = openpyxl.load_workbook(io.BytesIO(province.get("/cai-thien/bang.xlsx").data))
    sheet = book.worksheets[0]
    assert sheet.max_row == 7
    assert sheet.cell(1, 3).value == "Cơ quan"
    assert [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)] == ["Trung tâm Phục vụ hành chính công"]
    assert province.get("/cai-thien/bang.pdf").status_code == 404


def test_a_manager_sees_the_own_actions_and_counts(site: Flask) -> None:
    filled(site)
    manager = site.test_client()
    sign_in(manager, "manager")
    assert shown(manager, "?co-quan=so-dat-dai") == []
    assert len(shown(manager)) == 2
    assert "so-dat-dai" not in manager.get("/cai-thien/bang.csv").text


def statements(site: Flask, client: FlaskClient) -> int:
    """Return how many statements the board takes, once its results are cached."""
    client.get("/cai-thien")
    seen: list[str] = []
    engine = site.extensions["database"].engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    assert client.get("/cai-thien").status_code == 200
    sa.event.remove(engine, "before_cursor_execute", note)
    # whether this is the demonstration is asked once a second, whatever the page
    return len([one for one in seen if one.lstrip().upper().startswith("SELECT") and "installation" not in one])


def test_ninety_five_agencies_with_ten_actions_take_no_statement_more(site: Flask, province: FlaskClient) -> None:
    with site.extensions["database"].write() as session:
        action(session, "so-tu-phap", "Việc đầu")
    few = statements(site, province)
    with site.extensions["database"].write() as session:
        root = session.scalars(sa.select(Agency.id).where(Agency.code == "tinh")).one()
        for k in range(95):
            session.add(
                Agency(
                    code=f"xa-{k}",
                    kind=AgencyKind.COMMUNE,
                    level=AgencyLevel.COMMUNE,
                    name=f"UBND xã {k}",
                    valid_from=date(2020, 1, 1),
                    parent_id=root,
                )
            )
        session.flush()
        for k in range(95):
            for number in range(10):
                action(session, f"xa-{k}", f"Việc {number}", due=number)
    page = soup(province, "/cai-thien")
    assert words(page.select_one("[role=status]")).startswith("951 việc cải thiện · trang 1 trên 20")
    assert len(page.select("tr[data-action]")) == 50
    assert statements(site, province) == few


def test_the_effect_is_what_lies_beyond_regression_to_the_mean(site: Flask, province: FlaskClient) -> None:
    """`cq-0` acted on an item and went from 20 to 45 of 50; the others stayed about where they were."""
    with site.extensions["database"].write() as session:
        two_rounds_of_eight(session, [20, 30, 35, 38, 40, 42, 44, 46], [45, 31, 34, 39, 40, 41, 45, 45])
        session.flush()
        item = session.scalars(sa.select(Round)).first().version.slots[0].code
        done = {"state": ActionState.DONE, "accepted_at": TODAY, "round_code": "truoc", "item": item}
        action(session, "cq-0", "Tập huấn cán bộ", **done)
        action(session, "cq-7", "Niêm yết lại", **done)
        session.execute(
            sa.update(Agency)
            .where(Agency.code.like("cq-%"))
            .values(parent_id=session.scalars(sa.select(Agency.id).where(Agency.code == "tinh")).one())
        )
    with site.extensions["database"].read() as session:
        found = effects_of(session, actions_of(session, None))
        first, second = (found[number] for number in sorted(found))
    assert (first.before, first.after, first.verdict) == (pytest.approx(40.0), pytest.approx(90.0), "better")
    assert first.expected > 40.0
    assert second.verdict == "same"
    assert shown(province, "?tinh-trang=hieu-qua") == ["Tập huấn cán bộ"]
    assert shown(province, "?tinh-trang=chua-hieu-qua") == ["Niêm yết lại"]
    cell = words(soup(province, "/cai-thien?tinh-trang=hieu-qua").select("tr[data-action] td")[-1])
    assert cell.startswith("40,0 → 90,0 cải thiện: +")
