"""The page of a file that is being made, for the person who asked for it: how far it is, then the file for an hour."""

from __future__ import annotations

import flask
from flask_babel import gettext as _

from survey.accounts.auth import role_required
from survey.files.jobs.kinds import KINDS
from survey.files.jobs.sending import send_file
from survey.files.jobs.worker import DEFECT
from survey.models import Job, JobState
from survey.web.context import database, now, settings, user
from survey.web.operations.jobs import KEPT_FOR, LOST
from survey.web.queries.jobs import job_of, jobs_before

blueprint = flask.Blueprint("jobs", __name__, url_prefix="/tep")


@blueprint.get("/<token>")
@role_required()
def page(token: str) -> str:
    """Show how far a file is; the page loads itself again until it is ready."""
    with database().read() as session:
        job = _job(token)
        before = jobs_before(session, job) if job.state is JobState.WAITING else 0
    return flask.render_template(
        "files/job.html",
        job=job,
        before=before,
        pending=job.state in (JobState.WAITING, JobState.RUNNING),
        until=job.ended_at + KEPT_FOR if job.ended_at else None,
        problem=_problem(job.problem or ""),
        round_code=job.parameters["round"] if KINDS[job.kind].kept_at else "",
    )


@blueprint.get("/<token>/tai-ve")
@role_required()
def download(token: str) -> flask.Response:
    """Send the file, to whom it was made for and while that person may have it."""
    job = _job(token)
    if job.state is not JobState.DONE or job.ended_at is None or now() > job.ended_at + KEPT_FOR:
        flask.abort(404)
    kind = KINDS[job.kind]
    if user().role not in kind.roles:
        flask.abort(403)
    if kind.kept_at:  # stands on the page of the round
        flask.abort(404)
    path = settings().storage / str(job.file)
    if not path.is_file():
        flask.abort(404)
    return send_file(path, job.name)


def _problem(reason: str) -> str:
    """Why a file was not made, in words."""
    known = {
        LOST: _("The process that made the file ended before it was done; please ask for it again."),
        DEFECT: _("The file could not be made; the server's log says why. Please tell whoever looks after it."),
    }
    return known.get(reason) or (_(reason) if reason else "")


def _job(token: str) -> Job:
    with database().read() as session:
        job = job_of(session, token, user().id)
        if job is None:
            flask.abort(404)
        session.expunge(job)
        return job
