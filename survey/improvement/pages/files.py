"""The board as a file: CSV, or a workbook, of the rows that the filter gives."""

from __future__ import annotations

import io

import flask
import pandas as pd
import xlsxwriter
from flask_babel import gettext as _

from survey.accounts.auth import role_required
from survey.core.spreadsheet_text import neutralise
from survey.improvement.pages.board import Board, load_board
from survey.improvement.pages.common import READERS, blueprint
from survey.improvement.table import BOARD_COLUMNS, board_table
from survey.results.as_csv import csv_text
from survey.web.context import database

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 24


@blueprint.get("/bang.<form>")
@role_required(*READERS)
def table(form: str) -> flask.Response:
    """Send the board as a file."""
    if form not in {"csv", "xlsx"}:
        flask.abort(404)
    with database().read() as session:
        made = load_board(session)
        rows = board_table(made.rows)
    data = csv_text(rows, spreadsheet=True).encode() if form == "csv" else _workbook(rows, made)
    reply = flask.Response(data, mimetype="text/csv" if form == "csv" else XLSX)
    reply.headers["Content-Disposition"] = f'attachment; filename="cai-thien.{form}"'
    return reply


def _workbook(rows: pd.DataFrame, made: Board) -> bytes:
    """The board and the agencies without a plan as a workbook."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(str(_("Actions")))
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, len(BOARD_COLUMNS) - 1, WIDTH, wrap)
        for column, name in enumerate(rows.columns):
            sheet.write_string(0, column, str(BOARD_COLUMNS[name]()), head)
            for line, value in enumerate(rows[name], 1):
                if isinstance(value, float | int) and not pd.isna(value):
                    sheet.write_number(line, column, value)
                elif not pd.isna(value):
                    sheet.write_string(line, column, neutralise(str(value)))
        missing = book.add_worksheet(str(_("No plan yet")))
        missing.set_column(0, 2, WIDTH, wrap)
        for column, words in enumerate((_("Agency"), _("Document"), _("Plan due on"))):
            missing.write_string(0, column, words, head)
        for line, one in enumerate(made.missing, 1):
            missing.write_string(line, 0, neutralise(one.agency.name))
            if one.request is not None:
                missing.write_string(line, 1, neutralise(one.request.document))
                missing.write_string(line, 2, one.request.due_on.isoformat())
    return file.getvalue()
