"""Four thermometers of an agency and year on one axis, and the table by which other instruments' figures come in."""

from __future__ import annotations

import flask
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import TableError
from survey.models import AgencyKind
from survey.results.operations.import_outside_figures import import_outside_figures, known_heading
from survey.results.page_data import load_round
from survey.results.pages.pages import REVIEWERS, blueprint
from survey.results.queries.outside_figures import last_round_of, outside_figures
from survey.results.thermometers import OWN, Thermometers, outside, own, together
from survey.web import i18n
from survey.web.context import actor, database
from survey.web.i18n import local_name
from survey.web.pasted import PastedTable, TableForm, store_table
from survey.web.uploads import takes_upload


class OutsideFiguresForm(TableForm):
    """Figures of other instruments: pasted, or in a file."""

    pasted = PastedTable(
        _("Paste the table from Excel"),
        hint=_(
            "With its headings: Cơ quan, Năm, Thước đo (SIPAS, 766, Cổng dịch vụ công, PAR INDEX), Giá trị, Điểm tối "
            "đa (may be left out: 100), n, Cách hỏi, Nguồn. “Toàn tỉnh” is the province."
        ),
    )


@blueprint.get("/thuoc-do")
@role_required(*REVIEWERS)
def thermometers() -> str:
    """Show every agency and year of which another instrument says something."""
    return _page(OutsideFiguresForm())


@blueprint.post("/thuoc-do")
@takes_upload
@role_required(*REVIEWERS)
def send_thermometers() -> Response | tuple[str, int]:
    """Store the figures of a pasted table or a file, all or none."""
    form = OutsideFiguresForm()
    count = store_table(
        form, known_heading, lambda session, table: import_outside_figures(session, table, actor=actor())
    )
    if not isinstance(count, int):
        return _page(form, count), 422
    flask.flash(ngettext("%(num)s figure is stored.", "%(num)s figures are stored.", count))
    return flask.redirect(flask.url_for("evaluator.thermometers"), code=303)


def _page(form: OutsideFiguresForm, wrong: TableError | None = None) -> str:
    with database().read() as session:
        return flask.render_template("results/thermometers.html", form=form, wrong=wrong, places=_places(session))


def _places(session: orm.Session) -> list[tuple[str, int, str, Thermometers]]:
    """(anchor, year, agency's name, instruments) of every agency and year, the own round first."""
    stored = outside_figures(session)
    pages = {}
    for year in {figure.year for figure in stored}:
        round_ = last_round_of(session, year)
        pages[year] = load_round(session, round_.code, None, i18n.current_language().code) if round_ else None
    found = []
    for year, agency in dict.fromkeys((figure.year, figure.agency) for figure in stored):
        rows, population, page = [], float("nan"), pages[year]
        code = "" if agency.kind is AgencyKind.PROVINCE else agency.code
        figure = page.figures.overall(code) if page else None
        if page and figure is not None and figure.exists:
            rows.append(own(figure, str(_(OWN)), local_name(page.round)))
            population = figure.population
        rows += [outside(one) for one in stored if (one.year, one.agency_id) == (year, agency.id)]
        found.append((f"{year}-{agency.code}", year, local_name(agency), together(rows, population)))
    return found
