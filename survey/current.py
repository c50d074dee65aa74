"""What a request or a command works with: this application's database and settings, and who is signed in."""

from __future__ import annotations

from typing import cast

import flask

from survey.config import Settings
from survey.db import Database
from survey.models import User


def database() -> Database:
    """Return the database of the current application."""
    return cast(Database, flask.current_app.extensions["database"])


def settings() -> Settings:
    """Return the settings of the current application."""
    return cast(Settings, flask.current_app.config["SETTINGS"])


def user() -> User:
    """Return the person who is signed in; for views behind `survey.auth.role_required`."""
    return cast(User, flask.g.user)
