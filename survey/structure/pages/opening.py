"""Opening a round: what will be asked, where and when is shown first, and asked for once."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Round, RoundState
from survey.structure.operations.open_round import open_round
from survey.structure.operations.set_scope import refuse_overlap
from survey.structure.pages.common import ROUND_EDITORS, blueprint, go, round_of, scope_words
from survey.structure.pages.forms import OverlapForm
from survey.structure.queries.round_summary import round_summary
from survey.web import i18n
from survey.web.context import actor, database, error_message, now

OPENABLE = (RoundState.DRAFT, RoundState.CLOSED)


@blueprint.get("/dot/<round_code>/mo")
@role_required(*ROUND_EDITORS)
def opening(round_code: str) -> Response | str:
    """Show what opening a round lets citizens see; a round that cannot be opened leads to its own page."""
    with database().read() as session:
        round_ = round_of(session, round_code)
        if round_.state not in OPENABLE:
            return go("structure.round_page", round_code=round_code)
        return _page(session, round_, OverlapForm())


@blueprint.post("/dot/<round_code>/mo")
@role_required(*ROUND_EDITORS)
def begin_round(round_code: str) -> Response | tuple[str, int]:
    """Let a round take answers in its days."""
    form = OverlapForm()
    try:
        with database().write() as session:
            round_ = round_of(session, round_code)
            if not form.overlap.data:
                refuse_overlap(session, round_)
            open_round(session, round_, actor=actor())
    except InputError as error:
        return _refused(round_code, form, error)
    return go(
        "structure.round_page",
        _("The round is open: it takes answers from its beginning to its end."),
        round_code=round_code,
    )


def _refused(round_code: str, form: OverlapForm, error: InputError) -> Response | tuple[str, int]:
    """The page again, saying why not; of a round that cannot be opened, its own page."""
    with database().read() as session:
        round_ = round_of(session, round_code)
        if round_.state not in OPENABLE:
            flask.flash(error_message(error), "error")
            return go("structure.round_page", round_code=round_code)
        form.refuse(error)
        return _page(session, round_, form), 422


def _page(session: orm.Session, round_: Round, form: OverlapForm) -> str:
    return flask.render_template(
        "structure/opening.html",
        round=round_,
        form=form,
        summary=round_summary(session, round_),
        languages=i18n.offered(),
        scope_words=scope_words,
        over=round_.ends <= now(),
    )
