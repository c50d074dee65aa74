"""A counter's codes: how much each is used, and replacing or withdrawing one after a question."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask_babel import gettext as _
from werkzeug import Response

from scoring.release import BLOCK, round_down
from survey.accounts.auth import role_required
from survey.accounts.queries.users import visible_agencies
from survey.core.errors import InputError
from survey.printing.pages.scope import READERS, UNIT_ROLES, blueprint, code_of, counter_of, counter_to_read
from survey.printing.queries.code_use import coarse_use, code_use, receipt_use
from survey.structure.operations.rotate_code import withdraw_code
from survey.structure.operations.withdraw import Why
from survey.structure.queries.withdrawals import withdrawals_of_counter
from survey.web.context import actor, database, now, settings, user
from survey.web.reasons import ReasonForm

Reply = Response | tuple[str, int]
"""What a change answers."""


@blueprint.get("/<int:counter_id>/ma")
@role_required(*READERS)
def codes(counter_id: int) -> str:
    """Show every code of a counter with its responses per day: numbers of people, never what one of them said."""
    with database().read() as session:
        counter = counter_to_read(session, counter_id)
        uses = code_use(session, counter.id, settings().timezone, now=now())
        receipts = receipt_use(session, counter.id)
        judged = visible_agencies(session, user()) is not None
        if judged:
            uses = [coarse_use(use) for use in uses]
            receipts = replace(receipts, used=round_down(receipts.used))
        return flask.render_template(
            "printing/codes.html",
            counter=counter,
            uses=uses,
            receipts=receipts,
            block=BLOCK if judged else 0,
            prints=user().role in UNIT_ROLES,
            asked=withdrawals_of_counter(session, counter.id),
        )


@blueprint.get("/<int:counter_id>/doi-ma")
@role_required(*UNIT_ROLES)
def ask_rotate(counter_id: int) -> str:
    """Ask before a code is replaced."""
    return _ask(counter_id, ReasonForm(), renew=True)


@blueprint.get("/<int:counter_id>/thu-hoi")
@role_required(*UNIT_ROLES)
def ask_revoke(counter_id: int) -> str:
    """Ask before a code is withdrawn."""
    return _ask(counter_id, ReasonForm(), renew=False)


@blueprint.post("/<int:counter_id>/doi-ma")
@role_required(*UNIT_ROLES)
def rotate(counter_id: int) -> Reply:
    """Give a counter a fresh code with the reason; its old posters stop working."""
    return _withdraw(
        counter_id, renew=True, done=_("The counter has a new code. Print the new poster and take the old one down.")
    )


@blueprint.post("/<int:counter_id>/thu-hoi")
@role_required(*UNIT_ROLES)
def revoke(counter_id: int) -> Reply:
    """Withdraw a counter's code with the reason."""
    return _withdraw(counter_id, renew=False, done=_("The code is withdrawn. Its posters no longer take answers."))


def _withdraw(counter_id: int, *, renew: bool, done: str) -> Reply:
    form = ReasonForm()
    if form.validate():
        try:
            with database().write() as session:
                counter, why = counter_of(session, counter_id), Why(form.chosen, form.note.data)
                at_once = withdraw_code(session, counter, why, renew=renew, actor=actor())
            asked = _("An evaluator reads your reason and decides; until then the code takes answers as before.")
            flask.flash(done if at_once else asked)
            return flask.redirect(flask.url_for("staff.counter", counter_id=counter_id), 303)
        except InputError as error:
            form.refuse(error)
    return _ask(counter_id, form, renew=renew), 422


def _ask(counter_id: int, why: ReasonForm, *, renew: bool) -> str:
    with database().read() as session:
        counter = counter_of(session, counter_id)
        return flask.render_template(
            "printing/confirm.html",
            counter=counter,
            code=code_of(session, counter),
            rotating=renew,
            why=why,
            waits=visible_agencies(session, user()) is not None,
        )
