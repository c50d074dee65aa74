"""The audit log: who did what, when, and what it was before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import flask

from survey.accounts import audit_words
from survey.accounts.audit_export import audit_lines
from survey.accounts.auth import role_required
from survey.accounts.pages.common import blueprint
from survey.accounts.queries import agencies, users
from survey.accounts.queries import audit as audit_queries
from survey.models import Role
from survey.spreadsheets.times import parse_day
from survey.web.context import database, settings

NEWEST = 2**31 - 1
"""Numbers of events fit a 32-bit column; an address may hold any."""
FILTERS = ("nguoi", "viec", "doi-tuong", "tu", "den")


@blueprint.get("/nhat-ky")
@role_required(Role.ADMIN)
def audit() -> str:
    """List the newest events first, cut by the address to a person, an action, a subject or days."""
    args, wanted, zone = flask.request.args, _wanted(), settings().timezone
    with database().read() as session:
        lines, following = audit_queries.page(session, wanted, zone)
        names, accounts = agencies.names(session), users.people(session)
        query = {key: args[key] for key in FILTERS if args.get(key)}
        return flask.render_template(
            "accounts/audit.html",
            lines=[(line, audit_words.changes(line.event.before, line.event.after, names, accounts)) for line in lines],
            older=flask.url_for("admin.audit", **query, truoc=following) if following else None,  # type: ignore[arg-type]
            newest=flask.url_for("admin.audit", **query) if wanted.before else None,  # type: ignore[arg-type]
            download=flask.url_for("admin.audit_file", **query),  # type: ignore[arg-type]
            wanted=wanted,
            actions=audit_words.actions(),
            kinds=audit_words.kinds(),
            people=users.all_users(session),
            action_words=audit_words.action,
            subject_words=audit_words.subject,
        )


@blueprint.get("/nhat-ky.jsonl")
@role_required(Role.ADMIN)
def audit_file() -> flask.Response:
    """Send what the same conditions find as JSON lines, oldest first, for a collector of logs."""
    lines = audit_lines(database(), replace(_wanted(), before=0), settings().timezone)
    reply = flask.Response(lines, content_type="application/x-ndjson; charset=utf-8")
    reply.headers["Content-Disposition"] = "attachment; filename=nhat-ky.jsonl"
    return reply


def _wanted() -> audit_queries.AuditFilter:
    """What the address asks for."""
    args = flask.request.args
    return audit_queries.AuditFilter(
        username=args.get("nguoi", "").strip(),
        action=args.get("viec", ""),
        subject=args.get("doi-tuong", "").strip()[:128],
        first_day=_day(args.get("tu", "")),
        last_day=_day(args.get("den", "")),
        before=min(max(args.get("truoc", 0, type=int), 0), NEWEST),
    )


def _day(given: str) -> date | None:
    """A day in an address; what is none counts as not given."""
    return parse_day(given.strip())
