"""The progress page: one's own unit and those below, or all."""

from __future__ import annotations

from dataclasses import replace
from typing import cast
from zoneinfo import ZoneInfo

import flask
from sqlalchemy import orm

from scoring.release import block_size
from scoring.scheme import Rules
from survey.accounts.auth import role_required
from survey.collect.progress.advice import advice, status_words
from survey.collect.progress.board import Calendar, Known, Method, TargetPlan, UnitProgress, by_counter, by_service
from survey.collect.progress.by_agency import by_agency
from survey.collect.progress.coarse import coarsen
from survey.collect.queries import progress as queries
from survey.core.cache import cached
from survey.models import AgencyKind, Round, RoundState, User
from survey.structure.queries import names
from survey.structure.queries import rounds as round_queries
from survey.structure.queries.counted import live_stamp
from survey.structure.queries.scope import covers
from survey.web.context import database, now
from survey.web.listing import address, asked, list_page, word_filter
from survey.web.wording import AGENCY_KINDS

blueprint = flask.Blueprint("progress", __name__, url_prefix="/tien-do")
#: e in percent that can be chosen
ERRORS = (3, 5, 7, 10)
#: rows of both tables that still stand on one page; more of them are shown agency by agency, each table on its own
FEW = 30
#: rows of a page: each says what to do, in two or three lines
PER_PAGE = 15
VIEWS = ("co-quan", "linh-vuc", "quay")


@blueprint.get("")
@role_required()
def board() -> str:
    """Show responses against targets for each service and each counter, laggards first."""
    with database().read() as session:
        rounds = [one for one in round_queries.all_rounds(session) if one.state is not RoundState.DRAFT]
        plan = _plan()
        if not rounds:
            return flask.render_template("collect/progress/board.html", round=None, rounds=[], plan=plan)
        round_ = _chosen(rounds)
        plan = _with_what_is_known(session, round_, plan)
        visible = queries.progress_agencies(session, cast(User, flask.g.user))
        calendar = _calendar(round_)
        known = _known(session, round_, calendar)
        agencies = {agency.id: agency for agency in names.agencies(session).values()}
        services = {service.id: service for service in names.services(session).values()}

        def mine(standing: UnitProgress) -> bool:
            return visible is None or agencies[standing.agency_id].code in visible

        by_cell = [standing for standing in by_service(known, plan, calendar) if mine(standing)]
        at_counters = [standing for standing in by_counter(known, plan, calendar) if mine(standing)]
        block = block_size(calendar.min_n) if visible is not None else 0
        if block:
            by_cell, at_counters = ([coarsen(one, block) for one in rows] for rows in (by_cell, at_counters))
        few = len(by_cell) + len(at_counters) <= FEW
        view = asked("xem", VIEWS) or ("" if few else "co-quan")
        holds, kind, unit = word_filter(asked("tim")), asked("nhom", set(AgencyKind)), asked("co-quan")
        counters = {counter.id: counter for counter in known.counters}

        def wanted(row: UnitProgress) -> bool:
            agency = agencies[row.agency_id]
            names_of = [agency.name, agency.code]
            names_of += [services[row.service_id].name] if row.service_id else []
            names_of += [counters[row.counter_id].name] if row.counter_id else []
            return (not kind or agency.kind == kind) and (not unit or agency.code == unit) and holds(" ".join(names_of))

        by_cell, at_counters = ([one for one in rows if wanted(one)] for rows in (by_cell, at_counters))
        return flask.render_template(
            "collect/progress/board.html",
            round=round_,
            rounds=rounds,
            view=view,
            few=few,
            cells=list_page(by_cell, PER_PAGE) if view in {"", "linh-vuc"} else None,
            at_counters=list_page(at_counters, PER_PAGE) if view in {"", "quay"} else None,
            by_agency=list_page(by_agency(by_cell)) if view == "co-quan" else None,
            words=asked("tim"),
            kind=kind,
            kinds=AGENCY_KINDS.here().items(),
            only=next((one for one in agencies.values() if one.code == unit), None),
            address=address,
            plan=plan,
            calendar=calendar,
            error=round(100 * plan.error),
            errors=ERRORS,
            methods=list(Method),
            block=block,
            responses=sum(standing.responses for standing in by_cell),
            target=sum(standing.target or 0 for standing in by_cell),
            agencies=agencies,
            services=services,
            counters=counters,
            advice=advice,
            status_words=status_words,
        )


def _known(session: orm.Session, round_: Round, calendar: Calendar) -> Known:
    """What is known of a round's places; what was counted is cached until a response comes or goes."""
    shown = (calendar.first_shown, calendar.last_day)
    key = ("progress", round_.id, round_.state, live_stamp(session, round_.id), *shown)
    by_place, by_day = cached(
        session, key, lambda: (queries.counts(session, round_.id), queries.day_counts(session, round_, *shown))
    )
    return Known(
        by_place,
        by_day,
        queries.transactions(session, round_.id),
        [counter for counter in queries.open_counters(session) if covers(round_, counter)],
        queries.counters_with_code(session),
    )


def _calendar(round_: Round) -> Calendar:
    zone = ZoneInfo(round_.zone)
    today = now().astimezone(zone).date()
    return Calendar(round_.opens_on, round_.last_day, today, zone, Rules.from_mapping(round_.rules).min_n)


def _chosen(rounds: list[Round]) -> Round:
    """The round that was asked for, else the one that is open, else the newest."""
    code = flask.request.args.get("dot")
    if code:
        found = next((one for one in rounds if one.code == code), None)
        if found is None:
            flask.abort(404)
        return found
    return next((one for one in rounds if one.state is RoundState.OPEN), rounds[0])


def _with_what_is_known(session: orm.Session, round_: Round, plan: TargetPlan) -> TargetPlan:
    """A plan with what the round before tells of how alike people answer, and what the round's plan says."""
    if plan.method is Method.OFFICIAL:
        return plan
    known = flask.current_app.extensions
    plan = replace(plan, deff=known["effect_before"](session, round_))
    if plan.method is Method.HALF_WIDTH:
        return plan
    agencies = {code: one.id for code, one in names.agencies(session).items()}
    services = {code: one.id for code, one in names.services(session).items()}
    wanted = known["planned_responses"](session, round_, 100 * plan.error)
    return replace(
        plan,
        planned={
            (agencies[agency], services[service]): needed
            for (agency, service), needed in wanted.items()
            if agency in agencies and service in services
        },
    )


def _plan() -> TargetPlan:
    """How targets are set, as asked for; the official rule with e = 5 % otherwise."""
    asked = flask.request.args
    method = next((one for one in Method if one.value == asked.get("cach")), Method.OFFICIAL)
    error = next((one for one in ERRORS if str(one) == asked.get("e")), 5)
    return TargetPlan(method, error / 100)
