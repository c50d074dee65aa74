"""Places to look at again: from stored responses to the sentence, the indices and the decision; worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scoring.detectors.rows import IMPORT, OTHER, PAPER, QR
from survey.core.db import Database
from survey.models import AuditEvent, PlaceDecision, Response, Round, RoundState
from survey.questionnaires import bundled
from survey.results.compute import round_results
from survey.results.place_chart import place_chart
from survey.results.place_indices import hardened_figures, index_without, responses_of
from survey.results.place_sentences import SENTENCES, busiest_hours, one_in
from survey.results.place_tables import chosen_table
from survey.results.places import EPOCH, look_at_places, place_rows
from survey.results.queries.place_columns import CHANNELS, HoursOfCounter, PlaceColumns
from survey.structure.queries.population import population
from survey.web.wording import PLACE_CHECKS
from tests.support.evaluation import accounts, post, scored_round, sign_in
from tests.support.reading import soup, words
from tests.support.stuffed_round import AGENCIES, STUFFED, stuffed_round

USUAL = HoursOfCounter("a", "Q1", "Quầy", None, time(7, 30), time(11, 30), time(13, 30), time(17), "12345")
AT = "/danh-gia/dem/noi-can-xem-lai"


def columns(
    days: list[int], minutes: list[int], counters: list[int], channels: list[str], answers: list[str]
) -> PlaceColumns:
    """Columns of one agency's responses."""
    n = len(days)
    letters = np.array([list(text.encode()) for text in answers], dtype=np.uint8)
    zeros = np.zeros(n, dtype=np.int64)
    number = {channel.value: k for k, channel in enumerate(CHANNELS)}
    return PlaceColumns(
        ("a",), ("",), zeros, zeros, np.array(counters), zeros, np.array([number[c] for c in channels]),
        np.array(days), np.array(minutes), letters, np.full(n, np.nan), np.ones(n, dtype=bool),
    )  # fmt: skip


def test_responses_are_read_by_the_hours_of_their_counter() -> None:
    definition = bundled()["sipas-service-16"]
    slots = definition.slots
    asked = [k for k, slot in enumerate(slots) if slot.kind.value == "respondent" and not slot.show_if]
    first = next(slot for slot in slots if slot.kind.value == "respondent" and not slot.show_if)
    saturday = HoursOfCounter("a", "Q2", "Quầy", None, time(8), None, None, time(11), "6")
    monday = (date(2026, 3, 2) - EPOCH).days
    text = "5" * 12 + "x.3_" + "." * (len(slots) - 16)
    answered = text[: asked[0]] + first.options[1] + text[asked[0] + 1 :]
    declined = text[: asked[0]] + "x" + text[asked[0] + 1 :]
    given = columns(
        # Monday 7:14 and 7:15, noon, 12:01; Saturday at the counter open then, 11:30 and 11:31; Saturday elsewhere
        [monday] * 4 + [monday + 5] * 3,
        [434, 435, 720, 721, 690, 691, 600],
        [1, 1, 1, 1, 2, 2, 0],
        ["qr", "kiosk", "receipt", "paper", "qr", "phone", "import"],
        [answered, declined, *[text] * 5],
    )
    round_ = Round(opens_on=date(2026, 3, 2), closes_on=date(2026, 3, 15), state=RoundState.CLOSED)
    rows, questions = place_rows(given, definition, round_, {1: USUAL, 2: saturday})
    assert rows.open.tolist() == [False, True, True, False, True, False, False]
    assert rows.channel.tolist()[3:] == [PAPER, QR, OTHER, IMPORT]
    assert rows.items[0].tolist() == [5] * 12 + [-1, 0, 3, 0]
    assert rows.main.tolist() == [True] * 12 + [False, True, True, False]  # all seven answered x, or were not asked
    assert len(questions) == len(asked)
    assert rows.respondent[:3, 0].tolist() == [2, -1, 0]
    assert rows.weeks == 2


def test_a_week_of_nights_is_told_in_a_sentence_and_hardened_away(database: Database) -> None:
    with database.write() as session:
        stuffed_round(session)
    with database.read() as session:
        results = round_results(session, "dem")
        look = look_at_places(session, results)
        assert (look.looked_at, look.flagged) == (AGENCIES, [STUFFED])
        assert look_at_places(session, results) is look  # kept while nothing changed
        found = look.findings
        # weekly answers outside of hours 1, and 41 in the week of nights; expected .4 × 52 / 12 = 1.7333:
        # 39.2667 / sqrt(1.7333 + .5 × 1.7333² + 1) = 19.08
        assert found.values["closed_run"][0] == pytest.approx(19.0796, abs=1e-4)
        assert (found.closed_run.begin[0], found.closed_run.end[0]) == (4, 5)
        # 136 of 160 satisfied; without the 52 outside of hours 84 of 108
        figure = results.table.query("agency == @STUFFED and service == '' and level == 'overall'").iloc[0]
        assert figure["index"] == pytest.approx(85)
        chosen = responses_of(look, STUFFED, "closed_run")
        assert chosen is not None
        assert int(chosen.sum()) == 52
        without = index_without(session, results, look, STUFFED, chosen)
        assert without is not None
        assert without.index == pytest.approx(100 * 84 / 108)
        same = index_without(session, results, look, STUFFED, np.zeros(len(chosen), dtype=bool))
        assert same is not None
        assert [same.index, same.se, same.lo, same.hi] == pytest.approx(
            [figure[k] for k in ("index", "se", "lo", "hi")]
        )
        # 108 within hours allow 12 of the 52 at a tenth: v = 12 / 52. Blocks of 36.923, 46.154, 36.923 answers:
        # lean 20 / 38.923, 20 / 48.154, and 2 / 120 of their sum 1.443: h = .53788, .43939 (v for outside of hours).
        # Satisfied: 2 × .53788 × 28.923 + .43939 × 38.154 = 47.879 of 60
        hard = hardened_figures(session, results, look).overall(STUFFED)
        assert hard is not None
        assert hard.index == pytest.approx(79.798, abs=1e-3)
        chart = place_chart(look, STUFFED, (4, 5))
        (strip,) = chart.strips
        assert strip.most == 50
        # of 64 pixels for 50 answers: 9 within hours, 41 above them
        assert (strip.bars[4].height, strip.bars[4].outside_height) == (11.52, 52.48)
        assert (strip.bars[4].top, strip.bars[4].outside_top) == (strip.floor - 11.52, strip.top)
        assert len(chart.dots) == 12
        assert responses_of(look, STUFFED, "unlike") is None


def test_live_answers_need_the_signed_opening_time_of_their_form(app: Flask) -> None:
    """The nights' forms sent by day count as they should; where nobody opened them here, no more than nights do."""
    with app.extensions["database"].write() as session:
        stuffed_round(session)
        some = sa.select(Response.id).where(Response.key.like("co-quan-05-%")).order_by(Response.id).limit(7)
        session.execute(sa.update(Response).where(Response.id.in_(some)).values(opened_at=None))
    with app.extensions["database"].read() as session:
        results = round_results(session, "dem")
        look = look_at_places(session, results)
        assert int((~look.columns.signed).sum()) == 7
        nights = responses_of(look, STUFFED, "closed_run") & (look.rows.day // 7 == 4)
        assert int(nights.sum()) == 41
        by_day = replace(look, rows=replace(look.rows, open=look.rows.open | nights))
        unsigned = replace(by_day, columns=replace(look.columns, signed=look.columns.signed & ~nights))
        every, known = np.ones(len(nights), dtype=bool), population(session, results.round.id)
        found = [
            chosen_table(results, one, every, known, hard=True)
            .query("agency == @STUFFED and service == '' and level == 'overall'")["index"]
            .iloc[0]
            for one in (look, unsigned, by_day)
        ]
        assert found[0] == found[1] == pytest.approx(79.798, abs=1e-3)
        assert found[2] > 81


def test_spans_and_shares_are_said_as_people_say_them(app: Flask) -> None:
    minutes = np.array([60 * hour for hour in (22, 23, 0, 1)] * 10 + [60 * 12])
    assert busiest_hours(minutes) == (22, 2)  # one of 41 at noon is left out
    assert busiest_hours(np.arange(24) * 60) == (0, 24) or busiest_hours(np.arange(24) * 60)[0] == 0
    with app.test_request_context("/?lang=en"):
        assert [one_in(x) for x in (0.1, 0.034, 0.8, 0.0, float("nan"))] == [
            *("1 in 10", "1 in 29", "80 %", "hardly any", "hardly any"),
        ]


def test_every_check_has_its_sentence_and_none_accuses() -> None:
    assert set(SENTENCES) == set(PLACE_CHECKS.messages)
    for text in (*SENTENCES.values(), *PLACE_CHECKS.messages.values()):
        assert not any(word in text.lower() for word in ("fraud", "fake", "manipul", "suspicio", "guilt", "probab"))


@pytest.fixture
def nights(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        stuffed_round(session)
    return app


def test_evaluators_read_ask_and_decide(nights: Flask, client: FlaskClient) -> None:
    sign_in(client, "manager")
    assert client.get(AT).status_code == 403
    client = nights.test_client()
    sign_in(client, "evaluator")
    page = soup(client, AT)
    (place,) = page.select("section.looked-at")
    told = [words(line) for line in place.find("ul").find_all("li")]
    assert (
        "Nhiều phiếu ngoài giờ hơn các tuần khác của chính cơ quan. 41 trong 50 phiếu từ 30/03/2026 đến 05/04/2026 "
        "gửi lúc 18 giờ đến 6 giờ; nơi khác 1 trong 10."
    ) in told
    figures = [words(text).split(" ")[0] for text in place.select(".intervals .figure")]
    # and without that week 88 of 110
    assert figures == ["85,0", "79,8", "77,8", "80,0"]
    assert "Hỏi cơ quan" in words(place.select_one(".note"))
    assert "Đã xem 24 cơ quan; 1 nơi có điều cần hỏi." in words(page.main)
    assert "lệch 5 điểm" in words(page.main)  # the smallest movement that the checks see
    assert len(place.select("svg.place rect.hours-out")) == 12

    form = f"{AT}/{STUFFED}"
    refused = post(client, form, AT, outcome="explained", reason=" ")
    assert refused.status_code == 422
    assert "Ghi lý do" in refused.get_data(as_text=True)
    assert post(client, form, AT, outcome="guilty", reason="x").status_code == 422
    assert post(client, f"{AT}/khong-co", AT, outcome="asked", reason="x").status_code == 404
    kept = post(client, form, AT, outcome="explained", reason="Tổ lưu động buổi tối, có kế hoạch số 12.")
    assert kept.headers["Location"].endswith(f"#noi-{STUFFED}")
    page = words(soup(client, AT).main)
    assert "Có lý do chính đáng, giữ nguyên các phiếu" in page
    assert "Tổ lưu động buổi tối" in page
    with nights.extensions["database"].read() as session:
        decision = session.scalars(sa.select(PlaceDecision)).one()
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "place.decided")).one()
        assert (event.subject, event.after["reason"]) == (f"place:dem/{STUFFED}", decision.reason)
        excluded = session.scalar(sa.text("SELECT count(*) FROM response WHERE excluded = 'place'"))
        assert excluded == 0
