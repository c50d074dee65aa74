"""Files of a round. A manager gets the figures of the own agency and those below it; microdata leave for evaluators."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.core.text import fold
from survey.files.exports.content import load_content
from survey.files.exports.files import Export, workbook, write_figures, write_package
from survey.files.exports.microdata import prepare
from survey.files.exports.microdata_files import write_parquet, write_sav
from survey.files.reports.agency import render_agency
from survey.files.reports.context import ReportContext
from survey.files.reports.load import agency_context, province_context, round_context
from survey.files.reports.province import render_province
from survey.models import Role, Round
from survey.results.as_csv import SEMICOLON, SPREADSHEET
from survey.results.compute import round_results
from survey.results.figures import PROVINCE
from survey.results.live import is_live
from survey.structure.queries import names, rounds
from survey.web.context import database, now
from survey.web.i18n import local_name

blueprint = flask.Blueprint("downloads", __name__, url_prefix="/danh-gia/<round_code>/tai-ve")

RESULT_READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
MICRODATA_READERS = (Role.ADMIN, Role.EVALUATOR)

TABLES = {"chi-so": "results", "khoang-thu-hang": "ranks", "thay-doi": "changes"}
"""Tables by the word in the address."""
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "sav": "application/x-spss-sav",
    "zip": "application/zip",
}


@blueprint.get("")
@role_required(*RESULT_READERS)
def page(round_code: str) -> str:
    """List the files, each with a sentence that says what it is for."""
    with database().read() as session:
        round_ = _round(session, round_code)
        _refuse_while_open(session, round_)
        return flask.render_template(
            "files/page.html",
            round=round_,
            tables=_table_titles(),
            agencies=_reported(session, round_code),
            microdata=flask.g.user.role in MICRODATA_READERS,
        )


def _reported(session: orm.Session, round_code: str) -> list[tuple[str, str]]:
    """Return code and name of the agencies whose reports this person may have, by name."""
    results, visible = round_results(session, round_code), _visible(session)
    known = names.agencies(session, on=results.round.opens_on)
    codes = set(results.table["agency"]) - {PROVINCE}
    named = ((c, local_name(known[c])) for c in codes if c in known and (visible is None or c in visible))
    return sorted(named, key=lambda pair: (fold(pair[1]), pair[0]))


def _table_titles() -> dict[str, tuple[str, str]]:
    """Return name and purpose of each table by the word in its address."""
    return {
        "chi-so": (_("Indices"), _("Every figure of the round: agencies, services, elements and questions.")),
        "khoang-thu-hang": (_("Rank ranges"), _("The best and the worst rank of each agency that the data allow.")),
        "thay-doi": (_("Changes"), _("What changed since the last round, with the test of each change.")),
    }


@blueprint.get("/bang-tinh.xlsx")
@role_required(*RESULT_READERS)
def spreadsheet(round_code: str) -> flask.Response:
    """Send the workbook; `?tieng-anh=co` gives it a second header row in English."""
    name = _("SIPAS results %(name)s", name=round_code)
    with _export(round_code) as export:
        return _send(lambda path: workbook(export, path), name, "xlsx")


@blueprint.get("/<any('chi-so', 'khoang-thu-hang', 'thay-doi'):table>.<any(csv, json, parquet):form>")
@role_required(*RESULT_READERS)
def figures(round_code: str, table: str, form: str) -> flask.Response:
    """Send a table of figures; `?dau=cham-phay` writes CSV with semicolons and decimal commas."""
    name = f"{_table_titles()[table][0]} SIPAS {round_code}"
    with _export(round_code) as export:
        frame = export.content.frame(TABLES[table])
        return _send(lambda path: write_figures(frame, form, path, export.dialect), name, form)


@blueprint.get("/vi-mo.<any(zip, parquet, sav):form>")
@role_required(*MICRODATA_READERS)
def microdata(round_code: str, form: str) -> flask.Response:
    """Send the anonymised microdata: with codebook and scripts (ZIP), as Parquet, or for SPSS."""
    name = _("SIPAS microdata %(name)s", name=round_code)
    with _export(round_code) as export:
        if form == "zip":
            return _send(lambda path: write_package(export, path), name, form)
        write = write_sav if form == "sav" else write_parquet
        micro = prepare(export.session, export.content)
        return _send(lambda path: write(export.session, micro, path), name, form)


@blueprint.get("/bao-cao-toan-tinh.pdf")
@role_required(*MICRODATA_READERS)
def province_report(round_code: str) -> flask.Response:
    """Send the report on the province, which names every agency."""
    with database().read() as session:
        context = _or_404(lambda: province_context(session, round_context(session, round_code)))
    pdf = render_province(context)
    return _send(lambda path: _write(path, pdf), _("SIPAS report %(name)s", name=round_code), "pdf")


@blueprint.get("/bao-cao/<agency>.pdf")
@role_required(*RESULT_READERS)
def agency_report(round_code: str, agency: str) -> flask.Response:
    """Send the report on an agency: at most two pages."""
    with database().read() as session:
        visible = _visible(session)
        if visible is not None and agency not in visible:
            flask.abort(404)
        _refuse_while_open(session, _round(session, round_code))
        context = _or_404(lambda: agency_context(session, round_context(session, round_code), agency))
    pdf = render_agency(context)
    name = _("SIPAS report %(name)s", name=f"{round_code} - {context.name}")
    return _send(lambda path: _write(path, pdf), name, "pdf")


def _or_404(load: Callable[[], ReportContext]) -> ReportContext:
    """Return what there is to report; 404 for an unknown round, or one without figures of the agency."""
    try:
        return load()
    except InputError:
        flask.abort(404)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@contextmanager
def _export(round_code: str) -> Iterator[Export]:
    """Yield the export task of a file, as far as this person may see it; 404 for an unknown round."""
    with database().read() as session:
        _refuse_while_open(session, _round(session, round_code))
        yield Export(
            session=session,
            content=load_content(session, round_code, _visible(session)),
            now=now(),
            dialect=SEMICOLON if flask.request.args.get("dau") == "cham-phay" else SPREADSHEET,
            english="tieng-anh" in flask.request.args,
        )


def _round(session: orm.Session, code: str) -> Round:
    """Return a round, or answer 404."""
    try:
        return rounds.by_code(session, code)
    except InputError:
        flask.abort(404)


def _refuse_while_open(session: orm.Session, round_: Round) -> None:
    """Refuse files of an open round to those who are judged by it: they see its released totals on the page alone."""
    if is_live(round_, _visible(session)):
        flask.abort(409, description=_("Files follow once the round has ended."))


def _visible(session: orm.Session) -> frozenset[str] | None:
    return users.visible_agencies(session, flask.g.user)


def _send(write: Callable[[Path], None], name: str, form: str) -> flask.Response:
    """Write a file beside the others of the system, and send it in pieces; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="sipas-") as folder:
        path = Path(folder) / f"file.{form}"
        write(path)
        size = path.stat().st_size
        pieces = _pieces(path)
        next(pieces)  # opens the file: it stays readable after its name is gone
    response = flask.Response(pieces, mimetype=TYPES[form])
    response.content_length = size
    response.headers["Cache-Control"] = "no-store"
    full = f"{name}.{form}"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{re.sub('[^a-z0-9. -]', '-', fold(full))}\"; filename*=UTF-8''{quote(full, safe='')}"
    )
    return response


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield nothing, having opened a file, then what is in it."""
    with path.open("rb") as file:
        yield b""
        while piece := file.read(1 << 16):
            yield piece
