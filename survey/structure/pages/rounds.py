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
from survey.questionnaires import from_canonical
from survey.structure.operations.change_round import change_round
from survey.structure.operations.close_round import close_round
from survey.structure.operations.open_round import Plan, create_round, open_round, told_span
from survey.structure.pages.common import (
    ROUND_EDITORS,
    blueprint,
    form_date,
    form_text,
    form_time,
    go,
    round_of,
    state_words,
)
from survey.structure.pages.rules_form import (
    Weights,
    composition_words,
    confidence_words,
    fpc_words,
    interval_words,
    rollup_words,
    sent_rules,
    shown_number,
    weights,
)
from survey.structure.queries import rounds as round_queries
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message, now, settings, today
from survey.web.i18n import local_name


@blueprint.get("/dot")
@role_required(*ROUND_EDITORS)
def rounds() -> str:
    """List the rounds, the newest first."""
    with database().read() as session:
        return flask.render_template(
            "structure/rounds.html", rounds=round_queries.all_rounds(session), states=state_words(), now=now()
        )


@blueprint.route("/dot/them", methods=["GET", "POST"])
@role_required(*ROUND_EDITORS)
def new_round() -> Response | str | tuple[str, int]:
    """Plan a round; it is a draft until somebody opens it."""
    if flask.request.method == "GET":
        first = today() + timedelta(days=1)
        values = {"opens_on": first.isoformat(), "closes_on": (first + timedelta(days=29)).isoformat()}
        with database().read() as session:
            return _form(session, None, values | _rule_values(Rules()), None)
    try:
        with database().write() as session:
            plan = _sent_plan(form_text("code"), settings().zone, {})
            made = create_round(session, plan, _sent_version(session), actor=actor())
            code = made.code
    except InputError as error:
        with database().read() as session:
            return _form(session, None, flask.request.form, error_message(error)), 422
    return go(
        "structure.round_page", _("The round is planned. Give it its transactions, then open it."), round_code=code
    )


@blueprint.route("/dot/<round_code>", methods=["GET", "POST"])
@role_required(*ROUND_EDITORS)
def round_page(round_code: str) -> Response | str | tuple[str, int]:
    """Show a round and change what its state allows."""
    if flask.request.method == "GET":
        with database().read() as session:
            found = round_of(session, round_code)
            return _form(session, found, _values_of(found), None)
    try:
        with database().write() as session:
            found = round_of(session, round_code)
            version = _sent_version(session) if found.state is RoundState.DRAFT else found.version
            if form_text("composition") == "custom" and version is not found.version:
                raise InputError("Save the other questionnaire first, then write the weights of its elements")  # noqa: TRY301
            changed = change_round(
                session,
                found,
                _plan_for(found),
                version,
                actor=actor(),
            )
    except InputError as error:
        with database().read() as session:
            return _form(session, round_of(session, round_code), flask.request.form, error_message(error)), 422
    return go("structure.round_page", _("Saved.") if changed else _("Nothing was changed."), round_code=round_code)


@blueprint.post("/dot/<round_code>/mo")
@role_required(*ROUND_EDITORS)
def begin_round(round_code: str) -> Response:
    """Let a round take answers in its days."""
    return _switch(round_code, open_round, _("The round is open: it takes answers from its beginning to its end."))


@blueprint.post("/dot/<round_code>/dong")
@role_required(*ROUND_EDITORS)
def end_round(round_code: str) -> Response:
    """Close a round by hand, at this moment."""
    return _switch(
        round_code, close_round, _("The round is closed. Forms that are open already are taken for half an hour.")
    )


def _switch(round_code: str, operation: Any, message: str) -> Response:
    try:
        with database().write() as session:
            operation(session, round_of(session, round_code), actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return go("structure.round_page", round_code=round_code)
    return go("structure.round_page", message, round_code=round_code)


def _sent_plan(code: str, zone: str, stored: Mapping[str, Any]) -> Plan:
    return Plan(
        code=code,
        name=form_text("name"),
        name_en=form_text("name_en") or None,
        opens_on=form_date("opens_on"),
        closes_on=form_date("closes_on"),
        opens_at=form_time("opens_at"),
        closes_at=form_time("closes_at"),
        zone=zone,
        rules=sent_rules(stored),
    )


def _plan_for(found: Round) -> Plan:
    """Return the posted plan; of an open round the form holds the name and the end alone."""
    if found.state is RoundState.DRAFT:
        return _sent_plan(found.code, found.zone, found.rules)
    return Plan(
        code=found.code,
        name=form_text("name"),
        name_en=form_text("name_en") or None,
        opens_on=found.opens_on,
        closes_on=form_date("closes_on"),
        opens_at=found.opens_at,
        closes_at=form_time("closes_at"),
        zone=found.zone,
        rules=found.rules,
    )


def _sent_version(session: orm.Session) -> QuestionnaireVersion:
    typed = form_text("version")
    version = round_queries.find_version(session, int(typed)) if typed.isdecimal() and len(typed) < 10 else None
    if version is None:
        raise InputError("Choose the questionnaire")
    return version


def _rule_values(rules: Rules) -> dict[str, str]:
    return {
        "composition": rules.composition,
        "interval": rules.interval,
        "rollup": rules.rollup,
        "confidence": shown_number(100 * rules.confidence),
        "fpc": "1" if rules.fpc else "0",
        "max_width": shown_number(rules.max_width),
        "min_n": str(rules.min_n),
        "min_n_interval": str(rules.min_n_interval),
        "min_answered": f"{100 * rules.min_answered_share:.0f}",
    }


def _values_of(found: Round) -> dict[str, str]:
    return {
        "name": found.name,
        "name_en": found.name_en or "",
        **{name: value or "" for name, value in told_span(found).items()},
        "version": str(found.version_id),
        **_rule_values(Rules.from_mapping(found.rules)),
    }


def _form(session: orm.Session, found: Round | None, values: Mapping[str, Any], problem: str | None) -> str:
    rules = Rules.from_mapping(found.rules) if found else Rules()
    transactions = structure.transactions(session, found.id) if found else []
    agencies = {one.agency.code: local_name(one.agency) for one in transactions}
    fields = weights(from_canonical(found.version.content), rules, agencies) if found else Weights()
    choices, rollups = dict(composition_words()), dict(rollup_words())
    if not fields.elements:
        del choices["custom"]  # the weights are those of a questionnaire that is chosen first
    if not fields.agencies:
        del rollups["given"]  # the agencies are those with transactions in the round
    shown = {**dict.fromkeys((weight.field for weight in fields), ""), **dict(values.items())}
    versions = structure.versions(session)
    titles = {version.id: from_canonical(version.content).title.get("vi") for version in versions}
    return flask.render_template(
        "structure/round.html",
        round=found,
        values=shown,
        problem=problem,
        versions=versions,
        titles=titles,
        compositions=choices,
        intervals=interval_words(),
        rollups=rollups,
        confidences=confidence_words(rules.confidence),
        speaks_of=fpc_words(),
        weights=fields,
        states=state_words(),
        transactions=transactions,
        responses=structure.responses_of(session, found.id) if found else 0,
        overlapping=structure.overlapping(session, found.opens_on, found.closes_on, found.id) if found else [],
        may_edit=found is None or found.state in (RoundState.DRAFT, RoundState.OPEN),
        all_of_it=found is None or found.state is RoundState.DRAFT,
    )
