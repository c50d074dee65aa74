"""A counter's codes: how much each is used, and replacing or withdrawing one after a question."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask_babel import gettext as _
from werkzeug import Response

from scoring.release import BLOCK, round_down
from survey.accounts.auth import role_required
from survey.accounts.queries.users import visible_agencies
from survey.printing.operations.rotate_code import revoke_codes, rotate_code
from survey.printing.pages.scope import UNIT_ROLES, blueprint, code_of, counter_of
from survey.printing.queries.code_use import coarse_use, code_use, receipt_use
from survey.web.context import actor, database, now, settings, user


@blueprint.get("/<int:counter_id>/ma")
@role_required(*UNIT_ROLES)
def codes(counter_id: int) -> str:
    """Show every code of a counter with its responses per day: numbers of people, never what one of them said."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        uses = code_use(session, counter.id, settings().timezone, now=now())
        receipts = receipt_use(session, counter.id)
        judged = visible_agencies(session, user()) is not None
        if judged:
            uses = [coarse_use(use) for use in uses]
            receipts = replace(receipts, used=round_down(receipts.used))
        return flask.render_template(
            "printing/codes.html", counter=counter, uses=uses, receipts=receipts, block=BLOCK if judged else 0
        )


@blueprint.get("/<int:counter_id>/doi-ma")
@role_required(*UNIT_ROLES)
def ask_rotate(counter_id: int) -> str:
    """Ask before a code is replaced."""
    return _ask(counter_id, "rotate")


@blueprint.get("/<int:counter_id>/thu-hoi")
@role_required(*UNIT_ROLES)
def ask_revoke(counter_id: int) -> str:
    """Ask before a code is withdrawn."""
    return _ask(counter_id, "revoke")


@blueprint.post("/<int:counter_id>/doi-ma")
@role_required(*UNIT_ROLES)
def rotate(counter_id: int) -> Response:
    """Give a counter a fresh code; its old posters stop working."""
    with database().write() as session:
        counter = counter_of(session, counter_id)
        rotate_code(session, counter, actor=actor())
    flask.flash(_("The counter has a new code. Print the new poster and take the old one down."))
    return flask.redirect(flask.url_for("staff.counter", counter_id=counter_id), 303)


@blueprint.post("/<int:counter_id>/thu-hoi")
@role_required(*UNIT_ROLES)
def revoke(counter_id: int) -> Response:
    """Withdraw a counter's code."""
    with database().write() as session:
        counter = counter_of(session, counter_id)
        revoke_codes(session, counter, actor=actor())
    flask.flash(_("The code is withdrawn. Its posters no longer take answers."))
    return flask.redirect(flask.url_for("staff.counter", counter_id=counter_id), 303)


def _ask(counter_id: int, what: str) -> str:
    with database().read() as session:
        counter = counter_of(session, counter_id)
        return flask.render_template(
            "printing/confirm.html", counter=counter, code=code_of(session, counter), rotating=what == "rotate"
        )
