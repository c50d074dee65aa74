"""Papers of improvement: the Chairman's half-page, letters to agencies that are late, notices for the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.text import fold
from survey.improvement.board import BoardRow, MissingPlan, board_rows, counts, missing_plans
from survey.improvement.documents.late import late_letter
from survey.improvement.documents.layout import BLANK, place_of
from survey.improvement.documents.monthly import MonthlyFacts, monthly_docx, monthly_pdf
from survey.improvement.documents.notice import NoticeLine, draw_notice
from survey.improvement.effects import ENDED, effects_of
from survey.improvement.pages.common import READERS, blueprint, definitions_of, is_province, scope, titles_of
from survey.improvement.queries import actions as action_queries
from survey.models import Action, Agency, Role
from survey.printing.posters.texts import stored_emblem
from survey.printing.queries.poster_codes import emblem_for
from survey.structure.queries import rounds as round_queries
from survey.structure.queries.rounds import definition_of
from survey.web.context import database, settings, today, user

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True)
class LateAgency:
    """An agency that is late: with actions, with its plan, or with both."""

    agency: Agency
    overdue: int
    missing: MissingPlan | None


@blueprint.get("/van-ban")
@role_required(*READERS)
def papers() -> str:
    """List the papers that this person may have."""
    with database().read() as session:
        visible = scope(session)
        heard = {action.agency.code: action.agency for action in action_queries.public_actions(session)}
        answered = [agency for code, agency in heard.items() if visible is None or code in visible]
        oversees = _oversees(session)
        return flask.render_template(
            "improvement/papers.html",
            oversees=oversees,
            late=_late(*_state(session)) if oversees else [],
            answered=sorted(answered, key=lambda agency: (fold(agency.name), agency.code)),
            address=settings().public_base_url,
        )


@blueprint.get("/van-ban/thang.<any(pdf, docx):form>")
@role_required(*READERS)
def monthly(form: str) -> flask.Response:
    """Send the Chairman's half-page: as PDF to read, as DOCX to sign with all plans."""
    with database().read() as session:
        if not _oversees(session):
            flask.abort(403)
        rows, missing = _state(session)
        facts = MonthlyFacts(_province(session), today(), rows, missing, counts(rows, len(missing)))
        data = monthly_pdf(facts) if form == "pdf" else monthly_docx(facts, place_of(facts.issuer))
    return _sent(data, f"cai-thien-{today():%Y-%m-%d}", form)


@blueprint.get("/van-ban/don-doc/<agency>.docx")
@role_required(*READERS)
def late(agency: str) -> flask.Response:
    """Send the letter to an agency that is late; 404 for one that is not."""
    with database().read() as session:
        if not _oversees(session):
            flask.abort(403)
        rows, missing = _state(session)
        found = next((one for one in _late(rows, missing) if one.agency.code == agency), None)
        if found is None:
            flask.abort(404)
        overdue = [row.action for row in rows if row.overdue and row.action.agency.code == agency]
        name, request = _province(session), found.missing.request if found.missing else None
        data = late_letter(found.agency, name, place_of(name), overdue, request, today())
    return _sent(data, f"don-doc-{agency}", "docx")


@blueprint.get("/van-ban/thong-bao/<agency>-<any(A4, A3):paper>.pdf")
@role_required(*READERS)
def notice(agency: str, paper: str) -> flask.Response:
    """Send the notice of an agency for the wall; 404 where nothing was accepted yet."""
    with database().read() as session:
        visible = scope(session)
        found = action_queries.public_actions(session, agency)
        if not found or (visible is not None and agency not in visible):
            flask.abort(404)
        base = settings().public_base_url
        address = base + flask.url_for("heard.agency", agency=agency) if base else ""
        emblem = stored_emblem(emblem_for(session, found[0].agency))
        data = draw_notice(found[0].agency.name, [_line(action) for action in found], paper, address, emblem)
    return _sent(data, f"da-noi-da-lam-{agency}-{paper}", "pdf")


def _oversees(session: orm.Session) -> bool:
    """Say whether this person has papers about all agencies: the province, evaluators, administrators."""
    return user().role in (Role.ADMIN, Role.EVALUATOR) or is_province(session)


def _province(session: orm.Session) -> str:
    """The name of who signs."""
    root = action_queries.root_agency(session)
    return root.name if root else BLANK


def _state(session: orm.Session) -> tuple[list[BoardRow], list[MissingPlan]]:
    """All actions as rows, and the agencies without a plan for the newest round that ended."""
    actions = action_queries.actions_of(session, None)
    rows = board_rows(actions, titles_of(actions, definitions_of(actions)), effects_of(session, actions), today())
    newest = next((round_ for round_ in round_queries.all_rounds(session) if round_.state in ENDED), None)
    if newest is None:
        return rows, []
    judged = action_queries.judged_agencies(session, newest.id)
    asked = action_queries.requests(session, None)
    return rows, missing_plans(judged, actions, asked, newest.id, today())


def _late(rows: Sequence[BoardRow], missing: Sequence[MissingPlan]) -> list[LateAgency]:
    """The agencies that are late, the most overdue actions first."""
    unplanned = {one.agency.code: one for one in missing if one.overdue}
    agencies = {row.action.agency.code: row.action.agency for row in rows if row.overdue}
    agencies |= {code: one.agency for code, one in unplanned.items()}
    found = [
        LateAgency(agency, sum(row.overdue for row in rows if row.action.agency.code == code), unplanned.get(code))
        for code, agency in agencies.items()
    ]
    return sorted(found, key=lambda one: (-one.overdue, fold(one.agency.name)))


def _line(action: Action) -> NoticeLine:
    """An action as the notice tells it: in Vietnamese, the month in which it was accepted."""
    definition = definition_of(action.round.version)
    level, key = action.figure
    texts = {
        "item": {item.code: item.text for item in definition.items},
        "element": {element.code: element.title for element in definition.elements},
    }
    said = texts.get(level, {}).get(key)
    accepted = action.accepted_at.astimezone(settings().timezone) if action.accepted_at else today()
    return NoticeLine(said.get("vi") if said else "", action.what, f"{accepted:%m/%Y}")


def _sent(data: bytes, name: str, form: str) -> flask.Response:
    reply = flask.Response(data, mimetype=TYPES[form])
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    reply.headers["Cache-Control"] = "no-store"
    return reply
