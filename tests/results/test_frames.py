"""People chosen by chance beside those who chose to answer: an index of each, their difference, and who may read it.

Of the ten answers of a week (`tests.support.stuffed_round`) two say 3 to everything, five say 4 and three say 5.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from survey.models import Agency, Channel, Counter, Response, Round, SlipPlan
from survey.results.compute import round_results
from survey.results.frames import Frames, frames_for
from tests.support.evaluation import NOW, accounts, publish_scored, sign_in
from tests.support.places import open_place
from tests.support.reading import soup, words
from tests.support.stuffed_round import stuffed_round


def came_by(session: orm.Session, agency: str, channel: Channel, levels: str) -> None:
    """Let those answers of an agency that say one of the levels have come by a channel."""
    number = session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one()
    session.execute(
        sa.update(Response)
        .where(Response.deciding_agency_id == number, sa.func.substr(Response.answers, 1, 1).in_(list(levels)))
        .values(channel=channel)
        .execution_options(synchronize_session=False)
    )


def planned(session: orm.Session, agency: str) -> None:
    counter = session.scalars(sa.select(Counter.id).join(Counter.agency).where(Agency.code == agency)).one()
    number = session.scalars(sa.select(Round.id).where(Round.code == "dem")).one()
    session.add(SlipPlan(round_id=number, counter_id=counter, every=5, tickets=100, set_at=NOW))


@pytest.fixture
def site(app: Flask) -> Flask:
    """Receipts of two agencies by a plan, of a third without one, and an interviewer at a fourth."""
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        stuffed_round(session)
        session.flush()
        came_by(session, "co-quan-02", Channel.RECEIPT, "4")
        came_by(session, "co-quan-03", Channel.RECEIPT, "35")
        came_by(session, "co-quan-05", Channel.RECEIPT, "3")
        came_by(session, "co-quan-04", Channel.INTERVIEWER, "5")
        planned(session, "co-quan-02")
        planned(session, "co-quan-03")
    return app


def frames(app: Flask, *, limited: bool = False) -> Frames | None:
    with app.extensions["database"].read() as session:
        return frames_for(session, round_results(session, "dem"), limited=limited)


def test_each_frame_has_an_index_of_its_own(site: Flask) -> None:
    """Twelve weeks: 60 receipts of 4s (100 %), 60 of 3s and 5s (36 of 60 satisfied), 36 interviews of 5s."""
    made = frames(site)
    assert [row.agency for row in made.rows] == ["co-quan-02", "co-quan-03", "co-quan-04"]
    two, three, four = made.rows
    assert (two.sample.n, two.sample.index, two.wall.n, two.wall.index) == (60, 100, 60, 60)
    assert (three.sample.n, three.sample.index, three.wall.n, three.wall.index) == (60, 60, 60, 100)
    assert (four.interviewer.n, four.interviewer.index, four.wall.n) == (36, 100, 84)
    assert four.wall.index == pytest.approx(100 * 60 / 84)
    assert (two.from_sample.difference, three.from_sample.difference) == (-40, 40)
    assert two.from_interviewer is None
    assert four.from_interviewer.difference == pytest.approx(100 * 60 / 84 - 100)
    # Holm: three differences of the agencies are one family, so that the largest p is its own
    assert max(one.p for one in (two.from_sample, three.from_sample, four.from_interviewer)) < 0.001
    # receipts that nobody drew are in no frame: 120 of both plans, (60 × 100 + 60 × 60) / 120
    whole = made.province
    assert (whole.sample.n, whole.sample.index) == (120, 80)
    # half of the transactions each
    assert whole.from_sample.difference == pytest.approx(0)
    assert whole.from_sample.agencies == 2
    assert whole.from_sample.seen_from > 0


def test_nobody_chosen_by_chance_is_no_frame(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        stuffed_round(session)
        session.flush()
        came_by(session, "co-quan-02", Channel.RECEIPT, "4")
    assert frames(app) is None
    with app.extensions["database"].write() as session:
        planned(session, "co-quan-09")  # where nobody answered by a receipt
    assert frames(app) is None


def test_below_evaluator_all_where_no_group_is_small(site: Flask) -> None:
    made = frames(site, limited=True)
    assert [row.agency for row in made.rows] == ["co-quan-02", "co-quan-03", "co-quan-04"]
    assert made.province.sample.n == 120


def test_below_evaluator_none_that_tells_of_a_small_group(site: Flask) -> None:
    """Three answers of an agency by another channel: with what else is told by channel they could be worked out."""
    with site.extensions["database"].write() as session:
        number = session.scalars(sa.select(Agency.id).where(Agency.code == "co-quan-02")).one()
        chosen = session.scalars(sa.select(Response.id).where(Response.deciding_agency_id == number).limit(3)).all()
        session.execute(
            sa.update(Response)
            .where(Response.id.in_(chosen))
            .values(channel=Channel.PHONE)
            .execution_options(synchronize_session=False)
        )
    cut = frames(site, limited=True)
    assert [row.agency for row in cut.rows] == ["co-quan-03", "co-quan-04"]
    assert cut.province.sample.n == 0  # else the others would give that agency away
    assert cut.find("") is cut.province
    assert cut.find("co-quan-02") is None


def test_pages_have_them_side_by_side(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/dem")
    row = words(page.select_one('tr[data-frames="co-quan-03"]'))
    assert "60,0" in row
    assert "n = 60" in row
    assert "+40,0" in row
    assert "thấy được từ" in row
    assert "quá ít" in words(page.select_one('tr[data-frames="co-quan-04"]'))
    own = soup(client, "/danh-gia/dem/co-quan/co-quan-03")
    assert [line["data-frames"] for line in own.select("tr[data-frames]")] == ["co-quan-03"]
    assert own.find(id="frames") is not None
    assert soup(client, "/danh-gia/dem/co-quan/co-quan-06").find(id="frames") is None


def test_an_edition_keeps_them_for_everyone(site: Flask) -> None:
    """What is frozen is shown to all, side by side, whatever is planned or answered later."""
    with site.extensions["database"].write() as session:
        publish_scored(session, code="dem", now=NOW + timedelta(days=100))
        session.execute(sa.delete(SlipPlan))
    page = soup(site.test_client(), "/ket-qua/dem")
    shown = {row["data-frames"]: words(row) for row in page.select("tr[data-frames]")}
    assert list(shown) == ["", "co-quan-02", "co-quan-03", "co-quan-04"]
    assert "80,0" in shown[""]
    assert "n = 60" in shown["co-quan-03"]
    assert "+40,0" in shown["co-quan-03"]
