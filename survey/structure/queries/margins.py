"""Margins of all transactions: what they can be of, and what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, Margin, Round
from survey.questionnaires import Definition, from_canonical
from survey.structure.queries import structure

SERVICE, MONTH = "service", "month"
"""Variables that no question asks for: the field, and the month of receipt."""


@dataclass(frozen=True)
class MarginVariable:
    """What a margin can be of."""

    code: str
    #: name by language
    names: Mapping[str, str]
    #: code of a category → its name by language
    categories: Mapping[str, Mapping[str, str]]

    def title(self, language: str) -> str:
        """Its name in a language."""
        return _in(self.names, language) or self.code

    def category(self, code: str, language: str) -> str:
        """The name of a category in a language."""
        return _in(self.categories.get(code, {}), language) or code


def _in(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("vi", "")


@dataclass(frozen=True)
class MarginRow:
    """A stored row; `agency` is None for all together."""

    agency: Agency | None
    variable: str
    category: str
    transactions: int


def question_codes(definition: Definition) -> list[str]:
    """The respondent questions of a questionnaire whose answers margins can be of."""
    return [question.code for question in definition.respondent.questions] if definition.respondent else []


def variables(session: orm.Session, round_: Round) -> list[MarginVariable]:
    """What the margins of a round can be of, in the order of its questionnaire."""
    definition = from_canonical(round_.version.content)
    questions = definition.respondent.questions if definition.respondent else ()
    asked = [
        MarginVariable(
            question.code,
            dict(question.text.pairs),
            {option.code: dict(option.text.pairs) for option in question.options},
        )
        for question in questions
    ]
    services = {one.code: {"vi": one.name, "en": one.name_en or one.name} for one in structure.services(session)}
    months = {month: {"vi": f"{month[5:]}/{month[:4]}"} for month in months_of(round_)}
    return [
        *asked,
        MarginVariable(SERVICE, {"vi": "Lĩnh vực", "en": "Service field"}, services),
        MarginVariable(MONTH, {"vi": "Tháng", "en": "Month"}, months),
    ]


def months_of(round_: Round) -> list[str]:
    """The months that a round has days in, like `2026-11`."""
    first, last = round_.opens_on, round_.closes_on
    count = 12 * (last.year - first.year) + last.month - first.month
    days = [date(first.year + (first.month - 1 + k) // 12, (first.month - 1 + k) % 12 + 1, 1) for k in range(count + 1)]
    return [f"{day:%Y-%m}" for day in days]


def root_agency(session: orm.Session) -> Agency | None:
    """The provincial people's committee, whose margins are those of all transactions; None where there is not one."""
    query = sa.select(Agency).where(Agency.kind == AgencyKind.PROVINCE, Agency.parent_id.is_(None))
    agencies = session.scalars(query).all()
    return agencies[0] if len(agencies) == 1 else None


def margins(session: orm.Session, round_id: int) -> Sequence[MarginRow]:
    """What is stored of a round's margins: those of all first, then by agency, variable and category."""
    root = root_agency(session)
    rows = session.execute(
        sa.select(Agency, Margin.variable, Margin.category, Margin.transactions)
        .join(Agency, Agency.id == Margin.agency_id)
        .where(Margin.round_id == round_id)
        .order_by(Agency.code, Margin.variable, Margin.category)
    )
    stored = [
        MarginRow(None if root is not None and agency.id == root.id else agency, variable, category, n)
        for agency, variable, category, n in rows
    ]
    return sorted(stored, key=lambda row: "" if row.agency is None else row.agency.code)
