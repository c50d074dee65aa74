"""The list of all counters: filter in the address, 50 a page, roll-up by agency, CSV, closing or opening many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.models import Agency, AgencyKind, Counter
from survey.structure.operations.change_counter import set_counter_active
from survey.structure.pages.common import STRUCTURE_EDITORS, blueprint
from survey.structure.pages.forms import SwitchManyForm
from survey.structure.queries import structure
from survey.web.context import actor, database, today
from survey.web.i18n import local_name
from survey.web.listing import PER_PAGE, address, asked, csv_answer, list_page, word_filter
from survey.web.redirects import safe_next
from survey.web.wording import AGENCY_KINDS

STATES = ("open", "closed")


@dataclass(frozen=True)
class AgencyCounters:
    """The counters of an agency, counted."""

    agency: Agency
    open: int
    closed: int


@blueprint.get("/quay")
@role_required(*STRUCTURE_EDITORS)
def counters() -> str:
    """List counters, or with `?xem=co-quan` the agencies with how many they have."""
    with database().read() as session:
        wanted = _wanted(session)
        by_agency = asked("xem") == "co-quan"
        return flask.render_template(
            "structure/counters.html",
            page=list_page(_rolled_up(wanted) if by_agency else wanted),
            by_agency=by_agency,
            words=asked("tim"),
            kind=asked("nhom", set(AgencyKind)),
            state=asked("tinh-trang", STATES),
            unit=asked("co-quan"),
            kinds=AGENCY_KINDS.here().items(),
            states=_states(),
            agencies=structure.in_force(session, today()),
            many=SwitchManyForm(formdata=None, next=address(trang=flask.request.args.get("trang", ""))),
            address=address,
        )


@blueprint.get("/quay/danh-sach.csv")
@role_required(*STRUCTURE_EDITORS)
def counter_file() -> Response:
    """The counters that the address asks for, all pages of them."""
    states = dict(_states())
    with database().read() as session:
        rows = [
            (
                local_name(one.agency),
                one.agency.code,
                local_name(one),
                one.code,
                "; ".join(local_name(service) for service in one.services),
                states["open" if one.active else "closed"],
            )
            for one in _wanted(session)
        ]
    headings = (_("Agency"), _("Code of the agency"), _("Counter"), _("Code"), _("Service fields"), _("State"))
    return csv_answer(headings, rows, "quay")


@blueprint.post("/quay/nhieu")
@role_required(*STRUCTURE_EDITORS)
def switch_counters() -> Response:
    """Close the ticked counters, or open them again, all in one go."""
    form = SwitchManyForm()
    active = form.active.data == "1"
    with database().write() as session:
        chosen = set(form.numbers[:PER_PAGE])
        switched = [one for one in structure.all_counters(session) if one.id in chosen and one.active is not active]
        for one in switched:
            set_counter_active(session, one, active, actor=actor())
    count = len(switched)
    flask.flash(
        ngettext("%(num)d counter is open again.", "%(num)d counters are open again.", count)
        if active
        else ngettext("%(num)d counter is closed.", "%(num)d counters are closed.", count)
    )
    return flask.redirect(safe_next(form.next.data) or flask.url_for("structure.counters"), 303)


def _wanted(session: orm.Session) -> Sequence[Counter]:
    """The counters that the filter in the address asks for."""
    holds, kind, state, unit = (
        word_filter(asked("tim")),
        asked("nhom", set(AgencyKind)),
        asked("tinh-trang", STATES),
        asked("co-quan"),
    )
    return [
        one
        for one in structure.all_counters(session)
        if (not kind or one.agency.kind == kind)
        and (not unit or one.agency.code == unit)
        and (not state or one.active is (state == "open"))
        and holds(f"{one.name} {one.name_en or ''} {one.code} {one.agency.name} {one.agency.code}")
    ]


def _rolled_up(counters: Sequence[Counter]) -> list[AgencyCounters]:
    agencies = {one.agency_id: one.agency for one in counters}
    taking = [one.agency_id for one in counters if one.active]
    every = [one.agency_id for one in counters]
    return [
        AgencyCounters(agency, taking.count(number), every.count(number) - taking.count(number))
        for number, agency in agencies.items()
    ]


def _states() -> list[tuple[str, str]]:
    return [("open", _("open")), ("closed", _("closed"))]
