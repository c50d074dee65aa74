"""Editions: frozen, reviewed by a second person, published, corrected, recomputed. On both databases."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from pandas.testing import assert_frame_equal
from sqlalchemy import orm

from scoring.scheme import BEFORE, Rules
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Agency, AuditEvent, Publication, PublicationState, Response, Role, Round, RoundState, User
from survey.publication.editions import content_of, freeze, recompute, replaced_rules, results_hash, thaw
from survey.publication.operations.publish_round import (
    draft_publication,
    publish,
    review_publication,
    withdraw_publication,
)
from survey.publication.queries.editions import edition_before, published
from survey.results.compute import round_results
from survey.structure.operations.close_round import close_round
from tests.support.evaluation import PASSWORD, TOTP, publish_scored, scored_round

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def closed(database: Database) -> Database:
    """A scored round that is closed, and two evaluators."""
    with database.write() as session:
        scored_round(session)
        made_by = None  # "mot" and the administrator come from the command line, "hai" from the administrator
        for name, role in (("mot", Role.EVALUATOR), ("quan-tri", Role.ADMIN), ("hai", Role.EVALUATOR)):
            actor = Actor(NOW - timedelta(days=30), made_by)
            user = create_user(session, username=name, password=PASSWORD, role=role, agency_id=None, actor=actor)
            user.totp_secret = TOTP
            made_by = user.id if role is Role.ADMIN else None
        close_round(session, the_round(session), actor=Actor(NOW - timedelta(hours=1)))
    return database


def the_round(session: orm.Session) -> Round:
    return session.scalars(sa.select(Round)).one()


def person(session: orm.Session, name: str) -> int:
    return session.scalars(sa.select(User.id).where(User.username == name)).one()


def draft(database: Database, reason: str = "") -> int:
    with database.read() as session:
        frozen = freeze(session, "r1")
    with database.write() as session:
        made = draft_publication(
            session,
            the_round(session),
            content=frozen.content,
            results_hash=frozen.results_hash,
            actor=Actor(NOW, person(session, "mot")),
            reason=reason,
        )
        return made.id


def publish_draft(database: Database, number: int) -> None:
    with database.write() as session:
        review_publication(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "hai")))
    with database.write() as session:
        publish(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "mot")))


def test_what_is_thawed_is_what_was_frozen(closed: Database) -> None:
    number = draft(closed)
    with closed.read() as session:
        live, frozen = round_results(session, "r1"), thaw(session, session.get_one(Publication, number))
        assert_frame_equal(
            frozen.table.drop(columns="warnings"), live.table.drop(columns="warnings"), check_dtype=False
        )
        assert frozen.rules == live.rules
        assert frozen.definition == live.definition
        assert (frozen.responses, frozen.transactions, frozen.excluded) == (106, 900, {"honeypot": 1})
        assert (frozen.round.code, frozen.round.opens_on) == ("r1", live.round.opens_on)
        content = content_of(session.get_one(Publication, number))
        assert sorted(map(tuple, content["population"])) == [
            ("so-dat-dai", "dat-dai", 200),
            ("so-tu-phap", "ho-tich", 600),
            ("trung-tam", "ho-tich", 100),
        ]
        assert content["questionnaire"]["content_hash"] == the_round(session).version.content_hash
        assert content["software"]["version"] == "0.2.0"


def test_the_hash_is_of_the_rounded_results_in_any_order() -> None:
    table = pd.DataFrame({"agency": ["b", ""], "service": "", "level": "overall", "key": "all", "n": [2, 3]})
    table["index"] = [50.0, 200 / 3]
    canonical = (
        '{"columns":["agency","service","level","key","n","index"],"results":'
        '[["","","overall","all",3,"66.666666667"],["b","","overall","all",2,"50.000000000"]]}'
    )
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert results_hash(table) == results_hash(table.iloc[::-1]) == expected
    table.loc[1, "index"] += 1e-12
    assert results_hash(table) == expected
    table.loc[1, "index"] += 1e-8
    assert results_hash(table) != expected


def test_two_people_are_needed(closed: Database) -> None:
    number = draft(closed)
    with pytest.raises(InputError, match="second person"), closed.write() as session:
        review_publication(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "mot")))
    with pytest.raises(InputError, match="draft, not reviewed"), closed.write() as session:
        publish(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "hai")))
    one_alone = sa.text("UPDATE publication SET state = 'reviewed', reviewed_by_id = drafted_by_id")
    with pytest.raises(sa.exc.IntegrityError), closed.engine.begin() as connection:
        connection.execute(one_alone)
    publish_draft(closed, number)
    with closed.read() as session:
        made = published(session, "r1")
        assert made is not None
        assert (made.edition, made.state, the_round(session).state) == (
            1,
            PublicationState.PUBLISHED,
            RoundState.PUBLISHED,
        )
        told = session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.action.like("publication.%")).order_by(AuditEvent.id)
        ).all()
        assert told == ["publication.drafted", "publication.reviewed", "publication.published"]


def test_a_round_that_takes_answers_is_not_published(closed: Database) -> None:
    with closed.write() as session:
        the_round(session).state = RoundState.OPEN
    with pytest.raises(InputError, match="still takes answers"):
        draft(closed)


def test_forms_already_open_are_waited_for(closed: Database) -> None:
    with closed.write() as session:
        the_round(session).closed_at = NOW - timedelta(minutes=29, seconds=59)
    with pytest.raises(InputError, match="half an hour"):
        draft(closed)
    with closed.write() as session:
        the_round(session).closed_at = NOW - timedelta(minutes=30)
    assert draft(closed) > 0


def test_one_draft_waits_at_a_time_and_may_be_put_aside(closed: Database) -> None:
    number = draft(closed)
    with pytest.raises(InputError, match="waits already"):
        draft(closed)
    with closed.write() as session:
        withdraw_publication(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "mot")))
    publish_draft(closed, draft(closed))
    with closed.read() as session:
        made = published(session, "r1")
        assert made is not None
        assert made.edition == 1


def test_a_correction_is_a_new_edition_with_a_reason(closed: Database) -> None:
    publish_draft(closed, draft(closed))
    with pytest.raises(InputError, match="why"):
        draft(closed)
    publish_draft(closed, draft(closed, reason="Số giao dịch của một cơ quan bị nhập thiếu."))
    with closed.read() as session:
        latest, first = published(session, "r1"), published(session, "r1", 1)
        assert latest is not None
        assert first is not None
        assert (latest.edition, first.edition, first.reason) == (2, 1, None)
        assert latest.reason == "Số giao dịch của một cơ quan bị nhập thiếu."
        assert published(session, "r1", 3) is None


def test_what_is_published_is_not_withdrawn(closed: Database) -> None:
    number = draft(closed)
    publish_draft(closed, number)
    with pytest.raises(InputError, match="new edition"), closed.write() as session:
        withdraw_publication(session, session.get_one(Publication, number), actor=Actor(NOW, person(session, "mot")))


def test_recomputing_gives_the_same_hash_until_an_answer_changes(closed: Database) -> None:
    number = draft(closed)
    with closed.read() as session:
        again = recompute(session, session.get_one(Publication, number))
        assert (again.same, again.differences) == (True, ())
    with closed.write() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-dat-dai")).one()
        late = session.scalars(sa.select(Response).where(Response.deciding_agency_id == agency).limit(1)).one()
        late.excluded = "duplicate"
    with closed.read() as session:
        again = recompute(session, session.get_one(Publication, number))
    assert not again.same
    told = {
        (d.agency, d.column): (d.frozen, d.now) for d in again.differences if (d.level, d.service) == ("overall", "")
    }
    assert told["so-dat-dai", "n"] == (40, 39)
    assert ("so-tu-phap", "n") not in told


def test_recomputing_uses_the_frozen_rules(closed: Database) -> None:
    number = draft(closed)
    with closed.write() as session:
        the_round(session).rules = {"composition": "elements", "min_n": 10}
    with closed.read() as session:
        assert recompute(session, session.get_one(Publication, number)).same


@pytest.mark.parametrize("change", ["UPDATE publication SET content = '{}'", "DELETE FROM publication"])
def test_the_database_alters_nothing_frozen(closed: Database, change: str) -> None:
    draft(closed)
    with pytest.raises(sa.exc.DBAPIError, match="never altered"), closed.engine.begin() as connection:
        connection.execute(sa.text(change))


def test_the_content_is_canonical(closed: Database) -> None:
    with closed.read() as session:
        content = freeze(session, "r1").content
        assert content == freeze(session, "r1").content
    assert json.dumps(json.loads(content), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == content


def test_the_command_proves_an_edition(app: Flask) -> None:
    database: Database = app.extensions["database"]
    with database.write() as session:
        scored_round(session)
        publish_scored(session)
    runner = app.test_cli_runner()
    told = runner.invoke(args=["verify-publication", "--round", "r1"])
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "The results are the same.")
    with database.write() as session:
        session.scalars(sa.select(Response).where(Response.excluded.is_(None)).limit(1)).one().excluded = "duplicate"
    told = runner.invoke(args=["verify-publication", "--round", "r1", "--edition", "1"])
    assert told.exit_code == 1
    assert "\t\toverall\tall\tn\t106\t105" in told.stderr
    told = runner.invoke(args=["verify-publication", "--round", "r1", "--edition", "2"])
    assert (told.exit_code, told.stderr) == (2, "Error: Round r1 has no such published edition\n")


def test_a_new_edition_of_an_old_round_takes_the_rules_of_today(closed: Database) -> None:
    """The edition of before stays as it is, under its own rules; pages follow the newest."""
    old = {**BEFORE, "min_n": 7}
    with closed.write() as session:
        the_round(session).rules = old
    publish_draft(closed, draft(closed))
    publish_draft(closed, draft(closed, reason="Quy tắc mới"))
    with closed.read() as session:
        first, second = (published(session, "r1", number) for number in (1, 2))
        assert first is not None
        assert second is not None
        assert content_of(first)["rules"] == Rules.from_mapping(old).to_mapping()
        today = {"pooling": True, "clusters": "counter_day", "fpc_in_tests": False, "leagues": "kind"}
        today |= {"expected_by": "services", "overall_in_index": False, "letters": "clear"}
        assert content_of(second)["rules"] == {**content_of(first)["rules"], **today, "definitions": 2}
        assert the_round(session).rules == content_of(second)["rules"]
        assert [replaced_rules(one, edition_before(session, one)) for one in (first, second)] == [False, True]
        assert recompute(session, first).same
        assert recompute(session, second).same
        logged = session.scalars(
            sa.select(AuditEvent.after).where(AuditEvent.action == "publication.published").order_by(AuditEvent.id)
        ).all()
        assert [entry.get("rules") for entry in logged if entry] == [None, "renewed"]
    publish_draft(closed, draft(closed, reason="Sửa số giao dịch"))
    with closed.read() as session:
        third = published(session, "r1", 3)
        assert third is not None
        assert not replaced_rules(third, edition_before(session, third))
