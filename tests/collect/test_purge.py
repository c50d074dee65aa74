"""Deleting by age: what goes is gone from the files too, what was published stays, and the log tells of it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.collect.operations.purge import (
    discard_deleted,
    months_before,
    old_comments,
    old_rounds,
    purge_comment,
    purge_comments,
    purge_responses,
)
from survey.collect.queries.purged import answers_purged
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.improvement.operations.keep_case import NewCase, empty_old_cases, receive_case
from survey.models import Agency, AuditEvent, CaseState, Comment, CommentTheme, Publication, Response, Round, Theme
from survey.publication.editions import thaw
from survey.publication.queries.editions import published
from tests.support.evaluation import publish_scored, scored_round, sign_in

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
OLD, YOUNG = "Chuyện cũ của một người ở bản Mòng", "Chuyện mới của một người ở bản Hụm"


def fill(database: Database) -> None:
    """Store `r1`, closed on 2020-06-30 and published, with a comment of that year and one of this."""
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        agency = session.scalars(sa.select(Agency.id)).first()
        for text, day in ((OLD, date(2020, 6, 1)), (YOUNG, date(2026, 2, 1))):
            comment = Comment(round_id=round_.id, agency_id=agency, text=text, received_week=day)
            comment.themes = [CommentTheme(theme=Theme.TIME)]
            session.add(comment)
        publish_scored(session)
        session.flush()
        session.execute(sa.update(Round).values(closes_on=date(2020, 6, 30)))


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 1), 24, date(2024, 3, 1)),
        (date(2026, 3, 31), 6, date(2025, 9, 30)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_nothing_young_can_be_deleted() -> None:
    with pytest.raises(InputError, match="6 months"):
        months_before(date(2026, 3, 1), 5)


def test_old_comments_go_and_young_ones_stay(database: Database) -> None:
    fill(database)
    before = date(2024, 3, 1)
    with database.write() as session:
        assert old_comments(session, before) == 1
        assert purge_comments(session, before, actor=Actor(NOW)) == 1
    with database.read() as session:
        assert [comment.text for comment in session.scalars(sa.select(Comment))] == [YOUNG]
        assert session.scalar(sa.select(sa.func.count()).select_from(CommentTheme)) == 1
        event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert (event.action, event.after) == ("comments.purged", {"received_before": "2024-03-01", "rows": 1})
    with database.write() as session:
        assert purge_comments(session, before, actor=Actor(NOW)) == 0  # and no second line in the log


def test_one_comment_goes_when_asked_for(database: Database) -> None:
    fill(database)
    with database.write() as session:
        number = session.scalars(sa.select(Comment.id).where(Comment.text == YOUNG)).one()
        purge_comment(session, number, actor=Actor(NOW))
        with pytest.raises(InputError, match=f"no comment {number}"):
            purge_comment(session, number, actor=Actor(NOW))
    with database.read() as session:
        assert [comment.text for comment in session.scalars(sa.select(Comment))] == [OLD]


def test_raw_answers_go_and_the_edition_stays(database: Database) -> None:
    fill(database)
    with database.read() as session:
        edition = published(session, "r1")
        assert edition is not None
        frozen, hashed = edition.content, edition.results_hash
    with database.write() as session:
        assert old_rounds(session, date(2020, 6, 30)) == []  # not before it has ended
        found = old_rounds(session, date(2021, 3, 1))
        assert [(one.code, one.responses) for one in found] == [("r1", 107)]
        assert purge_responses(session, found, actor=Actor(NOW)) == 107
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0
        edition = published(session, "r1")
        assert edition is not None
        assert (edition.content, edition.results_hash) == (frozen, hashed)
        assert thaw(session, edition).responses == 106
        assert answers_purged(session, "r1")
        event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert (event.subject, event.before, event.after) == (
            "round:r1",
            {"responses": 107},
            {"closes_on": "2020-06-30", "responses": 0},
        )


def test_answers_that_were_never_published_never_go(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        session.execute(sa.update(Round).values(closes_on=date(2020, 6, 30)))
    with database.read() as session:
        assert old_rounds(session, date(2026, 1, 1)) == []


def run(app: Flask, *options: str) -> str:
    told = app.test_cli_runner().invoke(args=["purge", *options])
    assert told.exit_code == 0, told.output
    return told.output


def files(settings: Settings) -> bytes:
    return b"".join(path.read_bytes() for path in settings.instance_dir.glob("sipas.db*"))


def test_the_command_counts_and_deletes_only_with_yes(app: Flask, settings: Settings) -> None:
    database = app.extensions["database"]
    fill(database)
    left = settings.instance_dir / "uploads" / ("x" * 32)
    left.parent.mkdir()
    left.write_text("agency,service,N")
    hours_ago = (datetime.now(UTC) - timedelta(hours=2)).timestamp()
    os.utime(left, (hours_ago, hours_ago))
    every = ("--what", "comments", "--what", "responses", "--what", "uploads")

    told = run(app, *every)
    assert [line.rsplit("\t", 1)[-1] for line in told.splitlines()[:3]] == ["1", "107", "1"]
    assert "Nothing was deleted" in told
    assert OLD.encode() in files(settings)
    assert left.exists()

    assert "would be deleted" in run(app, "--comment", "2")
    assert "Nothing was deleted" not in run(app, "--yes")  # comments and uploads, not answers
    assert not left.exists()
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 107
        assert session.scalar(sa.select(sa.func.count()).select_from(Publication)) == 1
    assert OLD.encode() not in files(settings)
    assert YOUNG.encode() in files(settings)

    before = app.test_client().get("/ket-qua/r1/ket-qua.csv").data
    assert before.count(b"\n") > 10
    run(app, "--what", "responses", "--yes")
    assert b"0000000000000042" not in files(settings)
    client = app.test_client()
    assert sign_in(client, "soan").status_code == 303
    for page in (
        "/ket-qua/r1",
        "/danh-gia",
        "/danh-gia/r1",
        "/danh-gia/r1/xep-hang",
        "/danh-gia/r1/co-quan/so-tu-phap",
    ):
        assert client.get(page).status_code == 200, page
    assert client.get("/ket-qua/r1/ket-qua.csv").data == before
    told = app.test_cli_runner().invoke(args=["verify-publication", "--round", "r1"])
    assert (told.exit_code, "deleted for their age" in told.output) == (2, True)
    assert app.test_cli_runner().invoke(args=["backup"]).exit_code == 0
    assert app.test_cli_runner().invoke(args=["backup-test"]).exit_code == 0


def test_choices_that_contradict_are_told(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["purge", "--comment", "1", "--what", "comments"])
    assert told.exit_code == 2
    assert app.test_cli_runner().invoke(args=["purge", "--older-than-months", "2"]).exit_code == 2


def test_on_postgresql_nothing_of_a_purged_comment_is_left_in_the_table(postgresql_database: Database) -> None:
    """It stood 21 times in the table's file after the purge and a plain VACUUM."""
    database, secret = postgresql_database, "Cau tra loi phai bien mat 4711"
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_id, agency_id = session.scalar(sa.select(Round.id)), session.scalar(sa.select(sa.func.min(Agency.id)))
        for _ in range(20):
            comment = Comment(round_id=round_id, agency_id=agency_id, text=secret, received_week=date(2020, 1, 6))
            session.add(comment)

    def is_in_file() -> bool:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
            server.execute(sa.text("CHECKPOINT"))
            read = (
                "SELECT position(convert_to(:secret, 'UTF8') in pg_read_binary_file(pg_relation_filepath('comment')))"
            )
            return bool(server.scalar(sa.text(read), {"secret": secret}))

    assert is_in_file()
    with database.write() as session:
        assert purge_comments(session, date(2021, 1, 1), actor=Actor(NOW)) >= 20
    left = discard_deleted(database)
    assert not is_in_file()
    assert any("write-ahead log" in line for line in left)


def test_on_postgresql_nothing_of_a_case_whose_time_is_over_is_left_in_the_table(postgresql_database: Database) -> None:
    """The notice says that a report's words are deleted: emptying them leaves the old rows in the table's file."""
    database, secret = postgresql_database, "Can bo doi tien 0815"
    with database.write() as session:
        scored_round(session)
        session.flush()
        agency_id = session.scalar(sa.select(sa.func.min(Agency.id)))
        assert agency_id is not None
        for number in range(20):
            case = receive_case(session, NewCase(f"code{number}", agency_id, secret), received_on=date(2020, 1, 6))
            assert case is not None
            case.state, case.closed_on = CaseState.CLOSED, date(2020, 2, 1)

    def is_in_file() -> bool:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
            server.execute(sa.text("CHECKPOINT"))
            file = "pg_read_binary_file(pg_relation_filepath('\"case\"'))"
            read = sa.text(f"SELECT position(convert_to(:secret, 'UTF8') in {file})")
            return bool(server.scalar(read, {"secret": secret}))

    with database.write() as session:
        assert empty_old_cases(session, date(2021, 1, 1)) == 20
    assert is_in_file()
    discard_deleted(database)
    assert not is_in_file()


def test_the_notice_and_the_command_say_until_when_backups_hold_it(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["purge", "--yes"]).stdout
    assert "the last of them 24 months from today" in told
    page = app.test_client().get("/quyen-rieng-tu").get_data(as_text=True)
    assert "cũng bị xóa, chậm nhất 24 tháng sau" in page
    assert "nhật ký ghi của máy chủ cơ sở dữ liệu" in page
