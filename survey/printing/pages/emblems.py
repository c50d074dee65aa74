"""The emblem on a unit's posters: look at it, put another in its place, take it off."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import EmblemFormat
from survey.printing.operations.keep_emblem import keep_emblem, remove_emblem
from survey.printing.pages.forms import EmblemForm
from survey.printing.pages.routes import unit_page
from survey.printing.pages.scope import EMBLEM_ROLES, UNIT_ROLES, agency_of, blueprint
from survey.printing.posters.emblem import MAX_FILE, Emblem, check_emblem
from survey.printing.posters.texts import stored_emblem
from survey.printing.queries.poster_codes import emblem_for
from survey.web import i18n
from survey.web.context import actor, database


@blueprint.get("/co-quan/<agency>/bieu-trung")
@role_required(*UNIT_ROLES)
def emblem(agency: str) -> flask.Response:
    """Return the picture on an agency's posters."""
    with database().read() as session:
        found = stored_emblem(emblem_for(session, agency_of(session, agency)))
    if found is None:
        flask.abort(404)
    return flask.Response(found.data, mimetype=found.mimetype)


@blueprint.post("/co-quan/<agency>/bieu-trung")
@role_required(*EMBLEM_ROLES)
def upload_emblem(agency: str) -> Response | tuple[str, int]:
    """Check an uploaded picture and keep what was written anew of it."""
    form = EmblemForm()
    with database().read() as session:
        agency_of(session, agency)
    checked = _checked(form)
    if checked is None:
        with database().read() as session:
            i18n.shown_at(flask.url_for("staff.unit", agency=agency))
            return unit_page(session, agency_of(session, agency), form)
    with database().write() as session:
        found = agency_of(session, agency)
        keep_emblem(session, found, EmblemFormat(checked.format), checked.data, actor=actor())
    flask.flash(_("The emblem is kept. It is on every poster printed from now on."))
    return _back(agency)


def _checked(form: EmblemForm) -> Emblem | None:
    """Return the picture that was sent, or None when the form says why not."""
    if not form.validate():
        return None
    try:
        return check_emblem(form.emblem.data.stream.read(MAX_FILE + 1))
    except InputError as error:
        form.refuse(error, "emblem")
        return None


@blueprint.post("/co-quan/<agency>/bieu-trung/bo")
@role_required(*EMBLEM_ROLES)
def remove(agency: str) -> Response:
    """Take an agency's own emblem off its posters."""
    with database().write() as session:
        remove_emblem(session, agency_of(session, agency), actor=actor())
    flask.flash(_("The emblem is taken off."))
    return _back(agency)


def _back(agency: str) -> Response:
    return flask.redirect(flask.url_for("staff.unit", agency=agency) + "#emblem", 303)
