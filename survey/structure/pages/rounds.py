"""Rounds: planning one, its questionnaire and index rule, opening and closing it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from scoring.scheme import Rules
from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import QuestionnaireVersion, Round, RoundState
from survey.models.rounds import USUAL_SECOND_PASS, USUAL_SPOT_CHECK
from survey.questionnaires import from_canonical
from survey.structure.operations.change_round import change_round
from survey.structure.operations.close_round import close_round
from survey.structure.operations.open_round import RoundPlan, check_rules, create_round
from survey.structure.pages.common import (
    ROUND_EDITORS,
    STRUCTURE_EDITORS,
    blueprint,
    go,
    go_on,
    round_of,
    scope_words,
    state_words,
    submit,
)
from survey.structure.pages.forms import PlanForm
from survey.structure.pages.rules_form import RulesForm, Weight, rule_values, rules_of, weights, weights_form
from survey.structure.queries import names, structure
from survey.structure.queries import rounds as round_queries
from survey.web import i18n
from survey.web.context import actor, database, error_message, now, settings, today, user
from survey.web.i18n import local_name


@blueprint.get("/dot")
@role_required(*ROUND_EDITORS)
def rounds() -> str:
    """List the rounds, the newest first."""
    with database().read() as session:
        return flask.render_template(
            "structure/rounds.html", rounds=round_queries.all_rounds(session), states=state_words(), now=now()
        )


@blueprint.get("/dot/them")
@role_required(*ROUND_EDITORS)
def new_round() -> str:
    """Show the form for a round of thirty days from today, with the questionnaire of the last one."""
    first = today()
    values: dict[str, Any] = {
        "opens_on": first,
        "closes_on": first + timedelta(days=29),
        "second_pass": USUAL_SECOND_PASS,
        "spot_check": USUAL_SPOT_CHECK,
        **rule_values(Rules.new(check_rules(None)), ()),
    }
    with database().read() as session:
        version = round_queries.usual_version(session)
        values["version"] = str(version.id) if version is not None else ""
        return _page(session, None, _form(session, None, values))


@blueprint.post("/dot/them")
@role_required(*ROUND_EDITORS)
def plan_round() -> Response | tuple[str, int]:
    """Plan a round; it is a draft until somebody opens it."""
    with database().read() as session:
        form = _form(session, None)

    def create(session: orm.Session) -> str:
        plan = _draft(session, form, form.code.data, settings().zone, {})
        return create_round(session, plan, _version(session, form), actor=actor()).code

    code = submit(form, create)
    if code is None:
        with database().read() as session:
            return _page(session, None, form), 422
    message = _("The round is planned. Give it its transactions, then open it.")
    with database().read() as session:
        return go_on(session, message, "structure.round_page", round_code=code)


@blueprint.get("/dot/<round_code>")
@role_required(*ROUND_EDITORS)
def round_page(round_code: str) -> str:
    """Show a round with the form for what its state allows to change."""
    with database().read() as session:
        round_ = round_of(session, round_code)
        return _page(session, round_, _opened(session, round_))


@blueprint.post("/dot/<round_code>")
@role_required(*ROUND_EDITORS)
def update_round(round_code: str) -> Response | tuple[str, int]:
    """Change what a round's state allows."""
    with database().read() as session:
        form = _form(session, round_of(session, round_code))
    changed = submit(
        form,
        lambda session: _change(session, form.current(round_of(session, round_code), f"round:{round_code}"), form),
    )
    if changed is None:
        with database().read() as session:
            round_ = round_of(session, round_code)
            return _page(session, round_, form.merge(_opened(session, round_))), form.status
    return go("structure.round_page", _("Saved.") if changed else _("Nothing was changed."), round_code=round_code)


@blueprint.post("/dot/<round_code>/dong")
@role_required(*ROUND_EDITORS)
def end_round(round_code: str) -> Response:
    """Close a round by hand, at this moment."""
    message = _("The round is closed. Forms that are open already are taken for half an hour.")
    try:
        with database().write() as session:
            close_round(session, round_of(session, round_code), actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return go("structure.round_page", round_code=round_code)
    return go("structure.round_page", message, round_code=round_code)


def _change(session: orm.Session, round_: Round, form: PlanForm) -> bool:
    """Apply a valid form to a round; of one that is no draft the form holds the name and the end alone."""
    version = round_.version
    if isinstance(form, RulesForm):
        version = _version(session, form)
        if form.composition.data == "custom" and version is not round_.version:
            raise InputError(
                "Save the other questionnaire first, then write the weights of its elements", field="version"
            )
        plan = _draft(session, form, round_.code, round_.zone, round_.rules)
    else:
        plan = RoundPlan(
            code=round_.code,
            name=form.name.data,
            name_en=form.name_en.data or None,
            opens_on=round_.opens_on,
            closes_on=form.closes_on.data,
            opens_at=round_.opens_at,
            closes_at=form.closes_at.data,
            zone=round_.zone,
            rules=round_.rules,
            second_pass=round_.second_pass,
            spot_check=round_.spot_check,
        )
    return change_round(session, round_, plan, version, actor=actor())


def _draft(session: orm.Session, form: RulesForm, code: str, zone: str, stored: Mapping[str, Any]) -> RoundPlan:
    """The plan of a draft, its rule included."""
    return RoundPlan(
        code=code,
        name=form.name.data,
        name_en=form.name_en.data or None,
        opens_on=form.opens_on.data,
        closes_on=form.closes_on.data,
        opens_at=form.opens_at.data,
        closes_at=form.closes_at.data,
        zone=zone,
        rules=rules_of(form, stored, {code: one.name for code, one in names.agencies(session).items()}),
        second_pass=form.second_pass.data,
        spot_check=form.spot_check.data,
    )


def _version(session: orm.Session, form: RulesForm) -> QuestionnaireVersion:
    version = round_queries.find_version(session, int(form.version.data))
    if version is None:
        raise InputError("Choose the questionnaire", field="version")
    return version


def _weights_of(session: orm.Session, round_: Round | None, rules: Rules) -> list[Weight]:
    """The weights a round may have: of the elements of its questionnaire, of agencies with transactions."""
    if round_ is None:
        return []
    agencies = {one.agency.code: local_name(one.agency) for one in structure.transactions(session, round_.id)}
    return weights(from_canonical(round_.version.content), rules, agencies)


def _variables_of(session: orm.Session, round_: Round | None) -> dict[str, str]:
    """What a round's weights can be calibrated to: what its questionnaire asks of people, field and month.

    A round that is being planned has the questionnaire of the last one.
    """
    version = round_.version if round_ is not None else round_queries.usual_version(session)
    if version is None:
        return {}
    definition = from_canonical(version.content)
    questions = definition.respondent.questions if definition.respondent else ()
    own = {"service": str(_("Service field")), "month": str(_("Month"))}
    return {question.code: question.text.get(i18n.current_language().code) for question in questions} | own


def _values_of(session: orm.Session, round_: Round) -> dict[str, Any]:
    rules = Rules.from_mapping(round_.rules)
    return {
        "name": round_.name,
        "name_en": round_.name_en,
        "opens_on": round_.opens_on,
        "opens_at": round_.opens_at,
        "closes_on": round_.closes_on,
        "closes_at": round_.closes_at,
        "version": round_.version_id,
        "second_pass": round_.second_pass,
        "spot_check": round_.spot_check,
        **rule_values(rules, _weights_of(session, round_, rules)),
    }


def _opened(session: orm.Session, round_: Round) -> PlanForm:
    """The form of a round as it is stored, never as it was sent."""
    form: PlanForm = _form(session, round_, _values_of(session, round_))
    return form.opened_for(round_)


def _form(session: orm.Session, round_: Round | None, values: Mapping[str, Any] | None = None) -> Any:
    """The form of a draft with its rule (`RulesForm`); of an open round, its name and end (`PlanForm`)."""
    if round_ is not None and round_.state is not RoundState.DRAFT:
        form = PlanForm() if values is None else PlanForm(formdata=None, data=values)
        del form.code, form.opens_on, form.opens_at, form.version
        return form
    rules = Rules.from_mapping(round_.rules if round_ else check_rules(None))
    form = weights_form(_weights_of(session, round_, rules), rules, values, _variables_of(session, round_))
    form.version.options = [(str(one.id), _title(one)) for one in structure.versions(session)]
    if round_ is not None:
        del form.code
    return form


def _title(version: QuestionnaireVersion) -> str:
    title = from_canonical(version.content).title.get("vi")
    return f"{title} – {version.questionnaire.code}, {_('version %(n)d', n=version.number)}"


def _page(session: orm.Session, round_: Round | None, form: PlanForm) -> str:
    return flask.render_template(
        "structure/round.html",
        round=round_,
        form=form,
        scope_words=scope_words,
        is_keeper=user().role in STRUCTURE_EDITORS,
        states=state_words(),
        transactions=structure.transactions(session, round_.id) if round_ else [],
        responses=structure.responses_of(session, round_.id) if round_ else 0,
        overlapping=structure.overlapping(session, round_.opens_on, round_.closes_on, round_.id) if round_ else [],
        may_edit=round_ is None or round_.state in (RoundState.DRAFT, RoundState.OPEN),
        all_of_it=round_ is None or round_.state is RoundState.DRAFT,
    )
