"""Receipt slips: the codes that were issued to a counter, printed by those who hand them out."""

from __future__ import annotations

import flask
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import ReceiptBatch
from survey.printing.pages.choices import PrintChoice, chosen
from survey.printing.pages.forms import LookForm
from survey.printing.pages.scope import UNIT_ROLES, blueprint, counter_of, pdf
from survey.printing.posters.qr import code_address
from survey.printing.posters.slips import PER_PAGE
from survey.printing.queries.poster_codes import printable_rounds
from survey.printing.queries.receipt_batches import batch_of, batches_of, codes_of
from survey.printing.slip_sheets import AT_ONCE, SAMPLE, draw_slips, print_slips
from survey.web.context import actor, database, error_message, settings, today, user
from survey.web.jobs import ask_for_file


@blueprint.get("/<int:counter_id>/bien-nhan")
@role_required(*UNIT_ROLES)
def receipts(counter_id: int) -> str:
    """List what was issued to a counter, and show a sheet of slips."""
    form = LookForm.asked(flask.request.args)
    form.validate()
    return _page(counter_id, form)


@blueprint.post("/<int:counter_id>/bien-nhan/<int:batch_id>")
@role_required(*UNIT_ROLES)
def print_receipts(counter_id: int, batch_id: int) -> Response | tuple[str, int]:
    """The slips of a batch on sheets to cut."""
    form = LookForm.asked(flask.request.values)
    form.validate()
    try:
        return _print(counter_id, batch_id, chosen(form))
    except InputError as error:
        form.refuse(error)
    return _page(counter_id, form), 422


@blueprint.get("/<int:counter_id>/bien-nhan.png")
@role_required(*UNIT_ROLES)
def receipts_preview(counter_id: int) -> flask.Response:
    """A picture of a sheet, its codes being ones that nobody was given."""
    from survey.printing.posters.preview import picture

    with database().read() as session:
        counter = counter_of(session, counter_id)
        form = LookForm.asked(flask.request.args)
        form.validate()
        try:
            data = draw_slips(session, settings(), counter, [SAMPLE] * PER_PAGE, _look(chosen(form)), today())
        except InputError as error:
            flask.abort(409, description=error_message(error))
    return flask.Response(picture(data), mimetype="image/png")


def _print(counter_id: int, batch_id: int, choice: PrintChoice) -> Response:
    """Print the codes; many of them are drawn by the worker, so that citizens are served meanwhile."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        batch = _batch(session, counter_id, batch_id)
        name, many = f"{counter.agency.code}-{counter.code}-bien-nhan.pdf", len(codes_of(session, batch.id)) > AT_ONCE
    order = {"batch": batch_id, **_look(choice)}
    if not many:
        return pdf(print_slips(database(), settings(), order, user(), actor()), name)
    code_address(settings(), SAMPLE)
    return ask_for_file("receipt_slips", order, name)


def _batch(session: orm.Session, counter_id: int, batch_id: int) -> ReceiptBatch:
    """A batch of a counter, or answer 404."""
    batch = batch_of(session, batch_id)
    if batch is None or batch.counter_id != counter_id:
        flask.abort(404)
    return batch


def _look(choice: PrintChoice) -> dict[str, str | bool]:
    return {"variant": choice.variant.value, "bilingual": choice.bilingual, "dates": choice.dates}


def _page(counter_id: int, form: LookForm) -> str:
    with database().read() as session:
        counter = counter_of(session, counter_id)
        rounds = printable_rounds(session, today())
        return flask.render_template(
            "printing/receipts.html",
            counter=counter,
            form=form,
            choice=chosen(form),
            printable=bool(settings().public_base_url),
            batches=batches_of(session, counter.id),
            round=rounds[0] if rounds else None,
        )
