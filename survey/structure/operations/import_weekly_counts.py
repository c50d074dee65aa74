"""Take the transactions of a round's weeks from a table: agency, a day of the week, transactions."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Round, RoundState, WeeklyCount
from survey.spreadsheets.names import words_of
from survey.spreadsheets.read import Checker, Table, parse_whole
from survey.spreadsheets.times import parse_day
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.names import agency_names
from survey.structure.queries.scope import refuse_outside

HEADINGS = {
    "agency": "agency|co quan|don vi|ten co quan|ten don vi|co quan don vi|ma co quan|dia phuong|xa phuong",
    "week": "week|tuan|ngay|tuan bat dau tu ngay|tuan tu ngay|tu ngay",
    "transactions": "transactions|n|so giao dich|giao dich|so ho so|ho so|so luong",
}


def known_heading(heading: str) -> str:
    """What a heading stands for; empty for one that nobody knows."""
    word = words_of(heading)
    return next((code for code, names in HEADINGS.items() if word in names.split("|")), "")


def import_weekly_counts(session: orm.Session, table: Table, round_: Round, *, actor: Actor) -> int:
    """Store the transactions of weeks of a round; return how many cells. Weeks that the table leaves out stay.

    Agencies are codes or names, weeks any day in them. Raises `TableError` for unknown agencies, days outside of the
    round, what is no whole number, or a pair given twice; `InputError` for a published round. Then nothing changes.
    """
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its transactions can no longer change", code=round_.code)
    rows = _read(session, table, round_)
    refuse_outside(session, round_, {agency for agency, _ in rows})
    for (agency_id, week_on), transactions in rows.items():
        session.merge(WeeklyCount(round_id=round_.id, agency_id=agency_id, week_on=week_on, transactions=transactions))
    session.flush()
    total = session.scalar(sa.select(sa.func.sum(WeeklyCount.transactions)).where(WeeklyCount.round_id == round_.id))
    audit.record(
        session,
        action="weekly_counts.imported",
        subject=f"round:{round_.code}",
        actor=actor,
        after={"rows": len(rows), "transactions": total, "file": table.source},
    )
    return len(rows)


def _read(session: orm.Session, table: Table, round_: Round) -> dict[tuple[int, date], int]:
    at = {code: k for k, heading in reversed(list(enumerate(table.columns))) if (code := known_heading(heading))}
    for code, heading in (("agency", "Cơ quan"), ("week", "Tuần"), ("transactions", "Số giao dịch")):
        if code not in at:
            raise InputError(
                "%(source)s has no column “%(heading)s”; its headings are: %(columns)s",
                source=table.source,
                heading=heading,
                columns=", ".join(table.columns),
            )
    check = Checker(table.source, columns=table.columns, fields=at)
    agencies = agency_names(session)
    rows: dict[tuple[int, date], int] = {}
    for number, cells in table:
        agency = agencies.find(cells[at["agency"]])
        if agency is None:
            wrong_name(check, number, "agency", cells[at["agency"]], agencies)
        day = parse_day(cells[at["week"]])
        if day is None or not round_.opens_on <= day + timedelta(days=6 - day.weekday()) <= _last(round_):
            check.wrong(number, "week", cells[at["week"]], "a day of the round like 31/12/2026")
        transactions = parse_whole(cells[at["transactions"]])
        if transactions is None:
            check.wrong(number, "transactions", cells[at["transactions"]], "a whole number, 0 or more")
        if agency is None or day is None or transactions is None:
            continue
        place = (agency, day - timedelta(days=day.weekday()))
        if place in rows:
            check.wrong(number, "agency", cells[at["agency"]], "given once")
        rows[place] = transactions
    check.finish()
    return rows


def _last(round_: Round) -> date:
    """The Sunday of a round's last week."""
    return round_.closes_on + timedelta(days=6 - round_.closes_on.weekday())
