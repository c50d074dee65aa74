"""Pages that ask for heavy work: put it into the queue and send the person to the page that shows how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.web.context import actor, database
from survey.web.operations.jobs import enqueue_job


def ask_for_file(kind: str, parameters: Mapping[str, Any], name: str, *, made_before: str = "") -> Response:
    """Enqueue a job and redirect to its page; to that of the one still being made, where the person has one."""
    with database().write() as session:
        job, is_new = enqueue_job(session, kind, parameters, name=name, actor=actor(), file=made_before)
        token = job.token
    if not is_new:
        flask.flash(_("One file at a time: this one is still being made. Ask for the other when it is ready."))
    return flask.redirect(flask.url_for("jobs.page", token=token), 303)
