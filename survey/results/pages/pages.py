"""What the evaluator's pages share: the blueprint, who may open it, and a round as one person may see it."""

from __future__ import annotations

import flask
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.models import Role
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE
from survey.results.page_data import RoundPage, load_round
from survey.web import i18n

blueprint = flask.Blueprint("evaluator", __name__, url_prefix="/danh-gia")

RESULT_READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
REVIEWERS = (Role.ADMIN, Role.EVALUATOR)
"""Who reads comments before anyone else does, and decides which of them are shown."""


def load(session: orm.Session, round_code: str) -> RoundPage:
    """Return a round's results as far as this person may see them; 404 for an unknown round."""
    visible = users.visible_agencies(session, flask.g.user)
    try:
        return load_round(session, round_code, visible, i18n.current_language().code)
    except InputError:
        flask.abort(404)


def columns(page: RoundPage) -> list[tuple[str, str]]:
    """Return (level, key) of the overall index and the elements: the columns of most tables."""
    return [OVERALL, *(("element", element.code) for element in page.definition.elements)]


def asked_service(page: RoundPage, agency: str) -> str:
    """Return the service asked for; 404 when the page would have nothing to show."""
    service = flask.request.args.get("linh-vuc", ALL_SERVICES)
    if page.figures.overall(agency, service) is None:
        flask.abort(404)
    return service


def asked_agency(page: RoundPage) -> str:
    """Return the agency asked for (the province when none is); 404 for one that this person has no figures of."""
    agency = flask.request.args.get("co-quan", PROVINCE)
    if page.figures.overall(agency) is None:
        flask.abort(404)
    return agency
