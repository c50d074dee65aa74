"""Counters: the list, adding one with its public code, what it handles, closing it."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.models import Agency, Counter
from survey.structure.operations.change_counter import (
    CounterFacts,
    CounterHours,
    add_counter,
    edit_counter,
    set_counter_active,
    subject,
)
from survey.structure.pages.common import STRUCTURE_EDITORS, agency_of, blueprint, go, options, submit
from survey.structure.pages.forms import CounterForm, SwitchForm
from survey.structure.queries import structure
from survey.web.context import actor, database, today


@blueprint.get("/quay/them")
@role_required(*STRUCTURE_EDITORS)
def new_counter() -> str:
    """Show the form for a counter of an agency (`?co-quan=CODE`)."""
    with database().read() as session:
        return _page(session, agency_of(session, _asked_agency()), None, CounterForm().offer_weekdays())


@blueprint.post("/quay/them")
@role_required(*STRUCTURE_EDITORS)
def create_counter() -> Response | tuple[str, int]:
    """Add a counter to an agency (`?co-quan=CODE`)."""
    code, form = _asked_agency(), CounterForm().offer_weekdays()

    def add(session: orm.Session) -> str:
        return add_counter(session, agency_of(session, code), _facts(form), actor=actor()).name

    name = submit(form, add)
    if name is None:
        with database().read() as session:
            return _page(session, agency_of(session, code), None, form), 422
    return go("structure.counters", _("%(name)s was added, with a code for its poster.", name=name))


@blueprint.get("/quay/<int:counter_id>")
@role_required(*STRUCTURE_EDITORS)
def counter(counter_id: int) -> str:
    """Show a counter with the form for what it handles."""
    with database().read() as session:
        shown = _counter_of(session, counter_id)
        return _page(session, shown.agency, shown, _opened(shown))


@blueprint.post("/quay/<int:counter_id>")
@role_required(*STRUCTURE_EDITORS)
def update_counter(counter_id: int) -> Response | tuple[str, int]:
    """Change what a counter handles."""
    form = CounterForm().offer_weekdays()

    def update(session: orm.Session) -> bool:
        changed = _counter_of(session, counter_id)
        form.current(changed, subject(changed, changed.agency))
        return edit_counter(session, changed, _facts(form), actor=actor())

    changed = submit(form, update)
    if changed is None:
        with database().read() as session:
            shown = _counter_of(session, counter_id)
            return _page(session, shown.agency, shown, form.merge(_opened(shown))), form.status
    return go("structure.counters", _("Saved.") if changed else _("Nothing was changed."))


@blueprint.post("/quay/<int:counter_id>/trang-thai")
@role_required(*STRUCTURE_EDITORS)
def switch_counter(counter_id: int) -> Response:
    """Close a counter or open it again."""
    active = SwitchForm().active.data == "1"
    with database().write() as session:
        switched = _counter_of(session, counter_id)
        set_counter_active(session, switched, active, actor=actor())
        name = switched.name
    return go(
        "structure.counters",
        _("%(name)s is open again.", name=name)
        if active
        else _("%(name)s is closed. Its posters show a friendly page; take them down.", name=name),
    )


def _opened(counter: Counter) -> CounterForm:
    return CounterForm(formdata=None, data=_values_of(counter)).offer_weekdays().opened_for(counter)


def _asked_agency() -> str:
    return flask.request.args.get("co-quan", "")


def _facts(form: CounterForm) -> CounterFacts:
    """What a valid form says of a counter."""
    return CounterFacts(
        code=form.code.data,
        name=form.name.data,
        name_en=form.name_en.data,
        services=form.services.data,
        deciding=form.deciding.data,
        kiosk=form.kiosk.data,
        hours=_hours(form),
    )


def _hours(form: CounterForm) -> CounterHours:
    """The hours filled in; those of offices where none are."""
    usual = CounterHours()
    if form.opens_at.data is None and form.closes_at.data is None:
        return usual
    return CounterHours(
        opens_at=form.opens_at.data or usual.opens_at,
        lunch_from=form.lunch_from.data,
        lunch_to=form.lunch_to.data,
        closes_at=form.closes_at.data or usual.closes_at,
        weekdays="".join(sorted(form.weekdays.data)),
    )


def _values_of(counter: Counter) -> dict[str, object]:
    return {
        "code": counter.code,
        "name": counter.name,
        "name_en": counter.name_en,
        "services": [service.code for service in counter.services],
        "deciding": [agency.code for agency in counter.deciding_agencies],
        "kiosk": counter.kiosk,
        "opens_at": counter.opens_at,
        "lunch_from": counter.lunch_from,
        "lunch_to": counter.lunch_to,
        "closes_at": counter.closes_at,
        "weekdays": list(counter.weekdays),
    }


def _counter_of(session: orm.Session, counter_id: int) -> Counter:
    counter = structure.find_counter(session, counter_id)
    if counter is None:
        flask.abort(404)
    return counter


def _page(session: orm.Session, agency: Agency, counter: Counter | None, form: CounterForm) -> str:
    """Show the form; what a counter has stays tickable though it ended since."""
    ticked = form.services.data or ()
    form.services.options = options(one for one in structure.services(session) if one.active or one.code in ticked)
    agencies = list(structure.in_force(session, today()))
    if counter is not None:
        agencies += [one for one in counter.deciding_agencies if one not in agencies]
    form.deciding.options = options(agencies)
    return flask.render_template("structure/counter.html", agency=agency, counter=counter, form=form)
