"""Files of a round. A manager gets the figures of the own agency and those below it; microdata leave for evaluators.

Tables of figures are sent at once. What takes longer (workbook, reports, microdata) is made by the worker: a POST asks
for it, the page of the job shows how far it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.core.text import fold
from survey.files.exports.content import load_content
from survey.files.exports.files import Export, write_figures
from survey.files.jobs.editions import published_path
from survey.files.jobs.sending import send_file
from survey.models import Role, Round
from survey.results.as_csv import SEMICOLON, SPREADSHEET
from survey.results.compute import round_results
from survey.results.figures import PROVINCE
from survey.results.live import is_live
from survey.results.queries.responses import counted_responses, has_responses
from survey.structure.queries import names, rounds
from survey.web.context import database, now, settings
from survey.web.i18n import local_name
from survey.web.jobs import ask_for_file

blueprint = flask.Blueprint("downloads", __name__, url_prefix="/danh-gia/<round_code>/tai-ve")

RESULT_READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
MICRODATA_READERS = (Role.ADMIN, Role.EVALUATOR)

TABLES = {"chi-so": "results", "khoang-thu-hang": "ranks", "thay-doi": "changes"}
"""Tables by the word in the address."""


@blueprint.get("")
@role_required(*RESULT_READERS)
def page(round_code: str) -> str:
    """List the files, each with a sentence that says what it is for."""
    with database().read() as session:
        round_ = _round(session, round_code)
        _refuse_while_open(session, round_)
        agencies = _reported(session, round_code)
        return flask.render_template(
            "files/page.html",
            round=round_,
            tables=_table_titles(),
            agencies=agencies,
            chosen=next((pair for pair in agencies if pair[0] == flask.request.args.get("co-quan")), None),
            microdata=flask.g.user.role in MICRODATA_READERS,
        )


def _reported(session: orm.Session, round_code: str) -> list[tuple[str, str]]:
    """Code and name of the agencies whose reports this person may have, by name."""
    visible = _visible(session)
    results = round_results(session, round_code)
    known = names.agencies(session, on=results.round.opens_on)
    codes = set(results.table["agency"]) - {PROVINCE}
    named = ((c, local_name(known[c])) for c in codes if c in known and (visible is None or c in visible))
    return sorted(named, key=lambda pair: (fold(pair[1]), pair[0]))


def _table_titles() -> dict[str, tuple[str, str]]:
    """Name and purpose of each table by the word in its address."""
    return {
        "chi-so": (_("Indices"), _("Every figure of the round: agencies, services, elements and questions.")),
        "khoang-thu-hang": (_("Rank ranges"), _("The best and the worst rank of each agency that the data allow.")),
        "thay-doi": (_("Changes"), _("What changed since the last round, with the test of each change.")),
    }


@blueprint.post("/bang-tinh.xlsx")
@role_required(*RESULT_READERS)
def spreadsheet(round_code: str) -> Response:
    """Have the workbook made; `tieng-anh=co` gives it a second header row in English."""
    english = "tieng-anh" in flask.request.form
    return _ask(round_code, "workbook", {"english": english}, _("SIPAS results %(name)s", name=round_code), "xlsx")


@blueprint.get("/<any('chi-so', 'khoang-thu-hang', 'thay-doi'):table>.<any(csv, json, parquet):form>")
@role_required(*RESULT_READERS)
def figures(round_code: str, table: str, form: str) -> flask.Response:
    """Send a table of figures; `?dau=cham-phay` writes CSV with semicolons and decimal commas."""
    name = f"{_table_titles()[table][0]} SIPAS {round_code}"
    with _export(round_code) as export:
        frame = export.content.frame(TABLES[table])
        return _send(lambda path: write_figures(frame, form, path, export.dialect), name, form)


@blueprint.post("/vi-mo.<any(zip, parquet, sav):form>")
@role_required(*MICRODATA_READERS)
def microdata(round_code: str, form: str) -> Response:
    """Have the anonymised microdata written: with codebook and scripts (ZIP), as Parquet, or for SPSS."""
    return _ask(round_code, "microdata", {}, _("SIPAS microdata %(name)s", name=round_code), form)


@blueprint.post("/bao-cao-toan-tinh.pdf")
@role_required(*MICRODATA_READERS)
def province_report(round_code: str) -> Response:
    """Have the report on the province made, which names every agency."""
    return _ask(round_code, "province_report", {}, _("SIPAS report %(name)s", name=round_code), "pdf")


@blueprint.post("/bao-cao/<agency>.pdf")
@role_required(*RESULT_READERS)
def agency_report(round_code: str, agency: str) -> Response:
    """Have the report on an agency made: at most two pages."""
    with database().read() as session:
        visible = _visible(session)
        if visible is not None and agency not in visible:
            flask.abort(404)
        round_ = _round(session, round_code)
        known = names.agencies(session, on=round_.opens_on)
        if agency not in known or not has_responses(session, round_.id, agency):
            flask.abort(404)
        name = _("SIPAS report %(name)s", name=f"{round_code} - {known[agency].name}")
    return _ask(round_code, "agency_report", {"agency": agency}, name, "pdf")


@blueprint.post("/van-ban/<any('bao-cao', 'quyet-dinh', 'trinh-chieu'):document>")
@role_required(*MICRODATA_READERS)
def document(round_code: str, document: str) -> Response:
    """Have a document of the round made that the administration alters and signs, or its slides."""
    titles = {
        "bao-cao": (_("Report of the round %(name)s", name=round_code), "docx"),
        "quyet-dinh": (_("Decision on the results %(name)s", name=round_code), "docx"),
        "trinh-chieu": (_("Slides of the round %(name)s", name=round_code), "pptx"),
    }
    return _ask(round_code, "round_document", {"document": document}, *titles[document])


def _ask(round_code: str, kind: str, parameters: dict[str, object], name: str, form: str) -> Response:
    """Enqueue a heavy file of a round; one of a published edition that was made before needs no work."""
    order = {"round": round_code, **parameters}
    with database().read() as session:
        round_ = _round(session, round_code)
        _refuse_while_open(session, round_)
        file = published_path(session, kind, order, _visible(session), form)
        order["rows"] = counted_responses(session, round_.id)
    made_before = file if file and (settings().storage / file).is_file() else ""
    return ask_for_file(kind, order, f"{name}.{form}", made_before=made_before)


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
    """A round; 404 for any other."""
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
        return send_file(path, f"{name}.{form}")
