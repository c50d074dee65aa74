"""Accounts in bulk: a table of people becomes invitations, all or none, and slips whose codes open the links."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.accounts.people_table import MOST_PEOPLE
from survey.accounts.verification import RECENT
from survey.models import AuditEvent, Invitation, Role, User
from survey.printing.posters.invitation_slips import InvitationSlip, render_invitations
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, post, sign_in, token
from tests.support.paper import pictures, read_codes, words_of

AT = "/quan-tri/moi-nhieu-nguoi"
NEW = "bon tu khong lien quan"
HEAD = "STT,Họ và tên,Vai trò,Đơn vị,Tên đăng nhập\n"
TABLE = (
    "DANH SÁCH CÁN BỘ,,,,\n"
    + HEAD
    + "1,Lò Thị Mai,Cán bộ một cửa,Sở Tư pháp,\n"
    + "2,Quàng Văn Đức,lãnh đạo cơ quan,so-tu-phap,\n"
    + "3,Lò Thị Mái,Cán bộ một cửa,Sở Tư pháp,\n"
    + "4,Nguyễn Văn An,Cán bộ đánh giá,,An.NV\n"
)


@pytest.fixture
def admin(people: Flask) -> FlaskClient:
    client = people.test_client()
    assert sign_in(client, "admin").status_code == 303
    return client


def sent(client: FlaskClient, data: str | bytes, name: str = "nguoi.csv") -> TestResponse:
    """Send a table; return the preview."""
    body = data.encode() if isinstance(data, str) else data
    form = {"csrf_token": token(client.get(AT).text), "file": (io.BytesIO(body), name)}
    reply = client.post(AT, data=form, content_type="multipart/form-data")
    assert reply.status_code == 303, reply.text
    return client.get(reply.location)


def confirmed(client: FlaskClient, shown: TestResponse) -> TestResponse:
    """Press the button of a preview."""
    return client.post(shown.request.path, data={"csrf_token": token(shown.text)})


def accounts(app: Flask) -> dict[str, tuple[str, Role, str]]:
    with app.extensions["database"].read() as session:
        return {
            user.username: (user.display_name, user.role, user.agency.code if user.agency else "")
            for user in session.scalars(sa.select(User))
        }


def links(pdf: bytes) -> list[str]:
    """The paths in the codes of slips, as a telephone reads them."""
    found = [code for page in pictures(pdf, 150) for code in read_codes(page, blur=0.6)]
    return [re.sub(r"^https?://[^/]+", "", code) for code in found]


def wrong_cells(page: str) -> list[str]:
    return re.findall(r"ô ([A-Z]+\d+)</th>", page)


def test_a_table_becomes_accounts_and_each_slip_opens_its_own(people: Flask, admin: FlaskClient) -> None:
    before = accounts(people)
    shown = sent(admin, TABLE)
    assert shown.status_code == 200
    assert "Sẽ mời 4 người" in shown.text
    assert accounts(people) == before
    reply = confirmed(admin, shown)
    assert (reply.status_code, reply.mimetype) == (200, "application/pdf")
    made = {name: row for name, row in accounts(people).items() if name not in before}
    assert made == {
        "lo.thi.mai": ("Lò Thị Mai", Role.STAFF, "so-tu-phap"),
        "quang.van.duc": ("Quàng Văn Đức", Role.MANAGER, "so-tu-phap"),
        "lo.thi.mai2": ("Lò Thị Mái", Role.STAFF, "so-tu-phap"),
        "an.nv": ("Nguyễn Văn An", Role.EVALUATOR, ""),
    }
    (page,) = words_of(reply.data)
    assert all(name in page for name in made)
    paths = links(reply.data)
    assert len(set(paths)) == 4
    opened = {path: people.test_client().get(path).text for path in paths}
    for name in made:
        assert any(name in text for text in opened.values()), name
    mine = next(path for path, text in opened.items() if "an.nv" in text)
    client = people.test_client()
    assert post(client, mine, new=NEW, again=NEW).status_code == 303
    assert sign_in(client, "an.nv", NEW).status_code == 303
    assert people.test_client().get(mine).status_code == 410


def test_each_account_and_link_is_in_the_audit_log_under_who_made_it(people: Flask, admin: FlaskClient) -> None:
    confirmed(admin, sent(admin, TABLE))
    with people.extensions["database"].read() as session:
        by = session.scalars(sa.select(User.id).where(User.username == "admin")).one()
        rows = session.execute(
            sa.select(AuditEvent.action, AuditEvent.subject, AuditEvent.user_id).where(
                AuditEvent.action.in_(["user.created", "user.invited"]), AuditEvent.user_id == by
            )
        ).all()
    names = ("lo.thi.mai", "quang.van.duc", "lo.thi.mai2", "an.nv")
    assert sorted(map(tuple, rows)) == sorted(
        (action, f"user:{name}", by) for name in names for action in ("user.created", "user.invited")
    )


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ("1,,Cán bộ một cửa,Sở Tư pháp,\n", ["B2"]),
        ("1,Lò Thị Mai,Giám đốc,Sở Tư pháp,\n", ["C2"]),
        ("1,Lò Thị Mai,Cán bộ một cửa,Sở Không Có,\n", ["D2"]),
        ("1,Lò Thị Mai,Cán bộ một cửa,,\n", ["D2"]),
        ("1,Lò Thị Mai,Quản trị,Sở Tư pháp,\n", ["D2"]),
        ("1,Lò Thị Mai,Cán bộ một cửa,Sở Tư pháp,lò mai\n", ["E2"]),
        ("1,Lò Thị Mai,Cán bộ một cửa,Sở Tư pháp,ADMIN\n", ["E2"]),
        ("1,Lò A,Quản trị,,x\n2,Lò B,Quản trị,,x\n", ["E3"]),
        ("1,Lò Mai,Quản trị,,\n2,lò  mai,Quản trị,,\n", ["B3"]),
        ("1,Лань,Quản trị,,\n", ["B2"]),
        ("1,Lò A,Giám đốc,,\n2,Lò B,Cán bộ một cửa,Nơi nào,ô\n", ["C2", "D3", "E3"]),
    ],
)
def test_wrong_cells_are_named_and_nobody_is_invited(
    people: Flask, admin: FlaskClient, rows: str, cells: list[str]
) -> None:
    before = accounts(people)
    good = "9,Người Tốt,Cán bộ một cửa,Sở Tư pháp,\n"
    shown = sent(admin, HEAD + rows + good)
    assert (shown.status_code, wrong_cells(shown.text)) == (422, cells)
    assert "phiếu mời (PDF)" not in shown.text
    reply = admin.post(shown.request.path, data={"csrf_token": token(shown.text)})  # pressed all the same
    assert (reply.status_code, accounts(people)) == (303, before)


def test_the_same_table_again_invites_nobody_twice(people: Flask, admin: FlaskClient) -> None:
    first = sent(admin, TABLE)
    assert confirmed(admin, first).status_code == 200
    made = accounts(people)
    assert confirmed(admin, first).status_code == 303  # its file is gone
    again = sent(admin, TABLE)
    assert (again.status_code, wrong_cells(again.text)) == (422, ["B3", "B4", "B5", "E6"])
    assert accounts(people) == made


def test_a_made_user_name_gives_way_to_one_that_stands_in_the_table(people: Flask, admin: FlaskClient) -> None:
    rows = "1,Lò Mai,Quản trị,,\n2,Người Khác,Quản trị,,lo.mai\n"
    assert confirmed(admin, sent(admin, HEAD + rows)).status_code == 200
    made = accounts(people)
    assert (made["lo.mai"][0], made["lo.mai2"][0]) == ("Người Khác", "Lò Mai")


def test_a_table_without_rows_or_with_too_many_is_refused_in_a_sentence(admin: FlaskClient) -> None:
    assert "không có hàng nào" in sent(admin, HEAD).text
    many = "".join(f"{k},Người {k},Quản trị,,\n" for k in range(MOST_PEOPLE + 1))
    assert sent(admin, HEAD + many).status_code == 422
    assert "Vai trò" in sent(admin, "Họ và tên,Cơ quan\nA,B\n").text


def test_the_template_filled_in_is_taken(people: Flask, admin: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(admin.get(f"{AT}/mau.xlsx").data))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["Họ và tên", "Vai trò", "Cơ quan", "Tên đăng nhập"]
    lists = book.worksheets[1]
    roles = [cell.value for cell in lists["A"]]
    agencies = [cell.value for cell in lists["B"] if cell.value]
    assert "Sở Tư pháp" in agencies
    for place, role in enumerate(roles, 2):
        sheet.cell(place, 1, f"Người {role}")
        sheet.cell(place, 2, role)
        sheet.cell(place, 3, "Sở Tư pháp" if role in {"Cán bộ một cửa", "Lãnh đạo cơ quan"} else None)
    file = io.BytesIO()
    book.save(file)
    before = accounts(people)
    assert confirmed(admin, sent(admin, file.getvalue(), "mau.xlsx")).status_code == 200
    assert {row[1] for name, row in accounts(people).items() if name not in before} == set(Role)


def test_expired_links_are_renewed_together_and_no_others(people: Flask, admin: FlaskClient) -> None:
    confirmed(admin, sent(admin, TABLE))
    database = people.extensions["database"]
    with database.write() as session:
        ids = {user.username: user.id for user in session.scalars(sa.select(User))}
        for name in ("lo.thi.mai", "quang.van.duc", "lo.thi.mai2"):
            link = session.scalars(sa.select(Invitation).where(Invitation.user_id == ids[name])).one()
            link.created_at, link.expires_at = NOW - timedelta(days=9), NOW - timedelta(days=2)
        session.get_one(User, ids["lo.thi.mai2"]).active = False
    page = admin.get(AT)
    assert "2 người không dùng" in page.text
    reply = admin.post(f"{AT}/het-han", data={"csrf_token": token(page.text)})
    assert reply.mimetype == "application/pdf"
    paths = links(reply.data)
    assert len(paths) == 2
    opened = " ".join(people.test_client().get(path).text for path in paths)
    assert "lo.thi.mai" in opened
    assert "quang.van.duc" in opened
    page = admin.get(AT)
    assert "Không có lời mời nào hết hạn" in page.text
    nobody = admin.post(f"{AT}/het-han", data={"csrf_token": token(page.text)})
    assert (nobody.status_code, nobody.location) == (303, AT)


def test_a_found_screen_invites_nobody(people: Flask, admin: FlaskClient) -> None:
    shown = sent(admin, TABLE)
    set_clock(people, people.extensions["clock"]() + RECENT + timedelta(seconds=1))
    before = accounts(people)
    asked = confirmed(admin, shown)
    assert (asked.status_code, accounts(people)) == (403, before)
    right = admin.post(shown.request.path, data={"csrf_token": token(asked.text), "verification": PASSWORD})
    assert right.mimetype == "application/pdf"
    assert len(accounts(people)) == len(before) + 4


def test_another_administrators_file_is_not_there(people: Flask, admin: FlaskClient) -> None:
    confirmed(admin, sent(admin, HEAD + "1,Hai,Quản trị,,hai\n"))
    shown = sent(admin, TABLE)
    with people.extensions["database"].write() as session:
        first, other = (
            session.scalars(sa.select(User).where(User.username == name)).one() for name in ("admin", "hai")
        )
        other.password_hash = first.password_hash
    client = people.test_client()
    assert sign_in(client, "hai").status_code == 303
    assert client.get(shown.request.path).location == AT


@pytest.mark.parametrize("name", ["Lò Thị Mai", "Công Tằng Tôn Nữ " * 12])
def test_slips_are_read_and_keep_to_their_place(name: str) -> None:
    """Nine slips: eight on the first page, one on the second; the longest usual address is read from each."""
    base = "https://danhgia-su-hai-long.sonla.gov.vn/moi/"
    slips = [
        InvitationSlip(
            name.strip(), "cong.tang.ton.nu", "Cán bộ một cửa", "Ủy ban nhân dân xã Mường Chiềng " * 5,
            f"{base}{number}{'Ab_-' * 10}xy", "09:30 ngày 10/03/2026",
        )
        for number in range(9)
    ]  # fmt: skip
    pages = pictures(render_invitations(slips), 150)
    found = [sorted(read_codes(page, blur=0.6)) for page in pages]
    assert found == [[slip.address for slip in slips[:8]], [slips[8].address]]
    words = words_of(render_invitations(slips))[0]
    assert "09:30 ngày 10/03/2026" in words
    assert f"{base} 0{'Ab_-' * 10}xy" in words
