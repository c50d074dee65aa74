"""What a request or a command works with: database, settings, the time, who is signed in, and the page's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

import flask
from flask_babel import gettext as _

from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import User

SESSION_KEY = "session"
"""Key of the session's token in the signed cookie of whoever is signed in."""


def database() -> Database:
    """The database of the current application."""
    return cast(Database, flask.current_app.extensions["database"])


def settings() -> Settings:
    """The settings of the current application."""
    return cast(Settings, flask.current_app.config["SETTINGS"])


def user() -> User:
    """The person who is signed in; for views behind `survey.accounts.auth.role_required`."""
    return cast(User, flask.g.user)


def page_address(endpoint: str, **values: object) -> str:
    """The public address of a page, for commands: they have no request, nor pages before they need one."""
    flask.current_app.extensions["register_pages"]()
    with flask.current_app.test_request_context():
        return settings().base_url + flask.url_for(endpoint, **values)  # type: ignore[arg-type]


def now() -> datetime:
    """The instant by the application's clock, which tests set (tests/support/clock.py)."""
    return cast(datetime, flask.current_app.extensions["clock"]())


def actor() -> Actor:
    """Who is signed in, acting now: the author of what a page writes."""
    return Actor(now(), user().id)


def operator() -> Actor:
    """Whoever sits at the command line, acting now: the author of what a command writes."""
    return Actor(now())


def today() -> date:
    """The local day."""
    return now().astimezone(settings().timezone).date()


def error_message(error: InputError) -> str:
    """Message of an error in the language of the page."""
    return str(_(error.template, **error.values))
