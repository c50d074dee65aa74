"""Sixty days of an open round and its close, as somebody writes down every number that a unit role can print."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask

from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Agency, Response, Round, RoundState
from survey.publication.operations.api_clients import create_api_client
from survey.results.live import live_totals
from survey.results.operations.release_responses import release_responses
from survey.structure.queries import rounds
from tests.support.evaluation import NOW, accounts, scored_round, sign_in

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST = date(2026, 3, 2)
DAYS, K, ITEMS = 60, 5, 16
SKIPPED = np.array([0.08] * 14 + [0.4] * 2)
UNIT = frozenset({"so-tu-phap"})

Numbers = dict[tuple[str, ...], int]


@dataclass
class Round60:
    """A round that takes answers for two agencies."""

    database: Database
    random: np.random.Generator
    a_day: float
    number: int = 0

    def answer(self) -> str:
        """Return one person's packed answers; 30 of 100 give one tap, half of these to no item at all."""
        given = self.random.random(ITEMS) >= SKIPPED
        if self.random.random() < 0.3:
            given = np.arange(ITEMS) == (0 if self.random.random() < 0.5 else -1)
        return "".join(str(self.random.integers(1, 6)) if one else "." for one in given)

    def pass_day(self, day: date) -> None:
        """Store a working day's responses, exclude 2 of 100 of those from three days before, and let the night come."""
        with self.database.write() as session:
            round_ = session.scalars(sa.select(Round)).one()
            width = session.scalar(sa.select(sa.func.max(sa.func.length(Response.answers))))
            for agency in session.scalars(sa.select(Agency).where(Agency.code.in_(["so-tu-phap", "so-dat-dai"]))):
                for _ in range(self.random.poisson(self.a_day)):
                    self.number += 1
                    session.add(
                        Response(
                            key=f"stream-response-{self.number:08d}",
                            round_id=round_.id,
                            deciding_agency_id=agency.id,
                            channel="qr",
                            language="vi",
                            answers=self.answer().ljust(width or ITEMS, "."),
                            submitted_at=datetime.combine(day, time(9), ZONE),
                        )
                    )
            past = datetime.combine(day - timedelta(days=3), time(9), ZONE)
            for one in session.scalars(sa.select(Response).where(Response.submitted_at == past)):
                if self.random.random() < 0.02:
                    one.excluded = "test"
        self.night(day + timedelta(days=1))

    def night(self, day: date) -> None:
        with self.database.write() as session:
            release_responses(session, day)

    def live(self) -> Numbers:
        """Return the respondents and ratings of every row of the released totals."""
        with self.database.read() as session:
            table = live_totals(session, rounds.by_code(session, "r1"), UNIT).table
        columns = ["agency", "level", "key", "n", "valid"]
        return {
            (a, level, key, name): int(count)
            for a, level, key, *counts in table[columns].itertuples(index=False, name=None)
            for name, count in zip(("n", "valid"), counts, strict=True)
        }


def printed(text: str) -> Numbers:
    """Return the same numbers as a file prints them."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return {
        (row["agency"], row["level"], row["key"], name): int(row[name])
        for row in rows
        for name in ("n", "valid")
        if not row["service"] and row[name]
    }


def steps(before: Mapping[tuple[str, ...], int], after: Mapping[tuple[str, ...], int]) -> set[int]:
    return {after.get(key, 0) - before.get(key, 0) for key in before.keys() | after.keys()}


def behind(database: Database) -> dict[str, np.ndarray]:
    """Return how many answers to each item come with the close, by agency; the last column counts those who rated."""
    found: dict[str, np.ndarray] = {}
    with database.read() as session:
        rows = session.execute(
            sa.select(Agency.code, Response.answers)
            .join(Agency, Agency.id == Response.deciding_agency_id)
            .where(Response.live_since.is_(None), Response.excluded.is_(None))
        ).all()
    for agency, answers in rows:
        rated = np.array([c in "12345" for c in answers[:ITEMS]])
        found[agency] = found.get(agency, np.zeros(ITEMS + 1, dtype=int)) + np.append(rated, rated.any())
    return found


@pytest.mark.slow(reason="stores sixty days of responses, and scores the round after each")
@pytest.mark.parametrize("a_day", [2, 5, 20, 40])
def test_no_two_looks_tell_of_fewer_than_five(app: Flask, a_day: int) -> None:
    """Every night against the night before; file, page and API the same; what the close adds is 0 or 5 as well."""
    database: Database = app.extensions["database"]
    with database.write() as session:
        scored_round(session)
        accounts(session)
        _client, token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))
    client, program = app.test_client(), app.test_client()
    sign_in(client, "manager")
    stream = Round60(database, np.random.default_rng(a_day), a_day)
    stream.night(FIRST)
    before, moved = stream.live(), 0
    for night in range(DAYS * 7 // 5):
        day = FIRST + timedelta(days=night)
        if day.weekday() < 5:
            stream.pass_day(day)
        else:
            stream.night(day + timedelta(days=1))
        now = stream.live()
        found = steps(before, now)
        assert all(step == 0 or abs(step) >= K for step in found), day
        assert not (min(found) < 0 < max(found)), day  # a night goes one way, in the province as well
        moved += found != {0}
        before = now
        if night % 28 == 0:
            assert printed(client.get("/danh-gia/r1/ket-qua.csv").get_data(as_text=True)) == now
            reply = program.get("/api/v1/rounds/r1/results", headers={"Authorization": f"Bearer {token}"})
            assert reply.status_code == 404
            assert client.get("/danh-gia/r1/tai-ve/chi-so.csv").status_code == 409
    assert moved >= 3
    close(client, database, before)


def close(client, database: Database, before: Numbers) -> None:
    """End the round: final files hold what was shown, what waited, and not what was excluded meanwhile."""
    waiting = behind(database)
    for counts in waiting.values():
        assert all(count == 0 or count >= K for count in counts)
    with database.write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.CLOSED
        gone = session.scalar(
            sa.select(sa.func.count(Response.id))
            .select_from(Response)
            .join(Agency, Agency.id == Response.deciding_agency_id)
            .where(Response.live_since.is_not(None), Response.excluded.is_not(None), Agency.code == "so-tu-phap")
        )
    final = printed(client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data(as_text=True))
    key = ("so-tu-phap", "overall", "all", "n")
    assert final[key] == before[key] + int(waiting.get("so-tu-phap", np.zeros(ITEMS + 1))[-1]) - int(gone or 0)
    assert printed(client.get("/danh-gia/r1/tai-ve/chi-so.csv").get_data(as_text=True))[key] == final[key]
