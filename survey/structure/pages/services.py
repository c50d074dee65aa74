"""Service fields (lĩnh vực): the list, adding, correcting, renaming, taking out of use."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Service
from survey.structure.operations.change_service import add_service, edit_service, set_service_active
from survey.structure.operations.rename import rename_service
from survey.structure.pages.common import STRUCTURE_EDITORS, blueprint, dated_change, form_date, form_text, go
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message


@blueprint.get("/linh-vuc")
@role_required(*STRUCTURE_EDITORS)
def services() -> str:
    """List the services, those out of use at the end."""
    with database().read() as session:
        return flask.render_template(
            "structure/services.html",
            active=structure.services(session, active=True),
            stopped=structure.services(session, active=False),
        )


@blueprint.route("/linh-vuc/them", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def new_service() -> Response | str | tuple[str, int]:
    """Add a service."""
    if flask.request.method == "GET":
        return flask.render_template("structure/service.html", service=None, values={}, problem=None)
    try:
        with database().write() as session:
            service = add_service(session, form_text("code"), form_text("name"), form_text("name_en"), actor=actor())
            message = _("%(name)s was added.", name=service.name)
    except InputError as error:
        page = flask.render_template(
            "structure/service.html", service=None, values=flask.request.form, problem=error_message(error)
        )
        return page, 422
    return go("structure.services", message)


@blueprint.route("/linh-vuc/<service>", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def service(service: str) -> Response | str | tuple[str, int]:
    """Show a service; correct its names, or give it new ones from a day on."""
    with database().read() as session:
        found = _service_of(session, service)
        if flask.request.method == "GET":
            values = {"name": found.name, "name_en": found.name_en or ""}
            return flask.render_template("structure/service.html", service=found, values=values, problem=None)
    try:
        with database().write() as session:
            changed = _rename(session, _service_of(session, service))
    except InputError as error:
        page = flask.render_template(
            "structure/service.html", service=found, values=flask.request.form, problem=error_message(error)
        )
        return page, 422
    return go("structure.services", _("Saved.") if changed else _("Nothing was changed."))


def _rename(session: orm.Session, service: Service) -> bool:
    """Apply the posted names; say whether anything changed. With a day they are new ones, without it corrections."""
    if not form_text("since"):
        return edit_service(session, service, form_text("name"), form_text("name_en"), actor=actor())
    rename_service(session, service, form_text("name"), form_text("name_en"), dated_change(form_date("since")))
    return True


@blueprint.post("/linh-vuc/<service>/trang-thai")
@role_required(*STRUCTURE_EDITORS)
def switch_service(service: str) -> Response:
    """Take a service out of use and off the counters, or back into use."""
    active = form_text("active") == "1"
    with database().write() as session:
        found = _service_of(session, service)
        counters = set_service_active(session, found, active, actor=actor())
        name = found.name
    if active:
        return go("structure.services", _("%(name)s is in use again. Tick it at its counters.", name=name))
    return go("structure.services", _("%(name)s is out of use; counters that lost it: %(n)d.", name=name, n=counters))


def _service_of(session: orm.Session, code: str) -> Service:
    service = structure.find_service(session, code)
    if service is None:
        flask.abort(404)
    return service
