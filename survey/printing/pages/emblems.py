"""The emblem on a unit's posters: look at it, put another in its place, take it off."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError, StaleEditError
from survey.models import Agency, EmblemFormat
from survey.printing.operations.keep_emblem import keep_emblem, remove_emblem
from survey.printing.pages.forms import EmblemForm
from survey.printing.pages.routes import unit_page
from survey.printing.pages.scope import EMBLEM_ROLES, UNIT_ROLES, agency_of, blueprint
from survey.printing.posters.emblem import MAX_FILE, Emblem, check_emblem
from survey.printing.posters.texts import stored_emblem
from survey.printing.queries import units
from survey.printing.queries.poster_codes import emblem_for
from survey.web import i18n
from survey.web.context import actor, database, error_message


@blueprint.get("/co-quan/<agency>/bieu-trung")
@role_required(*UNIT_ROLES)
def emblem(agency: str) -> flask.Response:
    """The picture on an agency's posters."""
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
    if checked is not None:
        try:
            with database().write() as session:
                found = _opened_on(session, form, agency)
                keep_emblem(session, found, EmblemFormat(checked.format), checked.data, actor=actor())
        except StaleEditError as error:
            form.refuse(error)
    if form.errors:
        with database().read() as session:
            i18n.shown_at(flask.url_for("staff.unit", agency=agency))
            found = agency_of(session, agency)
            form.merge(EmblemForm(formdata=None).opened_for(units.own_emblem(session, found)))
            return unit_page(session, found, form)
    flask.flash(_("The emblem is kept. It is on every poster printed from now on."))
    return _back(agency)


def _checked(form: EmblemForm) -> Emblem | None:
    """The picture that was sent, or None when the form says why not."""
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
    try:
        with database().write() as session:
            remove_emblem(session, _opened_on(session, EmblemForm(), agency), actor=actor())
    except StaleEditError as error:
        flask.flash(error_message(error), "error")
    else:
        flask.flash(_("The emblem is taken off."))
    return _back(agency)


def _opened_on(session: orm.Session, form: EmblemForm, code: str) -> Agency:
    """The agency of a form that was opened on the emblem it has now; `StaleEditError` for an older page."""
    agency = agency_of(session, code)
    form.current(units.own_emblem(session, agency), f"agency:{code}")
    return agency


def _back(agency: str) -> Response:
    return flask.redirect(flask.url_for("staff.unit", agency=agency) + "#emblem", 303)
