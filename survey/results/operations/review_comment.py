"""A person's decision on a comment: shown or hidden, what of it is masked, and what it speaks of."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean_block, searchable
from survey.models import Comment, CommentState, CommentTheme, Theme
from survey.models.comments import MAX_LENGTH
from survey.results.operations.mask_comment import MaskedKind, mask_comment

ALWAYS = frozenset(kind for kind in MaskedKind if kind is not MaskedKind.NAME)
"""What no reviewer may leave open. A name can be that of a place or an office; there the reviewer decides."""


def review_comment(
    session: orm.Session,
    comment: Comment,
    *,
    show: bool,
    masked: str,
    themes: Collection[Theme],
    actor: Actor,
    zone: str,
) -> None:
    """Show or hide a comment, with the text as the reviewer leaves it; `InputError` for what cannot be shown.

    The audit has the decision and whether the automatic masking was altered, never the words.
    """
    text = clean_block(masked)
    if not text:
        raise InputError("Leave some text, or hide the comment", field="masked")
    if len(text) > MAX_LENGTH:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit",
            field="masked",
            length=len(text),
            most=MAX_LENGTH,
        )
    left = [found for found in mask_comment(text).found if found.kind in ALWAYS]
    if show and left:
        raise InputError(
            "The text still has what can tell who wrote it (%(what)s); put %(mark)s in its place",
            field="masked",
            what=text[left[0].start : left[0].end],
            mark=left[0].kind.value,
        )
    before = {"state": comment.state.value, "themes": [tag.theme.value for tag in comment.themes]}
    comment.state = CommentState.SHOWN if show else CommentState.HIDDEN
    mask_altered = text != mask_comment(comment.text).text
    # what was written goes for good: only what the reviewer left remains
    comment.text = comment.masked = text
    comment.search = searchable(text)
    comment.reviewed_on, comment.reviewed_by_id = actor.now.astimezone(ZoneInfo(zone)).date(), actor.user_id
    kept = {tag.theme: tag for tag in comment.themes}
    comment.themes = [kept.get(theme) or CommentTheme(theme=theme) for theme in sorted(set(themes))]
    comment.touch()
    audit.record(
        session,
        action="comment.shown" if show else "comment.hidden",
        subject=f"comment:{comment.id}",
        actor=actor,
        before=before,
        after={
            "state": comment.state.value,
            "themes": [tag.theme.value for tag in comment.themes],
            "mask_altered": mask_altered,
        },
    )
