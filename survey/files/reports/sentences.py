"""Facts as Vietnamese sentences, numbers as pages round them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from survey import __version__
from survey.core.numbers import NOTHING, fixed, with_sign
from survey.files.exports import labels
from survey.files.reports import words
from survey.files.reports.facts import Facts, Ground
from survey.files.reports.style import text
from survey.results.figures import OVERALL, Figure
from survey.results.standings import Change

NBSP = "\N{NO-BREAK SPACE}"


def whole(value: float | None) -> str:
    """Return a count."""
    return fixed(value, 0)


def percent(value: float) -> str:
    """Return percentage points with their sign."""
    written = fixed(value)
    return written if written == NOTHING else f"{written}{NBSP}%"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return with_sign(fixed(value))


def interval(low: float, high: float) -> str:
    """Return an interval in brackets; empty when there is none."""
    return f"({fixed(low)}–{fixed(high)})" if math.isfinite(low) and math.isfinite(high) else ""


def signed_interval(change: Change) -> str:
    """Return the interval of a change."""
    if not (math.isfinite(change.lo) and math.isfinite(change.hi)):
        return ""
    return f"(từ {signed(change.lo)} đến {signed(change.hi)})"


def verdict(change: Change) -> str:
    """Return whether a change is one."""
    if not change.sure:
        return words.VERDICT_UNSURE
    return words.VERDICT_UP if change.diff > 0 else words.VERDICT_DOWN


def confidence(ground: Ground) -> str:
    """Return the confidence of the intervals."""
    return f"{fixed(100 * ground.content.results.rules.confidence, 0)}{NBSP}%"


def why(figure: Figure) -> str:
    """Return why a figure is missing or thin; empty when it is neither."""
    known = {**labels.STATUS, **labels.WARNINGS}
    return "; ".join(labels.word(known, word) for word in figure.words)


def reasons(figures: Iterable[Figure]) -> str:
    """Return why some of the figures are grey or missing, each reason once; empty when none is."""
    told = dict.fromkeys(why(f) for f in figures if f.thin or not f.exists)
    return "; ".join(reason[:1].lower() + reason[1:] for reason in told if reason)


def index(facts: Facts) -> str:
    """Return what the index is and means."""
    figure = facts.overall
    if not figure.exists:
        return words.NO_INDEX.format(why=text(why(figure)))
    if figure.thin:
        return words.INDEX_THIN.format(index=percent(figure.index), why=text(why(figure)))
    told = words.INDEX.format(
        index=percent(figure.index),
        confidence=confidence(facts.ground),
        interval=interval(figure.lo, figure.hi),
        whole=whole(figure.index),
    )
    province = facts.ground.figures.overall()
    if not facts.agency or province is None or not province.exists:
        return told
    return f"{told} {words.WHOLE.format(index=percent(province.index))}"


def rank(facts: Facts) -> str:
    """Return where an agency stands among the others."""
    standing = facts.ground.standings.get(facts.agency)
    if standing is None or standing.low is None or standing.high is None:
        return words.NO_RANK
    pattern = words.RANK_ONE if standing.low == standing.high else words.RANK
    return pattern.format(ranked=facts.ground.ranked, low=standing.low, high=standing.high)


def change(facts: Facts) -> str:
    """Return how the index moved since the last round."""
    since = facts.ground.since
    if since is None:
        return words.FIRST_ROUND
    before = text(since.before.name)
    if not since.comparable:
        return words.CHANGE_OTHER.format(before=before)
    moved = overall_change(facts)
    if moved is None or not moved.exists:
        return words.CHANGE_NONE.format(before=before)
    values = {"before": before, "earlier": percent(moved.before), "interval": signed_interval(moved)}
    if not moved.sure:
        return words.CHANGE_UNSURE.format(diff=signed(moved.diff), **values)
    way = words.UP if moved.diff > 0 else words.DOWN
    return words.CHANGE_SURE.format(way=way, diff=fixed(abs(moved.diff)), **values)


def overall_change(facts: Facts) -> Change | None:
    """Return how the overall index moved: the verdict of the table of ranks, adjusted over all agencies."""
    standing = facts.ground.standings.get(facts.agency)
    return standing.change if standing else facts.ground.change(facts.agency, *OVERALL)


def answered(facts: Facts) -> str:
    """Return how many answered, of how many."""
    figure = facts.overall
    if figure.n is None:
        return words.ANSWERED_HIDDEN
    if not math.isfinite(figure.response_rate):
        return words.ANSWERED_ONLY.format(n=whole(figure.n))
    return words.ANSWERED.format(
        n=whole(figure.n), transactions=whole(figure.population), rate=percent(figure.response_rate)
    )


def excluded(ground: Ground) -> str:
    """Return how many responses of the round are not counted, and why; empty when all are."""
    found = ground.content.results.excluded
    told = (f"{whole(n)} phiếu ({labels.word(labels.EXCLUSIONS, code).lower()})" for code, n in found.items() if n)
    what = ", ".join(told)
    return words.EXCLUDED.format(what=text(what)) if what else ""


def themes(facts: Facts) -> str:
    """Return what the comments speak of; empty when none may be shown."""
    fewest = facts.ground.content.results.disclosure.min_n
    few = words.FEW_COMMENTS.format(fewest=fewest)
    told = (words.THEME.format(name=name, n=few if n is None else whole(n)) for name, n in facts.themes)
    what = ", ".join(told)
    return words.THEMES_LEAD.format(themes=text(what)) if what else ""


def method(ground: Ground) -> list[str]:
    """Return how the figures were made and what they cannot tell."""
    results = ground.content.results
    rules, version = results.rules, ground.version
    values = {
        "composition": words.COMPOSITION.get(rules.composition, rules.composition),
        "confidence": confidence(ground),
        "fpc": words.FPC if rules.fpc else words.NO_FPC,
        "min_n_interval": rules.min_n_interval,
        "min_n": rules.min_n,
        "questionnaire": results.definition.code,
        "version": version.number,
        "content_hash": version.content_hash[:12],
        "software": __version__,
        "edition": edition(ground),
    }
    return [line.format(**values) for line in words.METHOD_LINES]


def edition(ground: Ground) -> str:
    """Return whether these figures were published."""
    found = ground.edition
    if found is None:
        return words.NOT_PUBLISHED
    same = words.SAME if found.same else words.NOT_SAME
    return words.PUBLISHED.format(day=found.day, edition=found.number, hash=found.results_hash, same=same)
