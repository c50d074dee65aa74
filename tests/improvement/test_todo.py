"""Counts of what waits: on the overview, beside the names of pages after sign-in, the same as on the board."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.improvement.operations.keep_case import NewCase, receive_case
from survey.improvement.queries.todo import Todo, todo
from survey.models import ActionState, Agency, User
from tests.improvement.test_pages_board import action
from tests.support.evaluation import sign_in
from tests.support.followup import TODAY, with_province
from tests.support.reading import soup, words


@pytest.fixture
def site(rounds: Flask) -> Flask:
    """It is 10 March 2026; so-dat-dai and so-tu-phap have actions for r1, trung-tam none."""
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        action(session, "so-dat-dai", "Trễ hạn đầu", due=20, first_due_on=date(2026, 3, 9))
        action(session, "so-dat-dai", "Đến hạn hôm nay", due=0)
        action(session, "so-dat-dai", "Cuối tháng", due=21)
        action(session, "so-dat-dai", "Tháng sau", due=22)
        action(session, "so-tu-phap", "Chờ duyệt", state=ActionState.DONE)
        action(session, "so-tu-phap", "Đã duyệt", state=ActionState.DONE, accepted_at=TODAY)
        action(session, "so-tu-phap", "Đã bỏ", due=-9, state=ActionState.DROPPED)
        ids = dict(session.execute(sa.select(Agency.code, Agency.id)).all())
        for number, (agency, day) in enumerate((("so-tu-phap", 2), ("so-tu-phap", 23), ("so-dat-dai", 23))):
            # 10 working days: from 2 February until the 16th; from the 23rd until 9 March
            new = NewCase(f"PA-7K3M-Q2XA-9D4{number + 2}", ids[agency], "Ghế bẩn")
            receive_case(session, new, received_on=date(2026, 2, day))
    return rounds


def of(site: Flask, name: str) -> Todo:
    with site.extensions["database"].read() as session:
        person = session.scalars(sa.select(User).where(User.username == name)).one()
        return todo(session, person, TODAY.date())


def test_what_waits_is_counted_by_what_a_person_sees(site: Flask) -> None:
    whole = of(site, "evaluator")
    assert (whole.due, whole.soon, whole.overdue, whole.waiting) == (2, 1, 1, 1)
    assert (whole.cases_overdue, whole.replies, whole.province) == (3, 0, False)
    assert whole.improvement == 1  # an evaluator accepts nothing
    province = of(site, "tinh")
    assert (province.improvement, province.casework) == (2, 3)
    unit = of(site, "manager")  # of so-tu-phap
    assert (unit.due, unit.overdue, unit.waiting, unit.cases_overdue) == (0, 0, 1, 2)
    assert (unit.improvement, unit.casework) == (0, 2)
    assert of(site, "staff") == Todo()


def test_overview_board_and_badge_say_the_same(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "tinh")
    page = soup(client, "/danh-gia/r1")
    tiles = page.select_one("#loop").parent.select(".tiles a")  # type: ignore[union-attr]
    told = {words(one).split(" ", 1)[1]: int(words(one).split()[0]) for one in tiles}
    board = soup(client, "/cai-thien")
    for tile in tiles[:4]:
        asked = str(tile["href"]).partition("tinh-trang=")[2]
        same = board.select_one(f'.tiles a[href$="tinh-trang={asked}"] b')
        assert words(tile.b) == words(same)  # type: ignore[arg-type]
    assert told["phản ánh, kiến nghị quá hạn"] == 3
    badges = {words(one.parent).split(" 2 ")[0]: words(one) for one in page.select(".wide-nav .badge")}
    assert badges["Cải thiện"] == "2 quá hạn hoặc đang chờ Ông/Bà"


def test_nothing_waiting_has_no_badge(rounds: Flask) -> None:
    client = rounds.test_client()
    sign_in(client, "staff")
    assert soup(client, "/tai-khoan").select(".badge") == []
