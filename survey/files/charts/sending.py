"""A page that was asked for one of its charts: the chart is taken out of the page that was made, and sent as a file.

Nothing is read or checked here: whoever may not see a page gets no chart of it, for the page is made first.
"""

from __future__ import annotations

import io

import flask
from werkzeug.exceptions import NotFound

from survey.core.text import fold
from survey.files.charts.as_png import png
from survey.files.charts.as_svg import svg
from survey.files.charts.drawing import draw_group, draw_sheet
from survey.files.charts.numbers import numbers
from survey.files.charts.page_tree import ChartOnPage, find_chart, find_group
from survey.results.as_csv import csv_text
from survey.web import chart_files
from survey.web.context import today
from survey.web.formatters import day

TYPES = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv"}


def init_app(app: flask.Flask) -> None:
    """Send charts of pages where they are asked for."""
    app.after_request(_send)


def _send(response: flask.Response) -> flask.Response:
    wanted = chart_files.asked()
    if wanted is None or response.status_code != 200 or response.mimetype != "text/html":
        return response
    name, kind = wanted
    body = _file(response.get_data(as_text=True), name, kind)
    if body is None:
        return flask.make_response(flask.current_app.handle_user_exception(NotFound()))
    place = (flask.request.view_args or {}).values()
    title = "-".join(["sipas", *(fold(str(part)).replace(" ", "-") for part in place), name])
    return flask.send_file(
        io.BytesIO(body), mimetype=TYPES[kind], as_attachment=True, download_name=f"{title}.{kind}", etag=False
    )


def _file(html: str, name: str, kind: str) -> bytes | None:
    """The file of a page's chart; None where the page has no such chart, or it has no such file."""
    chosen = flask.g.get("asked_chart")
    found = find_chart(html, name) or find_group(html, name)
    if chosen is None or found is None or kind not in TYPES:
        return None
    if kind == "csv":
        return csv_text(numbers(chosen.chart, chosen.name_of), spreadsheet=True).encode()
    source = " · ".join([*_round_code(), day(today())])
    drawing = draw_sheet(found, source) if isinstance(found, ChartOnPage) else draw_group(found, source)
    return svg(drawing) if kind == "svg" else png(drawing)


def _round_code() -> list[str]:
    """The code of the round that the page is of, where it is of one."""
    code = (flask.request.view_args or {}).get("round_code")
    return [str(code)] if code else []
