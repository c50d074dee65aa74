"""What the administrator's pages share."""

from __future__ import annotations

from typing import cast

import flask

from survey.db import Database
from survey.models import User

blueprint = flask.Blueprint("admin", __name__, url_prefix="/quan-tri")


def me() -> User:
    """Return the person who is signed in."""
    return cast(User, flask.g.user)


def database() -> Database:
    """Return the database of this application."""
    return cast(Database, flask.current_app.extensions["database"])
