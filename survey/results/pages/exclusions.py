"""Leaving responses out by a rule: what is meant, what it would do to the index, and asking a second person."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.results.page_data import RoundPage
from survey.results.pages.exclusion_form import RuleForm
from survey.results.pages.pages import REVIEWERS, blueprint, load
from survey.results.withdrawn import WithdrawnRow, without_rule
from survey.structure.operations.exclude_responses import ask_exclusion
from survey.structure.operations.withdraw import Why
from survey.structure.queries import rounds
from survey.web.context import actor, database
from survey.web.i18n import local_name
from survey.web.reasons import ReasonForm


@blueprint.get("/<round_code>/loai-phieu")
@role_required(*REVIEWERS)
def exclusion(round_code: str) -> str | tuple[str, int]:
    """Ask what is to be left out; with that in the address, show what it would do."""
    with database().read() as session:
        page = load(session, round_code)
        form = RuleForm.asked(flask.request.args)
        form.offer(page)
        rows: tuple[WithdrawnRow, ...] | None = None
        if flask.request.args.get("agency") is not None and form.validate():
            try:
                rows = without_rule(session, page.results, form.rule.checked())
            except InputError as error:
                form.refuse(error)
        elif flask.request.args.get("agency") is None:
            form = RuleForm(formdata=None)
            form.offer(page)
        return _page(page, form, ReasonForm(formdata=None), rows), 422 if form.mistakes else 200


@blueprint.post("/<round_code>/loai-phieu")
@role_required(*REVIEWERS)
@verified_recently
def ask_for_exclusion(round_code: str) -> Response | tuple[str, int]:
    """Ask a second person to leave them out."""
    why = ReasonForm()
    with database().read() as session:
        page = load(session, round_code)
        form = RuleForm()
        form.offer(page)
        if not form.validate():
            return _page(page, form, why, None), 422
        try:
            rows = without_rule(session, page.results, form.rule.checked())
        except InputError as error:
            form.refuse(error)
            return _page(page, form, why, None), 422
        if not why.validate():
            return _page(page, form, why, rows), 422
    try:
        with database().write() as session:
            asked = _ask(session, round_code, form, why, rows)
    except InputError as error:
        form.refuse(error)
        with database().read() as session:
            return _page(load(session, round_code), form, why, rows), 422
    flask.flash(_("Asked: a second person looks at it and decides. Until then everything counts."))
    return flask.redirect(flask.url_for("evidence.withdrawal", number=asked), 303)


def _ask(session: orm.Session, round_code: str, form: RuleForm, why: ReasonForm, rows: tuple[WithdrawnRow, ...]) -> int:
    preview: dict[str, Any] = {row.agency: [row.n_before, row.n, row.index_before, row.index] for row in rows}
    reason = Why(why.chosen, why.note.data)
    round_ = rounds.by_code(session, round_code)
    return ask_exclusion(session, round_, form.rule, reason, preview=preview, actor=actor()).id


def _page(page: RoundPage, form: RuleForm, why: ReasonForm, rows: tuple[WithdrawnRow, ...] | None) -> str:
    return flask.render_template(
        "results/exclusion.html", page=page, form=form, why=why, rows=rows, title=local_name(page.round)
    )
