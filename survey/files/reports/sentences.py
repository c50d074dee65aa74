"""Facts as Vietnamese sentences, numbers as pages round them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from survey import __version__
from survey.core.numbers import NOTHING, fixed, with_sign
from survey.files.exports import labels
from survey.files.reports import words
from survey.files.reports.context import ReportContext, RoundContext
from survey.files.reports.style import text
from survey.results.charts import IntervalChart
from survey.results.figures import OVERALL, ShownFigure
from survey.results.frame_files import frame_table
from survey.results.league_table import IndexChange
from survey.results.statements import (
    CHANGE_SENTENCES,
    CHANGE_UNKNOWN,
    MOVE_WORDS,
    RANK_ALONE,
    RANK_SENTENCES,
    TARGET_SENTENCES,
    RankRange,
    choose,
)
from survey.results.unanswered import BOUNDS, EFFECTIVE, HOLDS, unanswered
from survey.web.wording import COMPOSITIONS, EXCLUSIONS, FIGURE_WORDS

NBSP = "\N{NO-BREAK SPACE}"


def whole(value: float | None) -> str:
    """A count."""
    return fixed(value, 0)


def percent(value: float) -> str:
    """Percentage points with their sign."""
    written = fixed(value)
    return written if written == NOTHING else f"{written}{NBSP}%"


def signed(value: float) -> str:
    """A difference with its sign."""
    return with_sign(fixed(value))


def interval(low: float, high: float) -> str:
    """An interval in brackets; empty when there is none."""
    return f"({fixed(low)}–{fixed(high)})" if math.isfinite(low) and math.isfinite(high) else ""


def signed_interval(change: IndexChange) -> str:
    """The interval of a change."""
    if not (math.isfinite(change.lo) and math.isfinite(change.hi)):
        return ""
    return f"(từ {signed(change.lo)} đến {signed(change.hi)})"


def verdict(change: IndexChange) -> str:
    """Whether a change is one."""
    return choose(MOVE_WORDS, change).text()


def axis(chart: IntervalChart) -> str:
    """From where to where the axis runs, where it does not show all of 0 to 100."""
    return "" if chart.axis.whole else words.AXIS.format(least=chart.axis.least, most=chart.axis.most)


def confidence(context: RoundContext) -> str:
    """The confidence of the intervals."""
    return f"{fixed(100 * context.rules.confidence, 0)}{NBSP}%"


def why(figure: ShownFigure) -> str:
    """Why a figure is missing or thin; empty when it is neither."""
    return labels.phrase_list(FIGURE_WORDS, " ".join(figure.words))


def reasons(figures: Iterable[ShownFigure]) -> str:
    """Why some of the figures are grey or missing, each reason once; empty when none is."""
    distinct = dict.fromkeys(why(f) for f in figures if f.thin or not f.exists)
    return "; ".join(reason[:1].lower() + reason[1:] for reason in distinct if reason)


def index(context: ReportContext) -> str:
    """What the index is and means."""
    figure = context.overall
    if not figure.exists:
        return words.NO_INDEX.format(why=text(why(figure)))
    if figure.thin:
        return words.INDEX_THIN.format(index=percent(figure.index), why=text(why(figure)))
    sentence = words.INDEX.format(
        index=percent(figure.index),
        confidence=confidence(context),
        interval=interval(figure.lo, figure.hi),
        whole=whole(figure.index),
    )
    sentence += headline(context)
    province = context.figures.overall()
    if not context.agency or province is None or not province.exists:
        return sentence
    return f"{sentence} {words.WHOLE.format(index=percent(province.index))}"


def headline(context: ReportContext) -> str:
    """The hardened or calibrated index where it is the round's headline; empty where it is not, or not told."""
    table = context.content.headline
    found = [] if table is None else table.loc[table["agency"] == context.agency, ["index", "lo", "hi"]].values.tolist()
    if not found:
        return ""
    value, low, high = found[0]
    said = words.HEADLINES[context.rules.headline]
    return " " + said.format(index=percent(value), interval=interval(low, high)).replace("  ", " ")


def frames(context: ReportContext) -> str:
    """People chosen by chance beside those who chose to answer; empty where there are none, or it is not told."""
    found = context.content.frames
    rows = [] if found is None else frame_table(found).to_dict("records")
    own = {str(row["frame"]): row for row in rows if row["agency"] == context.agency}
    if "wall" not in own:
        return ""
    parts = {name: _frame(name, row) for name, row in own.items()}
    apart = "".join(_apart(name, row) for name, row in own.items() if math.isfinite(row["difference"]))
    chance = "; ".join(said for name, said in parts.items() if name != "wall")
    return words.FRAMES.format(parts=chance, wall=parts["wall"], apart=apart)


def _frame(name: str, row: Mapping[Any, Any]) -> str:
    around = interval(row["lo"], row["hi"])
    said = words.FRAME.format(
        name=words.FRAME_NAMES[name], index=percent(row["index"]), interval=around, n=whole(row["n"])
    )
    return said.replace(" ,", ",")


def _apart(name: str, row: Mapping[Any, Any]) -> str:
    ends = {"low": signed(row["difference_lo"]), "high": signed(row["difference_hi"])}
    return words.FRAME_APART.format(points=signed(row["difference"]), name=words.FRAME_NAMES[name], **ends)


def rank(context: ReportContext) -> str:
    """Where an agency stands among the others."""
    standing = context.standings.get(context.agency)
    if standing is not None and standing.alone:
        return RANK_ALONE.text()
    ranks = RankRange(standing.low, standing.high) if standing else RankRange()
    league = standing.league if standing else ""
    ranked = sum(one.league == league and one.low is not None for one in context.standings.values())
    return choose(RANK_SENTENCES, ranks).text(ranked=ranked, low=ranks.low, high=ranks.high)


def change(context: ReportContext) -> str:
    """How the index moved since the last round."""
    since = context.since
    if since is None:
        return words.FIRST_ROUND
    before = text(since.before.name)
    if not since.comparable:
        return words.CHANGE_OTHER.format(before=before)
    moved = overall_change(context)
    if moved is None or not moved.exists:
        return CHANGE_UNKNOWN.text(before=before)
    return choose(CHANGE_SENTENCES, moved).text(
        before=before,
        earlier=percent(moved.before),
        diff=fixed(abs(moved.diff)),
        signed=signed(moved.diff),
        interval=signed_interval(moved),
    )


def targets(context: ReportContext) -> str:
    """Whether the targets are reached, and how many more responses would tell; empty where none is set."""
    said, of_elements = [], []
    for one in context.targets(context.agency):
        if one.element:
            title = context.element_title(one.element)
            of_elements.append(words.TARGET_OF_ELEMENT.format(title=title, target=fixed(one.target), word=one.text))
        else:
            more = one.judgement.more
            sentence = choose(TARGET_SENTENCES, one.judgement)
            said.append(sentence.text(target=fixed(one.target), more="" if more is None else whole(more)))
    if of_elements:
        said.append(words.TARGETS_OF_ELEMENTS.format(what=text("; ".join(of_elements))))
    return " ".join(said)


def overall_change(context: ReportContext) -> IndexChange | None:
    """How the overall index moved: the verdict of the table of ranks, adjusted over all agencies."""
    standing = context.standings.get(context.agency)
    return standing.change if standing else context.change(context.agency, *OVERALL)


def answered(context: ReportContext) -> str:
    """How many answered, of how many."""
    figure = context.overall
    if figure.n is None:
        return words.ANSWERED_HIDDEN
    if not math.isfinite(figure.response_rate):
        return words.ANSWERED_ONLY.format(n=whole(figure.n))
    return words.ANSWERED.format(
        n=whole(figure.n), transactions=whole(figure.population), rate=percent(figure.response_rate)
    )


def excluded(context: RoundContext) -> str:
    """How many responses of the round are not counted, and why; empty when all are."""
    counts = context.excluded
    parts = (f"{whole(n)} phiếu ({EXCLUSIONS.text(code).lower()})" for code, n in counts.items() if n)
    what = ", ".join(parts)
    return words.EXCLUDED.format(what=text(what)) if what else ""


def themes(context: ReportContext) -> str:
    """What the comments speak of; empty when none may be shown."""
    fewest = context.min_n
    few = words.FEW_COMMENTS.format(fewest=fewest)
    parts = (words.THEME.format(name=name, n=few if n is None else whole(n)) for name, n in context.themes)
    what = ", ".join(parts)
    return words.THEMES_LEAD.format(themes=text(what)) if what else ""


def method(context: RoundContext) -> list[str]:
    """How the figures were computed and what they cannot show."""
    rules, version = context.rules, context.version
    values = {
        "composition": COMPOSITIONS.text(rules.composition),
        "confidence": confidence(context),
        "fpc": words.FPC if rules.fpc else words.NO_FPC,
        "min_n_interval": rules.min_n_interval,
        "min_n": rules.min_n,
        "questionnaire": context.definition.code,
        "version": version.number,
        "content_hash": version.content_hash[:12],
        "software": __version__,
        "edition": edition(context),
    }
    return [line.format(**values) for line in words.METHOD_LINES]


def unanswered_lines(context: ReportContext) -> list[str]:
    """What those who did not answer could change in the overall index, one paragraph; none where N is not known."""
    said = unanswered_sentences(context)
    return [" ".join(said)] if said else []


def unanswered_sentences(context: ReportContext) -> list[str]:
    """What those who did not answer could change in the overall index; none where N is not known.

    The report of an agency has two pages and room for one sentence.
    """
    one = unanswered(context.overall, context.rules.statistic)
    if one is None:
        return []
    bounds = BOUNDS.text(low=fixed(one.worst), high=fixed(one.best))
    if one.down is None:
        return [bounds]
    said = [HOLDS.text(rate=fixed(one.rate), down=fixed(one.down))]
    if not context.agency:
        sizes = [(bias, people) for bias, people in one.effective if people < one.n]
        said.append(bounds)
        said += [EFFECTIVE.text(bias=bias, n=whole(one.n), people=whole(round(people))) for bias, people in sizes]
    return said


def edition(context: RoundContext) -> str:
    """Whether these figures were published."""
    published = context.edition
    if published is None:
        return words.NOT_PUBLISHED
    same = words.SAME if published.same else words.NOT_SAME
    return words.PUBLISHED.format(day=published.day, edition=published.number, hash=published.results_hash, same=same)
