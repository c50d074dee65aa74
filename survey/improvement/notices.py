"""What waits for whoever is signed in, for the frame of every page (a badge) and for the overview of a round."""

from __future__ import annotations

from typing import cast

import flask

from survey.improvement.queries.todo import Todo, todo
from survey.web.context import database, today, user


def init_app(app: flask.Flask) -> None:
    """Give the counts to the templates."""
    app.context_processor(lambda: {"todo_now": todo_now})


def todo_now() -> Todo | None:
    """What waits for the person who is signed in, counted once a page; None for nobody."""
    if flask.g.get("user") is None:
        return None
    if "todo" not in flask.g:
        with database().read() as session:
            flask.g.todo = todo(session, user(), today())
    return cast(Todo, flask.g.todo)
