"""What a round's transactions are made up of: what is stored, a template, and a table that is looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import TableError
from survey.models import Round, RoundState
from survey.spreadsheets.read import Table
from survey.structure.operations.import_margins import import_margins, known_heading
from survey.structure.pages.common import ROUND_EDITORS, blueprint, go, round_of
from survey.structure.pages.forms import MarginsForm
from survey.structure.queries import margins as queries
from survey.structure.queries.population import population
from survey.structure.queries.templates import template_of_margins
from survey.structure.table_templates import workbook_of
from survey.web import i18n
from survey.web.context import actor, database
from survey.web.i18n import local_name
from survey.web.pasted import store_table
from survey.web.uploads import takes_upload

TOLERATED = 0.01
"""Share by which the sum of a margin may differ from N before it is said."""


@dataclass(frozen=True)
class MarginTable:
    """A margin with names, and N of the same transactions; None where that is not known."""

    agency: str
    variable: str
    rows: Sequence[tuple[str, int]]
    transactions: int | None

    @property
    def total(self) -> int:
        """What its categories add up to."""
        return sum(n for _, n in self.rows)

    @property
    def differs(self) -> bool:
        """Whether that is another number than N."""
        return self.transactions is not None and abs(self.total - self.transactions) > TOLERATED * self.transactions


@blueprint.get("/dot/<round_code>/co-cau")
@role_required(*ROUND_EDITORS)
def margins(round_code: str) -> str:
    """Show a round's margins, and take others."""
    return _page(round_code, MarginsForm())


@blueprint.get("/dot/<round_code>/co-cau/mau.xlsx")
@role_required(*ROUND_EDITORS)
def margins_template(round_code: str) -> Response:
    """Send the template of margins, filled with what is stored."""
    with database().read() as session:
        round_ = round_of(session, round_code)
        data = workbook_of(template_of_margins(session, round_))
    reply = flask.make_response(data)
    reply.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    reply.headers.set("Content-Disposition", "attachment", filename=f"mau-co-cau-{round_code}.xlsx")
    return reply


@blueprint.post("/dot/<round_code>/co-cau/xem")
@takes_upload
@role_required(*ROUND_EDITORS)
def look_at_margins(round_code: str) -> str | tuple[str, int]:
    """Show what a pasted table or a file would store; nothing is stored."""
    form, looked_at = MarginsForm(), list[MarginTable]()

    def look(session: orm.Session, table: Table) -> int:
        rows = list(table)
        round_ = round_of(session, round_code)
        count = import_margins(session, replace(table, rows=iter(rows)), round_, actor=actor())
        looked_at.extend(_tables(session, round_))
        session.rollback()
        form.pasted.data = "\n".join("\t".join(cells) for cells in (table.columns, *(cells for _, cells in rows)))
        return count

    count = store_table(form, known_heading, look)
    if not isinstance(count, int):
        return _page(round_code, form, count), 422
    return _page(round_code, form, looked_at=looked_at)


@blueprint.post("/dot/<round_code>/co-cau")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_margins(round_code: str) -> Response | tuple[str, int]:
    """Replace the margins by those of a pasted table or a file, all or none."""
    form = MarginsForm()
    count = store_table(
        form,
        known_heading,
        lambda session, table: import_margins(session, table, round_of(session, round_code), actor=actor()),
    )
    if not isinstance(count, int):
        return _page(round_code, form, count), 422
    message = ngettext("%(num)s row is stored.", "%(num)s rows are stored.", count)
    return go("structure.margins", message, round_code=round_code)


def _page(
    round_code: str,
    form: MarginsForm,
    wrong: TableError | None = None,
    looked_at: Sequence[MarginTable] = (),
) -> str:
    with database().read() as session:
        round_ = round_of(session, round_code)
        return flask.render_template(
            "structure/margins.html",
            round=round_,
            stored=_tables(session, round_),
            may_edit=round_.state is not RoundState.PUBLISHED,
            form=form,
            wrong=wrong,
            looked_at=looked_at,
        )


def _tables(session: orm.Session, round_: Round) -> list[MarginTable]:
    """The stored margins with their names in the language of the page."""
    language = i18n.current_language().code
    known = population(session, round_.id)
    names = variable_names(session, round_, language)
    rows = queries.margins(session, round_.id)
    tables = []
    for place in dict.fromkeys((row.agency, row.variable) for row in rows):
        agency, variable = place
        title, categories = names.get(variable, (variable, {}))
        inside = known if agency is None else known[known["agency"] == agency.code]
        tables.append(
            MarginTable(
                str(_("The whole province")) if agency is None else local_name(agency),
                title,
                [
                    (categories.get(row.category, row.category), row.transactions)
                    for row in rows
                    if (row.agency, row.variable) == place
                ],
                int(inside["N"].sum()) if len(inside) else None,
            )
        )
    return tables


def variable_names(session: orm.Session, round_: Round, language: str) -> dict[str, tuple[str, dict[str, str]]]:
    """What a page calls the variables of a round's margins, and their categories."""
    return {
        one.code: (one.title(language), {code: one.category(code, language) for code in one.categories})
        for one in queries.variables(session, round_)
    }
