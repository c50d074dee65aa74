"""Evidence on both databases: what is waiting, released, refused and withdrawn, as queries tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from survey.accounts.operations.create_user import create_user
from survey.collect.operations.decide_withdrawal import agree_to_withdrawal
from survey.collect.operations.review_batch import refuse_batch, release_batch
from survey.collect.operations.undo_responses import withdraw_batch
from survey.collect.queries import evidence, withdrawals
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import (
    Agency,
    Channel,
    ImportBatch,
    Response,
    Role,
    Round,
    Withdrawal,
    WithdrawalReason,
    WithdrawalState,
)
from survey.results.compute import round_results
from survey.results.queries import responses
from survey.results.queries.withdrawn import counted_without
from survey.results.withdrawn import withdrawn
from survey.structure.operations.exclude_responses import ask_exclusion
from survey.structure.operations.withdraw import Why
from survey.structure.queries.counted import stamp
from survey.structure.queries.exclusion_rule import ExclusionRule, matches
from tests.collect.test_import_responses import FILES, NOW, take
from tests.support.evaluation import PASSWORD
from tests.support.places import open_place

WHY = Why(WithdrawalReason.TWICE, "Nhập hai lần")


@pytest.fixture
def people(database: Database) -> tuple[Database, int, int]:
    """The round `r1` of `sipas-short`, a head of `so-tu-phap` and an evaluator."""
    with database.write() as session:
        open_place(session, "sipas-short")
        session.flush()
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        made = [
            create_user(session, username=name, password=PASSWORD, role=role, agency_id=unit, actor=Actor(NOW)).id
            for name, role, unit in (("head", Role.MANAGER, agency), ("evaluator", Role.EVALUATOR, None))
        ]
        return database, made[0], made[1]


def test_a_batch_from_its_file_to_its_withdrawal(people: tuple[Database, int, int]) -> None:
    """The four responses of the file: waiting, counted, asked to be taken back, taken back."""
    database, head, evaluator = people
    number = take(database, FILES / "kobo.csv", user_id=head).batch_id
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        assert evidence.waiting_batches(session, round_.id) == (1, 4)
        assert responses.exclusions(session, round_.id) == {"waiting": 4}
        row = evidence.batch(session, number)
        assert (row.counted, row.waiting, row.by.username, row.batch.standing) == (0, 4, "head", "waiting")
        assert [one.code for one in row.agencies] == ["so-tu-phap"]
        # 545454545, 444444444, 123x5x444, 55555.555: 1, 1, 1, 4 + 9 + 3 and 5 + 1 + 8 of the levels 1 to 5
        assert evidence.answer_levels(session, row) == [1, 1, 1, 16, 14]
        with pytest.raises(InputError, match="Only an evaluator"):
            release_batch(session, row.batch, actor=Actor(NOW, head))
        assert release_batch(session, session.get_one(ImportBatch, number), actor=Actor(NOW, evaluator)) == 4
        assert evidence.waiting_batches(session, round_.id) == (0, 0)
        before = round_results(session, "r1")
        assert before.responses == 4
        assert withdrawn(session, before) is None
        assert withdraw_batch(session, session.get_one(ImportBatch, number), WHY, actor=Actor(NOW, head)) is None
        assert withdrawals.waiting_withdrawals(session, round_.id) == 1
        assert round_results(session, "r1").responses == 4
        only = session.scalars(sa.select(Withdrawal)).one()
        agree_to_withdrawal(session, only, actor=Actor(NOW, evaluator))
        assert (only.state, only.counted) == (WithdrawalState.DONE, 4)
        after = round_results(session, "r1")
        told = withdrawn(session, after)
        assert (told.number, after.responses) == (1, 0)
        # four are too few to be shown
        assert [(row.agency, row.n, row.n_before) for row in told.rows] == [("", 0, None), ("so-tu-phap", 0, None)]
        assert [row.row.id for row in withdrawals.withdrawals(session, "so-tu-phap")] == [only.id]
        assert withdrawals.withdrawals(session, "so-dat-dai") == []
        with pytest.raises(InputError, match="no longer waits"):
            agree_to_withdrawal(session, only, actor=Actor(NOW, evaluator))


def test_a_refused_file_can_come_again(people: tuple[Database, int, int]) -> None:
    database, head, evaluator = people
    first = take(database, FILES / "kobo.csv", user_id=head).batch_id
    with database.write() as session:
        assert refuse_batch(session, session.get_one(ImportBatch, first), "x", actor=Actor(NOW, evaluator)) == 4
        decided = evidence.decided_batches(session, session.scalars(sa.select(Round.id)).one())
        assert (decided.released, decided.refused, decided.refused_responses) == (0, 1, 4)
    assert take(database, FILES / "kobo.csv", user_id=head).added == 4


def test_sets_of_one_sum_are_told_apart(people: tuple[Database, int, int]) -> None:
    """Excluding the first and the last of four, then the two between, gives another stamp."""
    database, _head, evaluator = people
    take(database, FILES / "kobo.csv", user_id=evaluator)
    with database.write() as session:
        round_id = session.scalars(sa.select(Round.id)).one()
        ids = session.scalars(sa.text("SELECT id FROM response ORDER BY id")).all()
        stamps = []
        for chosen in ((ids[0], ids[3]), (ids[1], ids[2])):
            session.execute(sa.text("UPDATE response SET excluded = NULL"))
            session.execute(
                sa.text("UPDATE response SET excluded = 'flagged' WHERE id IN (:a, :b)"),
                {"a": chosen[0], "b": chosen[1]},
            )
            stamps.append(stamp(session, round_id))
        assert ids[0] + ids[3] == ids[1] + ids[2]
        assert stamps[0] != stamps[1]


def test_hours_of_a_rule_are_those_of_the_round(people: tuple[Database, int, int]) -> None:
    """Answers at 22:00, 23:30, 3:59 and 4:00 in Vietnam; of no batch, so that a rule of a batch means none of them."""
    database, _head, evaluator = people
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        for number, (hour, minute) in enumerate(((15, 0), (16, 30), (20, 59), (21, 0))):  # UTC
            session.add(
                Response(
                    key=f"at-{number:016d}",
                    round_id=round_.id,
                    deciding_agency_id=agency,
                    channel=Channel.QR,
                    language="vi",
                    answers="5" * 9,
                    submitted_at=datetime(2026, 3, 4, hour, minute, tzinfo=UTC),
                )
            )
        session.flush()

        def meant(rule: ExclusionRule) -> list[str]:
            query = sa.select(Response.key).where(matches(session, round_, rule)).order_by(Response.id)
            return [key[-1] for key in session.scalars(query)]

        night = ExclusionRule("so-tu-phap", from_hour=23, to_hour=4, first=date(2026, 3, 4), last=date(2026, 3, 5))
        assert meant(night) == ["1", "2"]
        assert meant(replace(night, from_hour=4, to_hour=23)) == ["0", "3"]
        assert meant(replace(night, last=date(2026, 3, 4))) == ["1"]
        assert ExclusionRule.of(night.facts()) == night
        left = counted_without(session, round_, replace(night, batch_id=7))
        assert session.scalar(sa.select(sa.func.count()).select_from(Response).where(left)) == 4
        row = ask_exclusion(session, round_, night, WHY, preview={}, actor=Actor(NOW, evaluator))
        with pytest.raises(InputError, match="yourself"):
            agree_to_withdrawal(session, row, actor=Actor(NOW, evaluator))
        for rule in (ExclusionRule("so-tu-phap"), replace(night, to_hour=None), replace(night, first=date(2026, 3, 6))):
            with pytest.raises(InputError):
                rule.checked()
