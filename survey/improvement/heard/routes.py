"""Public pages of accepted actions. They show what was done and no figure: nothing is told beyond the edition."""

from __future__ import annotations

import flask

from survey.improvement.queries import actions as action_queries
from survey.models import Action
from survey.structure.queries.rounds import definition_of
from survey.web.context import database
from survey.web.i18n import current_language

blueprint = flask.Blueprint("heard", __name__, url_prefix="/da-noi-da-lam")


@blueprint.get("")
def agencies() -> str:
    """List the agencies that have something to tell."""
    with database().read() as session:
        found = action_queries.public_actions(session)
        named = {action.agency.code: action.agency for action in found}
        counts = {code: sum(action.agency.code == code for action in found) for code in named}
        rows = sorted(named.values(), key=lambda agency: agency.name)
        return flask.render_template("improvement/heard/agencies.html", agencies=rows, counts=counts)


@blueprint.get("/<agency>")
def agency(agency: str) -> str:
    """Show what citizens said of an agency, and what it did."""
    with database().read() as session:
        found = action_queries.public_actions(session, agency)
        if not found:
            flask.abort(404)
        return flask.render_template(
            "improvement/heard/agency.html",
            agency=found[0].agency,
            rows=[(action, _said(action)) for action in found],
        )


def _said(action: Action) -> str:
    """What an action answers to, in the words of the questionnaire; empty for the service as a whole."""
    definition, language = definition_of(action.round.version), current_language().code
    level, key = action.figure
    texts = {
        "item": {item.code: item.text for item in definition.items},
        "element": {element.code: element.title for element in definition.elements},
    }
    text = texts.get(level, {}).get(key)
    return text.get(language) if text else ""
