"""Charts as files: any page is asked for one of its charts by its own address, so that the same checks stand before it.

`?hinh=` names the chart, `?dang=` the kind of file. Templates offer the links and hand the chart over; who makes the
file is told by `survey.files.charts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask

CHART, KIND = "hinh", "dang"
KINDS = ("svg", "png", "csv")
PAGES = ("evaluator",)
"""Blueprints whose pages give their charts as files."""


@dataclass(frozen=True)
class AskedChart:
    """The chart that a request wants as a file, and how its rows are called."""

    chart: Any
    name_of: Callable[[str], str]


def init_app(app: flask.Flask) -> None:
    """Give templates the links."""
    app.jinja_env.globals.update(chart_links=links)


def asked() -> tuple[str, str] | None:
    """The chart and the kind of file that are asked for; None for the page itself."""
    name, kind = flask.request.args.get(CHART, ""), flask.request.args.get(KIND, "")
    return (name, kind) if name and kind and flask.request.blueprint in PAGES else None


def links(name: str, chart: Any, name_of: Callable[[str], str] = str) -> list[tuple[str, str]]:
    """(kind, address) of each file of a chart on the page being made; empty where a page gives none.

    `name_of`: what the codes in the chart are called.
    """
    if flask.request.blueprint not in PAGES or flask.request.endpoint is None:
        return []
    wanted = asked()
    if wanted is not None and wanted[0] == name:
        flask.g.asked_chart = AskedChart(chart, name_of)
    args = flask.request.args.to_dict(flat=False)
    where = {**args, **(flask.request.view_args or {}), CHART: name}
    return [(kind, flask.url_for(flask.request.endpoint, **{**where, KIND: kind})) for kind in KINDS]
