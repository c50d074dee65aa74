"""What the pages of evidence share."""

from __future__ import annotations

import flask
from werkzeug import Response

from survey.models import Role

blueprint = flask.Blueprint("evidence", __name__, url_prefix="/phieu-cho-duyet")
ROLES = (Role.ADMIN, Role.EVALUATOR)

View = str | Response | tuple[str, int]
"""What a view answers."""
