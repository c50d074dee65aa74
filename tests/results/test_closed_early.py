"""A round that was closed early is told by its real last day, wherever its days are told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.collect.operations.enter_form import Pile, begin_pile
from survey.collect.queries.imports import frame
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.files.exports.content import load_content
from survey.files.exports.facts import method_sheet
from survey.files.exports.microdata import prepare
from survey.files.exports.scripts import r_script
from survey.models import Agency, Channel, Counter, Publication, Round, RoundState
from survey.publication.editions import thaw
from survey.structure.operations.close_round import close_round
from survey.structure.queries.rounds import find_rounds_before
from survey.web.formatters import named_with_days, span
from tests.support.evaluation import accounts, publish_scored, scored_round, sign_in
from tests.support.reading import soup, words

CLOSED = datetime(2026, 2, 4, 17, 30, tzinfo=UTC)  # 00:30 of 5 February in Vietnam
LAST = date(2026, 2, 5)


def close(database: Database) -> None:
    """Close the round `r1`, planned until 2099, and add `r2` that begins the next day."""
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        close_round(session, round_, actor=Actor(CLOSED))
        session.add(
            Round(
                code="r2",
                name="Đợt 2",
                version_id=round_.version_id,
                opens_on=date(2026, 2, 6),
                closes_on=date(2026, 12, 31),
                state=RoundState.OPEN,
            )
        )


def test_the_last_day_is_that_of_the_closing(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
    with database.read() as session:
        assert session.scalars(sa.select(Round)).one().last_day == date(2099, 12, 31)
    close(database)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    with database.write() as session:
        rounds = {one.code: one for one in session.scalars(sa.select(Round))}
        first = rounds["r1"]
        assert first.last_day == LAST
        assert [one.code for one in find_rounds_before(session, rounds["r2"])] == ["r1"]
        assert frame(first, now).closes_on == LAST  # rows of a file may be of no later day
        counter = session.scalars(sa.select(Counter)).first()
        agency = session.scalars(sa.select(Agency)).first()
        assert counter is not None
        assert agency is not None
        with pytest.raises(InputError, match="must lie within the round"):
            begin_pile(
                session,
                Pile(first, counter, agency.id, None, Channel.PAPER, date(2026, 2, 6)),
                actor=Actor(now),
            )
        begin_pile(session, Pile(first, counter, agency.id, None, Channel.PAPER, LAST), actor=Actor(now))
        content = load_content(session, "r1")
        assert f"2020-01-01 - {LAST}" in r_script(prepare(session, content), "m.csv")
        assert LAST in [row[2] for row in method_sheet(content, now).rows if row[0] == "closes_on"]
        first.closed_at = datetime(2019, 1, 1, tzinfo=UTC)  # never before its first day
        assert first.last_day == first.opens_on


def test_pages_files_and_the_edition_tell_it(app: Flask, client: FlaskClient) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    close(app.extensions["database"])
    with app.extensions["database"].write() as session:
        later = session.scalars(sa.select(Round).where(Round.code == "r2")).one()
        session.delete(later)
        session.flush()
        publish_scored(session)
    sign_in(client, "evaluator")
    for address in ("/danh-gia", "/danh-gia/r1", "/ket-qua", "/ket-qua/r1"):
        said = words(soup(client, address))
        assert "01/01/2020 – 05/02/2026" in said, address
        assert "2099" not in said, address
    described = [json.loads(tag.get_text()) for tag in soup(client, "/ket-qua/r1").select("script[type*=json]")]
    assert described[0]["temporalCoverage"] == "2020-01-01/2026-02-05"
    with app.extensions["database"].read() as session, app.test_request_context():
        publication = session.scalars(sa.select(Publication)).one()
        assert thaw(session, publication).round.closes_on == LAST
        round_ = session.scalars(sa.select(Round)).one()
        assert span(round_) == "01/01/2020 – 05/02/2026"
        assert named_with_days(round_).endswith("(01/01/2020 – 05/02/2026)")
