"""The questionnaire on paper for a counter."""

from __future__ import annotations

import flask

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Counter, Round
from survey.printing.pages.forms import PaperForm
from survey.printing.pages.scope import UNIT_ROLES, blueprint, counter_of, pdf
from survey.printing.queries.poster_codes import printable_rounds
from survey.printing.questionnaire.sheets import round_form
from survey.structure.queries.scope import covers
from survey.web.context import database, error_message, today
from survey.web.i18n import local_name


@blueprint.get("/<int:counter_id>/phieu-giay")
@role_required(*UNIT_ROLES)
def paper_form(counter_id: int) -> str:
    """Show the form of a round as a picture, to be downloaded."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        rounds = [one for one in printable_rounds(session, today()) if covers(one, counter)]
        chosen = _chosen(rounds) if rounds else None
        form = PaperForm(formdata=None, round=chosen.code if chosen else "", bilingual=_bilingual())
        form.round.options = [(round_.code, local_name(round_)) for round_ in rounds]
        return flask.render_template("printing/paper.html", counter=counter, form=form, chosen=chosen)


@blueprint.get("/<int:counter_id>/phieu-giay.pdf")
@role_required(*UNIT_ROLES)
def paper_form_pdf(counter_id: int) -> flask.Response:
    """The form."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        round_ = _chosen(printable_rounds(session, today()))
        data, name = _form(round_, counter), f"{counter.agency.code}-{counter.code}-phieu-{round_.code}.pdf"
    return pdf(data, name)


@blueprint.get("/<int:counter_id>/phieu-giay.png")
@role_required(*UNIT_ROLES)
def paper_form_preview(counter_id: int) -> flask.Response:
    """A picture of the form's first page."""
    from survey.printing.posters.preview import picture

    with database().read() as session:
        data = _form(_chosen(printable_rounds(session, today())), counter_of(session, counter_id))
    return flask.Response(picture(data), mimetype="image/png")


def _form(round_: Round, counter: Counter) -> bytes:
    try:
        return round_form(round_, counter, bilingual=_bilingual())
    except InputError as error:
        flask.abort(409, description=error_message(error))


def _chosen(rounds: list[Round]) -> Round:
    """The round in the address, the first when none is named; 404 for one that is not to be printed for."""
    asked = flask.request.args.get("round")
    found = next((round_ for round_ in rounds if asked in {None, round_.code}), None)
    if found is None:
        flask.abort(404)
    return found


def _bilingual() -> bool:
    return "bilingual" in flask.request.args
