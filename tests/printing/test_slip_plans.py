"""The random sample at the counter: fixed before it begins, secret until then, and drawn again by everyone after."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Counter, Role, Round, RoundState, SlipPlan, SlipWeek, User
from survey.printing.operations.plan_slips import plan_slips
from survey.printing.queries.slip_plans import slip_list, weeks_of
from survey.structure.queries.rounds import by_code
from tests.printing.test_issued_codes import WEEK, counter_id, signed_in
from tests.printing.test_issued_codes import site as site
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, post

PLANS = "/quay/phat-ma/r1"
FIRST = date(2026, 3, 2)
"""The Monday after `NOW`, a Sunday: the first week that is still to begin."""


def planned(site: Flask, every: int = 5, tickets: int = 40) -> None:
    evaluator = signed_in(site, "evaluator")
    sent = post(evaluator, PLANS, counter=str(counter_id(site)), every=str(every), tickets=str(tickets))
    assert sent.status_code == 303


def numbers_of(seed: str, every: int, last: int) -> list[int]:
    """Return the numbers as docs/methodology.md says, worked out here anew."""
    own = int.from_bytes(hashlib.sha256(f"{seed}:so-tu-phap/Q9".encode()).digest()[:8], "big")
    found = []
    for start in range(0, last, every):
        drawn = int.from_bytes(hashlib.sha256(f"{own}:{start}".encode()).digest()[:8], "big")
        found.append(start + 1 + drawn % every)
    return [number for number in found if number <= last]


def seed_of(site: Flask, week: date) -> str:
    with site.extensions["database"].read() as session:
        return session.scalars(sa.select(SlipWeek.seed).where(SlipWeek.week_on == week)).one()


def test_the_numbers_are_told_when_the_week_begins_and_the_seed_when_it_is_over(site: Flask) -> None:
    planned(site)
    number, staff = counter_id(site), signed_in(site, "staff")
    seed = seed_of(site, FIRST)
    bound = hashlib.sha256(seed.encode()).hexdigest()
    at, sheet = f"/quay/{number}/so-duoc-phat", f"/quay/{number}/so-duoc-phat/{FIRST}.pdf"
    before = staff.get(at).text
    assert bound in before
    assert seed not in before
    assert sheet not in before
    early = staff.get(sheet, follow_redirects=True)
    assert early.mimetype == "text/html"
    assert "không sớm hơn" in early.text

    set_clock(site, NOW + timedelta(days=1))
    during = signed_in(site, "staff")
    assert sheet in during.get(at).text
    assert seed not in during.get(at).text
    assert seed not in signed_in(site, "evaluator").get(PLANS).text
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(during.get(sheet).data)).pages)
    expected = numbers_of(seed, 5, 60)  # one and a half times the 40 that are expected
    assert len(expected) == 12
    printed = [int(word) for word in text.split() if word.isdigit()]
    assert printed[-12:] == expected
    assert during.get(f"/quay/{number}/so-duoc-phat/{FIRST + timedelta(days=7)}.pdf").status_code == 303
    assert during.get(f"/quay/{number}/so-duoc-phat/kia.pdf").status_code == 404

    set_clock(site, NOW + timedelta(days=8))
    after = signed_in(site, "staff").get(at).text
    assert seed in after
    assert seed_of(site, FIRST + timedelta(days=7)) not in after


def test_k_is_fixed_once_the_round_takes_answers(site: Flask) -> None:
    planned(site)
    evaluator = signed_in(site, "evaluator")
    again = post(evaluator, PLANS, counter=str(counter_id(site)), every="2", tickets="40")
    assert again.status_code == 422
    assert "không đổi được nữa" in again.text
    page = evaluator.get(PLANS).text
    assert "Quầy Tư pháp" in page
    with site.extensions["database"].write() as session:
        assert session.scalars(sa.select(SlipPlan.every)).one() == 5
        # three weeks of the round are to come, each with a seed of its own
        weeks = session.scalars(sa.select(SlipWeek).order_by(SlipWeek.week_on)).all()
        assert [week.week_on for week in weeks] == [FIRST + timedelta(days=7 * k) for k in range(3)]
        seeds = [week.seed for week in weeks]
        assert len(set(seeds)) == 3
        session.execute(sa.update(Round).values(state=RoundState.DRAFT))
    assert post(evaluator, PLANS, counter=str(counter_id(site)), every="2", tickets="40").status_code == 303
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(SlipPlan.every)).one() == 2
        assert list(session.scalars(sa.select(SlipWeek.seed).order_by(SlipWeek.week_on))) == seeds


def test_what_cannot_be_planned(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        round_, zone = by_code(session, "r1"), site.config["SETTINGS"].timezone
        counter = session.get_one(Counter, counter_id(site))
        manager = session.scalars(sa.select(User.id).where(User.role == Role.MANAGER)).one()

        def plan(every: int = 5, tickets: int = 40, user: int | None = None, days: int = 0) -> None:
            actor = Actor(NOW + timedelta(days=days), user)
            plan_slips(session, round_, counter, every, tickets, zone=zone, actor=actor)

        for wrong, told in (
            ({"user": manager}, "Only an evaluator"),
            ({"every": 0}, "One in 1 to 1000"),
            ({"tickets": 0}, "Between 1 and 100000"),
            ({"days": 60}, "still to begin"),
        ):
            with pytest.raises(InputError, match=told):
                plan(**wrong)
        round_.scope = {"counters": [counter.id + 99]}
        with pytest.raises(InputError, match="not held"):
            plan()
        round_.state = RoundState.CLOSED
        with pytest.raises(InputError, match="closed"):
            plan()
        with pytest.raises(InputError, match="No sample"):
            slip_list(session, counter, WEEK, WEEK)
        assert weeks_of(session, round_.id, WEEK) == []
