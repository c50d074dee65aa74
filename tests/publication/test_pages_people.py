"""Published results as people read them: cards first, in words; made once for an edition, and never stale."""

from __future__ import annotations

import csv
import dataclasses
import io
from datetime import date, timedelta
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.improvement.operations.judge_action import accept_action
from survey.improvement.operations.keep_action import (
    ActionAim,
    ActionText,
    add_action,
    report_done,
)
from survey.models import Agency, Publication, PublicationState, Response, Round, RoundState, User
from survey.publication.editions import freeze
from survey.publication.operations.name_decision import name_decision
from survey.publication.operations.publish_round import draft_publication, publish, review_publication
from survey.structure.queries.rounds import definition_of
from tests.support.evaluation import NOW, TOTP, earlier_round, publish_scored, scored_round

LATER = NOW + timedelta(days=1)


@pytest.fixture
def published(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        publish_scored(session)
    return app


def soup(client: FlaskClient, address: str) -> BeautifulSoup:
    reply = client.get(address)
    assert reply.status_code == 200, address
    return BeautifulSoup(reply.get_data(as_text=True), "html.parser")


def actor(session: orm.Session, name: str) -> Actor:
    return Actor(LATER, session.scalars(sa.select(User.id).where(User.username == name)).one())


def take_back(session: orm.Session, code: str) -> None:
    """Take a round's editions out of the public by hand, as the owner of the database may in need: no page does it."""
    of_round = sa.select(Round.id).where(Round.code == code).scalar_subquery()
    session.execute(
        sa.update(Publication)
        .where(Publication.round_id == of_round)
        .values(state=PublicationState.WITHDRAWN, edition=None, published_at=None)
    )


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every template that is drawn from now on."""
    names: list[str] = []
    draw = flask.render_template

    def noted(name: str, **values: Any) -> str:
        names.append(name)
        return draw(name, **values)

    monkeypatch.setattr(flask, "render_template", noted)
    return names


def test_cards_come_first_and_say_the_index_as_people_do(published: Flask, client: FlaskClient) -> None:
    page = soup(client, "/ket-qua/r1")
    assert page.select_one("main .headline").get_text() == "Cứ 100 câu trả lời có 72 hài lòng."  # 72.2
    card = page.select_one(".cards li")
    assert card.select_one("h3 a").get_text() == "Sở Tư pháp"
    assert card.select_one(".headline").get_text() == "Cứ 100 câu trả lời có 75 hài lòng."  # 45 of 60
    assert [p.get_text() for p in card.select("p")[1:]] == [
        "Người dân hài lòng gần như nhau về mọi điều được hỏi.",  # everybody gave one answer to all
        "Cơ quan chưa cho biết sẽ sửa gì.",
    ]
    order = [tag.name for tag in page.select("main .cards, main details, main svg, main table")]
    assert order[0] == "ul"
    folded = " ".join(tag.get_text() for tag in page.select("main details"))
    for word in ("SHA-256", "Điểm đứng giữa", "Bảng"):
        assert word not in page.select_one(".cards").get_text()
    assert "SHA-256" in folded
    assert not [tag for tag in page.select("main .hash, main .intervals, main table") if not tag.find_parent("details")]


def test_praise_and_blame_are_the_parts_with_the_highest_and_lowest_index(app: Flask, client: FlaskClient) -> None:
    """so-tu-phap: all 60 satisfied with the first three items (access), none with the last three (feedback)."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        for row in session.scalars(sa.select(Response).where(Response.deciding_agency_id == agency)):
            row.answers = "555" + row.answers[3:13] + "111" + row.answers[16:]
        publish_scored(session)
    with app.extensions["database"].read() as session:
        elements = definition_of(session.scalars(sa.select(Round)).one().version).elements
        first, last = elements[0], elements[-1]
        assert (len(first.items), len(last.items)) == (3, 3)
        titles = first.title.get("vi"), last.title.get("vi")
    said = [p.get_text() for p in soup(client, "/ket-qua/r1").select(".cards li")[0].select("p")]
    assert f"Được khen nhiều nhất: {titles[0]} – cứ 100 câu trả lời có 100 hài lòng." in said
    assert f"Ít hài lòng nhất: {titles[1]} – cứ 100 câu trả lời có 0 hài lòng." in said


def publish_round(session: orm.Session, code: str) -> Publication:
    round_ = session.scalars(sa.select(Round).where(Round.code == code)).one()
    frozen = freeze(session, code)
    made = draft_publication(
        session,
        round_,
        content=frozen.content,
        results_hash=frozen.results_hash,
        actor=actor(session, "soan"),
        reason="",
    )
    for name in ("soan", "duyet"):
        session.scalars(sa.select(User).where(User.username == name)).one().totp_secret = TOTP
    review_publication(session, made, actor=actor(session, "duyet"))
    publish(session, made, actor=actor(session, "soan"))
    return made


def test_better_than_the_published_round_before_is_said_in_words(published: Flask, client: FlaskClient) -> None:
    """r0: 20 of 60 satisfied at so-tu-phap, r1: 45 of 60; the error of the difference is some 8 points of 42."""
    assert "Đợt 0" not in soup(client, "/ket-qua/r1").get_text()  # no edition of it: nothing to compare in public
    with published.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        round_.state = RoundState.OPEN  # so that `earlier_round` finds one round
        earlier_round(session)
        round_.state = RoundState.PUBLISHED
        publish_round(session, "r0")
    page = soup(client, "/ket-qua/r1")
    assert "Tốt hơn Đợt 0." in [b.get_text() for b in page.select(".cards li")[0].select("b")]
    assert "Tốt hơn Đợt 0." in [p.get_text() for p in page.select("article > p")]
    assert "Tốt hơn Đợt 0." in soup(client, "/ket-qua/r1/so-tu-phap").get_text()
    assert "Better than in Đợt 0." in soup(client, "/ket-qua/r1?lang=en").get_text()
    with published.extensions["database"].write() as session:
        take_back(session, "r0")
    assert "Đợt 0" not in soup(client, "/ket-qua/r1").get_text()  # at once


def test_each_agency_has_a_page_and_hidden_ones_have_none(published: Flask, client: FlaskClient) -> None:
    page = soup(client, "/ket-qua/r1/so-tu-phap")
    assert page.select_one("h1").get_text() == "Sở Tư pháp"
    assert page.select_one(".headline").get_text() == "Cứ 100 câu trả lời có 75 hài lòng."
    assert {row.get_text() for row in page.select(".parts b")} == {"75 trên 100 hài lòng"}
    assert "75,0" in page.select_one("details table").get_text()
    for code in ("trung-tam", "so-dat-dai", "none"):
        assert client.get(f"/ket-qua/r1/{code}").status_code == 404
        assert client.get(f"/ket-qua/r1/an-ban/1/{code}").status_code == 404
    assert client.get("/ket-qua/r1/an-ban/1/so-tu-phap").status_code == 200


@pytest.mark.parametrize("typed", ["tu phap", "Tư pháp", "PHÁP", "so tu"])
def test_my_agency_is_found_by_a_part_of_its_name(published: Flask, client: FlaskClient, typed: str) -> None:
    reply = client.get("/ket-qua/r1/tim", query_string={"ten": typed})
    assert (reply.status_code, reply.location) == (303, "/ket-qua/r1/so-tu-phap")


def test_a_search_says_what_it_did_not_find_and_what_is_not_shown(published: Flask, client: FlaskClient) -> None:
    assert "Không có cơ quan nào" in soup(client, "/ket-qua/r1/tim?ten=kho+bac").get_text()
    assert "Không có cơ quan nào" in soup(client, "/ket-qua/r1/tim?ten=").get_text()
    hidden = soup(client, "/ket-qua/r1/tim?ten=trung+tam").get_text()
    assert "quá ít người trả lời" in hidden
    assert "Trung tâm" in hidden
    assert "&lt;script" in client.get("/ket-qua/r1/tim?ten=<script>").get_data(as_text=True)
    english = soup(client, "/ket-qua/r1/tim?ten=zzz&lang=en")
    assert english.select_one("form input[name=lang]")["value"] == "en"


PAGES = ("/ket-qua/r1", "/ket-qua/r1/so-tu-phap", "/ket-qua/r1/ket-qua.csv", "/ket-qua/r1/the.svg")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_made_once_for_an_edition_and_language(
    published: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    first = client.get(address)
    english = client.get(f"{address}?lang=en")
    assert first.data != english.data
    names = drawn(monkeypatch)
    monkeypatch.setattr("survey.publication.public.common.frozen_page", None)
    for extra in ("", "?utm_source=zalo", "?x=1&y=2"):
        assert client.get(address + extra).data == first.data
    assert client.get(f"{address}?lang=en&fbclid=7").data == english.data
    assert names == []


def test_the_address_somebody_came_by_stays_out_of_the_kept_page(published: Flask, client: FlaskClient) -> None:
    text = client.get("/ket-qua/r1?token=abc&lang=en").get_data(as_text=True)
    assert "abc" not in text
    assert "/ket-qua/r1?lang=vi" in text


def test_the_language_of_a_session_and_that_of_an_address_are_told_apart(published: Flask, client: FlaskClient) -> None:
    """A page reached by `?lang=en` carries it on in its links, one in the default language does not."""
    carried = client.get("/ket-qua/r1?lang=en").get_data(as_text=True)
    assert 'href="/ket-qua/r1/so-tu-phap?lang=en"' in carried
    assert 'href="/ket-qua/r1/so-tu-phap"' in client.get("/ket-qua/r1").get_data(as_text=True)


def test_what_is_withdrawn_or_replaced_shows_at_once(published: Flask, client: FlaskClient) -> None:
    addresses = (*PAGES, "/ket-qua/r1/ket-qua.json", "/ket-qua/r1/dataset.jsonld", "/ket-qua/r1/tim?ten=zzz")
    before = {address: client.get(address) for address in addresses}
    with published.extensions["database"].write() as session:
        session.execute(sa.update(Response).where(Response.answers.startswith("2")).values(excluded="duplicate"))
        publish_scored(session, reason="Loại phiếu trùng.", few=True)
    assert "Loại phiếu trùng." in client.get("/ket-qua/r1").get_data(as_text=True)
    for address in PAGES:  # whoever kept the page is told, too
        again = client.get(address, headers={"If-None-Match": before[address].headers["ETag"]})
        assert again.status_code == 200, address
        assert again.data != before[address].data, address
    assert "Cứ 100 câu trả lời có 100 hài lòng." in soup(client, "/ket-qua/r1/so-tu-phap").get_text()
    assert "Cứ 100 câu trả lời có 75 hài lòng." in soup(client, "/ket-qua/r1/an-ban/1/so-tu-phap").get_text()
    with published.extensions["database"].write() as session:
        take_back(session, "r1")
    for address in addresses:
        assert client.get(address).status_code == 404, address


def test_a_decision_named_later_shows_at_once(published: Flask, client: FlaskClient) -> None:
    assert "123/QĐ-UBND" not in client.get("/ket-qua/r1").get_data(as_text=True)
    with published.extensions["database"].write() as session:
        edition = session.scalars(sa.select(Publication)).one()
        name_decision(
            session,
            edition,
            number="123/QĐ-UBND",
            on=date(2026, 3, 1),
            link="",
            today=date(2026, 3, 2),
            actor=actor(session, "soan"),
        )
    assert "123/QĐ-UBND" in client.get("/ket-qua/r1").get_data(as_text=True)


def test_what_is_mended_shows_at_once_and_only_checked_words(published: Flask, client: FlaskClient) -> None:
    """Before the province has checked it, only that something is under way, and by when."""
    client.get("/ket-qua/r1")
    with published.extensions["database"].write() as session:
        agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        action = add_action(
            session,
            round_=session.scalars(sa.select(Round)).one(),
            agency=agency,
            aim=ActionAim(),
            wording=ActionText(what="Thêm 20 ghế", responsible="Trưởng bộ phận một cửa"),
            due_on=date(2026, 9, 1),
            today=date(2026, 3, 2),
            actor=actor(session, "soan"),
        )
        number = action.id
    text = soup(client, "/ket-qua/r1").select(".cards li")[0].get_text()
    assert "Đang sửa 1 việc, việc gần nhất xong trước 01/09/2026." in text
    assert "20 ghế" not in text
    with published.extensions["database"].write() as session:
        action = session.get_one(type(action), number)
        report_done(session, action, evidence="Biên bản", actor=actor(session, "soan"))
        accept_action(session, action, remark="", workers=(), actor=actor(session, "duyet"))
    for address in ("/ket-qua/r1", "/ket-qua/r1/so-tu-phap"):
        assert "Đã sửa: Thêm 20 ghế." in soup(client, address).get_text()


def test_files_name_agencies_and_parts_and_the_licence(published: Flask, client: FlaskClient) -> None:
    reply = client.get("/ket-qua/r1/ket-qua.csv")
    rows = list(csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig"))))
    assert {(row["agency"], row["agency_name"]) for row in rows} == {("", "Toàn tỉnh"), ("so-tu-phap", "Sở Tư pháp")}
    assert all(row["name"] and row["name"] != row["key"] for row in rows)
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert reply.headers["Link"] == f'<{licence}>; rel="license"'
    assert client.get("/ket-qua/r1/dataset.jsonld").get_json(force=True)["license"] == licence
    page = soup(client, "/ket-qua/r1")
    assert page.select_one('meta[property="og:image"]') is None  # its address must be whole: none without a base
    assert page.select_one('a[rel~="license"]')["href"] == licence
    assert page.select_one('meta[property="og:title"]')["content"].startswith("Người dân nói gì")
    assert page.select_one('meta[property="og:description"]')["content"] == "Cứ 100 câu trả lời có 72 hài lòng."


def test_a_site_that_shows_a_link_gets_a_picture_with_its_words(published: Flask, client: FlaskClient) -> None:
    settings = published.config["SETTINGS"]
    published.config["SETTINGS"] = dataclasses.replace(settings, public_base_url="https://sipas.example")
    page = soup(client, "/ket-qua/r1?lang=en")
    address = page.select_one('meta[property="og:image"]')["content"]
    assert address.startswith("https://sipas.example/static/og.")
    picture = client.get(address.removeprefix("https://sipas.example"))
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert len(picture.data) < 64 * 1024
    size = Image.open(io.BytesIO(picture.data)).size
    assert [int(page.select_one(f'meta[property="og:image:{name}"]')["content"]) for name in ("width", "height")] == [
        *size
    ]
    assert page.select_one('meta[property="og:image:alt"]')["content"].startswith("A flower of the ban tree")
