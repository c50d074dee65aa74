"""The plan of a round: responses that each agency's service needs, and receipts to print a week."""

from __future__ import annotations

import io

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Round
from survey.results.as_csv import csv_text
from survey.results.pages.pages import REVIEWERS, blueprint
from survey.results.plan_form import CHANGE, MARGIN, ResponsePlanForm, asked_plan
from survey.results.response_plan import Basis, PlanNote, response_plan
from survey.structure.queries import names, rounds
from survey.web.context import database, error_message
from survey.web.i18n import local_name
from survey.web.listing import address, asked, list_page, word_filter
from survey.web.messages import N_
from survey.web.wording import Wording

FIELDS = 25
"""Rows a page: each has three lines."""
BASES = Wording(
    {
        Basis.CELL: N_("its own answers"),
        Basis.AGENCY: N_("its agency's answers"),
        Basis.PROVINCE: N_("the province's answers"),
        Basis.NOTHING: N_("nothing known: the cautious case"),
    }
)
"""What a number is reckoned from."""
NOTES = Wording(
    {
        PlanNote.TWO_ROUNDS: N_("the round before had too few: as many are needed in this round and in the next"),
        PlanNote.NOT_ENOUGH_PEOPLE: N_("even all transactions are too few"),
        PlanNote.NOT_ENOUGH_RECEIPTS: N_("a receipt for everyone is too few: ask by other ways, too"),
    }
)
"""What is said beside a planned number."""


@blueprint.get("/<round_code>/ke-hoach")
@role_required(*REVIEWERS)
def plan(round_code: str) -> tuple[str, int]:
    """Ask what is wanted and show what each agency's service needs for it."""
    with database().read() as session:
        round_, form = _round(session, round_code), _form()
        agencies, services = names.agencies(session), names.services(session)

        def agency_name(code: str) -> str:
            return local_name(agencies[code]) if code in agencies else code

        def service_name(code: str) -> str:
            return local_name(services[code]) if code in services else code

        found, page, problem, aim = None, None, "", form.read()
        if aim is not None:
            try:
                found = response_plan(session, round_, aim)
            except InputError as error:
                problem = error_message(error)
        if found is not None:
            holds = word_filter(asked("tim"))
            rows = sorted(found.cells, key=lambda cell: (agency_name(cell.agency), service_name(cell.service)))
            rows = [row for row in rows if holds(f"{agency_name(row.agency)} {service_name(row.service)}")]
            page = list_page(rows, FIELDS)
        body = flask.render_template(
            "results/plan.html",
            round=round_,
            form=form,
            plan=found,
            page=page,
            words=asked("tim"),
            problem=problem,
            agency_name=agency_name,
            service_name=service_name,
            bases=BASES.here(),
            notes=NOTES.here(),
            file=address("evaluator.plan_download", tim=None),
            print_files=[(form, address("downloads.print_order_list", tim=None, form=form)) for form in ("pdf", "csv")],
            goals=(MARGIN, CHANGE),
        )
        return body, 422 if form.mistakes else 200


@blueprint.get("/<round_code>/ke-hoach.csv")
@role_required(*REVIEWERS)
def plan_download(round_code: str) -> flask.Response:
    """Send the plan that the address asks for as CSV, with all digits."""
    with database().read() as session:
        round_, aim = _round(session, round_code), _form().read()
        if aim is None:
            flask.abort(422)
        try:
            table = response_plan(session, round_, aim).to_frame()
        except InputError as error:
            flask.abort(422, description=error_message(error))
    name = _("SIPAS plan %(name)s", name=round_code) + ".csv"
    body = io.BytesIO(csv_text(table, spreadsheet=True).encode())
    return flask.send_file(body, mimetype="text/csv", as_attachment=True, download_name=name, etag=False)


def _round(session: orm.Session, code: str) -> Round:
    """The round of a code; 404 without one."""
    return rounds.find_round(session, code) or flask.abort(404)


def _form() -> ResponsePlanForm:
    return asked_plan(flask.request.args)
