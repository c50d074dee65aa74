"""Public post and online service: rates of use, reasons and satisfaction, worked out by hand, outside of the index."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.models import Agency, Response, Round, RoundState
from survey.questionnaires import add_module, bundled, question_modules
from survey.results.compute import round_results
from survey.results.rates import find, rate_figures, rates_of
from survey.structure.operations.install_questionnaire import install_questionnaire
from tests.support.evaluation import sign_in
from tests.support.reading import soup, words

#: so-tu-phap's 60: post used, why not, satisfied; online likewise; how many
SAID = (
    ("y", "_", "5", "n", "t", "_", 9),
    ("y", "_", "2", "n", "h", "_", 6),
    ("n", "l", "_", "y", "_", "4", 20),
    ("n", "d", "_", "x", "_", "_", 16),
    ("n", "x", "_", ".", "_", "_", 6),
    (".", "_", "_", ".", "_", "_", 3),
)


def ask(app: Flask, few: tuple[str, ...] = ()) -> Flask:
    """Let the round ask the module: so-tu-phap says `SAID`, the first of trung-tam `few`, the others nothing."""
    with app.extensions["database"].write() as session:
        asked = add_module(bundled()["sipas-service-16"], question_modules()["post-and-online"])
        version = install_questionnaire(session, asked, datetime(2026, 1, 1, tzinfo=UTC))
        round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
        round_.version_id, round_.state = version.id, RoundState.CLOSED
        codes = dict(session.execute(sa.select(Agency.id, Agency.code)).all())
        left = {"so-tu-phap": ["".join(said[:6]) for said in SAID for _ in range(said[6])], "trung-tam": list(few)}
        found = session.scalars(
            sa.select(Response).where(Response.round_id == round_.id, Response.excluded.is_(None)).order_by(Response.id)
        )
        for response in found:
            said = left.get(codes[response.deciding_agency_id])
            response.answers += said.pop(0) if said else ".__.__"
        assert not any(left.values())
    return app


@pytest.fixture
def site(rounds: Flask) -> Flask:
    return ask(rounds)


def test_rates_of_use_reasons_and_satisfaction(site: Flask) -> None:
    with site.extensions["database"].read() as session:
        results = round_results(session, "r1")
        told = {rate.key: rate for rate in rates_of(results.definition)}
        figures = rate_figures(session, results, limited=False)
        expected = {
            "post_used/y": (100 * 15 / 57, 57),
            "post_why_not/l": (100 * 20 / 36, 36),  # of those who have not used it and gave a reason
            "post_why_not/d": (100 * 16 / 36, 36),
            "post_why_not/f": (0, 36),
            "post_satisfied/45": (100 * 9 / 15, 15),  # of those who used it
            "online_used/y": (100 * 20 / 35, 35),
            "online_why_not/t": (100 * 9 / 15, 15),
            "online_why_not/h": (100 * 6 / 15, 15),
            "online_satisfied/45": (100, 20),
        }
        for key, (share, n) in expected.items():
            figure = find(figures, "so-tu-phap", told[key])
            assert figure is not None
            assert (figure.index, figure.n) == (pytest.approx(share), n), key
        overall = results.table[(results.table["agency"] == "so-tu-phap") & (results.table["level"] == "overall")]
        assert overall["index"].iloc[0] == pytest.approx(75)  # 45 of 60, as without the module


def test_below_evaluator_a_handful_of_users_or_reasons_is_hidden(rounds: Flask) -> None:
    """Three of trung-tam used the post and three gave a reason not to."""
    site = ask(rounds, few=("y_5.__",) * 3 + ("nh_.__",) * 3)
    with site.extensions["database"].read() as session:
        results = round_results(session, "r1")
        told = {rate.key: rate for rate in rates_of(results.definition)}
        figures = rate_figures(session, results, limited=True)
        for key in ("post_used/y", "post_why_not/h", "post_satisfied/45"):
            hidden = find(figures, "trung-tam", told[key])
            assert hidden is not None
            assert (hidden.exists, hidden.n) == (False, None)


def test_pages_and_workbook_tell_answer_with_question(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    overview = soup(client, "/danh-gia/r1")
    assert overview.select_one("section[aria-labelledby='module-rates'] tr[data-rate='post_why_not/l']") is not None
    page = soup(client, "/danh-gia/r1/co-quan/so-tu-phap")
    row = page.select_one("tr[data-rate='post_satisfied/45']")
    assert row is not None
    assert words(row.select("th")[0]) == ("Ông/Bà hài lòng đến mức nào với bưu chính công ích? Hài lòng, Rất hài lòng")
    assert words(row.select("td")[1]).startswith("60,0")
