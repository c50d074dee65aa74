"""What the pages of imports share."""

from __future__ import annotations

import flask
from sqlalchemy import orm
from werkzeug import Response

from survey.collect.queries import imports
from survey.models import Role, Round
from survey.web.context import actor, settings
from survey.web.uploads import Upload, Uploads

blueprint = flask.Blueprint("imports", __name__, url_prefix="/nhap-phieu")
ROLES = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)

View = str | Response | tuple[str, int]


def round_of(session: orm.Session, code: str) -> Round:
    """A round that takes imports; 404 for any other."""
    found = next((one for one in imports.rounds_to_fill(session) if one.code == code), None)
    if found is None:
        flask.abort(404)
    return found


def uploads() -> Uploads:
    """The folder in which files wait."""
    return Uploads(settings().storage)


def upload_of(token: str) -> Upload:
    """A file of this person's that waits; `InputError` when it is no longer there."""
    return uploads().get(token, actor=actor())
