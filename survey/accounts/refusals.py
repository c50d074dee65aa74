"""Refusals that reach the audit log: pages closed to who asked, tries that were slowed, tokens that open nothing.

Equal ones within a minute are one line with their number. They are counted in memory, so that a flood costs a write a
minute and no more. No line holds an address, a browser, or what was typed; a citizen who is slowed is nobody.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import flask
from limits.errors import StorageError
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.operations.log_failure import subject_of
from survey.core.actor import Actor
from survey.core.db import UNAVAILABLE
from survey.web.context import database, now
from survey.web.security import limiter

MINUTE, HOUR, DAY = 60, 3600, 86400
LONGEST_ADDRESS = 100


@dataclass(frozen=True)
class Refusal:
    """What one line of the log is about; equal ones are counted together."""

    action: str
    subject: str
    user_id: int | None = None
    #: seconds within which equal ones are one line
    together: int = MINUTE
    facts: dict[str, object] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """Under what equal ones are counted."""
        return f"log/{self.action}/{self.subject}/{self.user_id}"


def init_app(app: flask.Flask) -> None:
    """Look at every reply once it is made."""
    app.after_request(_look)


def _look(reply: flask.Response) -> flask.Response:
    """Write down what was refused, or that a token was used; a log that cannot be written stops no reply."""
    found = _refusal(reply.status_code)
    if found is not None:
        with contextlib.suppress(*UNAVAILABLE, StorageError):
            _note(found)
    return reply


def _refusal(status: int) -> Refusal | None:
    """What a reply of this status says of who asked; None where nothing is to be written."""
    endpoint = flask.request.endpoint
    if endpoint is None or endpoint == "static":
        return None
    user, client = flask.g.get("user"), flask.g.get("api_client")
    if status == 429:
        tried = flask.g.get("tried_name")
        subject = f"name:{tried}" if tried else f"page:{endpoint}"
        return Refusal("access.slowed", subject, user.id if user else None)
    if client is not None:
        return Refusal("access.token_used", f"api_client:{client.id}", together=HOUR)
    if status == 401 and endpoint.startswith("api."):
        return Refusal("access.token_refused", "api_client:?")
    if user is not None and status in {403, 404} and _is_guarded(endpoint):
        facts = {"status": status, "address": flask.request.path[:LONGEST_ADDRESS]}
        return Refusal("access.denied", f"page:{endpoint}", user.id, facts=facts)
    return None


def _is_guarded(endpoint: str) -> bool:
    """Say whether a page opens to people who are signed in alone: others hold tokens in their addresses."""
    return hasattr(flask.current_app.view_functions[endpoint], "roles")


def _note(refusal: Refusal) -> None:
    """Write a line, or count for the next one where an equal one was written a moment ago."""
    storage = limiter.storage
    waiting = f"{refusal.key}/waiting"
    if storage.incr(refusal.key, refusal.together) > 1:
        storage.incr(waiting, DAY)
        return
    count = storage.get(waiting) + 1
    storage.clear(waiting)

    def write(session: orm.Session) -> None:
        subject = refusal.subject
        if subject.startswith("name:"):
            subject = subject_of(session, subject.removeprefix("name:"))
        actor, facts = Actor(now(), refusal.user_id), {"count": count, **refusal.facts}
        audit.record(session, action=refusal.action, subject=subject, actor=actor, after=facts)

    database().write_together(write)
