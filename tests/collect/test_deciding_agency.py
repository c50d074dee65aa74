"""The deciding agency follows from the service where an administrator said so; else citizens are asked for it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Agency, Response, Service
from tests.support.places import MANY, fill


def decides(app: Flask, **of_service: str | None) -> None:
    with app.extensions["database"].write() as session:
        for service in session.scalars(sa.select(Service)):
            code = of_service.get(service.code.replace("-", "_"))
            service.deciding_agency = session.scalars(sa.select(Agency).where(Agency.code == code)).one_or_none()


def counted_for(app: Flask) -> str:
    """The agency that the newest answer counts for."""
    with app.extensions["database"].read() as session:
        newest = sa.select(Response.deciding_agency_id).order_by(Response.id.desc()).limit(1).scalar_subquery()
        return session.scalars(sa.select(Agency.code).where(Agency.id == newest)).one()


@pytest.mark.parametrize(
    ("service", "agency", "expected"),
    [
        ("dat-dai", "", "so-dat-dai"),
        ("dat-dai", "so-tu-phap", "so-dat-dai"),  # the field decides, whatever was said of the agency
        ("ho-tich", "so-tu-phap", "so-tu-phap"),  # this field does not say who
        ("ho-tich", "", "trung-tam"),
        ("", "so-dat-dai", "so-dat-dai"),
    ],
)
def test_the_answer_counts_for_who_decides(
    place: Flask, citizen: FlaskClient, service: str, agency: str, expected: str
) -> None:
    decides(place, dat_dai="so-dat-dai")
    reply = citizen.post(f"/K/{MANY}", data=fill(citizen, MANY, service=service, agency=agency))
    assert reply.status_code == 303
    assert counted_for(place) == expected


def test_an_agency_for_which_the_counter_does_not_receive_decides_nothing(place: Flask, citizen: FlaskClient) -> None:
    decides(place, dat_dai="trung-tam")
    citizen.post(f"/K/{MANY}", data=fill(citizen, MANY, service="dat-dai", agency="so-tu-phap"))
    assert counted_for(place) == "so-tu-phap"


def test_the_page_says_which_fields_leave_no_question(place: Flask, citizen: FlaskClient) -> None:
    assert "data-decides" not in citizen.get(f"/K/{MANY}").text
    decides(place, dat_dai="so-dat-dai")
    page = BeautifulSoup(citizen.get(f"/K/{MANY}").text, "html.parser")
    assert [one["value"] for one in page.select("#service option[data-decides]")] == ["dat-dai"]
    assert page.select_one("#agency") is not None  # without a script both are there, and the field wins


def test_a_counter_whose_only_field_decides_asks_neither(place: Flask, citizen: FlaskClient) -> None:
    decides(place, dat_dai="so-dat-dai")
    with place.extensions["database"].write() as session:
        counter = session.execute(sa.text("select counter_id from counter_code where code = :c"), {"c": MANY}).scalar()
        records = session.scalars(sa.select(Service.id).where(Service.code == "ho-tich")).one()
        session.execute(
            sa.text("delete from counter_service where counter_id = :c and service_id = :s"),
            {"c": counter, "s": records},
        )
    page = BeautifulSoup(citizen.get(f"/K/{MANY}").text, "html.parser")
    assert not page.select("#service, #agency, .dossier")
    citizen.post(f"/K/{MANY}", data=fill(citizen, MANY))
    assert counted_for(place) == "so-dat-dai"
