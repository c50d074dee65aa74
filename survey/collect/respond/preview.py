"""A questionnaire as citizens will see it, without a counter behind it: nothing can be sent."""

from __future__ import annotations

import flask

from survey.accounts.auth import role_required
from survey.collect.respond import form
from survey.collect.respond.page import draw_questions
from survey.collect.respond.routes import blueprint
from survey.models import Role
from survey.structure.queries.rounds import definition_of, find_version
from survey.web import i18n
from survey.web.context import database

ROLES = (Role.ADMIN, Role.EVALUATOR)


@blueprint.get("/quan-tri/bo-cau-hoi/<int:version_id>/thu")
@role_required(*ROLES)
def preview(version_id: int) -> str:
    """Show the form of a questionnaire's version in the language of the page."""
    with database().read() as session:
        version = find_version(session, version_id)
        if version is None:
            flask.abort(404)
        definition = definition_of(version)
        overall, questions = draw_questions(version, i18n.current_language().code, definition, form.Filled())
        return flask.render_template(
            "collect/respond/preview.html",
            definition=definition,
            number=version.number,
            overall=overall,
            questions=questions,
            minutes=form.minutes(definition),
        )
