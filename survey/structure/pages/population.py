"""A round's transactions: what is stored, pasting a table, or a file. Both go through the preview of imports."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import RoundState
from survey.structure.pages.common import ROUND_EDITORS, blueprint, round_of
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message, settings
from survey.web.uploads import Uploads, takes_upload


@blueprint.get("/dot/<round_code>/giao-dich")
@role_required(*ROUND_EDITORS)
def population(round_code: str) -> str:
    """Show a round's transactions, and take others."""
    with database().read() as session:
        return _page(session, round_code)


@blueprint.post("/dot/<round_code>/giao-dich")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_population(round_code: str) -> Response | tuple[str, int]:
    """Keep a pasted table or a file, and lead to its preview."""
    uploads = Uploads(settings().instance_dir)
    pasted = flask.request.form.get("pasted", "")
    try:
        if pasted.strip():
            data = pasted.strip("\r\n").encode()
            upload = uploads.keep(data, _("pasted table"), actor=actor())
        else:
            upload = uploads.receive(flask.request.files.get("file"), actor=actor())
    except InputError as error:
        with database().read() as session:
            return _page(session, round_code, error_message(error), pasted), 422
    preview = flask.url_for("structure.preview", kind="giao-dich", token=upload.token, dot=round_code)
    return flask.redirect(preview, 303)


def _page(session: orm.Session, round_code: str, problem: str | None = None, pasted: str = "") -> str:
    found = round_of(session, round_code)
    return flask.render_template(
        "structure/population.html",
        round=found,
        rows=structure.transactions(session, found.id),
        may_edit=found.state is not RoundState.PUBLISHED,
        problem=problem,
        pasted=pasted,
    )
