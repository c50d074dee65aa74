"""What a head and an evaluator read where what is expected of an agency allows for its services."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Response, Round, Service
from survey.publication.editions import recompute, thaw
from survey.publication.queries.editions import published
from survey.results.compute import round_results
from survey.results.expected import leagues
from tests.support.evaluation import accounts, close_rounds, publish_scored, sign_in
from tests.support.places import open_place
from tests.support.reading import words

PEOPLE = {"xa-a": (100, 0), **dict.fromkeys(("xa-b", "xa-c", "xa-d", "xa-e"), (50, 50)), "xa-f": (0, 100)}
"""People of each commune by service: papers, of whom nine in ten are satisfied, and land, six in ten, everywhere."""


@pytest.fixture
def province(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        open_place(session)
        session.flush()
        accounts(session)
        round_ = session.scalars(sa.select(Round)).one()
        round_.rules = {"leagues": "kind", "definitions": 2, "pooling": True, "expected_by": "services"}
        length, number = len(round_.version.slots), 0
        services = [session.scalars(sa.select(Service).where(Service.code == c)).one() for c in ("ho-tich", "dat-dai")]
        for code, sizes in PEOPLE.items():
            agency = Agency(
                code=code, kind=AgencyKind.COMMUNE, level=AgencyLevel.COMMUNE, name=f"UBND {code}",
                valid_from=date(2020, 1, 1),
            )  # fmt: skip
            session.add(agency)
            session.flush()
            for service, people, satisfied in zip(services, sizes, (9, 6), strict=True):
                for k in range(people):
                    number += 1
                    answer = "5" if k % 10 < satisfied else "2"
                    session.add(
                        Response(
                            key=f"{number:016d}", round_id=round_.id, deciding_agency_id=agency.id,
                            service_id=service.id, channel=Channel.QR, language="vi",
                            answers=answer * 16 + "." * (length - 16),
                            submitted_at=datetime(2026, 1, 12, 3, tzinfo=UTC),
                        )
                    )  # fmt: skip
        manager = session.execute(sa.text("SELECT id FROM user_account WHERE username = 'manager'")).scalar_one()
        place = session.scalars(sa.select(Agency.id).where(Agency.code == "xa-f")).one()
        session.execute(sa.text("UPDATE user_account SET agency_id = :a WHERE id = :m"), {"a": place, "m": manager})
    return app


def page_of(client: FlaskClient, address: str) -> BeautifulSoup:
    reply = client.get(address)
    assert reply.status_code == 200
    return BeautifulSoup(reply.get_data(as_text=True), "html.parser")


def test_land_is_hard_everywhere_so_nobody_is_worse_for_it(province: Flask, client: FlaskClient) -> None:
    """Indices 90, four times 75, 60, which is what the same services reach everywhere: expected, and all are at it."""
    sign_in(client, "evaluator")
    overview = page_of(client, "/danh-gia/r1")
    assert words(overview.select_one("#funnel-caption")) == (
        "Mọi cơ quan đều nằm trong khoảng mong đợi theo lĩnh vực và số phiếu của mình"
    )
    rows = {
        row["data-expected"]: [words(cell) for cell in row.find_all("td")] for row in overview.select("[data-expected]")
    }
    assert rows["xa-a"][1:3] == ["90,0", "90,0"]
    assert rows["xa-b"][1:3] == ["75,0", "75,0"]
    assert rows["xa-f"][1:3] == ["60,0", "60,0"]
    heights = {mark["y"] for mark in overview.select(".funnel .place")}
    assert len(heights) == 1
    sent = client.get("/danh-gia/r1/muc-mong-doi.csv").get_data(as_text=True).removeprefix("\ufeff")
    read = {row["agency"]: row for row in csv.DictReader(io.StringIO(sent), delimiter=";" if ";" in sent[:40] else ",")}
    found = [float(read["xa-f"][name].replace(",", ".")) for name in ("index", "expected", "adjusted", "centre")]
    assert found == pytest.approx([60, 60, 75, 75])


def test_the_head_of_a_commune_reads_what_its_services_reach(province: Flask, client: FlaskClient) -> None:
    close_rounds(province)
    sign_in(client, "manager")
    told = words(page_of(client, "/danh-gia/r1/co-quan/xa-f").select_one("#against-expected"))
    assert told.startswith("Như mong đợi: cứ 100 câu trả lời có 60 câu")
    assert told.endswith(
        "Với các lĩnh vực của cơ quan này, mức mong đợi là 60,0 trên 100; của mọi cơ quan cùng loại gộp lại là 75,0."
    )
    sent = client.get("/danh-gia/r1/muc-mong-doi.csv").get_data(as_text=True)
    assert "xa-f" in sent
    assert "xa-e" not in sent


def test_the_rule_is_frozen_with_the_edition(province: Flask) -> None:
    """The round's rule may change afterwards: the edition keeps the one it was made by, and verifies unchanged."""
    with province.extensions["database"].write() as session:
        publish_scored(session)
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        round_.rules = {name: value for name, value in round_.rules.items() if name != "expected_by"}
        session.flush()
        edition = published(session, "r1")
        assert edition is not None
        assert recompute(session, edition).same
        (frozen,), (now,) = leagues(thaw(session, edition)), leagues(round_results(session, "r1"))
        assert (frozen.by_services, now.by_services) == (True, False)
        found = frozen.find("xa-f"), now.find("xa-f")
        assert [one and round(one.expected, 9) for one in found] == [60, 75]
