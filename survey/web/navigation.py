"""Where signed-in people can go: one list, cut to what a role may open and to the pages this program has."""

from __future__ import annotations

from dataclasses import dataclass, replace

import flask
from flask_babel import gettext as _

from survey.models import Role

EVERYONE = frozenset(Role)
RESULTS = frozenset({Role.ADMIN, Role.EVALUATOR, Role.MANAGER})
UNITS = frozenset({Role.ADMIN, Role.MANAGER, Role.STAFF})
ROUNDS = frozenset({Role.ADMIN, Role.EVALUATOR})
ADMIN = frozenset({Role.ADMIN})
MANAGER = frozenset({Role.MANAGER})
FIRST_STEPS = "structure.first_steps"
OWN_AGENCY = "evaluator.own"


@dataclass(frozen=True)
class Link:
    """A place to go."""

    endpoint: str
    label: str
    roles: frozenset[Role]
    #: whether the page shown is this one or one beneath it
    current: bool = False


@dataclass(frozen=True)
class Navigation:
    """The links of a person: daily work, and administration."""

    work: tuple[Link, ...]
    administration: tuple[Link, ...]


def init_app(app: flask.Flask) -> None:
    """Give the list to the templates."""
    app.context_processor(lambda: {"navigation": navigation})


def navigation(role: Role) -> Navigation:
    """The links that a role may open; the one that leads nearest to the page shown is current."""
    there = flask.current_app.view_functions
    work, administration = (
        [link for link in links if role in link.roles and link.endpoint in there]
        for links in (_work(), _administration())
    )
    path = flask.request.path
    addresses = {link.endpoint: flask.url_for(link.endpoint) for link in (*work, *administration)}
    above = [end for end, at in addresses.items() if path == at or path.startswith(at + "/")]
    nearest = max(above, key=lambda endpoint: len(addresses[endpoint]), default="")
    return Navigation(
        tuple(replace(link, current=link.endpoint == nearest) for link in work),
        tuple(replace(link, current=link.endpoint == nearest) for link in administration),
    )


def home(role: Role, *, begun: bool = True) -> str:
    """Where a person of this role begins: heads at their agency, an administrator at the first steps before a round."""
    if role is Role.ADMIN and not begun and FIRST_STEPS in flask.current_app.view_functions:
        return flask.url_for(FIRST_STEPS)
    if role is Role.MANAGER and OWN_AGENCY in flask.current_app.view_functions:
        return flask.url_for(OWN_AGENCY)
    links = navigation(role).work
    return flask.url_for(links[0].endpoint if links else "auth.account")


def _work() -> tuple[Link, ...]:
    return (
        Link("evaluator.rounds", _("Results"), RESULTS),
        Link("evaluator.comment_list", _("Comments"), RESULTS),
        Link("improvement.board", _("Improvement"), RESULTS),
        Link("staff.counters", _("Counters and posters"), UNITS),
        Link("paper.piles", _("Paper forms"), UNITS),
        Link("casework.worklist", _("Reports and suggestions"), EVERYONE),
        Link("imports.batches", _("Import responses"), RESULTS),
        Link("evidence.batches", _("Batches to release"), ROUNDS),
        Link("staff.issued", _("Codes for receipts"), ROUNDS),
        Link("progress.board", _("Progress"), EVERYONE),
        Link("own_staff.staff", _("Staff accounts"), MANAGER),
    )


def _administration() -> tuple[Link, ...]:
    return (
        Link("structure.agencies", _("Agencies"), ADMIN),
        Link("structure.services", _("Services"), ADMIN),
        Link("structure.counters", _("Counters"), ADMIN),
        Link("structure.rounds", _("Rounds"), ROUNDS),
        Link("voices.languages", _("Recorded voice"), ADMIN),
        Link("structure.imports", _("Import tables"), ADMIN),
        Link("admin.users", _("Accounts"), ADMIN),
        Link("admin.audit", _("Audit log"), ADMIN),
        Link("api_clients.clients", _("API"), ADMIN),
    )
