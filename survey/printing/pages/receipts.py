"""Receipt slips: as many one-use codes as are asked for, made and printed in one go."""

from __future__ import annotations

import flask
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.core.text import CODE_ALPHABET, CODE_LENGTH
from survey.models import Counter
from survey.printing.operations.issue_receipt_sheet import issue_receipt_sheet
from survey.printing.pages.choices import PrintChoice, chosen
from survey.printing.pages.forms import LookForm, ReceiptForm
from survey.printing.pages.scope import UNIT_ROLES, blueprint, counter_of, pdf
from survey.printing.posters.qr import code_address
from survey.printing.posters.slips import PER_PAGE, render_slips
from survey.printing.posters.texts import poster_text, stored_emblem
from survey.printing.posters.words import Style
from survey.printing.queries.code_use import receipt_use
from survey.printing.queries.poster_codes import emblem_for, printable_rounds
from survey.web.context import actor, database, error_message, settings, today

SAMPLE = CODE_ALPHABET[0] * CODE_LENGTH


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
    """Return a picture of a sheet, its codes being ones that nobody was given."""
    from survey.printing.posters.preview import picture

    with database().read() as session:
        counter = counter_of(session, counter_id)
        form = LookForm.asked(flask.request.args)
        form.validate()
        try:
            data = _slips(session, counter, [SAMPLE] * PER_PAGE, chosen(form))
        except InputError as error:
            flask.abort(409, description=error_message(error))
    return flask.Response(picture(data), mimetype="image/png")


def _issue(counter_id: int, how_many: int, choice: PrintChoice) -> Response:
    """Make and print the codes. What could stop the printing is tried first, so that no codes are made in vain."""
    code_address(settings(), SAMPLE)
    with database().write() as session:
        counter = counter_of(session, counter_id)
        codes = issue_receipt_sheet(session, counter, how_many, zone=settings().timezone, actor=actor())
    with database().read() as session:
        counter = counter_of(session, counter_id)
        data, name = _slips(session, counter, codes, choice), f"{counter.agency.code}-{counter.code}-bien-nhan.pdf"
    return pdf(data, name)


def _slips(session: orm.Session, counter: Counter, codes: list[str], choice: PrintChoice) -> bytes:
    """Return the sheets for codes of a counter."""
    rounds = printable_rounds(session, today()) if choice.dates else []
    text = poster_text(settings(), counter, codes[0], rounds[0] if rounds else None)
    style = Style(choice.variant, choice.bilingual, stored_emblem(emblem_for(session, counter.agency)))
    return render_slips(text, [code_address(settings(), code) for code in codes], style)


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
