"""Codes for receipts as evaluators see them: issuing them, and who printed what was issued."""

from __future__ import annotations

import flask
from flask_babel import ngettext
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.models import Role
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes
from survey.printing.pages.forms import IssueForm
from survey.printing.pages.scope import blueprint
from survey.printing.queries.receipt_batches import batches_used, coming_weeks, issuing_counter, issuing_counters
from survey.printing.queries.slip_plans import rounds_to_plan
from survey.web.context import actor, database, settings, today

ISSUERS = (Role.ADMIN, Role.EVALUATOR)


@blueprint.get("/ma-bien-nhan")
@role_required(*ISSUERS)
def issued() -> str:
    """List every batch of codes with who issued and who printed it, of one agency where the address names it."""
    return _page(_offer(IssueForm(formdata=None)))


@blueprint.post("/ma-bien-nhan")
@role_required(*ISSUERS)
@verified_recently
def issue() -> Response | tuple[str, int]:
    """Issue codes to a counter for a week."""
    form = _offer(IssueForm())
    if form.validate():
        try:
            with database().write() as session:
                counter = issuing_counter(session, int(form.counter.data))
                batch, codes = issue_receipt_codes(
                    session, counter, form.how_many.data, zone=settings().timezone, actor=actor(), week=form.monday
                )
                number = batch.id
            flask.flash(
                ngettext(
                    "Batch %(number)s: %(num)d code was issued. The counter can print it now.",
                    "Batch %(number)s: %(num)d codes were issued. The counter can print them now.",
                    len(codes),
                    number=number,
                )
            )
            return flask.redirect(flask.url_for("staff.issued"), 303)
        except InputError as error:
            form.refuse(error)
    return _page(form), 422


def _offer(form: IssueForm) -> IssueForm:
    """Give a form the counters that are open and the weeks to come to choose from."""
    with database().read() as session:
        form.offer(issuing_counters(session), coming_weeks(session, today()))
    return form


def _page(form: IssueForm) -> str:
    agency = flask.request.args.get("co-quan", "")
    with database().read() as session:
        return flask.render_template(
            "printing/issued.html",
            form=form,
            rows=batches_used(session, agency),
            agencies=sorted({counter.agency for counter in issuing_counters(session)}, key=lambda one: one.name),
            agency=agency,
            planned=rounds_to_plan(session),
            counters=[one for one in issuing_counters(session) if agency in ("", one.agency.code)],
        )
