"""Agencies over time: renamed, merged, split and ended, and what old rounds go on showing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, AgencyLevel, AgencySuccessor, AuditEvent, Counter, Role, Service, User
from survey.structure.operations.change_agency import AgencyFacts, add_agency, edit_agency, end_agency
from survey.structure.operations.change_counter import CounterFacts, add_counter
from survey.structure.operations.dated_change import DatedChange
from survey.structure.operations.merge_agencies import merge_agencies, split_agency
from survey.structure.operations.rename import rename_agency
from survey.structure.queries import names
from tests.support.evaluation import NOW

TODAY = date(2026, 3, 1)
DEPARTMENT = (AgencyKind.DEPARTMENT, AgencyLevel.PROVINCE)


@pytest.fixture
def session(database: Database) -> Iterator[orm.Session]:
    """A province `tinh` with the departments `a`, `b`; counter Q1 of each; Q9 of the province receives for `a`."""
    with database.write() as session:
        add_agency(
            session, "tinh", AgencyFacts("UBND tỉnh", AgencyKind.PROVINCE, AgencyLevel.PROVINCE), actor=Actor(NOW)
        )
        for code, name in (("a", "Sở A"), ("b", "Sở B")):
            facts = AgencyFacts(name, *DEPARTMENT, parent="tinh", valid_from=date(2020, 1, 1))
            agency = add_agency(session, code, facts, actor=Actor(NOW))
            add_counter(session, agency, CounterFacts("Q1", "Quầy số 1"), actor=Actor(NOW))
        province = get(session, "tinh")
        add_counter(session, province, CounterFacts("Q9", "Quầy chung", deciding=("a", "tinh")), actor=Actor(NOW))
        session.add(
            User(
                username="an",
                display_name="An",
                password_hash="x",
                role=Role.STAFF,
                agency_id=get(session, "a").id,
                created_at=NOW,
            )
        )
        session.flush()
        yield session


def on(day: date) -> DatedChange:
    return DatedChange(day, TODAY, Actor(NOW))


def get(session: orm.Session, code: str) -> Agency:
    return session.scalars(sa.select(Agency).where(Agency.code == code)).one()


def add(session: orm.Session, code: str, name: str, since: date) -> Agency:
    return add_agency(session, code, AgencyFacts(name, *DEPARTMENT, parent="tinh", valid_from=since), actor=Actor(NOW))


def last_event(session: orm.Session) -> AuditEvent:
    return session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def rename(session: orm.Session, name: str, since: date, english: str = "") -> None:
    rename_agency(session, get(session, "a"), name, english, on(since))


def test_each_day_has_its_name(session: orm.Session) -> None:
    rename(session, "Sở A và B", date(2024, 5, 1), "Department A and B")
    rename(session, "Sở Mới", date(2025, 3, 1))
    shown = {
        day: (called := names.agencies(session, on=day)["a"]).name + "|" + (called.name_en or "")
        for day in (date(2020, 6, 1), date(2024, 4, 30), date(2024, 5, 1), date(2025, 2, 28), date(2025, 3, 1), TODAY)
    }
    assert list(shown.values()) == [
        "Sở A|",
        "Sở A|",
        "Sở A và B|Department A and B",
        "Sở A và B|Department A and B",
        "Sở Mới|",
        "Sở Mới|",
    ]
    assert names.agencies(session)["a"].name == "Sở Mới"
    session.flush()  # a copy under an old name is never written
    assert get(session, "a").name == "Sở Mới"
    event = last_event(session)
    assert (event.action, event.subject) == ("agency.renamed", "agency:a")
    assert event.before == {"name": "Sở A và B", "name_en": "Department A and B"}
    assert event.after == {"name": "Sở Mới", "name_en": None, "since": "2025-03-01"}


@pytest.mark.parametrize(
    ("name", "since", "message"),
    [
        ("Sở C", date(2026, 3, 2), "from the day on which it holds: 02/03/2026"),
        ("Sở C", date(2024, 5, 1), "after 01/05/2024"),
        ("Sở B", date(2025, 5, 1), "b is called Sở B already"),
        ("Sở A mới", date(2025, 5, 1), "its name already"),
        ("  ", date(2025, 5, 1), "name is missing"),
    ],
)
def test_renamings_that_cannot_be(session: orm.Session, name: str, since: date, message: str) -> None:
    rename(session, "Sở A mới", date(2024, 5, 1))
    with pytest.raises(InputError, match=message):
        rename(session, name, since)


def test_merging_two_into_a_new_one_moves_what_is_asked(session: orm.Session) -> None:
    new = add(session, "c", "Sở C", date(2025, 3, 1))
    merged = [get(session, "a"), get(session, "b")]
    session.add(Service(code="dat-dai", name="Đất đai", deciding_agency=merged[0]))
    session.flush()
    moved = merge_agencies(session, merged, new, on(date(2025, 3, 1)), follow=True)
    assert (moved.counters, moved.deciding, moved.accounts, moved.below) == (2, 1, 1, 0)
    for code in ("a", "b"):
        assert (get(session, code).valid_to, get(session, code).successor_id) == (date(2025, 3, 1), new.id)
    counters = session.scalars(sa.select(Counter).where(Counter.agency_id == new.id).order_by(Counter.id)).all()
    assert [(c.code, c.name) for c in counters] == [("Q1", "Quầy số 1"), ("Q1-2", "Quầy số 1 (Sở B)")]
    shared = session.scalars(sa.select(Counter).where(Counter.code == "Q9")).one()
    assert [agency.code for agency in shared.deciding_agencies] == ["c", "tinh"]
    assert session.scalars(sa.select(Service.deciding_agency_id)).one() == new.id
    assert session.scalars(sa.select(User.agency_id)).one() == new.id
    assert len(counters[0].codes) == 1  # posters that hang go on working
    event = last_event(session)
    assert (event.action, event.subject, event.after["successor"]) == ("agency.merged", "agency:b", "c")


def test_merging_without_following_leaves_counters(session: orm.Session) -> None:
    a, b = get(session, "a"), get(session, "b")
    moved = merge_agencies(session, [a], b, on(date(2025, 3, 1)), follow=False)
    assert (moved.counters, moved.deciding) == (0, 0)
    assert session.scalars(sa.select(Counter.code).where(Counter.agency_id == a.id)).all() == ["Q1"]
    with pytest.raises(InputError, match="Sở A ended already on 01/03/2025"):
        merge_agencies(session, [a], b, on(date(2025, 4, 1)), follow=False)


def test_mergers_that_cannot_be(session: orm.Session) -> None:
    a, b = get(session, "a"), get(session, "b")
    late = add(session, "c", "Sở C", date(2025, 3, 1))
    for merged, into, since, message in (
        ([a], a, date(2025, 3, 1), "into itself"),
        ([], b, date(2025, 3, 1), "Choose the agencies"),
        ([a], late, date(2025, 2, 28), "Sở C does not exist on 28/02/2025"),
        ([a], b, date(2020, 1, 1), "begins on 01/01/2020"),
    ):
        with pytest.raises(InputError, match=message):
            merge_agencies(session, merged, into, on(since), follow=True)


def test_a_split_names_all_that_took_over(session: orm.Session) -> None:
    parts = [add(session, code, f"Sở {code.upper()}", date(2025, 3, 1)) for code in ("x", "y")]
    moved = split_agency(session, get(session, "a"), parts, on(date(2025, 3, 1)), follow=True)
    assert (moved.counters, moved.accounts) == (1, 1)
    assert get(session, "a").successor_id == parts[0].id
    assert set(session.scalars(sa.select(AgencySuccessor.successor_id))) == {part.id for part in parts}
    with pytest.raises(InputError, match="at least two"):
        split_agency(session, get(session, "b"), parts[:1], on(date(2025, 3, 1)), follow=True)


def test_an_end_waits_for_those_below(session: orm.Session) -> None:
    with pytest.raises(InputError, match="2 agencies stand below it, among them Sở A"):
        end_agency(session, get(session, "tinh"), on(TODAY))
    end_agency(session, get(session, "a"), on(TODAY))
    assert get(session, "a").valid_to == TODAY
    with pytest.raises(InputError, match="cannot have a new counter"):
        add_counter(session, get(session, "a"), CounterFacts("Q2", "Quầy số 2"), actor=Actor(NOW))


def test_corrections_hold_for_all_times_and_are_told(session: orm.Session) -> None:
    facts = AgencyFacts("Sở A.", *DEPARTMENT, parent="tinh", valid_from=date(2020, 1, 1))
    assert edit_agency(session, get(session, "a"), facts, actor=Actor(NOW))
    assert not edit_agency(session, get(session, "a"), facts, actor=Actor(NOW))
    event = last_event(session)
    assert (event.before["name"], event.after["name"]) == ("Sở A", "Sở A.")
    assert names.agencies(session, on=date(2021, 1, 1))["a"].name == "Sở A."
    circle = AgencyFacts("UBND tỉnh", AgencyKind.PROVINCE, AgencyLevel.PROVINCE, parent="a")
    with pytest.raises(InputError, match="above itself"):
        edit_agency(session, get(session, "tinh"), circle, actor=Actor(NOW))


@pytest.mark.parametrize(
    ("code", "name", "parent", "message"),
    [
        ("a", "X", "tinh", "code a already"),
        ("sở", "X", "tinh", "letters without marks"),
        ("x", "SỞ A", "tinh", "a is called SỞ A already"),
        ("x", "X", "none", "no agency with the code none"),
        ("x", "X" * 201, "tinh", "longer than 200"),
    ],
)
def test_agencies_that_cannot_be(session: orm.Session, code: str, name: str, parent: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        add_agency(session, code, AgencyFacts(name, *DEPARTMENT, parent=parent), actor=Actor(NOW))
