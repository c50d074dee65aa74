"""The attack: an edition less the figures that units saw before, with fewer than five people between them."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import (
    Publication,
    PublicationState,
    Response,
    Round,
    RoundState,
    User,
    Withdrawal,
    WithdrawalKind,
    WithdrawalReason,
    WithdrawalState,
)
from survey.publication.editions import content_of, freeze, late_in, recompute
from survey.publication.operations.publish_round import draft_publication, publish, review_publication
from survey.results.operations.settle_closed import settle_closed
from survey.structure.operations.close_round import close_round
from survey.structure.operations.settle_figures import settle_figures
from survey.structure.queries.counted import held_back
from tests.results.test_late_changes import come, count_again, leave
from tests.support.evaluation import (
    NOW,
    TOTP,
    accounts,
    post,
    publish_scored,
    scored_round,
    second_evaluator,
    sign_in,
)
from tests.support.reading import soup, words

STEPS = "/danh-gia/r1/cong-bo"
COUNTS = ("n", "valid", "c1", "c2", "c3", "c4", "c5")
Figures = dict[tuple[str, ...], int]


@pytest.fixture
def database(app: Flask) -> Database:
    """A closed round whose units have seen its final figures."""
    made: Database = app.extensions["database"]
    with made.write() as session:
        scored_round(session)
        accounts(session)
        close_round(session, the_round(session), actor=Actor(NOW))
    return made


def the_round(session: orm.Session) -> Round:
    return session.scalars(sa.select(Round)).one()


def printed(text: str) -> Figures:
    """Return every count of a file of figures."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return {
        (row["agency"], row.get("service", ""), row["level"], row["key"], name): int(row[name])
        for row in rows
        for name in COUNTS
        if row.get(name)
    }


def of_units(app: Flask) -> Figures:
    """Return what a manager can print."""
    client = app.test_client()
    sign_in(client, "manager")
    return printed(client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data(as_text=True))


def published_figures(client: FlaskClient) -> Figures:
    """Return what everyone can print of the newest edition."""
    return printed(client.get("/ket-qua/r1/ket-qua.csv").get_data(as_text=True))


def told(before: Figures, after: Figures) -> set[int]:
    """The attacker: by how many answers numbers moved that both looks print; 1 to 4 tell what these people answered."""
    moved = {abs(after[key] - before[key]) for key in before.keys() & after.keys()}
    assert len(before.keys() & after.keys()) > 5
    return {step for step in moved if 0 < step < 5}


def test_without_the_defence_the_attack_succeeds(app: Flask, client: FlaskClient, database: Database) -> None:
    before = of_units(app)
    with database.write() as session:
        come(session, ["1234512345123451"])
        publish_scored(session, few=True)  # as an evaluator may choose
    assert told(before, of_units(app))
    assert told(before, published_figures(client))


@pytest.mark.parametrize("change", ["one came", "four came", "one went", "one counts again", "one of each"])
def test_an_edition_leaves_out_few_that_came_or_went(
    app: Flask, client: FlaskClient, database: Database, change: str
) -> None:
    before = of_units(app)
    with database.write() as session:
        if change == "four came":
            come(session, ["1111222233334444"] * 4)
        elif change in {"one came", "one of each"}:
            come(session, ["1234512345123451"])
        if change in {"one went", "one of each"}:
            leave(session, 1)
        if change == "one counts again":
            count_again(session)
    with database.write() as session:
        publish_scored(session)
    after = of_units(app)
    assert (after, told(before, published_figures(client))) == (before, set())
    assert printed_of_evaluators(app) != before
    with database.read() as session:
        edition = session.scalars(sa.select(Publication)).one()
        late = late_in(edition)
        assert (late.came + late.gone, late.counted) == ({"four came": 4, "one of each": 2}.get(change, 1), False)
        assert recompute(session, edition).same
        assert sum(held_back(session, edition.round_id)) == late.came + late.gone


def printed_of_evaluators(app: Flask) -> Figures:
    client = app.test_client()
    sign_in(client, "evaluator")
    return printed(client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data(as_text=True))


def test_many_are_in_the_edition(app: Flask, client: FlaskClient, database: Database) -> None:
    before = of_units(app)
    with database.write() as session:
        come(session, ["1" * 16] * 7)
    with database.write() as session:
        publish_scored(session)
    after = of_units(app)
    assert after["so-tu-phap", "", "overall", "all", "n"] == 67
    assert (told(before, after), told(before, published_figures(client))) == (set(), set())


def test_a_second_edition_tells_nobody_beyond_the_first(app: Flask, client: FlaskClient, database: Database) -> None:
    """One came after the first edition, six more after the second: the third has all seven."""
    with database.write() as session:
        publish_scored(session)
    seen = [(of_units(app), published_figures(client))]
    for answers in (["1" * 16], ["1" * 16] * 6):
        with database.write() as session:
            come(session, answers)
            assert settle_closed(session) == 0
        with database.write() as session:
            publish_scored(session, reason="Phiếu đến muộn")
        seen.append((of_units(app), published_figures(client)))
    totals = [units["so-tu-phap", "", "overall", "all", "n"] for units, _ in seen]
    assert totals == [60, 60, 67]
    looks = [look for pair in seen for look in pair]
    assert not [step for one in looks for other in looks for step in told(one, other)]
    with database.read() as session:
        editions = session.scalars(sa.select(Publication).order_by(Publication.edition)).all()
        assert [recompute(session, one).same for one in editions] == [False, False, True]


def test_what_changes_between_draft_and_publication_is_refused(database: Database) -> None:
    """Seven came and are in the draft; with an eighth units would see it beside an edition without it."""
    with database.write() as session:
        second_evaluator(session)
        session.execute(sa.update(User).values(totp_secret=TOTP))
        first, second = (
            session.scalars(sa.select(User.id).where(User.username == name)).one() for name in ("evaluator", "hai")
        )
        come(session, ["1" * 16] * 7)
        frozen, later = freeze(session, "r1"), NOW + timedelta(days=30)
        made = draft_publication(
            session,
            the_round(session),
            content=frozen.content,
            results_hash=frozen.results_hash,
            actor=Actor(later, first),
        )
        review_publication(session, made, actor=Actor(later, second))
        come(session, ["1" * 16])
        with pytest.raises(InputError, match="since this draft was frozen"):
            publish(session, made, actor=Actor(later, first))
        assert made.state is PublicationState.REVIEWED


def test_evaluators_are_told_and_may_count_them(app: Flask, database: Database) -> None:
    client = app.test_client()
    sign_in(client, "evaluator")
    assert "few" not in fields_of(client)
    with database.write() as session:
        leave(session, 1)
    note = words(soup(client, STEPS).find(id="late"))
    assert "Bản công bố để chúng lại" in note
    assert fields_of(client) == {"few"}
    assert post(client, STEPS).status_code == 303
    assert "chờ bản công bố sau" in words(soup(client, f"{STEPS}/1").find(id="late"))
    post(client, f"{STEPS}/1/rut-lai", form_at=f"{STEPS}/1")
    assert post(client, STEPS, few="count").status_code == 303
    assert "vẫn tính chúng" in words(soup(client, f"{STEPS}/2").find(id="late"))
    with database.read() as session:
        kept = [content_of(one) for one in session.scalars(sa.select(Publication).order_by(Publication.id))]
        counted = sa.select(sa.func.count(Response.id)).where(Response.excluded.is_(None))
        assert [one["responses"] for one in kept] == [106, 105]
        assert session.scalar(counted) == 105
        assert the_round(session).state is RoundState.CLOSED


def test_an_edition_names_no_rule_whose_effect_it_leaves_out(database: Database) -> None:
    """A rule that left out two before the close, and one that left out one after it."""
    with database.write() as session:
        round_ = the_round(session)
        ids = session.scalars(sa.select(Response.id).where(Response.excluded.is_(None)).limit(3)).all()
        for number, chosen in enumerate((ids[:2], ids[2:]), 1):
            session.add(
                Withdrawal(
                    id=number,
                    kind=WithdrawalKind.EXCLUSION,
                    state=WithdrawalState.DONE,
                    reason=WithdrawalReason.OTHER,
                    note="phiếu khống",
                    round_id=round_.id,
                    counted=len(chosen),
                    facts={"rule": {}},
                    at=NOW,
                )
            )
            session.execute(sa.update(Response).where(Response.id.in_(chosen)).values(excluded=f"rule:{number}"))
            if number == 1:
                settle_figures(session, round_)
    with database.read() as session:
        assert [one["responses"] for one in json.loads(freeze(session, "r1").content)["exclusions"]] == [2]
    with database.read() as session:
        assert [one["responses"] for one in json.loads(freeze(session, "r1", few=True).content)["exclusions"]] == [2, 1]


def fields_of(client: FlaskClient) -> set[str]:
    found = soup(client, STEPS).select("main form [name]")
    return {str(one["name"]) for one in found} - {"csrf_token"}
