"""Importing agencies, services, counters and transactions: everything or nothing, and told cell by cell."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.collect.queries.counters import accepting_round
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError, TableError
from survey.models import (
    Agency,
    AuditEvent,
    BatchKind,
    Channel,
    Counter,
    CounterCode,
    ImportBatch,
    Population,
    Response,
    Round,
    RoundState,
    Service,
)
from survey.questionnaires import bundled
from survey.spreadsheets.read import read_table
from survey.structure.operations.close_round import close_round
from survey.structure.operations.import_agencies import import_agencies
from survey.structure.operations.import_counters import import_counters
from survey.structure.operations.import_population import import_population
from survey.structure.operations.import_services import import_services
from survey.structure.operations.import_structure import import_structure, undo_structure
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round, open_round
from survey.structure.queries import rounds

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
AGENCIES = """code;name;kind;level;parent;valid_from
so-noi-vu;Sở Nội vụ;department;province;tinh;01/07/2025
tinh;UBND tỉnh;province;province;;2020-01-01
xa-a;UBND xã A;commune;commune;tinh;
"""
SERVICES = "code,name,name_en\nho-tich,Hộ tịch,Civil status\ndat-dai,Đất đai,\n"


def table(text: str | bytes, source: str = "file.csv") -> Any:
    return read_table(io.BytesIO(text.encode() if isinstance(text, str) else text), source)


def take(database: Database, operation: Callable[..., Any], text: str | bytes, *more: Any) -> Any:
    with database.write() as session:
        return operation(session, table(text), *more, actor=Actor(NOW))


def refused(database: Database, operation: Callable[..., Any], text: str, *more: Any) -> list[tuple[int, str, str]]:
    with pytest.raises(TableError) as caught:
        take(database, operation, text, *more)
    return [(cell.row, cell.column, cell.value) for cell in caught.value.cells]


def count(database: Database, model: type) -> int:
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def place(database: Database) -> Database:
    """A database with agencies, services and the round `r`."""
    take(database, import_agencies, AGENCIES)
    take(database, import_services, SERVICES)
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        create_round(session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW))
    return database


def the_round(session: orm.Session) -> Round:
    return rounds.by_code(session, "r")


def take_population(database: Database, text: str) -> Any:
    with database.write() as session:
        return import_population(session, table(text), the_round(session), actor=Actor(NOW))


def transactions(database: Database) -> dict[tuple[str, str], int]:
    query = (
        sa.select(Agency.code, Service.code, Population.transactions)
        .join(Agency, Agency.id == Population.agency_id)
        .join(Service, Service.id == Population.service_id)
    )
    with database.read() as session:
        return {(a, s): n for a, s, n in session.execute(query)}


def test_agencies_with_parents_in_any_order(database: Database) -> None:
    assert take(database, import_agencies, AGENCIES).added == 3
    with database.read() as session:
        department = session.scalars(sa.select(Agency).where(Agency.code == "so-noi-vu")).one()
        assert (department.parent.code, department.name, department.valid_from) == (
            "tinh",
            "Sở Nội vụ",
            date(2025, 7, 1),
        )
        commune = session.scalars(sa.select(Agency).where(Agency.code == "xa-a")).one()
        assert commune.valid_from == date(2026, 1, 1)
        event = session.scalars(sa.select(AuditEvent)).one()
        assert (event.action, event.after) == ("agencies.imported", {"added": ["so-noi-vu", "tinh", "xa-a"]})


def test_kinds_and_levels_in_vietnamese(database: Database) -> None:
    text = "code;name;kind;level\na;A;Sở;Cấp tỉnh\nb;B;phuong;XÃ\nc;C;UBND huyện;huyện\nd;D;Trung tâm;province\n"
    take(database, import_agencies, text)
    with database.read() as session:
        found = session.execute(sa.select(Agency.code, Agency.kind, Agency.level).order_by(Agency.code)).all()
    assert [(code, kind.value, level.value) for code, kind, level in found] == [
        ("a", "department", "province"),
        ("b", "commune", "commune"),
        ("c", "district", "district"),
        ("d", "centre", "province"),
    ]


def test_the_same_file_twice_adds_nothing(database: Database) -> None:
    take(database, import_agencies, AGENCIES)
    again = take(database, import_agencies, "\ufeff" + unicodedata.normalize("NFD", AGENCIES))
    assert (again.added, again.unchanged) == (0, 3)
    assert count(database, Agency) == 3


def test_names_that_differ_in_composition_or_case_alone_are_twins(database: Database) -> None:
    twin = unicodedata.normalize("NFD", "SỞ NỘI VỤ")
    text = f"code,name,kind,level\na,Sở Nội vụ,department,province\nb,{twin},department,province\n"
    assert refused(database, import_agencies, text) == [(3, "name", "SỞ NỘI VỤ")]
    assert count(database, Agency) == 0


def test_a_twin_of_a_stored_agency(place: Database) -> None:
    text = "code,name,kind,level,parent\nother,Sở Nội vụ,department,province,tinh\n"
    assert refused(place, import_agencies, text) == [(2, "name", "Sở Nội vụ")]


def test_equal_names_under_different_parents_are_two_agencies(place: Database) -> None:
    text = "code,name,kind,level,parent\nh,UBND huyện,district,district,tinh\nx,UBND xã A,commune,commune,h\n"
    assert take(place, import_agencies, text).added == 2


def test_every_wrong_cell_is_told_and_nothing_stored(database: Database) -> None:
    text = (
        "code,name,kind,level,parent,valid_from,valid_to\n"
        "a,A,ministry,province,,,\n"
        "b,,department,province,none,32/01/2026,\n"
        "a,C,department,here,,2026-01-01,2025-01-01\n"
        "d,D,department,province,,,\n"
    )
    assert refused(database, import_agencies, text) == [
        (2, "kind", "ministry"),
        (3, "name", ""),
        (3, "valid_from", "32/01/2026"),
        (4, "level", "here"),
        (3, "parent", "none"),
        (4, "code", "a"),
        (4, "valid_to", "2025-01-01"),
    ]
    assert count(database, Agency) == 0


def test_agencies_above_one_another(database: Database) -> None:
    text = "code,name,kind,level,parent\na,A,department,province,b\nb,B,department,province,a\n"
    with pytest.raises(InputError, match="row 2: a stands above itself"):
        take(database, import_agencies, text)
    assert count(database, Agency) == 0


def test_an_import_does_not_rename(place: Database) -> None:
    assert refused(place, import_agencies, "code,name,kind,level\ntinh,Tỉnh khác,province,province\n") == [
        (2, "code", "tinh")
    ]


def test_missing_column_and_no_rows(database: Database) -> None:
    with pytest.raises(InputError, match="no column 'level'"):
        take(database, import_agencies, "code,name,kind\n")
    with pytest.raises(InputError, match="no rows"):
        take(database, import_agencies, "code,name,kind,level\n")


def test_services_refuse_twins(place: Database) -> None:
    assert refused(place, import_services, "code,name\nx,HỘ TỊCH\ny,Y\ny,Z\n") == [
        (2, "name", "HỘ TỊCH"),
        (4, "code", "y"),
    ]
    assert count(place, Service) == 2
    assert take(place, import_services, SERVICES).unchanged == 2


def test_services_say_who_decides(place: Database) -> None:
    """A new one and a stored one that said nothing take the agency; one that says another refuses it."""
    head = "code,name,deciding_agency\n"
    text = head + "dau-tu,Đầu tư,Sở Nội vụ\nho-tich,Hộ tịch,xa-a\ndat-dai,Đất đai,\n"
    done = take(place, import_services, text)
    assert (done.added, done.unchanged, len(done.warnings)) == (1, 1, 1)
    assert "Hộ tịch: UBND xã A" in str(done.warnings[0])
    assert decided(place) == {"dau-tu": "so-noi-vu", "ho-tich": "xa-a"}
    again = take(place, import_services, text)
    assert (again.added, again.unchanged, again.warnings) == (0, 3, ())
    assert refused(place, import_services, head + "ho-tich,Hộ tịch,so-noi-vu\ndat-dai,Đất đai,khong-co\n") == [
        (2, "deciding_agency", "Sở Nội vụ"),
        (3, "deciding_agency", "khong-co"),
    ]
    assert decided(place) == {"dau-tu": "so-noi-vu", "ho-tich": "xa-a"}


def test_an_agency_that_has_ended_decides_on_nothing(place: Database) -> None:
    with place.write() as session:
        session.scalars(sa.select(Agency).where(Agency.code == "xa-a")).one().valid_to = NOW.date()
    text = "code,name,deciding_agency\nho-tich,Hộ tịch,xa-a\n"
    assert refused(place, import_services, text) == [(2, "deciding_agency", "xa-a")]


def test_what_services_were_told_is_taken_back_unless_changed_since(place: Database) -> None:
    text = "code,name,deciding_agency\ndau-tu,Đầu tư,so-noi-vu\nho-tich,Hộ tịch,xa-a\n"

    def brought() -> int:
        with place.write() as session:
            return import_structure(session, BatchKind.SERVICES, table(text), "0" * 64, actor=Actor(NOW))[0].id

    def undo(number: int) -> None:
        with place.write() as session:
            undo_structure(session, session.get_one(ImportBatch, number), actor=Actor(NOW))

    undo(brought())
    assert decided(place) == {}
    assert count(place, Service) == 2
    last = brought()
    with place.write() as session:
        session.scalars(sa.select(Service).where(Service.code == "ho-tich")).one().deciding_agency = None
    with pytest.raises(InputError, match="changed after this import"):
        undo(last)
    assert decided(place) == {"dau-tu": "so-noi-vu"}


def decided(database: Database) -> dict[str, str]:
    """The services that say who decides on them."""
    with database.read() as session:
        rows = session.execute(sa.select(Service.code, Agency.code.label("decides")).join(Service.deciding_agency))
        return {row.code: row.decides for row in rows}


def test_counters_get_a_code_each(place: Database) -> None:
    text = (
        "agency,code,name,services,deciding_agencies\n"
        "xa-a,Q1,Quầy 1,ho-tich|dat-dai,\nxa-a,Q2,Quầy 2,dat-dai,so-noi-vu xa-a\n"
    )
    assert take(place, import_counters, text).added == 2
    with place.read() as session:
        codes = session.scalars(sa.select(CounterCode.code)).all()
        assert len(set(codes)) == 2
        second = session.scalars(sa.select(Counter).where(Counter.code == "Q2")).one()
        assert [agency.code for agency in second.deciding_agencies] == ["so-noi-vu", "xa-a"]
    assert take(place, import_counters, text).unchanged == 2
    assert count(place, CounterCode) == 2


def test_counters_refuse_unknown_codes_and_twins(place: Database) -> None:
    text = (
        "agency,code,name,services\nnone,Q1,Quầy 1,ho-tich\nxa-a,Q1,Quầy 1,fishing\nxa-a,Q2,quầy 1,\nxa-a,Q2,Quầy 3,\n"
    )
    assert refused(place, import_counters, text) == [
        (2, "agency", "none"),
        (3, "services", "fishing"),
        (4, "name", "quầy 1"),
        (5, "code", "Q2"),
    ]
    assert count(place, Counter) == 0


def test_population_replaces_what_was_there(place: Database) -> None:
    take_population(place, "agency,service,N\nxa-a,ho-tich,500\nxa-a,dat-dai,100\n")
    done = take_population(place, "agency;service;N\nso-noi-vu;dat-dai;1.234\n")
    assert (done.added, done.warnings) == (1, ())
    assert transactions(place) == {("so-noi-vu", "dat-dai"): 1234}


def test_population_refuses_and_keeps_what_was_there(place: Database) -> None:
    take_population(place, "agency,service,N\nxa-a,ho-tich,500\n")
    with pytest.raises(TableError) as caught:
        take_population(
            place,
            "agency,service,N\nxa-b,ho-tich,1\nxa-a,fishing,1\nxa-a,dat-dai,many\nxa-a,ho-tich,1\nxa-a,ho-tich,2\n",
        )
    assert [(cell.row, cell.column, cell.value) for cell in caught.value.cells] == [
        (2, "agency", "xa-b"),
        (3, "service", "fishing"),
        (4, "N", "many"),
        (6, "service", "ho-tich"),
    ]
    assert transactions(place) == {("xa-a", "ho-tich"): 500}


def test_population_below_the_responses_is_told(place: Database) -> None:
    with place.write() as session:
        round_ = the_round(session)
        agency = session.scalars(sa.select(Agency).where(Agency.code == "xa-a")).one()
        service = session.scalars(sa.select(Service).where(Service.code == "ho-tich")).one()
        session.add_all(
            Response(
                key=f"response-number-{k}",
                round_id=round_.id,
                deciding_agency_id=agency.id,
                service_id=service.id,
                channel=Channel.PAPER,
                language="vi",
                answers="4" * 9,
                submitted_at=NOW,
                excluded="honeypot" if k == 3 else None,
            )
            for k in range(4)
        )
    assert take_population(place, "agency,service,N\nxa-a,ho-tich,3\n").warnings == ()
    (warning,) = take_population(place, "agency,service,N\nxa-a,ho-tich,2\n").warnings
    assert str(warning) == "xa-a / ho-tich: N = 2 is below the 3 responses"


def test_round_opens_and_closes(place: Database) -> None:
    with place.write() as session:
        assert accepting_round(session, NOW) is None
        open_round(session, the_round(session), actor=Actor(NOW))
        session.flush()
        for day, is_open in ((date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 6, 30), True)):
            noon = datetime.combine(day, time(12), UTC)
            assert (accepting_round(session, noon) is not None) is is_open
        close_round(session, the_round(session), actor=Actor(NOW))
        session.flush()
        assert accepting_round(session, NOW) is None
        actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions[-3:] == ["round.created", "round.opened", "round.closed"]


def test_the_day_is_that_of_the_round_s_zone(place: Database) -> None:
    with place.read() as session:
        assert rounds.local_day(the_round(session), datetime(2026, 3, 1, 17, 30, tzinfo=UTC)) == date(2026, 3, 2)


def test_published_rounds_keep_their_transactions_and_stay_closed(place: Database) -> None:
    with place.write() as session:
        the_round(session).state = RoundState.PUBLISHED
    with pytest.raises(InputError, match="published"):
        take_population(place, "agency,service,N\nxa-a,ho-tich,2\n")
    with place.write() as session, pytest.raises(InputError, match="published"):
        open_round(session, the_round(session), actor=Actor(NOW))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (RoundPlan("r", "x", date(2026, 1, 1), date(2026, 2, 1)), "There is a round r already"),
        (RoundPlan("a b", "x", date(2026, 1, 1), date(2026, 2, 1)), "letters, digits, dots and hyphens"),
        (RoundPlan("s", "x", date(2026, 2, 1), date(2026, 1, 1)), "cannot end"),
        (RoundPlan("s", "x", date(2026, 1, 1), date(2026, 2, 1), zone="Asia/Sonla"), "no time zone"),
        (
            RoundPlan("s", "x", date(2026, 1, 1), date(2026, 2, 1), rules={"interval": "guess"}),
            "interval must be one of",
        ),
        (RoundPlan("s", "x", date(2026, 1, 1), date(2026, 2, 1), rules={"weights": 1}), "unknown scoring rule"),
    ],
)
def test_rounds_that_cannot_be(place: Database, plan: RoundPlan, message: str) -> None:
    with place.write() as session, pytest.raises(InputError, match=message):
        create_round(session, plan, the_round(session).version, actor=Actor(NOW))


def test_unknown_round_names_those_there_are(place: Database) -> None:
    with place.read() as session, pytest.raises(InputError, match="There is no round q; there are: r"):
        rounds.by_code(session, "q")
