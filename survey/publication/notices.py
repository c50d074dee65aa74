"""The notice to all evaluators that an edition waits to be published."""

from __future__ import annotations

import flask

from survey.models import Publication
from survey.publication.queries.editions import reviewed_publications
from survey.web.context import database

TOLD = frozenset({"admin", "evaluator"})


def init_app(app: flask.Flask) -> None:
    """Give the notice to the frame of signed-in pages."""
    app.context_processor(lambda: {"waiting_publications": waiting_publications})


def waiting_publications() -> list[Publication]:
    """The reviewed drafts that are not published yet, for evaluators and administrators."""
    person = flask.g.get("user")
    if person is None or person.role.value not in TOLD:
        return []
    with database().read() as session:
        return reviewed_publications(session)
