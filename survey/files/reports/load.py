"""Loader of reports: reads every fact of a report into its `ReportContext`, from where pages and files read them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.files.exports import labels
from survey.files.exports.content import Content, load_content
from survey.files.reports import words
from survey.files.reports.context import PastRound, PublishedEdition, ReportContext, RespondentGroup, RoundContext
from survey.models import AgencyKind, Theme
from survey.publication.editions import results_hash
from survey.publication.queries.editions import published
from survey.questionnaires.definition import BLANK, HIDDEN
from survey.results.breakdowns import CHANNEL, COUNTER, Dimension, breakdown, dimensions, group_sizes
from survey.results.comments import comment_summary, masked_text
from survey.results.comparisons import series
from survey.results.compute import RoundResults
from survey.results.diagnosis import contrasts, diagnosis
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, Figures, ShownFigure
from survey.results.group_sizes import GROUP
from survey.results.item_lines import ItemLines, item_lines
from survey.results.league_table import change_of, league
from survey.results.queries import comments
from survey.results.sensitivity import find_sensitivity
from survey.results.strengths import FEW, ItemFinding, findings, highest, lowest, strengths, weaknesses
from survey.web.messages import N_, translate
from survey.web.queries.installation import read_is_demo
from survey.web.wording import CHANNELS, THEMES

MOST_QUOTES = 5
"""Comments quoted at most; how many are printed depends on the room."""
COMMENTS_READ = 100
"""Comments looked through for those of the province."""


def round_context(session: orm.Session, round_code: str) -> RoundContext:
    """Load what all reports of a round share. Raises `InputError` for an unknown round."""
    content = load_content(session, round_code, passed_on=True)
    results = content.results
    figures = Figures(results.table)
    standings, since = league(session, results, figures)
    return RoundContext(
        content=content,
        figures=figures,
        standings={standing.figure.agency: standing for standing in standings},
        since=since,
        edition=_published_edition(session, results),
        version=results.round.version,
        demo=read_is_demo(session),
    )


def agencies_with_report(shared: RoundContext) -> tuple[str, ...]:
    """The agencies there is a report of: those with responses, by code."""
    return tuple(sorted(shared.figures.agencies))


def agency_context(session: orm.Session, shared: RoundContext, agency: str) -> ReportContext:
    """Load the facts of an agency's report. Raises `InputError` for one without responses in the round."""
    content = shared.content
    overall = shared.figures.overall(agency)
    if not agency or overall is None or agency not in content.agencies:
        raise InputError("Round %(code)s has no figures of agency %(agency)s", code=shared.round.code, agency=agency)
    known = content.agencies[agency]
    items = findings(content.definition, shared.figures, agency, diagnosis(session, content.results, agency))
    spoken = comment_summary(session, content.results, shared.figures, agency)
    return ReportContext(
        **_fields(shared),
        agency=agency,
        name=known.name,
        above=next((a.name for a in content.agencies.values() if a.id == known.parent_id), ""),
        kind=known.kind,
        overall=overall,
        items=_item_figures(shared, agency),
        strengths=tuple(strengths(items)[:FEW]),
        weaknesses=tuple(weaknesses(items)[:FEW]),
        highest=tuple(highest(items)),
        lowest=tuple(lowest(items)),
        lines=_lines(session, shared, agency),
        groups=tuple(_group_sizes(session, content, dimension, agency) for dimension in _dimensions(content)),
        quotes=tuple((masked_text(comment), known.name) for comment in spoken.comments[:MOST_QUOTES]) if spoken else (),
        themes=tuple((_theme(t), n) for t, n in spoken.themes) if spoken else (),
    )


def province_context(session: orm.Session, shared: RoundContext) -> ReportContext:
    """Load the facts of the province's report. Raises `InputError` for a round without responses."""
    content = shared.content
    overall = shared.figures.overall()
    if overall is None:
        raise InputError("Round %(code)s has no responses yet", code=shared.round.code)
    rule = content.results.disclosure
    counts = comments.themes(session, shared.round.id, PROVINCE) if overall.n else {}
    return ReportContext(
        **_fields(shared),
        agency=PROVINCE,
        name=shared.administration or labels.province(),
        above="",
        kind=AgencyKind.PROVINCE,
        overall=overall,
        items=_item_figures(shared, PROVINCE),
        lines=_lines(session, shared, PROVINCE),
        groups=tuple(_group_indices(session, content, dimension) for dimension in _dimensions(content)),
        quotes=_newest_quotes(session, shared) if overall.n else (),
        themes=tuple((_theme(t), n if rule.shows(n) else None) for t, n in counts.items()),
        past=_past_rounds(session, content),
        contrasts=contrasts(session, content.results),
        findings=_findings_of_agencies(session, shared),
        doubts=find_sensitivity(session, shared.round.code),
    )


def _lines(session: orm.Session, shared: RoundContext, agency: str) -> tuple[ItemLines, ...]:
    """What is said of the worst and best items: a report may be handed on, so it tells what everybody may read."""
    content = shared.content
    options: dict[str, Any] = {"names": content.agencies, "limited": True, "places": False}
    return tuple(item_lines(session, content.results, shared.figures, agency, "vi", **options))


def _fields(shared: RoundContext) -> dict[str, Any]:
    """The shared facts as arguments of a `ReportContext`."""
    return dict(vars(shared))


def _published_edition(session: orm.Session, results: RoundResults) -> PublishedEdition | None:
    """The published edition of the round; None before there is one."""
    edition = published(session, results.round.code)
    if edition is None:
        return None
    zone = ZoneInfo(results.round.zone)
    day = f"{edition.published_at.astimezone(zone):%d/%m/%Y}" if edition.published_at else ""
    same = edition.results_hash == results_hash(results.table)
    return PublishedEdition(edition.edition or 0, day, edition.results_hash, same)


def _item_figures(shared: RoundContext, agency: str) -> tuple[ShownFigure, ...]:
    """The figures of an agency's items that exist in the table."""
    figures = (shared.figures.find(agency, ALL_SERVICES, "item", item.code) for item in shared.definition.items)
    return tuple(figure for figure in figures if figure is not None)


def _findings_of_agencies(session: orm.Session, shared: RoundContext) -> dict[str, tuple[ItemFinding, ...]]:
    """The items of each agency by number, the agencies in the order of ranks."""
    by_agency = {}
    for agency in filter(None, shared.standings):
        table = diagnosis(session, shared.content.results, agency)
        if items := findings(shared.definition, shared.figures, agency, table):
            by_agency[agency] = tuple(sorted(items, key=lambda finding: finding.number))
    return by_agency


def _past_rounds(session: orm.Session, content: Content) -> tuple[PastRound, ...]:
    """The province through the rounds."""
    rounds = []
    for step in series(session, content.results):
        table = step.results.table
        figure = _overall(table[table["agency"] == PROVINCE])
        change = None if step.changes is None else change_of(step.changes, PROVINCE, *OVERALL)
        broken = step.changes is not None and (not step.changes.comparable or step.changes.new_form)
        rounds.append(PastRound(step.results.round.name, figure, change, broken))
    return tuple(rounds)


def _newest_quotes(session: orm.Session, shared: RoundContext) -> tuple[tuple[str, str], ...]:
    """The newest comments that may be shown, of agencies of which anything may be shown."""
    newest = comments.shown(session, shared.round.id, PROVINCE, COMMENTS_READ)
    with_figures = [(c, overall) for c in newest if (overall := shared.figures.overall(c.agency.code)) is not None]
    quotes = [(masked_text(c), shared.agency_name(c.agency.code)) for c, overall in with_figures if overall.n]
    return tuple(quotes[:MOST_QUOTES])


def _theme(theme: Theme) -> str:
    """What comments are about, as it stands within a sentence."""
    name = THEMES.text(theme)
    return name[:1].lower() + name[1:]


def _dimensions(content: Content) -> list[Dimension]:
    """The ways in which respondents are grouped in reports: all but counters."""
    return [dimension for dimension in dimensions(content.definition) if dimension.code != COUNTER]


def _title(content: Content, dimension: Dimension) -> str:
    if dimension.code == CHANNEL:
        return translate(N_("Channel"), "vi")
    if dimension.code in words.DIMENSIONS:
        return words.DIMENSIONS[dimension.code]
    respondent = content.definition.respondent
    return next(q.text.get("vi") for q in (respondent.questions if respondent else ()) if q.code == dimension.code)


def _group_name(content: Content, dimension: Dimension, code: str) -> str:
    if dimension.code == CHANNEL:
        return CHANNELS.text(code)
    if code in (BLANK, HIDDEN):
        return translate(N_("No answer given") if code == BLANK else N_("Not asked"), "vi")
    text = content.definition.labels(dimension.code).get(code)
    return code if text is None else text.get("vi")


def _ordered(dimension: Dimension, codes: list[str]) -> list[str]:
    order = {code: k for k, code in enumerate(dimension.order or CHANNELS)}
    return sorted(codes, key=lambda code: (code in (BLANK, HIDDEN), order.get(code, len(order)), code))


def _group_sizes(
    session: orm.Session, content: Content, dimension: Dimension, agency: str
) -> tuple[str, tuple[RespondentGroup, ...]]:
    """The groups of an agency with their sizes."""
    sizes = group_sizes(session, content.results, dimension, agency)
    codes = _ordered(dimension, list(sizes))
    groups = tuple(RespondentGroup(_group_name(content, dimension, code), sizes[code]) for code in codes)
    return _title(content, dimension), groups


def _group_indices(
    session: orm.Session, content: Content, dimension: Dimension
) -> tuple[str, tuple[RespondentGroup, ...]]:
    """The groups of the province with their indices."""
    table = breakdown(session, content.results, dimension, PROVINCE)
    rows = table[(table["level"] == "overall") & (table[GROUP] != "")]
    figures = {str(group): _overall(rows[rows[GROUP] == group]) for group in rows[GROUP]}
    groups = tuple(
        RespondentGroup(_group_name(content, dimension, code), figure.n, figure)
        for code in _ordered(dimension, list(figures))
        if (figure := figures[code]) is not None
    )
    return _title(content, dimension), groups


def _overall(rows: pd.DataFrame) -> ShownFigure | None:
    return Figures(rows).overall()
