"""Where a round is held: everywhere, at kinds of agencies, at agencies or at counters."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.models import Round, RoundState
from survey.structure.operations.set_scope import set_scope
from survey.structure.pages.common import ROUND_EDITORS, blueprint, go, kind_words, round_of, submit
from survey.structure.pages.forms import ScopeForm
from survey.structure.queries import structure
from survey.structure.queries.scope import AGENCIES, COUNTERS, EVERYWHERE, KINDS, WIDTHS, scope_width
from survey.web.context import actor, database, today
from survey.web.i18n import local_name


@blueprint.get("/dot/<round_code>/pham-vi")
@role_required(*ROUND_EDITORS)
def scope(round_code: str) -> Response | str:
    """Show the form of a draft's scope."""
    with database().read() as session:
        round_ = round_of(session, round_code)
        if round_.state is not RoundState.DRAFT:
            return go("structure.round_page", round_code=round_code)
        return _page(round_, _opened(session, round_))


@blueprint.post("/dot/<round_code>/pham-vi")
@role_required(*ROUND_EDITORS)
def update_scope(round_code: str) -> Response | tuple[str, int]:
    """Set where a draft is held."""
    with database().read() as session:
        form = _offered(session, ScopeForm())

    def change(session: orm.Session) -> bool:
        round_ = form.current(round_of(session, round_code), f"round:{round_code}")
        width = form.width.data
        chosen = getattr(form, width).data if width in (KINDS, AGENCIES, COUNTERS) else ()
        return set_scope(session, round_, width, chosen, actor=actor())

    changed = submit(form, change)
    if changed is None:
        with database().read() as session:
            round_ = round_of(session, round_code)
            return _page(round_, form.merge(_opened(session, round_))), form.status
    return go("structure.round_page", _("Saved.") if changed else _("Nothing was changed."), round_code=round_code)


def _opened(session: orm.Session, round_: Round) -> ScopeForm:
    values: dict[str, Any] = {"width": WIDTHS[scope_width(round_)], **(round_.scope or {})}
    form: ScopeForm = _offered(session, ScopeForm(formdata=None, data=values)).opened_for(round_)
    return form


def _offered(session: orm.Session, form: ScopeForm) -> ScopeForm:
    """Put what can be chosen into a form: agencies that have counters, and the counters in use."""
    units = [
        (agency, [one for one in counters if one.active]) for agency, counters in structure.counters_by_agency(session)
    ]
    form.width.options = [
        (EVERYWHERE, _("Everywhere")),
        (KINDS, _("At kinds of agencies")),
        (AGENCIES, _("At single agencies")),
        (COUNTERS, _("At single counters")),
    ]
    form.kinds.options = list(kind_words().items())
    in_force = {agency.id for agency in structure.in_force(session, today())}
    form.agencies.options = [(agency.code, local_name(agency)) for agency, _counters in units if agency.id in in_force]
    form.counters.options = [
        (str(one.id), f"{local_name(agency)} – {local_name(one)}") for agency, counters in units for one in counters
    ]
    return form


def _page(round_: Round, form: ScopeForm) -> str:
    return flask.render_template("structure/scope.html", round=round_, form=form)
