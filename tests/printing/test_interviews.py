"""The enumerator block: who is asked is drawn, and an answer is an interview's only on the tablet that was prepared."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.tokens import hash_token
from survey.models import Channel, Counter, InterviewPlan, InterviewTablet, Response, Role, Round, RoundState, User
from survey.models.receipts import SlipWeek
from survey.printing.operations.plan_interviews import plan_interviews
from survey.printing.operations.prepare_tablet import prepare_tablet, revoke_tablet
from survey.structure.queries.rounds import by_code
from tests.printing.test_issued_codes import counter_id, signed_in
from tests.printing.test_issued_codes import site as site
from tests.printing.test_slip_plans import FIRST
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, post
from tests.support.reading import soup, words

PAGE = "/quay/phong-van/r1"
COOKIE = "__Secure-sipas_interview"
"""As it is called where the public address has TLS."""


def planned(site: Flask, every: int = 10) -> None:
    sent = post(signed_in(site, "evaluator"), PAGE, counter=str(counter_id(site)), every=str(every))
    assert sent.status_code == 303


def tablet(site: Flask) -> tuple[FlaskClient, str]:
    """Return a device that an evaluator prepared, and the address of its form."""
    client = signed_in(site, "evaluator")
    reply = post(client, f"{PAGE}/may", PAGE, counter=str(counter_id(site)))
    assert reply.status_code == 303
    return client, reply.headers["Location"]


def answered(client: FlaskClient, at: str) -> int:
    """Fill in the form at an address as a browser would; return the status."""
    page = soup(client, at)
    form = page.find(id="form")
    if form is None:
        return client.get(at).status_code
    data = {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}
    first = form.select_one("input[type=radio]")
    return client.post(at, data={**data, first["name"]: "4"}).status_code


def channels(site: Flask) -> list[str]:
    with site.extensions["database"].read() as session:
        new = sa.select(Response.channel).where(Response.counter_id == counter_id(site)).order_by(Response.id)
        return [channel.value for channel in session.scalars(new)]


def test_who_is_asked_first_of_a_day_is_drawn_by_the_seed_of_its_week(site: Flask) -> None:
    planned(site)
    number = counter_id(site)
    sheet = f"{PAGE}/{number}/{FIRST}.pdf"
    with site.extensions["database"].read() as session:
        seed = session.scalars(sa.select(SlipWeek.seed).where(SlipWeek.week_on == FIRST)).one()
    early = signed_in(site, "evaluator").get(sheet, follow_redirects=True)
    assert "không sớm hơn" in early.text
    set_clock(site, NOW + timedelta(days=1))
    during = signed_in(site, "evaluator")
    assert sheet in during.get(PAGE).text
    pages = [page.extract_text() for page in PdfReader(BytesIO(during.get(sheet).data)).pages]
    assert len(pages) == 5  # Monday to Friday
    own = int.from_bytes(hashlib.sha256(f"{seed}:so-tu-phap/Q9".encode()).digest()[:8], "big")
    for k, text in enumerate(pages):
        day = FIRST + timedelta(days=k)
        drawn = int.from_bytes(hashlib.sha256(f"{own}:{day}".encode()).digest()[:8], "big")
        assert f"Hỏi người thứ {1 + drawn % 10}, rồi cứ 10 người hỏi một người." in " ".join(text.split())
        assert f"{day:%d/%m/%Y}" in text
        assert text.count("Từ chối") >= 20  # one box for each who is asked, and the sum of the day
    assert during.get(f"{PAGE}/{number}/kia.pdf").status_code == 404
    assert during.get(f"{PAGE}/{number + 99}/{FIRST}.pdf").status_code == 404
    assert during.get(f"{PAGE}/{number}/{FIRST - timedelta(days=70)}.pdf").status_code == 303


def test_the_judged_office_neither_plans_nor_prepares_nor_reads_it(site: Flask) -> None:
    planned(site)
    number = counter_id(site)
    for role in ("manager", "staff"):
        client = signed_in(site, role)
        assert client.get(PAGE).status_code == 403
        assert client.get(f"{PAGE}/{number}/{FIRST}.pdf").status_code == 403
        assert post(client, f"{PAGE}/may", "/tai-khoan", counter=str(number)).status_code == 403
    with site.extensions["database"].write() as session:
        round_, counter = by_code(session, "r1"), session.get_one(Counter, number)
        by = Actor(NOW, session.scalars(sa.select(User.id).where(User.role == Role.MANAGER)).one())
        with pytest.raises(InputError, match="Only an evaluator"):
            plan_interviews(session, round_, counter, 5, zone=site.config["SETTINGS"].timezone, actor=by)
        with pytest.raises(InputError, match="Only an evaluator"):
            prepare_tablet(session, round_, counter, actor=by)
        with pytest.raises(InputError, match="Only an evaluator"):
            revoke_tablet(session, InterviewTablet(), actor=by)


def test_the_prepared_device_alone_gives_interviews(site: Flask) -> None:
    """The attack: whoever knows the address, or writes a channel into it, gives no interview."""
    planned(site)
    device, at = tablet(site)
    assert answered(device, at) == 303
    assert channels(site) == [Channel.INTERVIEWER.value]
    assert device.get("/tai-khoan").status_code == 302  # nobody is signed in on what people are handed
    stranger = site.test_client()
    for address in (at, f"{at}?channel=interviewer", f"{at}?kiosk=1"):
        reply = stranger.get(address)
        assert reply.status_code == 403
        assert "dành cho điều tra viên" in reply.text
    form = soup(device, at).find(id="form")
    data = {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}
    stolen = {**data, form.select_one("input[type=radio]")["name"]: "5", "channel": "interviewer"}
    assert stranger.post(at, data=stolen).status_code == 403
    stranger.set_cookie(COOKIE, "x" * 43, path=at)
    assert stranger.post(at, data=stolen).status_code == 403
    assert channels(site) == [Channel.INTERVIEWER.value]
    page = signed_in(site, "evaluator").get(PAGE).text
    assert at.rsplit("/", 1)[1] not in page  # the list tells a tablet by its first letters
    with site.extensions["database"].read() as session:
        kept = session.scalars(sa.select(InterviewTablet)).one()
        (cookie,) = [one.value for one in device._cookies.values() if one.key == COOKIE]
        assert kept.token_hash == hash_token(cookie)


def test_a_tablet_is_withdrawn_and_its_answers_stay(site: Flask) -> None:
    planned(site)
    device, at = tablet(site)
    assert answered(device, at) == 303
    evaluator = signed_in(site, "evaluator")
    row = words(soup(evaluator, PAGE).select_one("#interview-table").find_parent("table").tbody)
    assert "Quầy Tư pháp" in row
    with site.extensions["database"].read() as session:
        number = session.scalars(sa.select(InterviewTablet.id)).one()
    assert post(evaluator, f"{PAGE}/may/{number}/thu-hoi", PAGE).status_code == 303
    assert post(evaluator, f"{PAGE}/may/{number + 9}/thu-hoi", PAGE).status_code == 404
    assert device.get(at).status_code == 410
    assert channels(site) == [Channel.INTERVIEWER.value]
    assert "thu hồi ngày" in evaluator.get(PAGE).text.lower()


def test_a_tablet_takes_nothing_of_another_round(site: Flask) -> None:
    planned(site)
    device, at = tablet(site)
    with site.extensions["database"].write() as session:
        session.execute(sa.update(InterviewTablet).values(round_id=_other_round(session)))
    assert device.get(at).status_code == 410


def _other_round(session) -> int:
    known = by_code(session, "r1")
    other = Round(
        code="r0",
        name="Đợt trước",
        version_id=known.version_id,
        opens_on=date(2025, 1, 6),
        closes_on=date(2025, 2, 2),
        state=RoundState.CLOSED,
        rules={},
        zone=known.zone,
        closed_at=NOW,
    )
    session.add(other)
    session.flush()
    return other.id


def test_what_cannot_be_planned(site: Flask) -> None:
    planned(site)
    evaluator, number = signed_in(site, "evaluator"), counter_id(site)
    again = post(evaluator, PAGE, counter=str(number), every="2")
    assert again.status_code == 422
    assert "không đổi được nữa" in again.text
    assert "từ 1 đến 30" in post(evaluator, PAGE, counter=str(number), every="31").text
    other = post(evaluator, f"{PAGE}/may", PAGE, counter=str(counter_id(site, "Q2")))
    assert other.status_code == 422
    with site.extensions["database"].write() as session:
        round_, counter, zone = (
            by_code(session, "r1"),
            session.get_one(Counter, number),
            site.config["SETTINGS"].timezone,
        )
        second = session.scalars(sa.select(Counter).where(Counter.code == "Q2")).one()
        for place, every, days, told in (
            (counter, 0, 0, "One in 1 to 30"),
            (second, 5, 60, "still to begin"),
        ):
            with pytest.raises(InputError, match=told):
                plan_interviews(session, round_, place, every, zone=zone, actor=Actor(NOW + timedelta(days=days)))
        with pytest.raises(InputError, match="Plan the interviews"):
            prepare_tablet(session, round_, second, actor=Actor(NOW))
        round_.scope = {"counters": [number + 99]}
        with pytest.raises(InputError, match="not held"):
            plan_interviews(session, round_, counter, 5, zone=zone, actor=Actor(NOW))
        round_.state = RoundState.DRAFT
        with pytest.raises(InputError, match="open round"):
            prepare_tablet(session, round_, counter, actor=Actor(NOW))
        round_.state = RoundState.CLOSED
        with pytest.raises(InputError, match="closed"):
            plan_interviews(session, round_, counter, 5, zone=zone, actor=Actor(NOW))
        assert session.scalars(sa.select(InterviewPlan.every)).all() == [10]
