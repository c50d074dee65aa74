"""The list of counters, and the page of one counter or of one agency: choose, look, print."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, CounterCode, Role
from survey.printing.pages.choices import chosen
from survey.printing.pages.forms import EmblemForm, ManyPrintForm, PrintForm
from survey.printing.pages.scope import (
    EMBLEM_ROLES,
    UNIT_ROLES,
    agency_of,
    blueprint,
    code_of,
    counter_of,
    wanted_counters,
)
from survey.printing.posters.labels import MAX_SHIFT
from survey.printing.posters.qr import code_address, printed_address
from survey.printing.queries import units
from survey.printing.queries.poster_codes import codes_in_force, emblem_for, printable_rounds
from survey.web.context import database, error_message, settings, today, user
from survey.web.listing import asked, list_page
from survey.web.wording import AGENCY_KINDS


@blueprint.get("")
@role_required(*UNIT_ROLES)
def counters() -> str:
    """List the open counters a person is responsible for, with the code in force of each; offer to print them all."""
    with database().read() as session:
        rounds = printable_rounds(session, today())
        wanted = wanted_counters(session)
        return flask.render_template(
            "printing/counters.html",
            page=list_page(wanted),
            several=len({one.agency_id for one in wanted}) > 1,
            codes={row.counter_id: row.code for row in codes_in_force(session)},
            words=asked("tim"),
            kind=asked("nhom", set(AgencyKind)),
            kinds=AGENCY_KINDS.here().items() if user().role is not Role.STAFF else (),
            kept=[(name, asked(name)) for name in ("tim", "nhom", "co-quan") if asked(name)],
            form=ManyPrintForm(formdata=None),
            round=rounds[0] if rounds else None,
        )


@blueprint.get("/<int:counter_id>")
@role_required(*UNIT_ROLES)
def counter(counter_id: int) -> tuple[str, int]:
    """Show what can be printed for a counter, with a picture of it, and the counter's code."""
    with database().read() as session:
        found = counter_of(session, counter_id)
        code = code_of(session, found)
        page = _choosing(session, [code] if code else [], _("This counter has no code in force."))
        return flask.render_template("printing/counter.html", counter=found, code=code, **page), page["status"]


@blueprint.get("/co-quan/<agency>")
@role_required(*UNIT_ROLES)
def unit(agency: str) -> tuple[str, int]:
    """Show what can be printed for all counters of an agency in one file, and the emblem on it."""
    with database().read() as session:
        found = agency_of(session, agency)
        return unit_page(session, found, EmblemForm().opened_for(units.own_emblem(session, found)))


def unit_page(session: orm.Session, found: Agency, emblem_form: EmblemForm) -> tuple[str, int]:
    """The page of an agency; 422 when a correction or an emblem was refused."""
    rows = list(codes_in_force(session, found.code))
    page = _choosing(session, rows, _("No counter of this unit has a code in force."))
    status = emblem_form.status if emblem_form.errors else page["status"]
    return flask.render_template(
        "printing/unit.html",
        unit=found,
        rows=rows,
        own=units.own_emblem(session, found),
        emblem=emblem_for(session, found),
        may_change=user().role in EMBLEM_ROLES,
        emblem_form=emblem_form,
        **page,
    ), status


def _choosing(session: orm.Session, rows: list[CounterCode], nothing: str) -> dict[str, Any]:
    """What the form of choices shows, and the reason when there is nothing to print."""
    form, problem, address = PrintForm.asked(flask.request.args), None if rows else nothing, ""
    form.validate()
    choice = chosen(form)
    try:
        address = printed_address(code_address(settings(), rows[0].code)) if rows else ""
    except InputError as error:  # the page is still good for everything but printing
        problem = error_message(error)
    rounds = printable_rounds(session, today())
    return {
        "form": form,
        "choice": choice,
        "problem": problem,
        "status": 422 if form.errors else 200,
        "address": address,
        "round": rounds[0] if rounds else None,
        "most": int(MAX_SHIFT),
    }
