"""Four eyes that are two people: what is lacking is said exactly, on both databases, with the clock set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations.change_user import drop_second_factor
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import invite
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Publication, PublicationState, Role, Round, User
from survey.publication.editions import freeze
from survey.publication.operations.publish_round import draft_publication, publish, review_publication
from survey.publication.queries.four_eyes import assess_four_eyes
from survey.structure.operations.close_round import close_round
from tests.support.evaluation import TOTP, scored_round

NOW = datetime(2026, 3, 20, 3, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def account(session: orm.Session, name: str, role: Role, by: int | None, made: datetime = LONG_AGO) -> int:
    user = create_user(session, username=name, password=None, role=role, actor=Actor(made, by), display_name=name)
    user.totp_secret = TOTP
    session.flush()
    return user.id


@pytest.fixture
def office(database: Database) -> Database:
    """A closed round; administrators `x` and `y`, evaluators `a` by `x`, `b` by `y`, `c` by `x`, `d` by `a`."""
    with database.write() as session:
        scored_round(session)
        x = account(session, "x", Role.ADMIN, None)
        y = account(session, "y", Role.ADMIN, x)
        a = account(session, "a", Role.EVALUATOR, x)
        account(session, "b", Role.EVALUATOR, y)
        account(session, "c", Role.EVALUATOR, x)
        account(session, "d", Role.EVALUATOR, a)
        close_round(session, session.scalars(sa.select(Round)).one(), actor=Actor(NOW - timedelta(days=1)))
    return database


def find(session: orm.Session, name: str) -> User:
    return session.scalars(sa.select(User).where(User.username == name)).one()


def lacking(session: orm.Session, first: str, second: str, now: datetime = NOW) -> list[str]:
    """Return what stands against two people, in English."""
    problems = assess_four_eyes(session, find(session, first), find(session, second), now).problems
    return [str(problem) for problem in problems]


def drafted(database: Database, by: str) -> int:
    with database.write() as session:
        frozen = freeze(session, "r1")
        return draft_publication(
            session,
            session.scalars(sa.select(Round)).one(),
            content=frozen.content,
            results_hash=frozen.results_hash,
            actor=Actor(NOW, find(session, by).id),
        ).id


def test_what_is_lacking_is_said_exactly(office: Database) -> None:
    with office.write() as session:
        assert lacking(session, "a", "b") == lacking(session, "b", "a") == []
        for first, second in (("a", "c"), ("a", "y")):
            (one,) = lacking(session, first, second)
            assert one == (
                f"One administrator made or reset both accounts, {first} and {second}: the account of one of the two "
                "must come from another administrator"
            )
        (one,) = lacking(session, "x", "a")
        assert one.startswith("The account a was made or reset by x")
        (one,) = lacking(session, "d", "a")
        assert one.startswith("The account d was made or reset by a")
        # seven days, to the second
        find(session, "b").created_at = NOW - timedelta(days=7) + timedelta(seconds=1)
        (one,) = lacking(session, "a", "b")
        assert one == "The account b is younger than 7 days; it can take part from 20/03/2026"
        assert lacking(session, "a", "b", NOW + timedelta(seconds=1)) == []
        find(session, "b").created_at = LONG_AGO
        drop_second_factor(session, find(session, "b"), actor=Actor(NOW, find(session, "b").id))
        (one,) = lacking(session, "a", "b")
        assert one.startswith("The account b has no second factor")


@pytest.mark.parametrize("reset", [invite, drop_second_factor])
def test_who_reset_an_account_could_sign_in_as_its_owner(office: Database, reset: object) -> None:
    with office.write() as session:
        reset(session, find(session, "b"), actor=Actor(NOW, find(session, "x").id))
        find(session, "b").totp_secret = TOTP
        (one,) = lacking(session, "a", "b")
        assert one.startswith("One administrator made or reset both accounts, a and b")


def test_one_person_with_two_accounts_gets_nowhere(office: Database) -> None:
    """The administrator `x` freezes as `a` and cannot review as `c`; `b`, of another administrator, can."""
    number = drafted(office, "a")
    with pytest.raises(InputError, match="another administrator"), office.write() as session:
        review_publication(session, session.get_one(Publication, number), actor=Actor(NOW, find(session, "c").id))
    with office.write() as session:
        made = session.get_one(Publication, number)
        review_publication(session, made, actor=Actor(NOW, find(session, "b").id))
    with office.write() as session:  # reset after the review, before the publication
        invite(session, find(session, "b"), actor=Actor(NOW, find(session, "x").id))
    with pytest.raises(InputError, match="another administrator"), office.write() as session:
        publish(session, session.get_one(Publication, number), actor=Actor(NOW, find(session, "a").id))


def test_an_edition_names_who_made_the_accounts(office: Database) -> None:
    number = drafted(office, "a")
    with office.write() as session:
        made = session.get_one(Publication, number)
        review_publication(session, made, actor=Actor(NOW, find(session, "b").id))
        publish(session, made, actor=Actor(NOW, find(session, "a").id))
    with office.read() as session:
        assert session.get_one(Publication, number).people == {
            "one_administrator": False,
            "accounts": [{"name": "a", "made_by": ["x"]}, {"name": "b", "made_by": ["y"]}],
        }


def test_with_one_administrator_publication_waits_a_day_and_says_so(office: Database) -> None:
    with office.write() as session:
        find(session, "y").active = False
    number = drafted(office, "a")
    with office.write() as session:
        assert lacking(session, "a", "c") == []
        (one,) = lacking(session, "x", "a")  # the administrator's own account still does not pair with one it made
        assert one.startswith("The account a was made or reset by x")
        review_publication(session, session.get_one(Publication, number), actor=Actor(NOW, find(session, "c").id))
    early = NOW + timedelta(hours=24) - timedelta(seconds=1)
    with pytest.raises(InputError, match="10:00 21/03/2026, 24 hours after the review"), office.write() as session:
        publish(session, session.get_one(Publication, number), actor=Actor(early, find(session, "a").id))
    with office.write() as session:
        made = session.get_one(Publication, number)
        publish(session, made, actor=Actor(NOW + timedelta(hours=24), find(session, "a").id))
        assert made.state is PublicationState.PUBLISHED
        assert made.people["one_administrator"] is True
