"""Comments: a person reads each before it is shown, with what identifies anybody masked already."""

from __future__ import annotations

from urllib.parse import urlencode

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Comment, CommentState, Theme
from survey.results.comments import masked_text
from survey.results.compute import effective_rules
from survey.results.operations.review_comment import review_comment
from survey.results.pages.forms import ReviewForm
from survey.results.pages.pages import RESULT_READERS, REVIEWERS, blueprint
from survey.results.queries import comments
from survey.results.queries.comments import CommentFilter
from survey.web import i18n
from survey.web.context import actor, database
from survey.web.redirects import safe_next

MOST_PAGES = 100_000


@blueprint.get("/y-kien")
@role_required(*RESULT_READERS)
def comment_list() -> str:
    """List comments: to review for those who may, else those shown on the agencies the person answers for."""
    with database().read() as session:
        return _render(session)


@blueprint.post("/y-kien/<int:number>")
@role_required(*REVIEWERS)
def comment_review(number: int) -> Response | tuple[str, int]:
    """Show or hide a comment, and come back to the list."""
    form = ReviewForm.sent(number)
    with database().read() as session:
        _found(session, number)
    if form.validate():
        try:
            with database().write() as session:
                comment = form.current(_found(session, number), f"comment:{number}")
                review_comment(
                    session,
                    comment,
                    show=form.decision.data == "show",
                    masked=form.masked.data,
                    themes=[Theme(name) for name in form.theme.data],
                    actor=actor(),
                    zone=comments.zone_of(session, comment),
                )
        except InputError as error:
            form.refuse(error)
    if form.errors:
        with database().read() as session:
            i18n.shown_at(_back(form))
            comment = _found(session, number)
            return _render(session, (comment, form.merge(ReviewForm.of(comment, _back(form))))), form.status
    flask.flash(_("The comment is saved."))
    return flask.redirect(_back(form), code=303)


def _found(session: orm.Session, number: int) -> Comment:
    """A comment; 404 for any other."""
    return comments.find(session, number) or flask.abort(404)


def _back(form: ReviewForm) -> str:
    """The list that a review came from."""
    return safe_next(form.next.data) or flask.url_for("evaluator.comment_list")


def _render(session: orm.Session, refused: tuple[Comment, ReviewForm] | None = None) -> str:
    """The list asked for; after a refused review, that comment with what was typed."""
    reviewing = flask.g.user.role in REVIEWERS
    asked = _asked()
    visible = users.visible_agencies(session, flask.g.user)
    round_id = next((r.id for r in comments.rounds_spoken_in(session) if r.code == asked.get("dot")), None)
    wanted = CommentFilter(
        round_id=round_id,
        agency=asked.get("co-quan") or None,
        state=_state(asked, reviewing=reviewing),
        theme=Theme(asked["chu-de"]) if asked.get("chu-de") in set(Theme) else None,
        words=clean(asked.get("tim", ""))[:100],
        visible=visible,
        ended_only=not reviewing,
        without=() if visible is None else comments.too_few(session, visible, _fewest(session)),
    )
    number = _page_number(asked)
    found, total = comments.page_of(session, wanted, number)
    here = _address(asked, number)
    rows = [(comment, ReviewForm.of(comment, here) if reviewing else None) for comment in found]
    pages = max(1, -(-total // comments.PAGE))
    return flask.render_template(
        "results/comments.html",
        rows=rows if refused is None else [refused],
        form=refused[1] if refused else None,
        total=total,
        number=number,
        pages=pages,
        reviewing=reviewing,
        wanted=wanted,
        asked=asked,
        state="" if wanted.state is None else wanted.state.value,
        states=list(CommentState),
        counts=comments.by_state(session, visible, round_id) if reviewing else {},
        themes=list(Theme),
        rounds=comments.rounds_spoken_in(session),
        agencies=comments.agencies_spoken_of(session, visible),
        masked_text=masked_text,
        before=_address(asked, number - 1) if number > 1 else None,
        after=_address(asked, number + 1) if number < pages else None,
    )


def _fewest(session: orm.Session) -> dict[int, int]:
    """How many citizens must have answered in each round for anything of them to be shown."""
    return {round_.id: effective_rules(round_).min_n for round_ in comments.rounds_spoken_in(session)}


def _asked() -> dict[str, str]:
    """The filters: in the address, or in where a review came from."""
    return {
        name: flask.request.args.get(name, "") for name in ("dot", "co-quan", "trang-thai", "chu-de", "tim", "trang")
    }


def _state(asked: dict[str, str], *, reviewing: bool) -> CommentState | None:
    """The state asked for: by default those to review; for whoever does not review, those shown alone."""
    if not reviewing:
        return CommentState.SHOWN
    name = asked["trang-thai"]
    if name == "tat-ca":
        return None
    return CommentState(name) if name in set(CommentState) else CommentState.NEW


def _page_number(asked: dict[str, str]) -> int:
    text = asked["trang"]
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _address(asked: dict[str, str], number: int) -> str:
    """The address of a page of this list."""
    filters = {name: value for name, value in asked.items() if value and name != "trang"}
    query = urlencode(filters | ({"trang": str(number)} if number > 1 else {}))
    return flask.url_for("evaluator.comment_list") + (f"?{query}" if query else "")
