"""A round's transactions: what is stored, pasting a table, or a file. Both go through the preview of imports."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import AgencyKind, RoundState
from survey.structure.pages.common import ROUND_EDITORS, blueprint, round_of
from survey.structure.pages.forms import PopulationForm
from survey.structure.queries import structure
from survey.web.context import actor, database, settings
from survey.web.listing import asked, list_page, word_filter
from survey.web.uploads import Upload, Uploads, takes_upload
from survey.web.wording import AGENCY_KINDS


@blueprint.get("/dot/<round_code>/giao-dich")
@role_required(*ROUND_EDITORS)
def population(round_code: str) -> str:
    """Show a round's transactions, and take others."""
    return _page(round_code, PopulationForm())


@blueprint.post("/dot/<round_code>/giao-dich")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_population(round_code: str) -> Response | tuple[str, int]:
    """Keep a pasted table or a file, and lead to its preview."""
    form = PopulationForm()
    upload = _receive(form) if form.validate() else None
    if upload is None:
        return _page(round_code, form), 422
    preview = flask.url_for("structure.preview", kind="giao-dich", token=upload.token, dot=round_code)
    return flask.redirect(preview, 303)


def _receive(form: PopulationForm) -> Upload | None:
    """Keep what was pasted, else the file; None when the form says why it cannot be a table."""
    uploads, pasted = Uploads(settings().storage), form.pasted.data
    try:
        if pasted.strip():
            data = pasted.strip("\r\n").encode()
            return uploads.keep(data, _("pasted table"), actor=actor())
        return uploads.receive(form.file.data, actor=actor())
    except InputError as error:
        form.refuse(error, "pasted" if pasted.strip() else "file")
        return None


def _page(round_code: str, form: PopulationForm) -> str:
    with database().read() as session:
        round_ = round_of(session, round_code)
        rows = structure.transactions(session, round_.id)
        holds, kind = word_filter(asked("tim")), asked("nhom", set(AgencyKind))
        wanted = [
            row
            for row in rows
            if (not kind or row.agency.kind == kind)
            and holds(f"{row.agency.name} {row.agency.code} {row.service.name}")
        ]
        return flask.render_template(
            "structure/population.html",
            round=round_,
            page=list_page(wanted),
            total=sum(row.transactions for row in rows),
            words=asked("tim"),
            kind=kind,
            kinds=AGENCY_KINDS.here().items(),
            may_edit=round_.state is not RoundState.PUBLISHED,
            form=form,
        )
