"""What is told of doubtful responses on a round's page, and asking the worker to look through a large round."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.results.kept_search import KeptSearch, kept_search
from survey.results.page_data import RoundPage
from survey.results.pages.pages import REVIEWERS, blueprint
from survey.results.sensitivity import LARGE, Sensitivity, sensitivity
from survey.structure.queries import rounds
from survey.structure.queries.counted import tallied
from survey.web.context import database, settings
from survey.web.jobs import ask_for_file


@dataclass(frozen=True)
class DoubtsView:
    """What was found, if anybody looked; `kept`: by the worker, which looks through large rounds."""

    found: Sensitivity | None
    kept: KeptSearch | None
    large: bool


def doubts_view(session: orm.Session, page: RoundPage) -> DoubtsView | None:
    """What is told of doubtful responses, to those who see the whole round."""
    if page.limited or not page.results.responses:
        return None
    if page.results.responses <= LARGE:
        return DoubtsView(sensitivity(session, page.results), None, large=False)
    kept = kept_search(settings().storage, page.results)
    return DoubtsView(kept.found if kept else None, kept, large=True)


@blueprint.post("/<round_code>/phieu-dang-ngo")
@role_required(*REVIEWERS)
def search_doubts(round_code: str) -> Response:
    """Have the worker look for doubtful responses; what it finds stands on the page of the round."""
    with database().read() as session:
        try:
            round_ = rounds.by_code(session, round_code)
        except InputError:
            flask.abort(404)
        rows = tallied(session, round_.id)[0]
    order = {"round": round_code, "rows": rows}
    return ask_for_file("doubtful_search", order, _("Doubtful responses: %(round)s", round=round_code))
