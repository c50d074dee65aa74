"""Facts of a round's documents: those of the province's report, and what agencies have undertaken about the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import orm

from survey.files.reports.context import ReportContext
from survey.files.reports.load import province_context, round_context
from survey.improvement.board import Standing, standings_of
from survey.improvement.documents.layout import BLANK, place_of
from survey.improvement.queries import actions as action_queries
from survey.models import Action, ActionState, AgencyKind
from survey.publication.disclosure import hidden_agencies
from survey.results.statements import Difference, Statement
from survey.web.wording import CAUSES

COMMUNES = (AgencyKind.COMMUNE, AgencyKind.DISTRICT)
"""Kinds of the second appendix; all others stand in the first."""


@dataclass(frozen=True)
class AgencyPlan:
    """How far an agency has come with its actions for the round."""

    actions: int = 0
    overdue: int = 0
    accepted: int = 0


@dataclass(frozen=True, eq=False)
class DocumentFacts:
    """What the documents of a round say."""

    context: ReportContext
    #: agencies of which nothing is told outside of the evaluators' pages: too few people answered
    hidden: frozenset[str]
    #: causes that agencies gave in their actions, most frequent first, with the number of actions
    causes: tuple[tuple[str, int], ...]
    #: plans by agency; none for one without an action
    plans: Mapping[str, AgencyPlan]
    made_at: datetime
    #: the local day on which the document was made
    today: date

    @property
    def named(self) -> list[str]:
        """The agencies that documents name, in the order of ranks."""
        return [code for code in self.context.standings if code and code not in self.hidden]

    @property
    def issuer(self) -> str:
        """Who issues the documents."""
        return self.context.administration or BLANK

    @property
    def place(self) -> str:
        """The place in the head of a document: the name of the province."""
        return place_of(self.context.administration)

    def communes(self, codes: Sequence[str]) -> tuple[list[str], list[str]]:
        """Departments (and centres) apart from communes, each in the order given."""
        agencies = self.context.content.agencies
        of_communes = [code for code in codes if code in agencies and agencies[code].kind in COMMUNES]
        return [code for code in codes if code not in of_communes], of_communes

    def names(self, statement: Statement[Difference], level: str = "overall", key: str = "all") -> list[str]:
        """The agencies of whose figure a statement of `CONTRAST_WORDS` holds, against the other agencies."""
        contrasts = {code: self.context.contrasts.get((code, level, key)) for code in self.named}
        return [self.context.agency_name(code) for code, one in contrasts.items() if one and statement.holds(one)]


def load_facts(session: orm.Session, round_code: str, now: datetime, today: date) -> DocumentFacts:
    """Load the facts of a round's documents. Raises `InputError` for an unknown round or one without responses."""
    context = province_context(session, round_context(session, round_code))
    respondents = {
        code: 1 if standing.figure.n is None else standing.figure.n
        for code, standing in context.standings.items()
        if code
    }
    round_id = context.round.id
    actions = [one for one in action_queries.actions_of(session, None) if one.round_id == round_id]
    living = [one for one in actions if one.state is not ActionState.DROPPED]
    causes = Counter(cause for action in living for cause in action.causes or ())
    return DocumentFacts(
        context=context,
        hidden=hidden_agencies(respondents, context.content.results.disclosure),
        causes=tuple((CAUSES.text(cause), number) for cause, number in causes.most_common()),
        plans=_plans(living, today),
        made_at=now,
        today=today,
    )


def _plans(actions: Sequence[Action], today: date) -> dict[str, AgencyPlan]:
    by_agency: dict[str, list[Action]] = {}
    for action in actions:
        by_agency.setdefault(action.agency.code, []).append(action)
    return {
        code: AgencyPlan(
            actions=len(own),
            overdue=sum(Standing.OVERDUE in standings_of(one, None, today) for one in own),
            accepted=sum(one.accepted_at is not None for one in own),
        )
        for code, own in by_agency.items()
    }
