"""Places to look at again: what the checks of a round found, the indices beside it, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import PlaceOutcome
from survey.results.charts import IntervalChart, interval_chart
from survey.results.figures import ShownFigure, chart_row
from survey.results.operations.decide_place import decide_place
from survey.results.page_data import RoundPage
from survey.results.pages.forms import PlaceDecisionForm
from survey.results.pages.pages import REVIEWERS, blueprint, load
from survey.results.place_chart import PlaceChart, place_chart
from survey.results.place_indices import hardened_figures, index_without, responses_of
from survey.results.place_sentences import PlaceSentence, sentences_of, smallest_movement
from survey.results.places import PlaceLook, look_at_places
from survey.results.queries.place_decisions import ShownDecision, decisions
from survey.structure.queries.structure import find_agency
from survey.web.context import actor, database
from survey.web.listing import PAGE_ARGUMENT, list_page
from survey.web.wording import CHANNELS

PLACES = 2
"""Places a page: each has two pictures and a form."""
RUNS = {"closed_run": "closed_run", "busy_run": "busy_run"}
"""Checks that name a run of weeks, and where the findings keep it."""


@dataclass(frozen=True)
class Place:
    """An agency to look at again, as its section of the page shows it."""

    agency: str
    sentences: list[PlaceSentence]
    chart: PlaceChart
    #: (what, figure): as it is, hardened, and without what the checks point to
    indices: list[tuple[str, ShownFigure | None]]
    index_chart: IntervalChart
    #: (channel, responses, mean index) of its channels
    channels: list[tuple[str, int, float]]
    decisions: list[ShownDecision]
    form: PlaceDecisionForm


@blueprint.get("/<round_code>/noi-can-xem-lai")
@role_required(*REVIEWERS)
def places(round_code: str) -> str:
    """Show the agencies of a round whose answers the checks ask to look at again."""
    with database().read() as session:
        return _render(session, round_code)


@blueprint.post("/<round_code>/noi-can-xem-lai/<agency>")
@role_required(*REVIEWERS)
def place_decide(round_code: str, agency: str) -> Response | tuple[str, int]:
    """Keep a decision on an agency, and come back to it."""
    form = PlaceDecisionForm.of(agency, sent=True)
    with database().read() as session:
        page = load(session, round_code)
        if agency not in page.agency_of or page.figures.overall(agency) is None:
            flask.abort(404)
    if form.validate():
        try:
            with database().write() as session:
                decided = find_agency(session, agency) or flask.abort(404)
                outcome = PlaceOutcome(form.outcome.data)
                decide_place(session, page.round, decided, outcome, form.reason.data, actor=actor())
        except InputError as error:
            form.refuse(error)
    if form.errors:
        with database().read() as session:
            return _render(session, round_code, (agency, form)), 422
    flask.flash(_("The decision is kept."))
    trang = flask.request.args.get(PAGE_ARGUMENT)
    back = flask.url_for("evaluator.places", round_code=round_code, trang=trang, _anchor=f"noi-{agency}")
    return flask.redirect(back, code=303)


def _render(session: orm.Session, round_code: str, refused: tuple[str, PlaceDecisionForm] | None = None) -> str:
    page = load(session, round_code)
    look = look_at_places(session, page.results)
    decided = decisions(session, page.round.id)
    forms = {agency: PlaceDecisionForm.of(agency) for agency in look.flagged} | dict([refused] if refused else [])
    listed = list_page(look.flagged, PLACES)
    return flask.render_template(
        "results/places.html",
        page=page,
        look=look,
        listed=listed,
        places=[_place(session, page, look, a, decided.get(a, []), forms[a]) for a in listed.rows],
        settled=[(a, decided[a]) for a in sorted(decided) if a not in look.flagged],
        form=refused[1] if refused else None,
        smallest=smallest_movement(),
    )


def _place(
    session: orm.Session,
    page: RoundPage,
    look: PlaceLook,
    agency: str,
    decided: list[ShownDecision],
    form: PlaceDecisionForm,
) -> Place:
    questions = page.definition.respondent.questions if page.definition.respondent else ()
    texts = {question.code: question.text.get(page.language) for question in questions}
    sentences = sentences_of(look, agency, texts)
    at = look.agencies.index(agency)
    runs = [getattr(look.findings, RUNS[each.check]) for each in sentences if each.check in RUNS]
    indices: list[tuple[str, ShownFigure | None]] = [
        (str(_("As counted")), page.figures.overall(agency)),
        (str(_("Hardened")), hardened_figures(session, page.results, look).overall(agency)),
    ]
    for check in dict.fromkeys(each.check for each in sentences):
        chosen = responses_of(look, agency, check)
        words = without_words(check)
        if chosen is not None and words not in {label for label, _figure in indices}:
            indices.append((words, index_without(session, page.results, look, agency, chosen)))
    return Place(
        agency=agency,
        sentences=sentences,
        chart=place_chart(look, agency, (int(runs[0].begin[at]), int(runs[0].end[at])) if runs else None),
        indices=indices,
        index_chart=interval_chart([chart_row(label, figure, page.figures.overall()) for label, figure in indices]),
        channels=[(CHANNELS(name), n, mean) for name, n, mean in look.channels(agency)],
        decisions=decided,
        form=form,
    )


def without_words(check: str) -> str:
    """What an index "without" leaves out for a check, in words."""
    if check in ("closed_run", "closed_share", "closed_open"):
        return str(_("Without the answers sent outside of opening hours"))
    return {
        "busy_run": str(_("Without those weeks")),
        "paper_live": str(_("Without paper forms")),
        "import_live": str(_("Without imported files")),
        "receipt_wall": str(_("Without receipt codes")),
        "brought_share": str(_("Without paper forms and imported files")),
    }.get(check, "")
