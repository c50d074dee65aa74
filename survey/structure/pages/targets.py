"""A round's targets: what is stored, and a pasted table or a file in its place."""

from __future__ import annotations

import flask
from flask_babel import ngettext
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import TableError
from survey.models import RoundState
from survey.questionnaires import from_canonical
from survey.structure.operations.import_targets import import_targets, known_heading
from survey.structure.pages.common import ROUND_EDITORS, blueprint, go, round_of
from survey.structure.pages.forms import TargetsForm
from survey.structure.queries.targets import target_rows
from survey.web import i18n
from survey.web.context import actor, database
from survey.web.pasted import store_table
from survey.web.uploads import takes_upload


@blueprint.get("/dot/<round_code>/chi-tieu")
@role_required(*ROUND_EDITORS)
def targets(round_code: str) -> str:
    """Show a round's targets, and take others."""
    return _page(round_code, TargetsForm())


@blueprint.post("/dot/<round_code>/chi-tieu")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_targets(round_code: str) -> Response | tuple[str, int]:
    """Replace the targets by those of a pasted table or a file, all or none."""
    form = TargetsForm()
    count = store_table(
        form,
        known_heading,
        lambda session, table: import_targets(session, table, round_of(session, round_code), actor=actor()),
    )
    if not isinstance(count, int):
        return _page(round_code, form, count), 422
    message = ngettext("%(num)s target is stored.", "%(num)s targets are stored.", count)
    return go("structure.targets", message, round_code=round_code)


def _page(round_code: str, form: TargetsForm, wrong: TableError | None = None) -> str:
    with database().read() as session:
        round_ = round_of(session, round_code)
        language = i18n.current_language().code
        elements = from_canonical(round_.version.content).elements
        return flask.render_template(
            "structure/targets.html",
            round=round_,
            rows=target_rows(session, round_.id),
            elements={element.code: element.title.get(language) for element in elements},
            may_edit=round_.state is not RoundState.PUBLISHED,
            form=form,
            wrong=wrong,
        )
