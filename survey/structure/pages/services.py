"""Service fields (lĩnh vực): the list, adding, correcting, renaming, taking out of use."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.models import Service
from survey.structure.operations.change_service import (
    add_service,
    edit_service,
    set_deciding_agency,
    set_service_active,
)
from survey.structure.operations.rename import rename_service
from survey.structure.pages.common import STRUCTURE_EDITORS, blueprint, dated_change, go, options, submit
from survey.structure.pages.forms import ServiceForm, SwitchForm
from survey.structure.queries import structure
from survey.web.context import actor, database, today


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


@blueprint.get("/linh-vuc/them")
@role_required(*STRUCTURE_EDITORS)
def new_service() -> str:
    """Show the form for a service."""
    return _page(None, _new_form())


@blueprint.post("/linh-vuc/them")
@role_required(*STRUCTURE_EDITORS)
def create_service() -> Response | tuple[str, int]:
    """Add a service."""
    form = _new_form()

    def add(session: orm.Session) -> str:
        names = form.name.data, form.name_en.data
        added = add_service(session, form.code.data, *names, actor=actor())
        set_deciding_agency(session, added, form.deciding.data, actor=actor())
        return added.name

    name = submit(form, add)
    if name is None:
        return _page(None, form), 422
    return go("structure.services", _("%(name)s was added.", name=name))


@blueprint.get("/linh-vuc/<service>")
@role_required(*STRUCTURE_EDITORS)
def service(service: str) -> str:
    """Show a service with the form for its names."""
    with database().read() as session:
        shown = _service_of(session, service)
        return _page(shown, _opened(shown))


@blueprint.post("/linh-vuc/<service>")
@role_required(*STRUCTURE_EDITORS)
def update_service(service: str) -> Response | tuple[str, int]:
    """Correct a service's names, or give it new ones from a day on."""
    form = _edit_form()

    def update(session: orm.Session) -> bool:
        names = form.name.data, form.name_en.data
        changed = form.current(_service_of(session, service), f"service:{service}")
        decides = set_deciding_agency(session, changed, form.deciding.data, actor=actor())
        if form.since.data is None:
            return edit_service(session, changed, *names, actor=actor()) or decides
        rename_service(session, changed, *names, dated_change(form.since.data))
        return True

    changed = submit(form, update)
    if changed is None:
        with database().read() as session:
            shown = _service_of(session, service)
            return _page(shown, form.merge(_opened(shown))), form.status
    return go("structure.services", _("Saved.") if changed else _("Nothing was changed."))


@blueprint.post("/linh-vuc/<service>/trang-thai")
@role_required(*STRUCTURE_EDITORS)
def switch_service(service: str) -> Response:
    """Take a service out of use and off the counters, or back into use."""
    active = SwitchForm().active.data == "1"
    with database().write() as session:
        switched = _service_of(session, service)
        counters = set_service_active(session, switched, active, actor=actor())
        name = switched.name
    if active:
        return go("structure.services", _("%(name)s is in use again. Tick it at its counters.", name=name))
    return go("structure.services", _("%(name)s is out of use; counters that lost it: %(n)d.", name=name, n=counters))


def _new_form() -> ServiceForm:
    form = _offering(ServiceForm())
    del form.since
    return form


def _edit_form(values: dict[str, str | None] | None = None) -> ServiceForm:
    form = _offering(ServiceForm() if values is None else ServiceForm(formdata=None, data=values))
    del form.code
    return form


def _offering(form: ServiceForm) -> ServiceForm:
    """The form with the agencies that may decide: those in force, and the one chosen before."""
    with database().read() as session:
        agencies = list(structure.in_force(session, today()))
        chosen = structure.find_agency(session, form.deciding.data) if form.deciding.data else None
        form.deciding.options = options(agencies if chosen is None or chosen in agencies else [*agencies, chosen])
    return form


def _opened(service: Service) -> ServiceForm:
    decides = service.deciding_agency.code if service.deciding_agency else ""
    return _edit_form({"name": service.name, "name_en": service.name_en, "deciding": decides}).opened_for(service)


def _page(service: Service | None, form: ServiceForm) -> str:
    return flask.render_template("structure/service.html", service=service, form=form)


def _service_of(session: orm.Session, code: str) -> Service:
    service = structure.find_service(session, code)
    if service is None:
        flask.abort(404)
    return service
