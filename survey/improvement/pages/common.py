"""What the pages of improvement share: the blueprint, who may do what, and an action within a person's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.improvement.queries import actions as action_queries
from survey.models import Action, Role
from survey.questionnaires import Definition
from survey.structure.queries.rounds import definition_of
from survey.web.context import user
from survey.web.i18n import current_language

blueprint = flask.Blueprint("improvement", __name__, url_prefix="/cai-thien")

READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
EDITORS = (Role.ADMIN, Role.MANAGER)
"""Who enters actions and carries them on: the head of the agency (and of those above it), and administrators."""
PROVINCE = (Role.MANAGER,)
"""Who may speak for the province, when the agency is its root: `is_province` says so."""


def scope(session: orm.Session) -> frozenset[str] | None:
    """The codes of the agencies that this person sees; None for all."""
    return users.visible_agencies(session, user())


def is_province(session: orm.Session) -> bool:
    """Say whether this person asks for plans and accepts actions."""
    return users.speaks_for_province(session, user())


def action_of(session: orm.Session, number: int) -> Action:
    """An action of an agency that this person sees; 404 for any other."""
    found = action_queries.find(session, number)
    visible = scope(session)
    if found is None or (visible is not None and found.agency.code not in visible):
        flask.abort(404)
    return found


def definitions_of(actions: Sequence[Action]) -> dict[int, Definition]:
    """The questionnaires of the actions' rounds, by the version's number."""
    return {action.round.version_id: definition_of(action.round.version) for action in actions}


def title_of(definition: Definition, level: str, key: str) -> str:
    """What a figure is called: an item's statement, an element's title."""
    language = current_language().code
    if level == "item":
        return next((item.text.get(language) for item in definition.items if item.code == key), key)
    if level == "element":
        return next((part.title.get(language) for part in definition.elements if part.code == key), key)
    return str(_("Overall"))


def titles_of(actions: Sequence[Action], definitions: Mapping[int, Definition]) -> dict[int, str]:
    """What each action is about, by its number."""
    return {action.id: title_of(definitions[action.round.version_id], *action.figure) for action in actions}
