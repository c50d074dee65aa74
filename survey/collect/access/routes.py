"""The accessibility statement: what everybody may expect of the pages, how that is known, whom to tell of a barrier."""

from __future__ import annotations

import flask

from survey.collect.access.criteria import criteria
from survey.web import i18n

blueprint = flask.Blueprint("access", __name__)


@blueprint.get("/tiep-can")
def statement() -> str:
    """Show the statement, criterion by criterion, with the tests that are its evidence."""
    rows = criteria()
    return flask.render_template(
        "collect/access/statement.html",
        criteria=rows,
        met=sum(row.result == "met" for row in rows),
        english=i18n.is_english(),
    )
