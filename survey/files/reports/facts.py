"""What a report tells, read once from the same places as the pages and the files; drawing knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.files.exports import labels
from survey.files.exports.content import Content, load_content
from survey.files.reports import words
from survey.models import AgencyKind, Installation, QuestionnaireVersion
from survey.publication.editions import published, results_hash
from survey.questionnaires.definition import BLANK, HIDDEN
from survey.results.breakdowns import CHANNEL, COUNTER, GROUP, Dimension, breakdown, dimensions, group_sizes
from survey.results.comments import masked_text, voices
from survey.results.comparisons import Changes, series
from survey.results.doubts import Doubts, doubts
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, Figure, Figures
from survey.results.findings import FEW, Finding, findings, highest, lowest, strengths, weaknesses
from survey.results.insights import Contrast, contrasts, diagnosis
from survey.results.queries import comments
from survey.results.standings import Change, Standing, change_of, league

QUOTES = 5
"""Comments that are told at most; how many are printed depends on the room."""
READ = 100
"""Comments looked through for those of the province."""


@dataclass(frozen=True)
class Edition:
    """What was published of the round, and whether these figures are the same."""

    number: int
    day: str
    results_hash: str
    same: bool


@dataclass(frozen=True, eq=False)
class Ground:
    """What all reports of a round share: read once, however many are written."""

    content: Content
    figures: Figures
    #: the province under "", then the agencies by rank
    standings: Mapping[str, Standing]
    #: agencies with a rank
    ranked: int
    #: every figure of agencies and province since the last round; None without one
    since: Changes | None
    edition: Edition | None
    #: of the questionnaire
    version: QuestionnaireVersion
    #: whether the figures are those of the demonstration
    demo: bool

    def change(self, agency: str, level: str, key: str) -> Change | None:
        """Return how a figure moved since the last round."""
        return None if self.since is None else change_of(self.since, agency, level, key)

    @property
    def whole(self) -> str:
        """The name of the administration the round is about."""
        found = [a for a in self.content.agencies.values() if a.kind is AgencyKind.PROVINCE and a.parent_id is None]
        return found[0].name if len(found) == 1 else ""


@dataclass(frozen=True)
class Past:
    """One round of the series that ends with the one reported on."""

    name: str
    figure: Figure | None
    #: since the round before; None for the first
    change: Change | None
    #: whether the questions or the rule differ from the round before
    broken: bool


@dataclass(frozen=True)
class Group:
    """Respondents who have something in common."""

    name: str
    #: None where it must not be told
    n: int | None
    #: None where it was not worked out
    figure: Figure | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """What the report of an agency (or of the province, "") tells."""

    ground: Ground
    agency: str
    #: the agency above it
    above: str
    kind: AgencyKind
    overall: Figure
    #: surely better and surely worse than other agencies; empty where none is, or for the province
    strong: tuple[Finding, ...]
    weak: tuple[Finding, ...]
    #: its own highest and lowest items, where none is surely better or worse
    high: tuple[Finding, ...]
    low: tuple[Finding, ...]
    #: respondents by channel, and by what they said of themselves and their dossier
    groups: tuple[tuple[str, tuple[Group, ...]], ...]
    #: comments that may be shown, the newest first, with the agency each speaks of
    quotes: tuple[tuple[str, str], ...]
    #: themes of the comments that may be shown; None for fewer than may be told
    themes: tuple[tuple[str, int | None], ...]
    #: the rounds up to this one, the earliest first; for the province alone
    past: tuple[Past, ...] = ()
    #: how every agency stands against the others, by (agency, level, key); for the province alone
    contrasts: Mapping[tuple[str, str, str], Contrast] = field(default_factory=dict)
    #: the items of every agency of which it can be told how they stand, by number; for the province alone
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    #: what the index would be without doubtful responses; for the province alone
    doubts: Doubts | None = None

    @property
    def name(self) -> str:
        """The agency's name, or that of the administration as a whole."""
        content = self.ground.content
        return content.agency_name(self.agency) if self.agency else self.ground.whole or labels.PROVINCE[0]


def load_ground(session: orm.Session, round_code: str) -> Ground:
    """Return what all reports of a round share. Raises `InputError` for an unknown round."""
    content = load_content(session, round_code)
    results = content.results
    figures = Figures(results.table)
    standings, since = league(session, results, figures)
    found = published(session, round_code)
    edition = None
    if found is not None:
        zone = ZoneInfo(results.round.zone)
        day = f"{found.published_at.astimezone(zone):%d/%m/%Y}" if found.published_at else ""
        same = found.results_hash == results_hash(results.table)
        edition = Edition(found.edition or 0, day, found.results_hash, same)
    return Ground(
        content=content,
        figures=figures,
        standings={standing.figure.agency: standing for standing in standings},
        ranked=sum(standing.low is not None for standing in standings),
        since=since,
        edition=edition,
        version=results.round.version,
        demo=bool(session.scalar(sa.select(Installation.is_demo))),
    )


def reported(ground: Ground) -> tuple[str, ...]:
    """Return the agencies there is a report of: those with responses, by code."""
    return tuple(sorted(ground.figures.agencies))


def agency_facts(session: orm.Session, ground: Ground, agency: str) -> Facts:
    """Return the facts of an agency's report. Raises `InputError` for one without responses in the round."""
    content = ground.content
    overall = ground.figures.overall(agency)
    if not agency or overall is None or agency not in content.agencies:
        code = content.results.round.code
        raise InputError("Round %(code)s has no figures of agency %(agency)s", code=code, agency=agency)
    known = content.agencies[agency]
    above = next((a.name for a in content.agencies.values() if a.id == known.parent_id), "")
    found = findings(content.definition, ground.figures, agency, diagnosis(session, content.results, agency))
    heard = voices(session, content.results, ground.figures, agency)
    return Facts(
        ground=ground,
        agency=agency,
        above=above,
        kind=known.kind,
        overall=overall,
        strong=tuple(strengths(found)[-FEW:][::-1]),
        weak=tuple(weaknesses(found)[:FEW]),
        high=tuple(highest(found)),
        low=tuple(lowest(found)),
        groups=tuple(_sizes(session, content, dimension, agency) for dimension in _told(content)),
        quotes=tuple((masked_text(comment), known.name) for comment in heard.comments[:QUOTES]) if heard else (),
        themes=tuple((words.THEMES.get(t.value, t.value), n) for t, n in heard.themes) if heard else (),
    )


def province_facts(session: orm.Session, ground: Ground) -> Facts:
    """Return the facts of the province's report. Raises `InputError` for a round without responses."""
    content = ground.content
    overall = ground.figures.overall()
    if overall is None:
        raise InputError("Round %(code)s has no responses yet", code=content.results.round.code)
    rule = content.results.disclosure
    counts = comments.themes(session, content.results.round.id, PROVINCE) if overall.n else {}
    return Facts(
        ground=ground,
        agency=PROVINCE,
        above="",
        kind=AgencyKind.PROVINCE,
        overall=overall,
        strong=(),
        weak=(),
        high=(),
        low=(),
        groups=tuple(_figures(session, content, dimension) for dimension in _told(content)),
        quotes=_newest(session, ground) if overall.n else (),
        themes=tuple((words.THEMES.get(t.value, t.value), n if rule.shows(n) else None) for t, n in counts.items()),
        past=_past(session, content),
        contrasts=contrasts(session, content.results),
        findings=_every_finding(session, ground),
        doubts=doubts(session, content.results, wait=True),
    )


def _every_finding(session: orm.Session, ground: Ground) -> dict[str, tuple[Finding, ...]]:
    """Return the items of each agency by number, the agencies in the order of ranks."""
    content, made = ground.content, {}
    for agency in filter(None, ground.standings):
        table = diagnosis(session, content.results, agency)
        if found := findings(content.definition, ground.figures, agency, table):
            made[agency] = tuple(sorted(found, key=lambda finding: finding.number))
    return made


def _past(session: orm.Session, content: Content) -> tuple[Past, ...]:
    """Return the province through the rounds."""
    found = []
    for step in series(session, content.results):
        table = step.results.table
        figure = _overall(table[table["agency"] == PROVINCE])
        change = None if step.changes is None else change_of(step.changes, PROVINCE, *OVERALL)
        broken = step.changes is not None and not step.changes.comparable
        found.append(Past(step.results.round.name, figure, change, broken))
    return tuple(found)


def _newest(session: orm.Session, ground: Ground) -> tuple[tuple[str, str], ...]:
    """Return the newest comments that may be shown, of agencies of which anything may be shown."""
    round_id = ground.content.results.round.id
    found = comments.shown(session, round_id, PROVINCE, READ)
    spoken_of = [(c, overall) for c in found if (overall := ground.figures.overall(c.agency.code)) is not None]
    told = [(masked_text(c), ground.content.agency_name(c.agency.code)) for c, overall in spoken_of if overall.n]
    return tuple(told[:QUOTES])


def items(facts: Facts) -> list[Figure]:
    """Return the figures of the items, all services together, in the order of the questionnaire."""
    found = (
        facts.ground.figures.find(facts.agency, ALL_SERVICES, "item", item.code)
        for item in facts.ground.content.definition.items
    )
    return [figure for figure in found if figure is not None]


def _told(content: Content) -> list[Dimension]:
    return [dimension for dimension in dimensions(content.definition) if dimension.code != COUNTER]


def _title(content: Content, dimension: Dimension) -> str:
    if dimension.code in words.DIMENSIONS:
        return words.DIMENSIONS[dimension.code]
    asked = content.definition.respondent
    return next(q.text.get("vi") for q in (asked.questions if asked else ()) if q.code == dimension.code)


def _name(content: Content, dimension: Dimension, code: str) -> str:
    if dimension.code == CHANNEL:
        return labels.word(labels.CHANNELS, code)
    special = {BLANK: words.NO_ANSWER, HIDDEN: words.NOT_ASKED}
    if code in special:
        return special[code]
    text = content.definition.labels(dimension.code).get(code)
    return code if text is None else text.get("vi")


def _ordered(dimension: Dimension, codes: list[str]) -> list[str]:
    order = {code: k for k, code in enumerate(dimension.order or labels.CHANNELS)}
    return sorted(codes, key=lambda code: (code in (BLANK, HIDDEN), order.get(code, len(order)), code))


def _sizes(session: orm.Session, content: Content, dimension: Dimension, agency: str) -> tuple[str, tuple[Group, ...]]:
    """Return the groups of an agency with their sizes."""
    sizes = group_sizes(session, content.results, dimension, agency)
    found = tuple(Group(_name(content, dimension, code), sizes[code]) for code in _ordered(dimension, list(sizes)))
    return _title(content, dimension), found


def _figures(session: orm.Session, content: Content, dimension: Dimension) -> tuple[str, tuple[Group, ...]]:
    """Return the groups of the province with their indices."""
    table = breakdown(session, content.results, dimension, PROVINCE)
    rows = table[(table["level"] == "overall") & (table[GROUP] != "")]
    made = {str(group): _overall(rows[rows[GROUP] == group]) for group in rows[GROUP]}
    found = tuple(
        Group(_name(content, dimension, code), figure.n, figure)
        for code in _ordered(dimension, list(made))
        if (figure := made[code]) is not None
    )
    return _title(content, dimension), found


def _overall(rows: pd.DataFrame) -> Figure | None:
    return Figures(rows).overall()
