"""Sums carried on response by response are those of all responses read at once, whatever happened in between."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.collect.operations.undo_responses import undo_responses
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Channel, ImportBatch, Response, Round
from survey.questionnaires import from_canonical
from survey.results.compute import PLACES, round_results, round_sums
from survey.results.queries import responses
from survey.results.sample import sample
from survey.structure.queries import counted as counted_queries
from tests.support.counter_days import FIRST, give_counters
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
        found = round_sums(session, round_, scheme, rules, BY)
        channels = round_results(session, round_.code).channels
        assert bool(calls) == read
        monkeypatch.setattr("survey.core.cache.get", lambda *_: None)
        wanted = round_sums(session, round_, scheme, rules, BY)
        assert channels == responses.channels(session, round_.id)
        assert list(channels) == list(responses.channels(session, round_.id))
    monkeypatch.undo()
    assert found.too_few == wanted.too_few
    assert found.clusters is not None
    assert wanted.clusters is not None
    pd.testing.assert_frame_equal(found.moments.keys, wanted.moments.keys)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(found.moments, name), getattr(wanted.moments, name))
    pd.testing.assert_frame_equal(found.clusters.keys, wanted.clusters.keys)
    for name in ("n", "sums"):
        np.testing.assert_array_equal(getattr(found.clusters, name), getattr(wanted.clusters, name))


def test_what_came_since_is_added(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        scored_round(session)
        give_counters(session)
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
        give_counters(session)
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
    with database.write() as session:  # a pile is taken back
        batch = session.scalars(sa.select(ImportBatch)).one()
        undo_responses(session, batch, actor=Actor(FIRST + timedelta(days=31)))
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


def test_people_are_put_to_their_counter_and_local_day(database: Database) -> None:
    """Told apart by Python, one by one: a pile is a unit, and who came to no known counter is one by himself."""
    with database.write() as session:
        scored_round(session)
        give_counters(session)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        pile = session.scalars(sa.select(ImportBatch.id)).one()
        found = round_sums(session, round_, from_canonical(round_.version.content).scheme(), Rules()).clusters
        wanted: Counter[tuple[str, str]] = Counter()
        for response in session.scalars(sa.select(Response).where(Response.excluded.is_(None))):
            day = response.submitted_at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()
            if response.batch_id == pile:
                wanted[f"p{pile}", ""] += 1
            elif response.counter_id is None:
                wanted["", response.answers[:16]] += 1
            else:
                wanted[f"c{response.counter_id}", day] += 1
    assert found is not None
    got = found.keys.assign(n=found.n).groupby(["counter", "day"])["n"].sum()
    assert got.to_dict() == wanted
    assert {day for counter, day in wanted if counter[:1] == "c"} == {f"2026-03-{day:02}" for day in range(2, 10)}


def test_a_round_by_counter_days_is_scored_by_them(database: Database) -> None:
    """Equal answers within a counter's day: as many answers as counter-days, not as people."""
    with database.write() as session:
        scored_round(session)
        give_counters(session, days=10, unknown=1000, pile=False)
        for response in session.scalars(sa.select(Response)):
            day = (response.submitted_at + timedelta(hours=7)).day
            good = (day * 7 + (response.counter_id or 0)) % 3 > 0
            response.answers = ("5" if good else "1") * 16 + response.answers[16:]
        errors = {}
        for clusters in ("none", "counter_day"):
            table = round_results(session, "r1", rules=Rules(clusters=clusters)).table
            whole = table[(table["agency"] == "so-tu-phap") & (table["service"] == "") & (table["level"] == "overall")]
            errors[clusters] = whole.iloc[0]
        design = sample(session, round_results(session, "r1", rules=Rules()))[1]
        plain = sample(session, round_results(session, "r1", rules=Rules(clusters="none")))[1]
    assert errors["none"]["index"] == errors["counter_day"]["index"]
    assert errors["none"]["df"] == 59
    assert errors["counter_day"]["df"] < 15
    assert float(errors["counter_day"]["se"]) > 1.5 * float(errors["none"]["se"])
    assert design.clusters is not None
    assert plain.clusters is None


def test_a_response_that_comes_while_others_are_read_is_added_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        scored_round(session)
    stamp, waiting = counted_queries.live_stamp, [1]

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

    monkeypatch.setattr(counted_queries, "live_stamp", stamp_then_more)
    assert counted() == (106, 106, 106)
    assert not waiting
    assert counted() == (107, 107, 107)


def late_copy(response: Response) -> Response:
    """Return a response with a number smaller than any."""
    same = {c.key: getattr(response, c.key) for c in sa.inspect(Response).column_attrs if c.key not in ("id", "key")}
    same["submitted_at"] = response.submitted_at + timedelta(seconds=1)
    return Response(**same, id=-1, key="of-an-earlier-transaction")
