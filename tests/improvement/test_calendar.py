"""The calendar of due days: a secret address kept as a hash, what is in it, and that it is what calendars read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from survey.improvement.icalendar import DueDay, escaped, feed, folded
from survey.models import ActionState, Agency, AuditEvent, CalendarAddress, PlanRequest, Round, User
from tests.improvement.test_pages_board import action
from tests.support.evaluation import post, sign_in
from tests.support.followup import TODAY, with_province
from tests.support.reading import soup, words

PAGE = "/cai-thien/lich"


@pytest.fixture
def site(rounds: Flask) -> Flask:
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        action(session, "so-tu-phap", "Đặt thêm ghế, quạt; nước", due=5)
        action(session, "so-tu-phap", "Đã xong", state=ActionState.DONE)
        action(session, "so-dat-dai", "Sửa phần mềm", due=9)
        session.add(
            PlanRequest(
                round_id=session.scalars(sa.select(Round.id).where(Round.code == "r0")).one(),
                agency_id=session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one(),
                due_on=date(2026, 3, 20),
                document="12/UBND",
                text="",
                created_at=TODAY,
                created_by_id=session.scalars(sa.select(User.id)).first(),
            )
        )
    return rounds


def test_a_person_makes_an_address_reads_by_it_and_takes_it_back(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "manager")
    assert "Lịch các ngày đến hạn" in words(soup(client, "/tai-khoan").main)
    page = post(client, PAGE)
    assert page.status_code == 200
    address = page.get_data(as_text=True).split('<code class="hash">')[1].split("</code>")[0]
    path = address[address.index("/cai-thien/") :]
    token = path.removeprefix("/cai-thien/lich/").removesuffix(".ics")
    assert len(token) == 43  # 256 bits in base64
    assert token not in client.get(PAGE).get_data(as_text=True)  # shown once
    program = site.test_client()
    reply = program.get(path)
    assert (reply.status_code, reply.mimetype) == (200, "text/calendar")
    assert "no-store" in reply.headers["Cache-Control"]
    text = reply.get_data(as_text=True).replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20260315\r\nDTEND;VALUE=DATE:20260316\r\n" in text  # five days after 10 March
    assert r"SUMMARY:Đặt thêm ghế\, quạt\; nước" in text
    assert "DTSTART;VALUE=DATE:20260320" in text  # the plan
    assert "Đã xong" not in text
    assert "Sửa phần mềm" not in text  # another agency's
    assert text.count("BEGIN:VEVENT") == 2
    with site.extensions["database"].read() as session:
        assert token not in str(session.execute(sa.select(CalendarAddress.token_hash)).all())
        assert {"user.calendar_made"} <= set(session.scalars(sa.select(AuditEvent.action)))
    second = post(client, PAGE).get_data(as_text=True).split('<code class="hash">')[1].split("</code>")[0]
    assert program.get(path).status_code == 404  # the new one took its place
    newer = second[second.index("/cai-thien/") :]
    assert program.get(newer).status_code == 200
    assert post(client, f"{PAGE}/thu-hoi", PAGE).status_code == 303
    assert program.get(newer).status_code == 404


def test_the_address_of_a_closed_account_opens_nothing(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "staff")
    address = post(client, PAGE).get_data(as_text=True).split('<code class="hash">')[1].split("</code>")[0]
    path = address[address.index("/cai-thien/") :]
    assert "BEGIN:VEVENT" not in client.get(path).get_data(as_text=True)  # staff see their own cases alone
    with site.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "staff").values(active=False))
    assert site.test_client().get(path).status_code == 404


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300))
def test_folding_cuts_no_letter_and_gives_the_line_back(line: str) -> None:
    pieces = folded(line).split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line


def test_values_are_marked_as_the_standard_asks() -> None:
    assert escaped("a\\b;c,d\r\ne") == r"a\\b\;c\,d\ne"
    due = DueDay("action-1", "Việc", date(2026, 2, 28), "https://x.vn/1", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert feed("Lịch", "x.vn", [due]) == (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//SIPAS//due days//VI\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"
        "X-WR-CALNAME:Lịch\r\nBEGIN:VEVENT\r\nUID:action-1@x.vn\r\nDTSTAMP:20260102T030405Z\r\n"
        "DTSTART;VALUE=DATE:20260228\r\nDTEND;VALUE=DATE:20260301\r\nSUMMARY:Việc\r\nURL:https://x.vn/1\r\n"
        "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
