"""The print order of a round's plan, for evaluators to hand to the staff of counters."""

from __future__ import annotations

import io

import flask
from flask_babel import gettext as _

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.files.documents.print_order import print_order_sheet
from survey.files.downloads.routes import MICRODATA_READERS, blueprint
from survey.results.as_csv import csv_text
from survey.results.plan_form import asked_plan
from survey.results.print_order import print_order, to_frame
from survey.results.response_plan import response_plan
from survey.structure.queries import names, rounds
from survey.web.context import database, error_message
from survey.web.i18n import local_name

TYPES = {"csv": "text/csv", "pdf": "application/pdf"}


@blueprint.get("/danh-sach-in.<any(csv, pdf):form>")
@role_required(*MICRODATA_READERS)
def print_order_list(round_code: str, form: str) -> flask.Response:
    """Send how many receipts each counter prints a week, by the plan that the address asks for."""
    with database().read() as session:
        round_ = rounds.find_round(session, round_code) or flask.abort(404)
        aim = asked_plan(flask.request.args).read()
        if aim is None:
            flask.abort(422)
        try:
            orders = print_order(session, response_plan(session, round_, aim))
        except InputError as error:
            flask.abort(422, description=error_message(error))
        if form == "csv":
            body = csv_text(to_frame(orders), spreadsheet=True).encode()
        else:
            agencies = {code: one.name for code, one in names.agencies(session).items()}
            services = {code: one.name for code, one in names.services(session).items()}
            body = print_order_sheet(round_, orders, agencies, services)
        name = _("SIPAS print order %(name)s", name=local_name(round_))
    return flask.send_file(
        io.BytesIO(body), mimetype=TYPES[form], as_attachment=True, download_name=f"{name}.{form}", etag=False
    )
