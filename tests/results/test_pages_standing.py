"""What a head reads first, from a league of six, through targets and known changes; and who may see and set what."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.actor import Actor
from survey.models import (
    Agency,
    AgencyKind,
    AuditEvent,
    Counter,
    KnownChange,
    Response,
    Round,
    Target,
)
from survey.publication.editions import thaw
from survey.publication.operations.api_clients import create_api_client
from survey.publication.queries.editions import published
from survey.results.comparisons import agency_ranks
from survey.results.compute import round_results
from survey.results.expected import leagues
from tests.support.communes import six_communes
from tests.support.evaluation import NOW, close_rounds, post, publish_scored, sign_in
from tests.support.reading import words


@pytest.fixture
def province(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        six_communes(session)
    return app


def page_of(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    reply = client.get(address)
    assert reply.status_code == status
    return BeautifulSoup(reply.get_data(as_text=True), "html.parser")


def test_three_sentences_targets_and_known_changes(province: Flask, client: FlaskClient) -> None:
    """A commune of forty, 80 %: as expected. Ranges by hand would take the league's spread; it stands in test_expected.

    Of the forty 32 are satisfied: 16 of 20 in each month (k even: 16, k odd: 16), so that nothing moved: 80,0 and 80,0.
    """
    sign_in(client, "evaluator")
    first = page_of(client, "/danh-gia/r1/co-quan/xa-f")
    assert words(first.select_one("#against-expected")).startswith("Như mong đợi: cứ 100 câu trả lời có 80 câu")
    assert "Chưa đủ để nói là đã khác tháng trước: 80,0, trước đó 80,0; 0,0 điểm" in words(
        first.select_one("#since-last-month")
    )
    assert words(first.select_one("#target-sentence")) == "Cơ quan này chưa có chỉ tiêu."
    assert {svg["aria-labelledby"].split()[0] for svg in first.select(".standing svg[role=img]")} == {
        "expected-picture", "month-picture-title",
    }  # fmt: skip
    worse = page_of(client, "/danh-gia/r1/co-quan/xa-e")
    assert words(worse.select_one("#against-expected")).startswith("Kém hơn mức mong đợi: cứ 100 câu trả lời có 50 câu")
    overview = page_of(client, "/danh-gia/r1")
    assert len(overview.select(".funnel .place")) == 6
    assert [words(one) for one in overview.select(".outside a")] == ["UBND xa-e"]

    wrong = "Cơ quan\tYếu tố\tChỉ tiêu\nxa-f\t\t120\nxa-z\t\t80"
    reply = post(client, "/quan-tri/dot/r1/chi-tieu", pasted=wrong)
    assert reply.status_code == 422
    told = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    assert [words(row.find_all("td")[1]) for row in told.select("#cells ~ tbody tr, table:has(#cells) tbody tr")] == [
        "120",
        "xa-z",
    ]
    book = openpyxl.Workbook()
    for row in (
        ["Phụ lục"],
        ["Đơn vị", "Yếu tố", "Chỉ tiêu"],
        ["xa-f", None, 86],
        ["xa-f", "Nơi đón tiếp", "75,5"],
        ["xa-e", "", 90],
    ):
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    token = page_of(client, "/quan-tri/dot/r1/chi-tieu").select_one("input[name=csrf_token]")["value"]  # type: ignore[index]
    sent = client.post("/quan-tri/dot/r1/chi-tieu", data={"csrf_token": token, "pasted": "", "file": (file, "ct.xlsx")})
    assert sent.status_code == 303
    first = page_of(client, "/danh-gia/r1/co-quan/xa-f")
    assert words(first.select_one("#target-sentence")).startswith(
        "Chưa nói được đã đạt chỉ tiêu 86,0 hay chưa: cần thêm khoảng"
    )
    assert [words(one) for one in first.select(".standing .plain-list li")] == ["Nơi đón tiếp: 75,5 – chưa nói được"]
    assert words(page_of(client, "/danh-gia/r1/co-quan/xa-e").select_one("#target-sentence")).startswith(
        "Chưa đạt chỉ tiêu 90,0"
    )

    chart = page_of(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat")
    assert len(chart.select("#control-table ~ tbody tr, table:has(#control-table) tbody tr")) == 6
    assert not chart.select(".break")
    marked = post(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat", on_day="01/02/2026", reason="Chuyển trụ sở")
    assert marked.status_code == 303
    assert post(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat", on_day="01/02/2026", reason="Nữa").status_code == 422
    chart = page_of(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat")
    assert len(chart.select("#overall ~ figure .break")) == 1
    assert "01/02/2026: Chuyển trụ sở" in words(chart.select_one("#changes ~ ul"))
    assert len(page_of(client, "/danh-gia/r1/kiem-soat").select(".multiples svg[role=img]")) == 6
    rows = client.get("/danh-gia/r1/co-quan/xa-f/kiem-soat.csv?ky=thang").get_data(as_text=True).splitlines()
    assert rows[1].split(",")[:5] == ["overall", "all", "2026-01-01", "20", "80.0"]
    with province.extensions["database"].read() as session:
        number = session.scalars(sa.select(KnownChange.id)).one()
    assert (
        client.post(f"/danh-gia/r1/co-quan/xa-e/kiem-soat/{number}/xoa", data={"csrf_token": token}).status_code == 404
    )
    assert (
        client.post(f"/danh-gia/r1/co-quan/xa-f/kiem-soat/{number}/xoa", data={"csrf_token": token}).status_code == 303
    )
    with province.extensions["database"].read() as session:
        actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert [one for one in actions if one.startswith(("targets", "change"))] == [
            "targets.imported", "change.marked", "change.unmarked",
        ]  # fmt: skip


def test_a_head_sees_the_own_place_and_sets_nothing(province: Flask, client: FlaskClient) -> None:
    """While the round is open neither sentences nor charts; after it the own agency's, by released blocks."""
    sign_in(client, "manager")
    assert not page_of(client, "/danh-gia/r1/co-quan/xa-f").select("#against-expected")
    assert client.get("/danh-gia/r1/muc-mong-doi.csv").status_code == 409
    with province.extensions["database"].write() as session:
        mine = sa.select(Agency.id).where(Agency.code == "xa-f").scalar_subquery()
        session.execute(
            sa.update(Response)
            .where(Response.deciding_agency_id == mine, Response.submitted_at < datetime(2026, 2, 1, tzinfo=UTC))
            .values(live_since=date(2026, 2, 2))
        )
    close_rounds(province)
    first = page_of(client, "/danh-gia/r1/co-quan/xa-f")
    assert words(first.select_one("#against-expected")).startswith("Như mong đợi")
    assert "cần phiếu của hai tháng" in words(first.select_one("#since-last-month"))
    chart = page_of(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat")
    assert [words(row.find("th")) for row in chart.select("table:has(#control-table) tbody tr")] == ["02/02/2026"]
    assert not chart.select("form[action*=kiem-soat]")
    for address in ("/danh-gia/r1/co-quan/xa-e/kiem-soat", "/danh-gia/r1/co-quan/xa-e/kiem-soat.csv"):
        assert client.get(address).status_code == 404
    assert len(page_of(client, "/danh-gia/r1/kiem-soat").select(".multiples svg[role=img]")) == 1
    overview = page_of(client, "/danh-gia/r1")
    assert len(overview.select(".funnel .place")) == 1
    assert not overview.select(".outside")
    token = overview.select_one("input[name=csrf_token]")["value"]  # type: ignore[index]
    body = {"csrf_token": token, "on_day": "01/02/2026", "reason": "x", "pasted": "Cơ quan\tChỉ tiêu\nxa-f\t1"}
    for address in ("/danh-gia/r1/co-quan/xa-f/kiem-soat", "/quan-tri/dot/r1/chi-tieu"):
        assert client.post(address, data=body).status_code == 403
    assert "xa-e" not in client.get("/danh-gia/r1/muc-mong-doi.csv").get_data(as_text=True)


def test_evaluators_see_the_counters_of_an_agency_apart(province: Flask, client: FlaskClient) -> None:
    """The first 50 of xa-e are satisfied: so are 50 of the first 60, all of one counter. Twenty are too few."""
    with province.extensions["database"].write() as session:
        mine = session.scalars(
            sa.select(Response.id).join(Agency, Agency.id == Response.deciding_agency_id).where(Agency.code == "xa-e")
        ).all()
        first, second = session.scalars(sa.select(Counter.id).order_by(Counter.id)).all()[:2]
        for counter, numbers in ((first, mine[:60]), (second, mine[60:80])):
            session.execute(sa.update(Response).where(Response.id.in_(numbers)).values(counter_id=counter))
        name, code = session.execute(sa.select(Counter.name, Counter.code).where(Counter.id == first)).one()
    sign_in(client, "evaluator")
    address = "/danh-gia/r1/co-quan/xa-e/kiem-soat"
    page = page_of(client, address)
    assert [words(one) for one in page.select("#counters ~ ul h3")] == [name]
    rows = client.get(f"{address}.csv?ky=thang").get_data(as_text=True).splitlines()
    months = [row.split(",") for row in rows if row.startswith("counter,")]
    assert [(row[1], row[2], row[3]) for row in months] == [(code, "2026-01-01", "30"), (code, "2026-02-01", "30")]
    assert [float(row[4]) for row in months] == pytest.approx([100 * 25 / 30] * 2)
    close_rounds(province)
    with province.extensions["database"].write() as session:
        place = session.scalars(sa.select(Agency.id).where(Agency.code == "xa-e")).one()
        session.execute(sa.text("UPDATE user_account SET agency_id = :a WHERE username = 'manager'"), {"a": place})
    head = province.test_client()
    sign_in(head, "manager")
    assert not page_of(head, address).select("#counters")
    assert "counter," not in head.get(f"{address}.csv").get_data(as_text=True)


def test_a_head_reads_the_released_weeks_of_an_open_round(province: Flask, client: FlaskClient) -> None:
    """Two blocks: January's twenty on 2 February, ten of February's on the 11th, whose week begins on the 9th."""
    with province.extensions["database"].write() as session:
        mine = session.scalars(
            sa.select(Response.id)
            .join(Agency, Agency.id == Response.deciding_agency_id)
            .where(Agency.code == "xa-f")
            .order_by(Response.submitted_at, Response.id)
        ).all()
        for day, numbers in ((date(2026, 2, 2), mine[:20]), (date(2026, 2, 11), mine[20:30])):
            session.execute(sa.update(Response).where(Response.id.in_(numbers)).values(live_since=day))
        good = sum(
            one.startswith("5")
            for one in session.scalars(sa.select(Response.answers).where(Response.id.in_(mine[20:30])))
        )
    sign_in(client, "manager")
    page = page_of(client, "/danh-gia/r1")
    assert len(page.select("svg.control .place")) == 2
    assert f"02/02/2026: 80,0 (20); 09/02/2026: {10 * good},0 (10)." in words(page.select_one("figure .legend"))
    assert not page.select(".chart-files")


def test_leagues_of_a_list_are_ranked_and_frozen_apart(province: Flask) -> None:
    """Three communes are a league of their own, three stay among communes; the list stays as it was frozen."""
    database = province.extensions["database"]
    own = {f"xa-{letter}": "Vùng cao" for letter in "abe"}
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        rules = {**round_.rules, "leagues": "list", "league_of": own}
        round_.rules = rules
    with database.read() as session:
        results = round_results(session, "r1")
        ranks = agency_ranks(results).set_index("agency")
    ranked = ranks[ranks["status"] == "ranked"]
    assert dict(ranked["league"]) == {f"xa-{k}": "Vùng cao" if k in "abe" else "commune" for k in "abcdef"}
    assert (int(ranked.loc["xa-e", "low"]), int(ranked.loc["xa-e", "high"])) == (3, 3)  # the lowest of its three
    assert int(ranked.loc["xa-f", "high"]) <= 3
    with database.write() as session:
        publish_scored(session)
    with database.write() as session:
        session.execute(sa.update(Round).values(rules={**rules, "leagues": "kind", "league_of": {}}))
    with database.read() as session:
        edition = published(session, "r1")
        assert edition is not None
        assert {code: league for code, league in thaw(session, edition).leagues.items() if code in own} == own


def test_bands_and_the_funnel_are_within_a_league_of_a_list(province: Flask, client: FlaskClient) -> None:
    """Five communes are a league, the sixth (xa-f) is left to its kind, alone: no range, no mark. xa-e stays worse.

    By hand: 370 of 500 answers are satisfied among the five. The API says the same.
    """
    with province.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        own = {f"xa-{letter}": "Vùng cao" for letter in "abcde"}
        round_.rules = {**round_.rules, "leagues": "list", "league_of": own, "expected_by": "none"}
        _client, token = create_api_client(session, name="cong", scopes=["results"], actor=Actor(NOW))
    with province.extensions["database"].read() as session:
        (league,) = leagues(round_results(session, "r1"), ranked=False)
    assert (league.code, league.centre) == ("Vùng cao", pytest.approx(74))
    assert {one.agency: one.band for one in league.standings} == {
        **{f"xa-{letter}": "expected" for letter in "abcd"}, "xa-e": "worse"
    }  # fmt: skip
    sign_in(client, "evaluator")
    page = page_of(client, "/danh-gia/r1")
    assert len(page.select("svg.funnel .place")) == 5
    assert {row["data-expected"] for row in page.select("tr[data-expected]")} == set(own)
    reply = client.get("/api/v1/rounds/r1/expected", headers={"Authorization": f"Bearer {token}"})
    sent = reply.get_json()["expected"]
    assert {(one["league"], one["agency"], one["band"]) for one in sent} == {
        ("Vùng cao", one.agency, one.band) for one in league.standings
    }


def test_leagues_and_targets_are_frozen_with_the_edition(province: Flask) -> None:
    database = province.extensions["database"]
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        place = session.scalars(sa.select(Agency.id).where(Agency.code == "xa-f")).one()
        session.add(Target(round_id=round_.id, agency_id=place, element="", value=86.0))
        session.flush()
        publish_scored(session)
    with database.write() as session:
        session.execute(sa.update(Target).values(value=10.0))
        session.execute(sa.update(Agency).values(kind=AgencyKind.DEPARTMENT))
    with database.read() as session:
        edition = published(session, "r1")
        assert edition is not None
        frozen, now = thaw(session, edition), round_results(session, "r1")
    assert (frozen.targets, now.targets) == ({("xa-f", ""): 86.0}, {("xa-f", ""): 10.0})
    assert (frozen.leagues["xa-f"], now.leagues["xa-f"]) == ("commune", "department")
