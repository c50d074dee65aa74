"""The scope of a round: which round a counter's code opens, and what is refused outside of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from survey.collect.operations.enter_form import Pile, begin_pile
from survey.collect.queries.counters import accepting_round
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Agency, AuditEvent, Channel, Counter, Population, Response, Round, RoundState, Service
from survey.structure.operations.open_round import RoundPlan, create_round, open_round
from survey.structure.operations.set_scope import refuse_overlap, set_scope
from survey.structure.queries.scope import covered_agencies, refuse_outside, round_at
from tests.support.evaluation import sign_in, token
from tests.support.places import CODE, MANY, fill, open_place

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
BY = Actor(NOW)


def pilot(session, width: str, chosen: list[str], *, code: str = "pilot", opened: bool = True) -> Round:
    """Add a round of March 2026 with a scope, beside `r1`, which is held everywhere since 2020."""
    version = session.scalars(sa.select(Round)).first().version
    plan = RoundPlan(code, "Đợt thử", date(2026, 2, 1), date(2026, 3, 31))
    made = create_round(session, plan, version, actor=BY)
    set_scope(session, made, width, chosen, actor=BY)
    if opened:
        open_round(session, made, actor=BY)
    session.flush()
    return made


def counters(session) -> dict[str, Counter]:
    return {counter.code: counter for counter in session.scalars(sa.select(Counter))}


def test_a_pilot_at_one_counter_takes_no_other(database: Database) -> None:
    """`r1` began first and is held everywhere; the pilot has Q2 alone, whichever round began last."""
    with database.write() as session:
        open_place(session)
        session.flush()
        at = counters(session)
        pilot(session, "counters", [str(at["Q2"].id)])
        later = create_round(
            session,
            RoundPlan("sau", "Đợt sau", date(2026, 2, 20), date(2026, 4, 1)),
            session.scalars(sa.select(Round)).first().version,
            actor=BY,
        )
        open_round(session, later, actor=BY)
        session.flush()
        assert {code: accepting_round(session, NOW, counter=at[code]).code for code in at} == {
            "Q1": "sau",
            "Q2": "pilot",
        }
        rounds = session.scalars(sa.select(Round).order_by(Round.id)).all()
        assert [round_at(rounds, at[code]).code for code in ("Q1", "Q2")] == ["r1", "pilot"]
        # a day after its end the code of Q2 opens the round of the province again
        assert accepting_round(session, datetime(2026, 4, 1, 3, 0, tzinfo=UTC), counter=at["Q2"]).code == "sau"


@pytest.mark.parametrize(
    ("width", "chosen", "inside"),
    [
        # Q1 and Q2 belong to the centre; at Q2 Justice and Land decide, so that a round held there judges these too
        ("agencies", ["trung-tam"], {"trung-tam", "so-tu-phap", "so-dat-dai"}),
        ("kinds", ["department"], {"so-tu-phap", "so-dat-dai"}),
        ("kinds", ["centre"], {"trung-tam", "so-tu-phap", "so-dat-dai"}),
        ("counters", ["Q1"], {"trung-tam"}),
        ("all", [], None),
    ],
)
def test_who_may_be_judged(database: Database, width: str, chosen: list[str], inside: set[str] | None) -> None:
    with database.write() as session:
        open_place(session)
        session.flush()
        at = counters(session)
        chosen = [str(at[one].id) if one in at else one for one in chosen]
        made = pilot(session, width, chosen)
        covered = covered_agencies(session, made)
        names = {agency.id: agency.code for agency in session.scalars(sa.select(Agency))}
        assert (None if covered is None else {names[one] for one in covered}) == inside
        outside = [number for number, code in names.items() if inside is not None and code not in inside]
        if outside:
            with pytest.raises(InputError, match="outside of the scope"):
                refuse_outside(session, made, outside)


def test_what_a_scope_refuses(database: Database) -> None:
    with database.write() as session:
        open_place(session)
        session.flush()
        at = counters(session)
        made = pilot(session, "counters", [str(at["Q2"].id)], opened=False)
        with pytest.raises(InputError, match="Choose at least one"):
            set_scope(session, made, "agencies", [], actor=BY)
        with pytest.raises(InputError, match="There is no xa-la"):
            set_scope(session, made, "agencies", ["xa-la"], actor=BY)
        assert not set_scope(session, made, "counters", [str(at["Q2"].id)], actor=BY)
        with pytest.raises(InputError, match=r"Round r1 is open on the same days at 1 of its counters.*go to pilot"):
            refuse_overlap(session, made)
        justice = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        land = session.scalars(sa.select(Service).where(Service.code == "dat-dai")).one()
        session.add(Population(round_id=made.id, agency_id=justice.id, service_id=land.id, transactions=5))
        session.flush()
        with pytest.raises(InputError, match="transactions of agencies outside"):
            set_scope(session, made, "counters", [str(at["Q1"].id)], actor=BY)
        session.refresh(made)
        set_scope(session, made, "counters", [str(at["Q2"].id)], actor=BY)
        open_round(session, made, actor=BY)
        with pytest.raises(InputError, match="can no longer change"):
            set_scope(session, made, "all", [], actor=BY)
        pile = Pile(made, at["Q1"], at["Q1"].agency_id, None, Channel.PAPER, date(2026, 3, 1))
        with pytest.raises(InputError, match="not held at this counter"):
            begin_pile(session, pile, actor=BY)


def test_the_pages_choose_confirm_and_the_codes_open_their_rounds(people: Flask) -> None:
    database = people.extensions["database"]
    with database.write() as session:
        at = {code: counter.id for code, counter in counters(session).items()}
        pilot(session, "all", [], opened=False)
        session.scalars(sa.select(Round).where(Round.code == "pilot")).one().closes_on = date(2099, 1, 1)
    client = people.test_client()
    sign_in(client, "evaluator")
    page = "/quan-tri/dot/pilot/pham-vi"
    soup = BeautifulSoup(client.get(page).get_data(as_text=True), "html.parser")
    hidden = {field["name"]: field["value"] for field in soup.select("main form input[type=hidden]")}
    wrong = client.post(page, data={**hidden, "width": "counters"})
    assert (wrong.status_code, "Hãy chọn ít nhất một mục" in wrong.get_data(as_text=True)) == (422, True)
    assert client.post(page, data={**hidden, "width": "counters", "counters": [str(at["Q2"])]}).status_code == 303
    opening = "/quan-tri/dot/pilot/mo"
    text = client.get(opening).get_data(as_text=True)
    assert "đang mở cùng ngày ở 1 quầy" in text
    refused = client.post(opening, data={"csrf_token": token(text)})
    beside = BeautifulSoup(refused.get_data(as_text=True), "html.parser").select_one("#overlap-error")
    assert (refused.status_code, "đang mở cùng ngày ở 1 quầy" in beside.text) == (422, True), beside
    with database.read() as session:
        assert session.scalars(sa.select(Round).where(Round.code == "pilot")).one().state is RoundState.DRAFT
    client.post(opening, data={"csrf_token": token(text), "overlap": "1"})
    with database.read() as session:
        made = session.scalars(sa.select(Round).where(Round.code == "pilot")).one()
        assert (made.state, made.scope) == (RoundState.OPEN, {"counters": [at["Q2"]]})
        assert session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "round.scoped")) == 1
    citizen = people.test_client()
    for code in (CODE, MANY):
        more = {"service": "dat-dai", "agency": "so-dat-dai"} if code == MANY else {}
        assert citizen.post(f"/K/{code}", data=fill(citizen, code, **more)).status_code == 303
    with database.read() as session:
        newest = session.execute(
            sa.select(Round.code, Response.counter_id)
            .join(Round, Round.id == Response.round_id)
            .order_by(Response.id.desc())
            .limit(2)
        ).all()
        assert [tuple(row) for row in newest] == [("pilot", at["Q2"]), ("r1", at["Q1"])]
