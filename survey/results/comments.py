"""Comments on an agency: those reviewed to be shown, and how many are about each theme."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import orm

from survey.models import Comment, Theme
from survey.results.compute import RoundResults
from survey.results.figures import Figures
from survey.results.operations.mask_comment import mask_comment
from survey.results.queries import comments

SHOWN = 10


@dataclass(frozen=True)
class CommentSummary:
    """Comments on an agency that may be shown."""

    comments: tuple[Comment, ...]
    #: theme and number of comments; None for fewer than may be shown
    themes: tuple[tuple[Theme, int | None], ...]
    #: fewer than this many are not shown as a number
    fewest: int


def comment_summary(
    session: orm.Session, results: RoundResults, figures: Figures, agency: str
) -> CommentSummary | None:
    """What citizens say of an agency; None for the province and where too few answered to show anything."""
    overall = figures.overall(agency)
    if not agency or overall is None or not overall.n:
        return None
    rule = results.disclosure
    counts = comments.themes(session, results.round.id, agency)
    return CommentSummary(
        comments=tuple(comments.shown(session, results.round.id, agency, SHOWN)),
        themes=tuple((theme, number if rule.shows(number) else None) for theme, number in counts.items()),
        fewest=rule.min_n,
    )


def masked_text(comment: Comment) -> str:
    """What may be shown of a comment: as its reviewer left it, else masked by rule."""
    return comment.masked if comment.masked is not None else mask_comment(comment.text).text
