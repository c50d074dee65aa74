"""The deciding agency follows from the service where an administrator said so; else citizens are asked for it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.collect.queries import imports
from survey.core.errors import InputError
from survey.models import Agency, Counter, EntryBatch, Response, Round, Service
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.read import read_table
from survey.spreadsheets.response_rows import RowReader
from tests.support.evaluation import accounts, post, sign_in
from tests.support.places import MANY, fill

HEAD = "date;agency;counter;service;cc_thai_do\n"


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


# --- imports of responses -------------------------------------------------------------------------------------------


def read_rows(app: Flask, text: str, own: frozenset[str] | None = None) -> tuple[list[str], list[str]]:
    """The deciding agencies of the rows of a file, in order, and what is wrong in it."""
    with app.extensions["database"].read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        table = read_table(io.BytesIO(text.encode()), "a.csv")
        frame = imports.frame(round_, datetime(2026, 3, 20, 3, tzinfo=UTC))
        reader = RowReader(table, ColumnMap(), frame, imports.places(session, own))
        rows = [row for number, cells in table if (row := reader.read(number, cells)) is not None]
        codes = dict(session.execute(sa.select(Agency.id, Agency.code)).all())
        return [codes[row.agency_id] for row in rows], [problem.template for problem in reader.problems.shown]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (";Q2;dat-dai", "so-dat-dai"),  # several decide at the counter: the field says which
        ("so-tu-phap;Q2;dat-dai", "so-tu-phap"),  # a file that says who decided is believed
        (";Q1;dat-dai", "trung-tam"),  # one alone decides at the counter
        (";;dat-dai", "so-dat-dai"),  # the field alone
    ],
)
def test_a_row_without_agency_counts_for_who_decides_on_its_field(place: Flask, row: str, expected: str) -> None:
    decides(place, dat_dai="so-dat-dai")
    assert read_rows(place, f"{HEAD}10/03/2026;{row};4\n") == ([expected], [])


@pytest.mark.parametrize("row", [";Q2;ho-tich", ";;ho-tich", ";Q2;"])
def test_a_row_of_a_field_that_does_not_say_who_decides_is_asked(place: Flask, row: str) -> None:
    decides(place, dat_dai="so-dat-dai")
    assert read_rows(place, f"{HEAD}10/03/2026;{row};4\n") == ([], ["the agency is missing"])


def test_an_agency_for_which_the_counter_does_not_receive_decides_no_row(place: Flask) -> None:
    decides(place, dat_dai="trung-tam")
    assert read_rows(place, f"{HEAD}10/03/2026;;Q2;dat-dai;4\n") == ([], ["the agency is missing"])


def test_a_file_with_fields_alone_needs_no_agency_where_fields_say_who_decides(place: Flask) -> None:
    text = "date;service;cc_thai_do\n10/03/2026;dat-dai;4\n"
    with pytest.raises(InputError, match="which agency"):
        read_rows(place, text)
    decides(place, dat_dai="so-dat-dai")
    assert read_rows(place, text) == (["so-dat-dai"], [])
    with pytest.raises(InputError, match="which agency"):  # nobody writes to an agency that is not theirs
        read_rows(place, text, frozenset({"so-tu-phap"}))


# --- piles of paper -------------------------------------------------------------------------------------------------


@pytest.fixture
def typist(place: Flask) -> FlaskClient:
    with place.extensions["database"].write() as session:
        accounts(session)
    client = place.test_client()
    sign_in(client, "admin")
    return client


def new_pile(app: Flask, client: FlaskClient, **chosen: str) -> TestResponse:
    with app.extensions["database"].read() as session:
        counter = session.scalars(sa.select(Counter.id).where(Counter.code == "Q2")).one()
    body = {"dot": "r1", "quay": str(counter), "channel": "paper", "day": "10/03/2026"}
    return post(client, "/phieu-giay/moi", f"/phieu-giay/moi?dot=r1&quay={counter}", **(body | chosen))


@pytest.mark.parametrize("agency", ["", "so-tu-phap"])
def test_a_pile_counts_for_who_decides_on_its_field(place: Flask, typist: FlaskClient, agency: str) -> None:
    decides(place, dat_dai="so-dat-dai")
    assert new_pile(place, typist, service="dat-dai", agency=agency).status_code == 303
    with place.extensions["database"].read() as session:
        pile = session.scalars(sa.select(EntryBatch)).one()
        assert session.get_one(Agency, pile.deciding_agency_id).code == "so-dat-dai"


def test_a_pile_is_asked_where_the_field_does_not_say_who_decides(place: Flask, typist: FlaskClient) -> None:
    decides(place, dat_dai="so-dat-dai")
    reply = new_pile(place, typist, service="ho-tich")
    page = BeautifulSoup(reply.text, "html.parser")
    assert (reply.status_code, page.select_one("#agency-error") is not None) == (422, True)
    assert "Đất đai" in page.select_one("#agency-hint").text
    assert "required" not in page.select_one("#agency").attrs  # for Đất đai it may stay empty
    assert new_pile(place, typist, service="ho-tich", agency="so-tu-phap").status_code == 303


def test_no_pile_is_asked_where_every_field_says_who_decides(place: Flask, typist: FlaskClient) -> None:
    decides(place, dat_dai="so-dat-dai", ho_tich="so-tu-phap")
    page = BeautifulSoup(new_pile(place, typist).text, "html.parser")  # refused: no field was chosen
    assert page.select_one("#service-error") is not None
    assert page.select_one("#agency") is None
