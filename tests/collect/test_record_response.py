"""Storing a response on every database: once per key, the comment apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from survey.collect.operations.record_response import Outcome, Submission, is_recorded, record_response
from survey.collect.operations.use_receipt_code import use_receipt_code
from survey.models import Agency, Channel, Comment, Counter, Response, Round
from tests.support.places import open_place
from tests.support.receipts import issued

# 18:30 UTC on 24/11 is 01:30 on 25/11 in Viet Nam
NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


@pytest.fixture
def submission(database):
    with database.write() as session:
        open_place(session)
    with database.read() as session:
        return Submission(
            key="k" * 24,
            round_id=session.scalar(sa.select(Round.id)),
            zone="Asia/Ho_Chi_Minh",
            counter_id=session.scalar(sa.select(Counter.id).where(Counter.code == "Q1")),
            deciding_agency_id=session.scalar(sa.select(Agency.id).where(Agency.code == "trung-tam")),
            service_id=None,
            channel=Channel.QR,
            language="vi",
            answers="4" * 16,
            comment="Cảm ơn",
            opened_at=NOW - timedelta(minutes=2),
        )


def record(database, submission, now=NOW):
    with database.write() as session:
        return record_response(session, submission, now)


def test_a_key_is_stored_once_and_its_first_answers_stay(database, submission):
    changed = Submission(**{**submission.__dict__, "answers": "1" * 16, "comment": "khác"})
    assert record(database, submission) is Outcome.ACCEPTED
    assert record(database, changed) is Outcome.DUPLICATE
    with database.read() as session:
        (row,) = session.scalars(sa.select(Response))
        (comment,) = session.scalars(sa.select(Comment))
        assert (row.answers, row.opened_at, row.submitted_at) == ("4" * 16, NOW - timedelta(minutes=2), NOW)
        assert (comment.text, comment.received_week) == ("Cảm ơn", date(2026, 11, 23))
        assert is_recorded(session, "k" * 24)
        assert not is_recorded(session, "z" * 24)


def test_a_clock_that_ran_ahead_costs_only_the_opening_time(database, submission):
    early = Submission(**{**submission.__dict__, "opened_at": NOW + timedelta(seconds=1)})
    assert record(database, early) is Outcome.ACCEPTED
    with database.read() as session:
        assert session.scalars(sa.select(Response.opened_at)).all() == [None]


def test_what_a_robot_wrote_is_kept_out_of_the_comments(database, submission):
    robot = Submission(**{**submission.__dict__, "excluded": "honeypot"})
    assert record(database, robot) is Outcome.ACCEPTED
    with database.read() as session:
        assert session.scalars(sa.select(Response.excluded)).all() == ["honeypot"]
        assert session.scalars(sa.select(Comment)).all() == []


def test_a_receipt_code_is_used_once(database, submission):
    with database.write() as session:
        codes = issued(session, submission.counter_id, 2, NOW)
        assert [use_receipt_code(session, code) for code in (codes[0], codes[0], codes[1])] == [True, False, True]
        assert use_receipt_code(session, "AAAAAAAA") is False
