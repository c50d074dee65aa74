"""Receipt slips: as many one-use codes as are asked for, made and printed in one go."""

from __future__ import annotations

import flask
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.printing.pages.choices import PrintChoice, chosen
from survey.printing.pages.forms import LookForm, ReceiptForm
from survey.printing.pages.scope import UNIT_ROLES, blueprint, counter_of, pdf
from survey.printing.posters.qr import code_address
from survey.printing.posters.slips import PER_PAGE
from survey.printing.queries.code_use import receipt_use
from survey.printing.queries.poster_codes import printable_rounds
from survey.printing.slip_sheets import AT_ONCE, SAMPLE, draw_slips, make_slips
from survey.web.context import actor, database, error_message, settings, today, user
from survey.web.jobs import ask_for_file


@blueprint.get("/<int:counter_id>/bien-nhan")
@role_required(*UNIT_ROLES)
def receipts(counter_id: int) -> str:
    """Ask how many slips are wanted, and show a sheet of them."""
    return _page(counter_id, ReceiptForm.asked(flask.request.args))


@blueprint.post("/<int:counter_id>/bien-nhan")
@role_required(*UNIT_ROLES)
def make_receipts(counter_id: int) -> Response | tuple[str, int]:
    """Make codes and return them on sheets to cut."""
    form = ReceiptForm.asked(flask.request.values)
    if form.validate():
        try:
            return _issue(counter_id, form.how_many.data, chosen(form))
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


def _issue(counter_id: int, how_many: int, choice: PrintChoice) -> Response:
    """Make and print the codes; many of them are made by the worker, so that citizens are served meanwhile."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        name = f"{counter.agency.code}-{counter.code}-bien-nhan.pdf"
    order = {"counter": counter_id, "how_many": how_many, **_look(choice)}
    if how_many <= AT_ONCE:
        return pdf(make_slips(database(), settings(), order, user(), actor()), name)
    code_address(settings(), SAMPLE)
    return ask_for_file("receipt_slips", order, name)


def _look(choice: PrintChoice) -> dict[str, str | bool]:
    return {"variant": choice.variant.value, "bilingual": choice.bilingual, "dates": choice.dates}


def _page(counter_id: int, form: ReceiptForm) -> str:
    with database().read() as session:
        counter = counter_of(session, counter_id)
        rounds = printable_rounds(session, today())
        return flask.render_template(
            "printing/receipts.html",
            counter=counter,
            form=form,
            choice=chosen(form),
            printable=bool(settings().public_base_url),
            use=receipt_use(session, counter.id),
            round=rounds[0] if rounds else None,
        )
