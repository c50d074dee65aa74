"""Breakdowns: one place, its groups down, overall and elements across. What is asked for stands in the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import flask
import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.models import Counter
from survey.questionnaires.definition import BLANK, HIDDEN
from survey.results.breakdowns import CHANNEL, COUNTER, Dimension, breakdown, dimensions
from survey.results.charts import interval_chart
from survey.results.figures import ALL_SERVICES, PROVINCE, Figures, ShownFigure, chart_row
from survey.results.group_sizes import GROUP
from survey.results.page_data import RoundPage
from survey.results.pages.pages import RESULT_READERS, asked_agency, asked_service, blueprint, columns, load
from survey.structure.queries import names
from survey.web.context import database
from survey.web.i18n import local_name
from survey.web.wording import CHANNELS


@dataclass(frozen=True)
class Groups:
    """The groups of one agency (or the province) along one dimension, with their names."""

    page: RoundPage
    dimension: Dimension
    agency: str
    table: pd.DataFrame
    counters: dict[str, Counter]

    @cached_property
    def title(self) -> str:
        """What the groups are told apart by."""
        return dimension_title(self.page, self.dimension)

    def codes(self, service: str = ALL_SERVICES) -> list[str]:
        """The groups with figures, in the order of the questionnaire, else by name; not answered last."""
        rows = self.table[(self.table["service"] == service) & (self.table[GROUP] != "")]
        found = list(dict.fromkeys(rows[GROUP]))
        order = {code: k for k, code in enumerate(self.dimension.order)}
        return sorted(found, key=lambda code: (order.get(code, len(order)), code in (BLANK, HIDDEN), self.name(code)))

    def figures(self, group: str) -> Figures:
        """The figures of one group, "" for all together."""
        return self._by_group[group]

    @cached_property
    def _by_group(self) -> dict[str, Figures]:
        return {str(group): Figures(rows) for group, rows in self.table.groupby(GROUP, sort=False)}

    def find(self, group: str, level: str, key: str, service: str = ALL_SERVICES) -> ShownFigure | None:
        """A figure of a group."""
        return self.figures(group).find(self.agency, service, level, key)

    def name(self, code: str) -> str:
        """A group's name in the language of the page."""
        if self.dimension.code == CHANNEL:
            return CHANNELS(code)
        if self.dimension.code == COUNTER:
            counter = self.counters.get(code)
            return code if counter is None else f"{local_name(counter)} ({local_name(counter.agency)})"
        if code == BLANK:
            return str(_("No answer given"))
        if code == HIDDEN:
            return str(_("Not asked"))
        text = self.page.definition.labels(self.dimension.code).get(code)
        return code if text is None else text.get(self.page.language)


def dimension_title(page: RoundPage, dimension: Dimension) -> str:
    """What groups are told apart by, in the language of the page."""
    if dimension.code == CHANNEL:
        return str(_("Channel"))
    if dimension.code == COUNTER:
        return str(_("Receiving counter"))
    asked = page.definition.respondent
    questions = asked.questions if asked else ()
    return next(q.text.get(page.language) for q in questions if q.code == dimension.code)


def load_groups(session: orm.Session, page: RoundPage, dimension: Dimension, agency: str) -> Groups:
    """The groups of an agency (or the province)."""
    table = breakdown(session, page.results, dimension, agency)
    counters = names.counters(session) if dimension.code == COUNTER else {}
    return Groups(page, dimension, agency, table, counters)


def asked_dimension(page: RoundPage, default: str | None = None) -> Dimension | None:
    """The dimension asked for by `?theo=`; 404 for one the questionnaire does not have."""
    code = flask.request.args.get("theo", default)
    if code is None:
        return None
    found = next((d for d in dimensions(page.definition) if d.code == code), None)
    return found or flask.abort(404)


@blueprint.get("/<round_code>/phan-to")
@role_required(*RESULT_READERS)
def groups(round_code: str) -> str:
    """Show a place group by group: `?theo=` names the dimension, `?co-quan=` the agency, `?linh-vuc=` the service."""
    with database().read() as session:
        page = load(session, round_code)
        agency = asked_agency(page)
        dimension = asked_dimension(page, CHANNEL)
        assert dimension is not None  # noqa: S101 - there is a default
        if dimension.code == COUNTER and not agency:
            dimension = next(d for d in dimensions(page.definition) if d.code == CHANNEL)
        service = asked_service(page, agency) if dimension.by_service else ALL_SERVICES
        found = load_groups(session, page, dimension, agency)
        across = columns(page)
        codes = found.codes(service)
        whole = found.find("", "overall", "all", service)
        chart = interval_chart(
            [chart_row(found.name(code), found.find(code, "overall", "all", service), whole) for code in codes]
        )
        return flask.render_template(
            "results/groups.html",
            page=page,
            agency=agency,
            service=service,
            groups=found,
            codes=codes,
            columns=across,
            headings=[page.label(level, key) for level, key in across],
            chart=chart,
            choices=[
                (d.code, dimension_title(page, d)) for d in dimensions(page.definition) if agency or not d.by_service
            ],
            services=page.figures.services(agency) if dimension.by_service else (),
            province=PROVINCE,
        )
