"""Whether people came for themselves or for an organisation: a group of every table, and a class of the weights."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import orm

from scoring.disclosure import SUPPRESSED
from survey.core.actor import Actor
from survey.files.reports import words
from survey.models import Agency, AgencyKind, AgencyLevel, Margin, Response, Round, RoundState
from survey.questionnaires import bundled, from_canonical
from survey.results.breakdowns import breakdown, dimensions
from survey.results.calibrated import calibrated_results
from survey.results.compute import round_results
from survey.spreadsheets.read import read_table
from survey.structure.operations.import_margins import import_margins
from survey.structure.operations.open_round import check_rules
from tests.support.evaluation import NOW, accounts, scored_round, sign_in

CODE = "on_behalf"
MARGINS = "Phân theo\tNhóm\tSố giao dịch\nCho mình hay tổ chức\tCá nhân\t450\n{title}\tCho tổ chức, doanh nghiệp\t450\n"


def came_for(session: orm.Session, **of_answer: str) -> None:
    """Say of every response whom it was for, by the answer it gave to the items."""
    position = [slot.code for slot in _definition(session).slots].index(CODE)
    for response in session.scalars(sa.select(Response)):
        said = of_answer.get(f"a{response.answers[0]}", "c")
        response.answers = response.answers[:position] + said + response.answers[position + 1 :]


def _definition(session: orm.Session):
    return from_canonical(session.scalars(sa.select(Round)).one().version.content)


@pytest.fixture
def site(app: Flask) -> Flask:
    """Satisfied people came for themselves, others for an organisation: 71 and 35 responses."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        session.flush()
        came_for(session, a2="o", a3="o")
        first = session.scalars(sa.select(Agency)).first()
        session.add(
            Agency(
                code="tinh",
                name="UBND tỉnh",
                kind=AgencyKind.PROVINCE,
                level=AgencyLevel.PROVINCE,
                valid_from=first.valid_from,
            )
        )
    return app


def figures(session: orm.Session, agency: str) -> dict[str, tuple[object, str]]:
    """The shown number of respondents and the status of each group."""
    results = round_results(session, "r1")
    dimension = next(one for one in dimensions(results.definition) if one.code == CODE)
    table = breakdown(session, results, dimension, agency)
    rows = table[table["level"] == "overall"]
    return {str(row["group"]): (row["n"], row["status"]) for row in rows.to_dict("records")}


def test_both_groups_are_shown_where_both_are_large_enough(site: Flask) -> None:
    with site.extensions["database"].read() as session:
        shown = figures(session, "so-tu-phap")
    assert {group: n for group, (n, _) in shown.items()} == {"": 60, "c": 45, "o": 15}


def test_a_small_group_and_what_gives_it_away_are_hidden(site: Flask) -> None:
    """By hand: 57 and 3 of so-tu-phap's 60; the 57 would give the 3 away, for the 60 are known."""
    with site.extensions["database"].write() as session:
        three = sa.select(Response).where(Response.answers.like("2%")).limit(12)
        position = [slot.code for slot in _definition(session).slots].index(CODE)
        for response in session.scalars(three):
            response.answers = response.answers[:position] + "c" + response.answers[position + 1 :]
    with site.extensions["database"].read() as session:
        shown = figures(session, "so-tu-phap")
    assert shown[""][0] == 60
    assert [shown[group][1] for group in ("c", "o")] == [SUPPRESSED, SUPPRESSED]


def test_below_evaluator_the_groups_wait_for_the_close(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "manager")
    at = f"/danh-gia/r1/phan-to?theo={CODE}&co-quan=so-tu-phap"
    assert "Cho tổ chức, doanh nghiệp" not in client.get(at).get_data(as_text=True)
    with site.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        round_.state, round_.closed_at = RoundState.CLOSED, NOW
    page = BeautifulSoup(client.get(at).data, "html.parser")
    said = {row.th.get_text(" ", strip=True) for row in page.select("main tbody tr") if row.th}
    assert {"Cho mình, cho gia đình", "Cho tổ chức, doanh nghiệp"} <= said


@pytest.mark.parametrize("method", ["rake", "poststratify"])
def test_the_weights_take_it_as_a_class(site: Flask, method: str) -> None:
    """By hand: who came for themselves is satisfied, who did not is not; so the index is the share of the former.

    Plain that is (60 · 45/60 · 10 + 40 · 20/40 · 5 + 100) / 900 = 650/900; with the margins 450 of 900.
    """
    with site.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        title = next(
            question.text.get("vi") for question in _definition(session).respondent.questions if question.code == CODE
        )
        table = read_table(io.BytesIO(MARGINS.format(title=title).encode()), "margins.csv")
        assert import_margins(session, table, round_, actor=Actor(NOW)) == 2
        round_.rules = check_rules({"calibration": method, "calibrate_by": [CODE], "clusters": "none"})
    with site.extensions["database"].read() as session:
        stored = {(row.variable, row.category): row.transactions for row in session.scalars(sa.select(Margin))}
        assert stored == {(CODE, "c"): 450, (CODE, "o"): 450}
        results = round_results(session, "r1")
        found = calibrated_results(session, results)
        assert found is not None
        whole = [
            table[(table["agency"] + table["service"] == "") & (table["level"] == "overall")]["index"].item()
            for table in (results.table, found.table)
        ]
    assert whole == pytest.approx([100 * 650 / 900, 50.0])


def test_tables_head_every_question_about_a_person_shortly() -> None:
    asked = {q.code for one in bundled().values() for q in (one.respondent.questions if one.respondent else ())}
    assert asked <= set(words.DIMENSIONS)
    assert words.DIMENSIONS[CODE] == "Cho mình hay tổ chức"
    assert max(map(len, words.DIMENSIONS.values())) <= 21
