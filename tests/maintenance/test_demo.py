"""The demonstration province: complete, seeded, marked as invented, and never mixed with real data."""

from __future__ import annotations

import unicodedata
from collections import Counter as Tally
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.passwords import verify
from survey.collect.queries.counters import accepting_round
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.text import is_name_in_addresses
from survey.demo.answers import Scene, draw_answers
from survey.demo.operations.load_demo import PROGRESS, Demo, load_demo
from survey.demo.province import FULL, HELPED
from survey.improvement.board import Standing, standings_of
from survey.improvement.effects import effects_of
from survey.models import (
    Action,
    Agency,
    AgencyKind,
    Case,
    CaseEvent,
    CaseState,
    CaseStep,
    Channel,
    Comment,
    Counter,
    CounterCode,
    Installation,
    KnownChange,
    PlanRequest,
    Population,
    Response,
    Role,
    Round,
    RoundState,
    Service,
    User,
)
from survey.questionnaires import bundled
from survey.results.series import MONTH, DaySums, day_sums, series
from survey.structure.queries.installation import is_empty
from survey.structure.queries.population import below_sample
from survey.structure.queries.targets import targets

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded(module_database: Database) -> tuple[Database, Demo]:
    """The demonstration, loaded once for all tests: they only read it."""
    units: list[int] = []
    with module_database.write() as session:
        assert is_empty(session)
        made = load_demo(session, now=NOW, progress=units.append)
    assert sum(units) == PROGRESS, "the bar must end at 100 %"
    assert len(units) > 50
    return module_database, made


@pytest.mark.slow(reason="loads a province on both databases")
def test_the_province_is_complete(loaded: tuple[Database, Demo]) -> None:
    database, made = loaded
    with database.read() as session:

        def count(model: type) -> int:
            return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0

        kinds = Tally(session.scalars(sa.select(Agency.kind)))
        assert (kinds[AgencyKind.DEPARTMENT], kinds[AgencyKind.COMMUNE], kinds[AgencyKind.PROVINCE]) == (12, 12, 1)
        assert count(Counter) == 60
        assert 23_000 < count(Response) < 28_000
        assert count(Response) == made.responses
        assert count(Population) == 3 * (12 * 2 + 12 * 4)
        assert count(Comment) > 100
        assert session.get_one(Installation, 1).is_demo
        assert below_sample(session, 1) == below_sample(session, 2) == below_sample(session, 3) == []
        assert (
            session.scalar(sa.select(CounterCode.counter_id).where(CounterCode.code == made.counter_code)) is not None
        )


@pytest.mark.slow(reason="loads a province on both databases")
def test_two_rounds_are_published_and_the_newest_open_whenever_it_is_made(database: Database) -> None:
    now = datetime(2031, 2, 28, 20, tzinfo=UTC)
    with database.write() as session:
        load_demo(session, now=now)
    with database.read() as session:
        oldest, older, newer = session.scalars(sa.select(Round).order_by(Round.opens_on)).all()
        assert (oldest.state, older.state, newer.state) == (RoundState.PUBLISHED, RoundState.PUBLISHED, RoundState.OPEN)
        assert oldest.last_day < older.opens_on
        assert (newer.opens_on - older.opens_on).days == 365
        assert accepting_round(session, now) is newer
        latest = session.scalar(sa.select(sa.func.max(Response.submitted_at)))
        assert latest is not None
        assert latest < now


def test_answers_were_released_in_blocks_as_if_the_nights_had_come(loaded: tuple[Database, Demo]) -> None:
    """No block of an agency has fewer than five people, none is of a later day; some of each round wait for its end."""
    database, _made = loaded
    place = (Response.round_id, Response.deciding_agency_id)
    with database.read() as session:
        blocks = session.execute(
            sa.select(*place, Response.live_since, sa.func.count())
            .where(Response.excluded.is_(None))
            .group_by(*place, Response.live_since)
        ).all()
        newest = session.scalars(sa.select(Round).where(Round.state == RoundState.OPEN)).one().id
        early = session.scalars(
            sa.select(sa.func.count()).where(
                Response.live_since.is_not(None), sa.func.date(Response.submitted_at) > Response.live_since
            )
        ).one()
    assert early == 0
    assert all(n >= 5 for *_, n in blocks)
    assert len({day for round_, _, day, _ in blocks if round_ == newest and day is not None}) >= 5
    waiting = {(round_, agency) for round_, agency, day, _ in blocks if day is None}
    assert waiting == {(round_, agency) for round_, agency, *_ in blocks}
    assert max(day for *_, day, _ in blocks if day is not None) < NOW.date()


def test_the_evaluator_can_sign_in(loaded: tuple[Database, Demo]) -> None:
    database, made = loaded
    with database.read() as session:
        user = session.scalars(sa.select(User).where(User.username == made.username)).one()
        assert user.role is Role.EVALUATOR
        assert verify(user.password_hash, made.password)


def test_the_loop_is_shown_in_every_state(loaded: tuple[Database, Demo]) -> None:
    database, made = loaded
    with database.read() as session:
        found = set()
        for action in session.scalars(sa.select(Action)):
            found |= standings_of(action, None, NOW.date())
        assert {Standing.OVERDUE, Standing.OPEN, Standing.WAITING, Standing.ACCEPTED, Standing.DROPPED} <= found
        assert any(action.first_due != action.due_on for action in session.scalars(sa.select(Action)))
        assert session.scalars(sa.select(PlanRequest.id)).all()
        cases = session.scalars(sa.select(Case)).all()
        assert {case.state for case in cases} == set(CaseState)
        assert {case.helped for case in cases} == {None, True, False}
        assert any(not case.released for case in cases)
        assert any(case.closed_on and case.closed_on > case.due_on for case in cases)
        handed = session.scalars(sa.select(CaseEvent).where(CaseEvent.step == CaseStep.HANDED_OVER)).all()
        assert {(event.facts or {})["after"]["late"] for event in handed} == {False, True}
        names = (made.username, *(username for username, _ in made.others))
        roles = session.scalars(sa.select(User.role).where(User.username.in_(names))).all()
        assert set(roles) == set(Role)


def test_the_round_after_tells_of_actions_whether_they_helped(loaded: tuple[Database, Demo]) -> None:
    """Five actions answer to the oldest round; where the province was invented worse then, it is seen to be better."""
    database, _ = loaded
    with database.read() as session:
        actions = [action for action in session.scalars(sa.select(Action)) if action.round.code == "2024"]
        effects = effects_of(session, actions)
        verdicts = {(action.agency.code, action.item): effects[action.id].verdict for action in actions}
        assert all(action.figures and action.figures["index"] for action in session.scalars(sa.select(Action)))
    assert {place for place, verdict in verdicts.items() if verdict == "better"} == {row[:2] for row in HELPED}
    assert Tally(verdicts.values()) == {"better": 3, "same": 2}


def test_targets_of_every_round(loaded: tuple[Database, Demo]) -> None:
    database, _ = loaded
    with database.read() as session:
        for number in (1, 2, 3):
            found = targets(session, number)
            assert found["", ""] == 82
            assert found["", "result"] == 84
            assert len([place for place in found if place[0]]) == 24


def test_every_answer_is_one_the_questionnaire_packs(loaded: tuple[Database, Demo]) -> None:
    database, _ = loaded
    definition = bundled()["sipas-service-16"]
    with database.read() as session:
        packed = set(session.scalars(sa.select(Response.answers)))
    for answers in packed:
        assert definition.pack(definition.unpack(answers)) == answers


def test_it_looks_like_life(loaded: tuple[Database, Demo]) -> None:
    database, _ = loaded
    definition = bundled()["sipas-service-16"]
    at = {slot.code: k for k, slot in enumerate(definition.slots)}
    with database.read() as session:
        rows = session.execute(sa.select(Response)).scalars().all()
        channels = Tally(row.channel for row in rows)
        reasons = Tally(row.excluded for row in rows)
        late = [row for row in rows if row.answers[at["timeliness"]] == "l"]
        assert 0.6 < channels[Channel.QR] / len(rows) < 0.9
        assert set(reasons) == {None, "honeypot"}
        assert 0.03 < len(late) / len(rows) < 0.2
        assert {row.answers[at["apology"]] for row in late} == {"y", "n"}
        assert all(row.answers[at["apology"]] == "_" for row in rows if row.answers[at["timeliness"]] != "l")
        unknown = sum(row.answers[at["pakn_xu_ly"]] == "x" for row in rows) / len(rows)
        assert 0.3 < unknown < 0.6
        flat = Tally((row.counter_id, row.submitted_at.date()) for row in rows if set(row.answers[:16]) == {"5"})
        assert max(flat.values()) >= 30
        assert all(row.submitted_at - row.opened_at > timedelta(0) for row in rows if row.opened_at)


def test_the_same_answers_at_each_run(loaded: tuple[Database, Demo]) -> None:
    definition = bundled()["sipas-service-16"]
    scene = Scene(np.zeros(50), np.full(50, 0.1))
    first = draw_answers(definition, scene, np.random.default_rng(1))
    assert first == draw_answers(definition, scene, np.random.default_rng(1))
    assert first != draw_answers(definition, scene, np.random.default_rng(2))


def test_names_are_composed_and_nobody_s(loaded: tuple[Database, Demo]) -> None:
    database, _ = loaded
    with database.read() as session:
        named = [*session.scalars(sa.select(Agency.name)), *session.scalars(sa.select(Service.name))]
        named += [*session.scalars(sa.select(Counter.name)), *session.scalars(sa.select(Comment.text))]
        assert all(unicodedata.is_normalized("NFC", name) for name in named)
        people = set(session.scalars(sa.select(User.display_name)))
        assert people == {
            *("Cán bộ đánh giá", "Cán bộ đánh giá thứ hai", "Cán bộ đánh giá thứ ba", "Quản trị viên"),
            *("Văn phòng UBND tỉnh", "Lãnh đạo sở", "Lãnh đạo phường", "Cán bộ một cửa"),
        }


def test_names_of_the_full_province() -> None:
    agencies = [(row[0], row[1]) for row in (*FULL.communes, *FULL.departments)]
    assert (len(FULL.communes), len(FULL.departments), len(FULL.services)) == (75, 20, 12)
    assert len({code for code, _ in agencies}) == len({name for _, name in agencies}) == 95
    assert all(is_name_in_addresses(code) and unicodedata.is_normalized("NFC", name) for code, name in agencies)
    fields = {code for code, _, _ in FULL.services}
    assert fields == set(FULL.commune_services) | {code for row in FULL.departments for code in row[3]}
    assert ("xa-muong-nang-som", "UBND xã Mường Nắng Sớm", "Muong Nang Som Commune") in FULL.communes


@pytest.mark.slow(reason="stores 20 000 responses and publishes two rounds of 97 agencies")
def test_the_full_province_has_three_rounds_with_thin_services_and_an_office_that_moved(database: Database) -> None:
    with database.write() as session:
        made = load_demo(session, now=NOW, cast=FULL)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Agency)) == 75 + 20 + 2
        assert session.scalar(sa.select(sa.func.count()).select_from(Counter)) == 256
        assert 18_000 < made.responses < 22_000
        keys = (Response.round_id, Response.deciding_agency_id, Response.service_id)
        sizes = session.scalars(sa.select(sa.func.count()).select_from(Response).group_by(*keys)).all()
        assert 0.1 < sum(n < 5 for n in sizes) / len(sizes) < 0.3
        assert below_sample(session, 1) == below_sample(session, 2) == []
        rounds = session.scalars(sa.select(Round).order_by(Round.opens_on)).all()
        assert [one.state for one in rounds] == [RoundState.PUBLISHED, RoundState.PUBLISHED, RoundState.OPEN]
        moved = session.scalars(sa.select(KnownChange)).one()
        assert FULL.move is not None
        assert (moved.on_day, moved.reason) == (FULL.move.day(rounds[-1].opens_on), FULL.move.reason)
        sums = day_sums(session, rounds[-1], 16, judged=False)
        before, after = (
            series(_days(sums, moved.on_day, later), FULL.move.agency, range(16), MONTH) for later in (False, True)
        )
        share = [sum(part.satisfied) / sum(part.valid) for part in (before, after)]
        assert share[1] > share[0] + 0.05  # people are more satisfied since
        assert session.scalar(sa.select(sa.func.count()).select_from(Service)) == 12
        assert all(targets(session, one.id) for one in rounds)
        assert all(of_round(session, one, Response.live_since.is_not(None)) > 1_000 for one in rounds)
        autumn, winter = (
            of_round(session, rounds[1], Response.submitted_at >= day, Response.submitted_at < day + timedelta(days=28))
            for day in (datetime(2025, 9, 15, tzinfo=UTC), datetime(2025, 12, 15, tzinfo=UTC))
        )
        assert winter > 1.2 * autumn


def of_round(session: orm.Session, round_: Round, *conditions: sa.ColumnElement[bool]) -> int:
    """How many responses of a round meet some conditions."""
    chosen = sa.select(sa.func.count()).select_from(Response).where(Response.round_id == round_.id, *conditions)
    return session.scalars(chosen).one()


def _days(sums: DaySums, on: date, later: bool) -> DaySums:
    """The sums of the days from one on, or before it."""
    chosen = np.array([(day >= on.isoformat()) == later for day in sums.day])
    agency, day = (tuple(np.array(names, dtype=object)[chosen]) for names in (sums.agency, sums.day))
    return DaySums(agency, day, sums.n[chosen], sums.satisfied[chosen], sums.valid[chosen])


def test_it_refuses_a_database_in_use(loaded: tuple[Database, Demo]) -> None:
    database, made = loaded
    with database.write() as session, pytest.raises(InputError, match="not empty"):
        load_demo(session, now=NOW)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == made.responses
