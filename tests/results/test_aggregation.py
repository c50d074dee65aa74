"""Sums carried on response by response are those of all responses read at once, whatever happened in between."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.db import Database
from survey.models import Channel, Response, Round
from survey.questionnaires import from_canonical
from survey.results.compute import PLACES, round_moments, round_results
from survey.results.queries import responses
from tests.support.evaluation import scored_round

BY = (*PLACES, "channel")


def come(database: Database, count: int, **columns: object) -> None:
    """Copy the first responses as if they came now."""
    with database.write() as session:
        for k, old in enumerate(session.scalars(sa.select(Response).order_by(Response.id).limit(count)).all()):
            same = {c.key: getattr(old, c.key) for c in sa.inspect(Response).column_attrs if c.key not in ("id", "key")}
            newest = session.scalar(sa.select(sa.func.max(Response.id)))
            session.add(Response(**same | columns, key=f"again-{newest}-{k:012d}"))
            session.flush()


def check_equal(database: Database, monkeypatch: pytest.MonkeyPatch, *, read: bool) -> None:
    """Assert that what is carried on equals what is made anew; `read`: whether all responses had to be read again."""
    calls = []
    patterns = responses.patterns
    monkeypatch.setattr(responses, "patterns", lambda *given: calls.append(given) or patterns(*given))
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        scheme, rules = from_canonical(round_.version.content).scheme(), Rules(min_answered_share=0.5)
        found, too_few = round_moments(session, round_, scheme, rules, BY)
        channels = round_results(session, round_.code).channels
        assert bool(calls) == read
        monkeypatch.setattr("survey.core.cache.get", lambda *_: None)
        wanted, few = round_moments(session, round_, scheme, rules, BY)
        assert channels == responses.channels(session, round_.id)
        assert list(channels) == list(responses.channels(session, round_.id))
    monkeypatch.undo()
    assert too_few == few
    pd.testing.assert_frame_equal(found.keys, wanted.keys)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_what_came_since_is_added(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        scored_round(session)
    check_equal(database, monkeypatch, read=True)
    come(database, 3)
    check_equal(database, monkeypatch, read=False)
    come(database, 40, channel=Channel.KIOSK)  # a cell that was not there
    come(database, 2, excluded="honeypot")
    come(database, 2, answers="." * 40)  # too few answers to count
    check_equal(database, monkeypatch, read=False)
    check_equal(database, monkeypatch, read=False)  # nothing came


def test_whatever_else_happens_all_are_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        scored_round(session)
    check_equal(database, monkeypatch, read=True)
    with database.write() as session:
        first = session.scalars(sa.select(Response).order_by(Response.id)).first()
        assert first is not None
        first.excluded = "test"
    come(database, 1)
    check_equal(database, monkeypatch, read=True)
    with database.write() as session:
        session.execute(sa.delete(Response).where(Response.excluded.is_not(None)))
    check_equal(database, monkeypatch, read=True)
    with database.write() as session:  # as by a transaction that began earlier and ended later
        late = session.scalars(sa.select(Response).order_by(Response.id)).first()
        assert late is not None
        session.add(late_copy(late))
    come(database, 1)
    check_equal(database, monkeypatch, read=True)
    monkeypatch.setattr("survey.results.aggregation.MAX_DELTA", 1)
    come(database, 2)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        before = round_results(session, round_.code).responses
    come(database, 2)
    with database.read() as session:
        assert round_results(session, round_.code).responses == before + 2


def test_a_response_that_comes_while_others_are_read_is_added_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        scored_round(session)
    stamp, waiting = responses.stamp, [1]

    def stamp_then_more(session: orm.Session, round_id: int) -> tuple[int, ...]:
        found = stamp(session, round_id)
        if waiting:
            come(database, waiting.pop())
        return found

    def counted() -> tuple[int, int, int]:
        with database.read() as session:
            found = round_results(session, "r1")
            whole = found.table[(found.table["agency"] == "") & (found.table["service"] == "")]
            return found.responses, sum(found.channels.values()), int(whole[whole["level"] == "overall"]["n"].iloc[0])

    monkeypatch.setattr(responses, "stamp", stamp_then_more)
    assert counted() == (106, 106, 106)
    assert not waiting
    assert counted() == (107, 107, 107)


def late_copy(response: Response) -> Response:
    """Return a response with a number smaller than any."""
    same = {c.key: getattr(response, c.key) for c in sa.inspect(Response).column_attrs if c.key not in ("id", "key")}
    same["submitted_at"] = response.submitted_at + timedelta(seconds=1)
    return Response(**same, id=-1, key="of-an-earlier-transaction")
