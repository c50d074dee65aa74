"""Bands at the same mix of channels: six communes, the same within each channel, one asked on paper least."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Response, Round
from survey.results.breakdowns import CHANNEL, Dimension
from survey.results.compute import round_results
from survey.results.expected import leagues
from survey.results.same_mix import chosen_by_rule, contradicted, leagues_at_same_mix, margins_of
from tests.support.evaluation import accounts, sign_in
from tests.support.places import open_place
from tests.support.reading import words

#: people by scanned code, of whom six in ten are satisfied, and on paper, nine in ten, everywhere
PEOPLE = {**{f"xa-{k}": (50, 50) for k in "abcde"}, "xa-f": (90, 10)}
DIMENSION = Dimension(CHANNEL, "channel")


@pytest.fixture
def province(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        open_place(session)
        session.flush()
        accounts(session)
        round_ = session.scalars(sa.select(Round)).one()
        round_.rules = {"leagues": "kind", "definitions": 2, "pooling": True, "expected_by": "none"}
        length, number = len(round_.version.slots), 0
        for code, sizes in PEOPLE.items():
            agency = Agency(
                code=code, kind=AgencyKind.COMMUNE, level=AgencyLevel.COMMUNE, name=f"UBND {code}",
                valid_from=date(2020, 1, 1),
            )  # fmt: skip
            session.add(agency)
            session.flush()
            for channel, people, satisfied in zip((Channel.QR, Channel.PAPER), sizes, (6, 9), strict=True):
                for k in range(people):
                    number += 1
                    answer = "5" if k % 10 < satisfied else "2"
                    session.add(
                        Response(
                            key=f"{number:016d}", round_id=round_.id, deciding_agency_id=agency.id, channel=channel,
                            language="vi", answers=answer * 16 + "." * (length - 16),
                            submitted_at=datetime(2026, 1, 12, 3, tzinfo=UTC),
                        )
                    )  # fmt: skip
    return app


def test_who_is_asked_by_code_alone_is_not_blamed_for_it(province: Flask) -> None:
    """xa-f: 60 % of 90, 90 % of 10: 63. The league: 340 by code, 260 on paper: 60 · 34/60 + 90 · 26/60 = 73."""
    with province.extensions["database"].read() as session:
        results = round_results(session, "r1")
        (plain,) = leagues(results, ranked=False)
        (same,) = leagues_at_same_mix(session, results, [DIMENSION])
    assert {one.agency: one.index for one in plain.standings} == pytest.approx(
        {**dict.fromkeys(("xa-a", "xa-b", "xa-c", "xa-d", "xa-e"), 75.0), "xa-f": 63.0}
    )
    assert {one.agency: one.index for one in same.standings} == pytest.approx(dict.fromkeys(PEOPLE, 73.0))
    assert {one.band for one in same.standings} == {"expected"}


def design_of(rows: list[tuple[str, str, str, int]]) -> Any:
    """Agency, service, channel, people who count once each."""
    keys = pd.DataFrame([row[:3] for row in rows], columns=["agency", "service", CHANNEL])
    n = np.array([row[3] for row in rows])
    return SimpleNamespace(keys=keys, weight=np.ones(len(n)), n=n)


def test_a_group_that_an_agency_has_nobody_of_is_left_to_its_others() -> None:
    """The league: 30 by code, 60 on paper, 30 at a kiosk. `b` has no kiosk: 30 : 60 of its sixty."""
    design = design_of(
        [("a", "s", "kiosk", 30), ("a", "s", "paper", 30), ("b", "s", "paper", 30), ("b", "s", "qr", 30)]
    )
    margins = margins_of(design, {"a": "commune", "b": "commune"}, [CHANNEL])
    groups = {row[:2]: row[2] for row in margins["agency", CHANNEL].itertuples(index=False, name=None)}
    assert groups == pytest.approx(
        {("a", "kiosk"): 20.0, ("a", "paper"): 40.0, ("b", "paper"): 40.0, ("b", "qr"): 20.0}
    )
    assert margins["agency", "service"]["N"].tolist() == [60, 60]


def test_an_agency_whose_services_and_channels_contradict_each_other_has_no_band() -> None:
    """All of `s` by code and all of `t` on paper, fifty each: thirty by code and seventy on paper cannot be."""
    design = design_of([("a", "s", "qr", 30), ("a", "t", "paper", 70), ("b", "s", "qr", 50), ("b", "t", "paper", 50)])
    wanted = pd.DataFrame({"agency": ["a", "a", "b", "b"], CHANNEL: ["qr", "paper"] * 2, "N": [30.0, 70.0, 30.0, 70.0]})
    assert contradicted(design, {("agency", CHANNEL): wanted}) == {"b"}


def test_what_the_rule_names_is_asked_for_first(province: Flask, client: FlaskClient) -> None:
    """Two groups at once; what the questionnaire does not ask for is left out."""
    database = province.extensions["database"]
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        asked = round_results(session, "r1").definition.respondent
        assert asked is not None
        question = asked.questions[0].code
        round_.rules = {**round_.rules, "same_mix": ["channel", question, "no such question"]}
    with database.read() as session:
        results = round_results(session, "r1")
        chosen = chosen_by_rule(results)
        assert [one.code for one in chosen] == [CHANNEL, question]
        (same,) = leagues_at_same_mix(session, results, chosen)
    assert {one.agency: one.index for one in same.standings} == pytest.approx(dict.fromkeys(PEOPLE, 73.0))
    sign_in(client, "evaluator")
    page = BeautifulSoup(client.get("/danh-gia/r1/cung-co-cau").get_data(as_text=True), "html.parser")
    option = page.select_one("#theo option[selected]")
    assert option is not None
    assert (option["value"], words(option).startswith("Kênh trả lời + ")) == ("quy-tac", True)
    assert client.get("/danh-gia/r1/cung-co-cau?theo=kenh").status_code == 200


def test_the_page_is_for_evaluators(province: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    page = BeautifulSoup(client.get("/danh-gia/r1/cung-co-cau").get_data(as_text=True), "html.parser")
    row = page.select_one("tr[data-mix=xa-f]")
    assert row is not None
    cells = [words(cell) for cell in row.select("td")]
    assert (cells[0], cells[1], cells[3]) == ("100", "63,0", "73,0")
    assert page.select_one("#theo option[selected]")["value"] == CHANNEL  # type: ignore[index]
    for wrong in ("quay", "quy-tac", "nothing"):
        assert client.get(f"/danh-gia/r1/cung-co-cau?theo={wrong}").status_code == 404
    for person in ("manager", "staff"):
        other = province.test_client()
        sign_in(other, person)
        assert other.get("/danh-gia/r1/cung-co-cau").status_code == 403
