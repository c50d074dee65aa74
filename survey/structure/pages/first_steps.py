"""The first steps of an empty installation, up to the first response: what is done, what comes next."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import RoundState
from survey.structure.operations.load_catalogue import load_catalogue
from survey.structure.pages.common import STRUCTURE_EDITORS, blueprint, go
from survey.structure.queries.first_steps import FirstSteps
from survey.structure.queries.first_steps import first_steps as read_first_steps
from survey.web.context import actor, database, error_message
from survey.web.formatters import whole
from survey.web.i18n import local_name


@dataclass(frozen=True)
class FirstStep:
    """One line of the list."""

    title: str
    done: bool
    #: what there is already; empty for nothing
    there: str
    #: what to do and why, in a sentence or two
    guide: str
    #: (words of the button, address), the usual way first
    ways: tuple[tuple[str, str], ...] = ()
    #: whether the step waits for an earlier one
    waits: bool = False


@blueprint.get("/bat-dau")
@role_required(*STRUCTURE_EDITORS)
def first_steps() -> str:
    """Show how far the installation has come, and lead to the next step."""
    with database().read() as session:
        there = read_first_steps(session)
        steps = _steps(there)
        following = next((number for number, step in enumerate(steps) if not step.done), -1)
        return flask.render_template(
            "structure/first_steps.html", steps=steps, following=following, may_take=not there.agencies
        )


@blueprint.post("/bat-dau/danh-muc")
@role_required(*STRUCTURE_EDITORS)
def take_catalogue() -> Response:
    """Take over the catalogue of Sơn La that comes with the software."""
    try:
        with database().write() as session:
            added = load_catalogue(session, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return go("structure.first_steps")
    return go(
        "structure.first_steps",
        _(
            "%(n)s agencies and service fields were added. Look them through before the round is opened.",
            n=whole(added),
        ),
    )


def _steps(there: FirstSteps) -> list[FirstStep]:
    """The steps in their order."""
    at = flask.url_for
    round_ = there.round
    opened = round_ is not None and round_.state is not RoundState.DRAFT
    code = round_.code if round_ is not None else ""
    template = _("Template to fill in")
    return [
        FirstStep(
            _("Agencies"),
            there.agencies > 0,
            _("%(n)s agencies", n=whole(there.agencies)) if there.agencies else "",
            _("Who is judged: departments, communes, centres. From a table, or one by one."),
            (
                (_("Import a table"), at("structure.imports", kind="co-quan")),
                (template, at("structure.template", kind="co-quan")),
                (_("Agencies"), at("structure.agencies")),
            ),
        ),
        FirstStep(
            _("Service fields"),
            there.services > 0,
            _("%(n)s fields", n=whole(there.services)) if there.services else "",
            _("The fields of procedures that citizens come for, for example land or civil status."),
            (
                (_("Import a table"), at("structure.imports", kind="linh-vuc")),
                (template, at("structure.template", kind="linh-vuc")),
                (_("Service fields"), at("structure.services")),
            ),
        ),
        FirstStep(
            _("Counters"),
            there.counters > 0,
            _("%(n)s counters", n=whole(there.counters)) if there.counters else "",
            _(
                "Where posters hang. The template names one counter for each commune and centre already: "
                "send it back as it is, or correct it."
            ),
            (
                (_("Import a table"), at("structure.imports", kind="quay")),
                (template, at("structure.template", kind="quay")),
                (_("Counters"), at("structure.counters")),
            ),
            waits=not there.agencies,
        ),
        FirstStep(
            _("Questionnaire and round"),
            round_ is not None,
            f"{local_name(round_)}" if round_ is not None else "",
            _("The days in which answers are taken, and the questionnaire: the one of 16 questions is chosen already."),
            (
                (_("Look at the round"), at("structure.round_page", round_code=code))
                if round_ is not None
                else (_("Plan a round"), at("structure.new_round")),
            ),
            waits=not there.counters,
        ),
        FirstStep(
            _("Transactions"),
            there.transactions > 0,
            f"N = {whole(there.transactions)}" if there.transactions else "",
            _(
                "How many dossiers each agency decided in each field: the answers are weighted by them. "
                "They can be given later, before results are published."
            ),
            (
                (_("Import a table"), at("structure.imports", kind="giao-dich", round=code)),
                (template, at("structure.template", kind="giao-dich", dot=code)),
            )
            if round_ is not None
            else (),
            waits=round_ is None,
        ),
        FirstStep(
            _("Open the round"),
            opened,
            "",
            _("You see once more what citizens will be asked, when and where; then you open it."),
            ((_("Look, then open"), at("structure.opening", round_code=code)),)
            if round_ is not None and not opened
            else (),
            waits=round_ is None,
        ),
        FirstStep(
            _("Posters, and the first response"),
            there.responses > 0,
            ngettext("%(num)d response", "%(num)d responses", there.responses) if there.responses else "",
            _("Print the posters, hang them at the counters, and scan one with your own phone: the form opens."),
            ((_("Counters and posters"), at("staff.counters")),) if there.counters else (),
            waits=not opened,
        ),
    ]
