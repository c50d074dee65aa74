"""A round's transactions by week: what is stored, and a pasted table or a file that adds to it."""

from __future__ import annotations

import flask
from flask_babel import ngettext
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import TableError
from survey.models import RoundState
from survey.structure.operations.import_weekly_counts import import_weekly_counts, known_heading
from survey.structure.pages.common import ROUND_EDITORS, blueprint, go, round_of
from survey.structure.pages.forms import WeeklyCountsForm
from survey.structure.queries.population import weekly_counts as stored_counts
from survey.web.context import actor, database
from survey.web.pasted import store_table
from survey.web.uploads import takes_upload


@blueprint.get("/dot/<round_code>/giao-dich-tuan")
@role_required(*ROUND_EDITORS)
def weekly_counts(round_code: str) -> str:
    """Show a round's transactions by week, and take more."""
    return _page(round_code, WeeklyCountsForm())


@blueprint.post("/dot/<round_code>/giao-dich-tuan")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_weekly_counts(round_code: str) -> Response | tuple[str, int]:
    """Store the weeks of a pasted table or a file, all or none."""
    form = WeeklyCountsForm()
    count = store_table(
        form,
        known_heading,
        lambda session, table: import_weekly_counts(session, table, round_of(session, round_code), actor=actor()),
    )
    if not isinstance(count, int):
        return _page(round_code, form, count), 422
    message = ngettext("%(num)s week of an agency is stored.", "%(num)s weeks of agencies are stored.", count)
    return go("structure.weekly_counts", message, round_code=round_code)


def _page(round_code: str, form: WeeklyCountsForm, wrong: TableError | None = None) -> str:
    with database().read() as session:
        round_ = round_of(session, round_code)
        return flask.render_template(
            "structure/weekly_counts.html",
            round=round_,
            rows=stored_counts(session, round_.id),
            may_edit=round_.state is not RoundState.PUBLISHED,
            form=form,
            wrong=wrong,
        )
