"""Use of codes and the emblem's inheritance, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from survey.core.actor import Actor
from survey.models import Agency, Channel, Counter, CounterCode, EmblemFormat, ReceiptCode, Response, Round, RoundState
from survey.printing.operations.keep_emblem import keep_emblem, remove_emblem
from survey.printing.queries.code_use import ReceiptUse, code_use, receipt_use
from survey.printing.queries.poster_codes import emblem_for, printable_rounds
from survey.structure.operations.rotate_code import rotate_code
from tests.support.places import CODE, open_place
from tests.support.receipts import issued

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 5, 10, 3, 0, tzinfo=UTC)


def answered(session, counter: Counter, *instants: datetime, channel: Channel = Channel.QR) -> None:
    round_id = session.scalars(sa.select(Round.id)).one()
    for instant in instants:
        session.add(
            Response(
                key=f"{channel.value}-{instant.isoformat()}"[:64],
                round_id=round_id,
                counter_id=counter.id,
                deciding_agency_id=counter.agency_id,
                channel=channel,
                language="vi",
                answers="4" * 24,
                submitted_at=instant,
            )
        )


def test_each_code_has_the_responses_of_its_own_time(database):
    """The code is replaced at 10:00 of 8 May in Vietnam; 17:00 UTC is midnight there."""
    replaced = datetime(2026, 5, 8, 3, 0, tzinfo=UTC)
    with database.write() as session:
        open_place(session)
        session.flush()
        counter = session.scalars(sa.select(Counter).where(Counter.code == "Q1")).one()
        fresh = rotate_code(session, counter, actor=Actor(replaced))
        second = timedelta(seconds=1)
        answered(session, counter, replaced - second, replaced, replaced + second)
        answered(session, counter, datetime(2026, 5, 7, 16, 59, 59, tzinfo=UTC), datetime(2026, 5, 7, 17, tzinfo=UTC))
        answered(session, counter, NOW - timedelta(days=60))
        answered(session, counter, replaced + 2 * second, channel=Channel.PAPER)
        session.flush()
        uses = {use.code: use for use in code_use(session, counter.id, ZONE, now=NOW)}
        assert next(iter(uses)) == fresh.code
        assert uses[fresh.code].days == ((date(2026, 5, 8), 2),)
        assert uses[fresh.code].withdrawn_on is None
        old = uses[CODE]
        assert old.days == ((date(2026, 5, 8), 2), (date(2026, 5, 7), 1))
        assert old.responses == 4
        assert old.withdrawn_on == date(2026, 5, 8)


def test_receipts_are_counted_together(database):
    with database.write() as session:
        open_place(session)
        session.flush()
        counter = session.scalars(sa.select(Counter).where(Counter.code == "Q1")).one()
        assert receipt_use(session, counter.id) == ReceiptUse(0, 0)
        codes = issued(session, counter.id, 5, datetime(2026, 5, 7, 18, tzinfo=UTC))
        session.execute(sa.update(ReceiptCode).where(ReceiptCode.code.in_(codes[:2])).values(used=True))
        assert receipt_use(session, counter.id) == ReceiptUse(5, 2)
        assert set(session.scalars(sa.select(ReceiptCode.issued_on))) == {date(2026, 5, 8)}
        assert not session.scalars(sa.select(CounterCode).where(CounterCode.code.in_(codes))).all()


def test_the_nearest_emblem_above_is_printed(database):
    with database.write() as session:
        open_place(session)
        session.flush()
        low, high = (
            session.scalars(sa.select(Agency).where(Agency.code == code)).one() for code in ("so-tu-phap", "trung-tam")
        )
        assert emblem_for(session, low) is None
        low.parent = high
        keep_emblem(session, high, EmblemFormat.PNG, b"high", actor=Actor(NOW))
        session.flush()
        assert emblem_for(session, low).data == b"high"
        keep_emblem(session, low, EmblemFormat.SVG, b"low", actor=Actor(NOW))
        session.flush()
        assert emblem_for(session, low).data == b"low"
        assert remove_emblem(session, low, actor=Actor(NOW))
        session.flush()
        assert emblem_for(session, low).data == b"high"
        assert not remove_emblem(session, low, actor=Actor(NOW))


def test_the_running_round_comes_before_those_to_come_and_ended_ones_are_gone(database):
    today = date(2026, 5, 10)
    with database.write() as session:
        open_place(session)
        session.flush()
        known = session.scalars(sa.select(Round)).one()
        known.closes_on = date(2026, 5, 9)
        for code, state, opens, closes in (
            ("later", RoundState.DRAFT, date(2026, 7, 1), date(2026, 8, 1)),
            ("next", RoundState.DRAFT, date(2026, 6, 1), date(2026, 7, 1)),
            ("older", RoundState.OPEN, date(2026, 1, 1), today),
            ("newer", RoundState.OPEN, date(2026, 5, 1), today),
            ("closed", RoundState.CLOSED, date(2026, 5, 1), date(2026, 8, 1)),
        ):
            session.add(
                Round(code=code, name=code, version=known.version, opens_on=opens, closes_on=closes, state=state)
            )
        session.flush()
        assert [round_.code for round_ in printable_rounds(session, today)] == ["newer", "older", "next", "later"]
