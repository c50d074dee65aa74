"""One reader of days and times: whatever takes a day takes the same texts for it, in files, forms and options."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import flask
import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from survey.collect.imports.mapping_form import columns_of, form_class
from survey.models import Agency
from survey.questionnaires import bundled
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.read import Checker
from survey.spreadsheets.times import Moment, parse_day, parse_instant, parse_moment
from survey.structure.commands import LocalMoment
from survey.web.fields import Day
from survey.web.forms import Form

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
#: how the 25th of November 2026 is written, by people and by programs
DAYS = [
    *("2026-11-25", "2026/11/25", "2026.11.25", "25/11/2026", "25-11-2026", "25.11.2026", " 25/11/2026 "),
    *("2026-11-25 00:00:00", "2026-11-25T00:00:00", "25/11/2026 00:00", "25/11/2026, 0:00", "2026-11-25 00:00:00.000"),
]
NOT_DAYS = [
    "",
    "25/11/26",
    "11/25/2026",
    "31/02/2026",
    "2026",
    "25/11/2026 25:00",
    "25/11/2026 mai",
    "hôm qua",
    "46351",
]


class Filled(Form):
    """A form of one day."""

    day = Day("Day")


def by_checker(text: str) -> date | None:
    return Checker("x.csv").day(2, "valid_from", text)


def by_option(text: str) -> date | None:
    try:
        return LocalMoment().convert(text, None, None).day
    except click.UsageError:
        return None


def by_response(text: str) -> date | None:
    found = parse_instant(text, ZONE)
    return found.astimezone(ZONE).date() if found else None


def by_form(text: str) -> date | None:
    form = Filled(formdata=MultiDict({"day": text}))
    form.validate()
    return form.day.data


READERS: list[Callable[[str], date | None]] = [parse_day, by_checker, by_option, by_response, by_form]


@pytest.mark.parametrize("read", READERS)
def test_every_reader_takes_the_same_days(app: flask.Flask, read: Callable[[str], date | None]) -> None:
    with app.test_request_context():
        assert {text: read(text) for text in DAYS} == dict.fromkeys(DAYS, date(2026, 11, 25))
        assert {text: read(text) for text in NOT_DAYS} == dict.fromkeys(NOT_DAYS)


def test_agencies_are_imported_with_the_days_that_spreadsheets_write(app: flask.Flask, tmp_path: Path) -> None:
    file = tmp_path / "agencies.csv"
    rows = [f"a{place},A {place},commune,commune,{text}" for place, text in enumerate(DAYS) if "," not in text]
    file.write_text("\n".join(["code,name,kind,level,valid_from", *rows]), "utf-8")
    done = app.test_cli_runner().invoke(args=["import", "agencies", str(file)])
    assert done.exit_code == 0, done.output
    with app.extensions["database"].read() as session:
        days = session.scalars(sa.select(Agency.valid_from).where(Agency.name.like("A %"))).all()
    assert days == [date(2026, 11, 25)] * len(rows)


def test_a_time_of_day_behind_a_day_does_not_move_it() -> None:
    assert parse_day("2026-11-25 23:59:59") == date(2026, 11, 25)
    assert parse_day("25/11/2026 11:30 CH") == date(2026, 11, 25)


def test_an_instant_is_no_day_since_its_day_depends_on_the_zone() -> None:
    """The first of July in Vietnam, as a program in UTC writes it: 30 June would be wrong by a day."""
    text = "2026-06-30T17:00:00Z"
    assert parse_day(text) is None
    instant = parse_instant(text, ZONE)
    assert instant is not None
    assert instant.astimezone(ZONE).date() == date(2026, 7, 1)
    check = Checker("x.csv")
    assert check.day(2, "valid_from", text) is None
    assert [cell.value for cell in check.cells] == [text]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("31/12/2026 17:00", Moment(date(2026, 12, 31), time(17))),
        ("2026-12-31 5:00:07 CH", Moment(date(2026, 12, 31), time(17, 0, 7))),
        ("2026-12-31T12:00 SA", Moment(date(2026, 12, 31), time(0))),
        ("2026-12-31 08:00 GMT+7", Moment(date(2026, 12, 31), time(8), timezone(timedelta(hours=7)))),
        ("2026-12-31 08:00-0330", Moment(date(2026, 12, 31), time(8), timezone(-timedelta(hours=3, minutes=30)))),
        ("2026-12-31 08:00Z", Moment(date(2026, 12, 31), time(8), UTC)),
        ("2026-12-31 08:00+25", None),
        ("2026-12-31 08:00+07:99", None),
        ("2026-12-31 8h", None),
    ],
)
def test_moments(text: str, moment: Moment | None) -> None:
    assert parse_moment(text) == moment


def test_an_offset_beyond_the_calendar_is_no_instant() -> None:
    assert parse_instant("0001-01-01 00:00+14", ZONE) is None
    assert parse_instant("9999-12-31 23:00-12", ZONE) is None
    assert parse_instant("2026-01-01 00:00+14", ZONE) == datetime(2025, 12, 31, 10, tzinfo=UTC)


def test_a_constant_day_of_a_mapping_is_stored_one_way_and_keeps_its_hour(app: flask.Flask) -> None:
    definition = bundled()["sipas-short"]
    asked = columns_of(definition, ColumnMap(), (), "vi")

    def fixed(text: str) -> object:
        with app.test_request_context(method="POST", data={"f.date": text}):
            form = form_class(asked, [], [], {})(meta={"csrf": False})
            assert form.validate_on_submit(), form.errors
            return form.mapping_data(definition)["fixed"]["date"]

    assert [fixed(text) for text in ("25/11/2026", "2026/11/25")] == ["2026-11-25", "2026-11-25"]
    assert fixed("25/11/2026 14:30") == "25/11/2026 14:30"


@pytest.mark.parametrize("text", ["2026-12-31 17:00:30", "2026-12-31 17:00+07:00", "soon"])
def test_an_option_takes_hours_of_the_installation_without_seconds(text: str) -> None:
    with pytest.raises(click.UsageError, match="is not a day like"):
        LocalMoment().convert(text, None, None)
