"""Pages of publication, for evaluators and administrators. What they show is what was frozen, not what is live."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.collect.queries.evidence import waiting_batches
from survey.collect.queries.withdrawals import waiting_withdrawals
from survey.core.errors import InputError
from survey.models import Publication, PublicationState, Role, Round, RoundState
from survey.publication.editions import (
    Recomputed,
    decided_in,
    exclusions_of,
    freeze,
    late_in,
    recompute,
    replaced_rules,
)
from survey.publication.forms import DecisionForm, DraftForm
from survey.publication.looked_at import places_of
from survey.publication.operations import publish_round
from survey.publication.operations.name_decision import facts_of, name_decision
from survey.publication.page_data import frozen_page
from survey.publication.queries import editions as edition_queries
from survey.publication.queries.four_eyes import WAIT, FourEyes, assess_four_eyes
from survey.results.figures import OVERALL
from survey.results.operations.settle_closed import late_are_few
from survey.results.place_sentences import smallest_movement
from survey.structure.queries import rounds as round_queries
from survey.structure.queries.counted import held_back
from survey.web import i18n
from survey.web.context import actor, database, error_message, now, today, user

blueprint = flask.Blueprint("publishing", __name__, url_prefix="/danh-gia/<round_code>/cong-bo")
PUBLISHERS = (Role.ADMIN, Role.EVALUATOR)
SHOWN_DIFFERENCES = 50


@blueprint.get("")
@role_required(*PUBLISHERS)
def steps(round_code: str) -> str:
    """Show how far a round's publication has come, with all its editions."""
    with database().read() as session:
        return _steps(session, _round(session, round_code), DraftForm())


@blueprint.post("")
@role_required(*PUBLISHERS)
def draft(round_code: str) -> Response | tuple[str, int]:
    """Freeze the results as a draft."""
    form = DraftForm()
    if form.validate():
        try:
            _freeze(round_code, form.reason.data, few="count" in (form.few.data or ()))
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            return _steps(session, _round(session, round_code), form), 422
    flask.flash(_("The results are frozen as a draft. A second person reviews them now."))
    return flask.redirect(flask.url_for("publishing.steps", round_code=round_code), code=303)


@blueprint.get("/<int:number>")
@role_required(*PUBLISHERS)
def edition(round_code: str, number: int) -> str:
    """Show what an edition froze, and whether the stored answers still give the same."""
    with database().read() as session:
        found = _publication(session, round_code, number)
        return _edition(session, found, _decision_form(found))


@blueprint.post("/<int:number>/quyet-dinh")
@role_required(*PUBLISHERS)
def decision(round_code: str, number: int) -> Response | tuple[str, int]:
    """Let the edition name the decision that approves and publishes it."""
    form = DecisionForm()
    if form.validate():
        try:
            with database().write() as session:
                found = _publication(session, round_code, number)
                form.require_state(repr(facts_of(found)), f"round:{round_code}")
                name_decision(
                    session,
                    found,
                    number=form.number.data,
                    on=form.on.data,
                    link=form.link.data,
                    today=today(),
                    actor=actor(),
                )
        except InputError as error:
            form.refuse(error)
    at = flask.url_for("publishing.edition", round_code=round_code, number=number)
    if form.mistakes:
        with database().read() as session:
            i18n.shown_at(at)
            found = _publication(session, round_code, number)
            return _edition(session, found, form.merge(_decision_form(found))), form.status
    flask.flash(_("The edition names its decision now."))
    return flask.redirect(at, code=303)


def _decision_form(found: Publication) -> DecisionForm:
    """The form of the decision that an edition names."""
    form = DecisionForm(formdata=None)
    form.number.data, form.on.data = found.decision_number or "", found.decision_on
    form.link.data = found.decision_link or ""
    return form.opened_for(repr(facts_of(found)))


def _edition(session: orm.Session, found: Publication, form: DecisionForm) -> str:
    page = frozen_page(session, found, i18n.current_language().code)
    again: Recomputed = recompute(session, found)
    eyes = _eyes(session, found)
    return flask.render_template(
        "publication/publishing/edition.html",
        form=form,
        round=found.round,
        publication=found,
        page=page,
        columns=[OVERALL, *(("element", element.code) for element in page.definition.elements)],
        again=again,
        differences=again.differences[:SHOWN_DIFFERENCES],
        batches=decided_in(found),
        exclusions=exclusions_of(found),
        late=late_in(found),
        places=places_of(found),
        smallest=smallest_movement,
        new_rules=replaced_rules(found, edition_queries.edition_before(session, found)),
        may_review=found.state is PublicationState.DRAFT and found.drafted_by_id != user().id,
        eyes=eyes,
        problems=[error_message(error) for error in eyes.problems] if eyes else [],
        opens_at=found.reviewed_at + WAIT if found.reviewed_at else None,
    )


@blueprint.post("/<int:number>/duyet")
@role_required(*PUBLISHERS)
def review(round_code: str, number: int) -> Response:
    """Say that the draft was looked through."""
    return _change(
        round_code, number, publish_round.review_publication, _("Reviewed. The edition can now be published.")
    )


@blueprint.post("/<int:number>/cong-khai")
@role_required(*PUBLISHERS)
def publish(round_code: str, number: int) -> Response:
    """Open the edition to everyone."""
    return _change(round_code, number, publish_round.publish, _("Published. Everyone can see this edition now."))


@blueprint.post("/<int:number>/rut-lai")
@role_required(*PUBLISHERS)
def withdraw(round_code: str, number: int) -> Response:
    """Put the draft aside."""
    return _change(round_code, number, publish_round.withdraw_publication, _("The draft was withdrawn."))


def _eyes(session: orm.Session, publication: Publication) -> FourEyes | None:
    """What stands against the two people of a draft; of one that nobody reviewed, with who looks as second."""
    second = publication.reviewed_by
    if publication.state is PublicationState.DRAFT and publication.drafted_by_id != user().id:
        second = users.by_id(session, user().id)
    if second is None or publication.state not in publish_round.PENDING:
        return None
    return assess_four_eyes(session, publication.drafted_by, second, now())


def _change(round_code: str, number: int, operation: Callable[..., None], done: str) -> Response:
    """Carry out one step; what stands against it is said on the page."""
    try:
        with database().write() as session:
            publication = _publication(session, round_code, number)
            operation(session, publication, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return flask.redirect(flask.url_for("publishing.edition", round_code=round_code, number=number), code=303)
    flask.flash(done)
    return flask.redirect(flask.url_for("publishing.steps", round_code=round_code), code=303)


def _freeze(round_code: str, reason: str, *, few: bool) -> None:
    """Work out the results outside the transaction that stores them: the writers' lock is held for a moment only."""
    with database().read() as session:
        frozen = freeze(session, _round(session, round_code).code, few=few)
    with database().write() as session:
        publish_round.draft_publication(
            session,
            _round(session, round_code),
            content=frozen.content,
            results_hash=frozen.results_hash,
            actor=actor(),
            reason=reason,
        )


def _steps(session: orm.Session, round_: Round, form: DraftForm) -> str:
    found = edition_queries.editions(session, round_.code)
    pending = next((p for p in found if p.state in publish_round.PENDING), None)
    return flask.render_template(
        "publication/publishing/steps.html",
        round=round_,
        editions=found,
        pending=pending,
        may_draft=pending is None and round_.state in (RoundState.CLOSED, RoundState.PUBLISHED),
        corrects=any(p.edition for p in found),
        form=form,
        waiting=waiting_batches(session, round_.id),
        withdrawals=waiting_withdrawals(session, round_.id),
        late=sum(held_back(session, round_.id)),
        few=late_are_few(session, round_),
    )


def _round(session: orm.Session, round_code: str) -> Round:
    """A round; 404 for any other."""
    try:
        return round_queries.by_code(session, round_code)
    except InputError:
        flask.abort(404)


def _publication(session: orm.Session, round_code: str, number: int) -> Publication:
    """A publication of the round; 404 for any other."""
    found = edition_queries.edition_of(session, round_code, number)
    if found is None:
        flask.abort(404)
    return found
