"""Report context: every fact a report prints, in one object that is built before anything is drawn.

`load` makes it; the parts of a report take it and read nothing else, neither the database nor the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.scheme import Rules
from survey.files.exports.content import Content
from survey.models import AgencyKind, QuestionnaireVersion, Round
from survey.questionnaires import Definition
from survey.results.agency_standing import TargetStanding, target_standing
from survey.results.bars import Bars
from survey.results.comparisons import Changes
from survey.results.diagnosis import Contrast
from survey.results.figures import ALL_SERVICES, OVERALL, Figures, ShownFigure
from survey.results.item_lines import ItemLines
from survey.results.league_table import IndexChange, LeagueRow, change_of
from survey.results.sensitivity import Sensitivity
from survey.results.strengths import ItemFinding


@dataclass(frozen=True)
class PublishedEdition:
    """What was published of the round, and whether these figures are the same."""

    number: int
    day: str
    results_hash: str
    same: bool


@dataclass(frozen=True)
class PastRound:
    """One round of the series that ends with the one reported on."""

    name: str
    figure: ShownFigure | None
    #: since the round before; None for the first
    change: IndexChange | None
    #: whether the questions or the rule differ from the round before
    broken: bool


@dataclass(frozen=True)
class RespondentGroup:
    """Respondents who have something in common."""

    name: str
    #: None where it must not be printed
    n: int | None
    #: None where it was not computed
    figure: ShownFigure | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class RoundContext:
    """Facts that all reports of a round share: read once, however many reports are written."""

    content: Content
    figures: Figures
    #: the province under "", then the agencies by rank
    standings: Mapping[str, LeagueRow]
    #: every figure of agencies and province since the last round; None without one
    since: Changes | None
    edition: PublishedEdition | None
    #: of the questionnaire the round asked
    version: QuestionnaireVersion
    #: whether the figures are those of the demonstration
    demo: bool

    @property
    def round(self) -> Round:
        """The round reported on."""
        return self.content.results.round

    @property
    def rules(self) -> Rules:
        """The scoring rules of the round."""
        return self.content.results.rules

    @property
    def definition(self) -> Definition:
        """The questionnaire itself."""
        return self.content.definition

    @property
    def min_n(self) -> int:
        """The fewest people of whom anything is printed."""
        return self.content.results.disclosure.min_n

    @property
    def bars(self) -> Bars:
        """The weighted shares of the answers to each item."""
        return self.content.bars

    @property
    def excluded(self) -> Mapping[str, int]:
        """How many responses are not counted, by reason."""
        return self.content.results.excluded

    @property
    def administration(self) -> str:
        """The name of the administration the round is about; empty where no single agency stands for it."""
        roots = [a for a in self.content.agencies.values() if a.kind is AgencyKind.PROVINCE and a.parent_id is None]
        return roots[0].name if len(roots) == 1 else ""

    @property
    def statements(self) -> dict[str, str]:
        """The questionnaire's items in their order: code and Vietnamese statement."""
        return {item.code: item.text.get("vi") for item in self.definition.items}

    def agency_name(self, code: str) -> str:
        """An agency's Vietnamese name; "" is the province."""
        return self.content.agency_name(code)

    def change(self, agency: str, level: str, key: str) -> IndexChange | None:
        """How a figure moved since the last round."""
        return None if self.since is None else change_of(self.since, agency, level, key)

    def targets(self, agency: str) -> list[TargetStanding]:
        """The targets of an agency ("": the province) with what the data say of them, the overall one first."""
        results = self.content.results
        return [
            target_standing(results, element, value, self.figures.find(agency, ALL_SERVICES, *_figure_of(element)))
            for (code, element), value in sorted(results.targets.items())
            if code == agency
        ]

    def element_title(self, code: str) -> str:
        """An element's Vietnamese title; "" is the whole."""
        return next((e.title.get("vi") for e in self.definition.elements if e.code == code), "")


@dataclass(frozen=True, eq=False, kw_only=True)
class ReportContext(RoundContext):
    """All facts of one report: of an agency, or of the province (agency "")."""

    agency: str
    #: name as the report's head prints it
    name: str
    #: name of the agency above it; empty for the province
    above: str
    kind: AgencyKind
    overall: ShownFigure
    #: figures of the items, all services together, in the questionnaire's order
    items: tuple[ShownFigure, ...]
    #: significantly better and worse than other agencies; empty where none is, or for the province
    strengths: tuple[ItemFinding, ...] = ()
    weaknesses: tuple[ItemFinding, ...] = ()
    #: its own highest and lowest items, where none is significantly better or worse
    highest: tuple[ItemFinding, ...] = ()
    lowest: tuple[ItemFinding, ...] = ()
    #: what is said of the worst and the best items, each once
    lines: tuple[ItemLines, ...] = ()
    #: respondents by channel, and by what they said of themselves and their dossier
    groups: tuple[tuple[str, tuple[RespondentGroup, ...]], ...]
    #: comments that may be shown, the newest first, with the agency each is about
    quotes: tuple[tuple[str, str], ...]
    #: themes of the comments that may be shown, with their counts; None for fewer than may be printed
    themes: tuple[tuple[str, int | None], ...]
    #: the rounds up to this one, the earliest first; for the province alone
    past: tuple[PastRound, ...] = ()
    #: how every agency compares with the others, by (agency, level, key); for the province alone
    contrasts: Mapping[tuple[str, str, str], Contrast] = field(default_factory=dict)
    #: items of every agency that can be compared, by number; for the province alone
    findings: Mapping[str, tuple[ItemFinding, ...]] = field(default_factory=dict)
    #: what the index would be without doubtful responses; for the province alone
    doubts: Sensitivity | None = None


def _figure_of(element: str) -> tuple[str, str]:
    """Level and key of the figure that a target is held against."""
    return ("element", element) if element else OVERALL
