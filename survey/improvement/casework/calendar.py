"""Terms of replies, and the days that differ from the calendar of public holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.core.text import clean, fold
from survey.improvement.casework.common import blueprint
from survey.improvement.casework.forms import CalendarForm
from survey.improvement.operations.keep_case import TERMS, set_calendar
from survey.improvement.queries import cases
from survey.models import CaseKind, Role
from survey.spreadsheets.times import parse_day
from survey.web import i18n
from survey.web.context import actor, database

SUBJECT = "installation"
"""What the audit log calls it."""
OFF, WORK = ("off", "nghi"), ("work", "lam")


@blueprint.get("/lich")
@role_required(Role.ADMIN)
def calendar() -> str:
    """Show the terms and the days."""
    with database().read() as session:
        return flask.render_template("improvement/casework/calendar.html", form=_stored(session))


@blueprint.post("/lich")
@role_required(Role.ADMIN)
def change_calendar() -> Response | tuple[str, int]:
    """Set the terms and the days. Cases that are open keep the due day they were given."""
    form = CalendarForm()
    if form.validate():
        try:
            days = parse_days(form.days.data)
            terms = {kind: int(form[kind.value].data) for kind in (CaseKind.REPORT, CaseKind.SUGGESTION)}
            with database().write() as session:
                form.require_state(_state(session), SUBJECT)
                set_calendar(session, terms=terms, days=days, actor=actor())
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        i18n.shown_at(flask.url_for("casework.calendar"))
        with database().read() as session:
            form.merge(_stored(session))
        return flask.render_template("improvement/casework/calendar.html", form=form), form.status
    flask.flash(_("The calendar is saved."))
    return flask.redirect(flask.url_for("casework.calendar"), 303)


def _stored(session: orm.Session) -> CalendarForm:
    """The form of what is stored."""
    terms, days = cases.calendar_rows(session)
    off, work = _("off"), _("work")
    lines = [f"{row.day:%d/%m/%Y} {work if row.works else off} {row.name}".rstrip() for row in days]
    shown: dict[str, Any] = {kind.value: terms.get(kind, usual) for kind, usual in TERMS.items()}
    return CalendarForm(formdata=None, days="\n".join(lines), **shown).opened_for(_state(session))


def _state(session: orm.Session) -> str:
    """All that the page edits, as text."""
    terms, days = cases.calendar_rows(session)
    return repr((sorted(terms.items()), sorted((row.day, row.works, row.name) for row in days)))


def parse_days(text: str) -> dict[date, tuple[bool, str]]:
    """The days of a list, one a line: day, `off` or `work`, name. `InputError` names the line that is not."""
    found: dict[date, tuple[bool, str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = clean(line).split(" ", 2)
        if words == [""]:
            continue
        day = parse_day(words[0])
        kind = fold(words[1]) if len(words) > 1 else ""
        if day is None or kind not in (*OFF, *WORK):
            raise InputError("Line %(number)d is not a day with “off” or “work”", field="days", number=number)
        found[day] = (kind in WORK, words[2] if len(words) > 2 else "")
    return found
