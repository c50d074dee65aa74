"""Whom to learn from, and what is said of the worst and best items: worked out by hand on a small round."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.actor import Actor
from survey.improvement.operations import judge_action, keep_action
from survey.improvement.operations.keep_action import ActionAim, ActionText
from survey.models import Agency, Response, Round, RoundState, Target, User
from survey.results.compute import RoundResults, round_results
from survey.results.figures import Figures
from survey.results.item_lines import BEST, WORST, ItemLines, item_lines
from survey.results.item_statements import LEARN_SENTENCES
from survey.results.peers import Peer, overlap, peers
from survey.results.statements import choose
from survey.structure.queries import names
from tests.support.evaluation import NOW, close_rounds, sign_in
from tests.support.reading import soup, words

ALONE = Rules(clusters="none")
"""Every citizen a sampling unit, so that variances can be worked out by hand."""
ITEM = "cc_thai_do"


def accept(session: orm.Session, agency: str, item: str | None, element: str | None, what: str) -> None:
    """Enter an action about the round and let it be accepted."""
    user = session.scalars(sa.select(User.id).order_by(User.id)).first()
    action = keep_action.add_action(
        session,
        round_=session.scalars(sa.select(Round).where(Round.code == "r1")).one(),
        agency=session.scalars(sa.select(Agency).where(Agency.code == agency)).one(),
        aim=ActionAim(element=element, item=item),
        wording=ActionText(what=what, responsible="Trưởng bộ phận"),
        due_on=date(2026, 6, 1),
        today=date(2026, 3, 1),
        actor=Actor(NOW, user),
    )
    keep_action.report_done(session, action, evidence="Biên bản", actor=Actor(NOW, user))
    judge_action.accept_action(session, action, remark="", workers=(), actor=Actor(NOW + timedelta(days=1), user))


def lines(session: orm.Session, results: RoundResults, agency: str, *, limited: bool = False) -> list[ItemLines]:
    """What is said in English."""
    figures = Figures(results.table)
    return item_lines(session, results, figures, agency, "en", names=names.agencies(session), limited=limited)


def test_what_two_agencies_have_in_common() -> None:
    """Shares by transactions: A 3/4 and 1/4, B 1/4 and 3/4 of the same services: 1/4 + 1/4. C without transactions."""
    rows = [
        *(("a", "x", 75, 10, "ok"), ("a", "y", 25, 30, "ok"), ("b", "x", 25, 10, "ok"), ("b", "y", 75, 10, "ok")),
        *(("c", "x", None, 30, "ok"), ("c", "z", None, 10, "ok"), ("d", "x", 50, None, "suppressed")),
    ]
    table = pd.DataFrame(rows, columns=["agency", "service", "population", "n", "status"]).assign(level="overall")
    assert overlap(table, "a", "b") == pytest.approx(0.5)
    assert overlap(table, "a", "c") == pytest.approx(0.75)
    assert overlap(table, "a", "d") == 0


def test_a_better_agency_of_the_kind_is_named_with_what_it_did(rounds: Flask) -> None:
    """45 of 60 against 20 of 40: the variances p q / (n - 1) give z = 25 / 9.79 = 2.55, p = 0.011 of one test.

    The centre is of another kind, and would be better still.
    """
    database = rounds.extensions["database"]
    with database.write() as session:
        accept(session, "so-tu-phap", ITEM, None, "Tập huấn giao tiếp.")
        accept(session, "so-tu-phap", None, "officials", "Đổi lịch trực")
        accept(session, "so-tu-phap", "kq_dung_hen", None, "Nhắn tin")
    with database.read() as session:
        results = round_results(session, "r1", rules=ALONE)
        (peer,) = peers(session, results, "so-dat-dai", [ITEM], published_only=False)[ITEM]
        assert (peer.agency, peer.index, peer.n, peer.similar) == ("so-tu-phap", pytest.approx(75.0), 60, False)
        assert [action.what for action in peer.actions] == ["Đổi lịch trực", "Tập huấn giao tiếp."]
        assert peers(session, results, "so-tu-phap", [ITEM], published_only=False) == {ITEM: ()}
        (quiet,) = peers(session, results, "so-dat-dai", [ITEM], published_only=True)[ITEM]
        assert quiet.actions == ()
        told = {one.key: one for one in lines(session, results, "so-dat-dai")}
    worst = [one for one in told.values() if one.kind == WORST]
    assert [len(one.learn) for one in worst] == [2, 2, 2]
    assert worst[0].learn == (
        "No agency with similar services is surely better here; of the same kind these are:",
        "Department of Justice: 75.0 % satisfied, of 60 who answered.",
    )
    assert ITEM not in told  # no item of the three is the one that was acted upon


def test_readers_below_evaluator_learn_of_others_once_it_is_published(rounds: Flask) -> None:
    database = rounds.extensions["database"]
    with database.read() as session:
        results = round_results(session, "r1", rules=ALONE)
        assert all(one.learn == () for one in lines(session, results, "so-dat-dai", limited=True))
    with database.write() as session:
        session.scalars(sa.select(Round).where(Round.code == "r1")).one().state = RoundState.PUBLISHED
    with database.read() as session:
        results = round_results(session, "r1", rules=ALONE)
        told = lines(session, results, "so-dat-dai", limited=True)
        assert all(len(one.learn) == 2 for one in told if one.kind == WORST)


def test_an_item_stands_in_one_place_with_change_and_target(rounds: Flask) -> None:
    """so-tu-phap rose from 20 of 60 to 45 of 60; its target for officials is 90: not reached by 75 % of 60."""
    database = rounds.extensions["database"]
    with database.write() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        round_id = session.scalars(sa.select(Round.id).where(Round.code == "r1")).one()
        session.add(Target(round_id=round_id, agency_id=agency, element="access", value=99.0))
    with database.read() as session:
        results = round_results(session, "r1", rules=ALONE)
        told = lines(session, results, "so-tu-phap")
        keys = [one.key for one in told]
        assert len(keys) == len(set(keys))
        first = told[0]
        assert first.stands[0].startswith("Satisfied: 75.0 %; other agencies: ")
        assert first.stands[1] == "Dissatisfied: 15 of 60 who answered."
        assert first.moves[0].startswith("Since Đợt 0: +41.7 points (")
        assert first.moves[0].endswith("), better.")
        of_access = [one.moves[1:] for one in told if one.key.startswith("tiep_can")]
        assert all(len(moves) == 1 and "99.0 %, not reached." in moves[0] for moves in of_access)


def test_the_province_s_lowest_and_highest_items(rounds: Flask) -> None:
    """Two of three who are dissatisfied with one item make it the lowest, whoever the others are."""
    database = rounds.extensions["database"]
    with database.write() as session:
        for response in session.scalars(sa.select(Response)):
            response.answers = response.answers[:7] + "1" + response.answers[8:]
    with database.read() as session:
        results = round_results(session, "r1", rules=ALONE)
        told = lines(session, results, "")
        assert [one.kind for one in told] == [WORST] * 3 + [BEST] * 3
        assert len({one.key for one in told}) == 6
        assert told[0].key == results.definition.items[7].code
        assert told[0].stands[0].startswith("Satisfied: 0.0 %")
        assert told[0].stands[1] == "Dissatisfied: 106 of 106 who answered."
        assert (told[0].where, told[0].learn) == ((), ())


class Found:
    """Evidence of `LEARN_SENTENCES`."""

    def __init__(self, found: int, similar: int) -> None:
        self.found, self.similar = found, similar


@pytest.mark.parametrize(("found", "similar", "code"), [(0, 0, "none"), (2, 0, "kind"), (2, 1, "similar")])
def test_one_sentence_holds(found: int, similar: int, code: str) -> None:
    assert [one.code for one in LEARN_SENTENCES if one.holds(Found(found, similar))] == [code]
    assert choose(LEARN_SENTENCES, Found(found, similar)).code == code


def test_similar_services_begin_at_half() -> None:
    assert Peer("a", 80.0, 50, 0.5).similar
    assert not Peer("a", 80.0, 50, 0.49).similar


def test_the_page_says_it(rounds: Flask, client: FlaskClient) -> None:
    close_rounds(rounds)
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/r1/co-quan/so-tu-phap/manh-yeu")
    text = words(page)
    assert "So với Đợt 0: +41,7 điểm" in text
    learn = page.select(".findings .learn")
    assert learn
    assert {one.get_text(strip=True) for one in learn if one.name == "p"} == {
        "Không có cơ quan nào cùng loại mà số liệu đủ chắc để nói là làm tốt hơn ở nội dung này."
    }
