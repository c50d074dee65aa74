"""Commands of files: a round's tables for machines, and its reports to print and sign."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_line import OUT_FOLDER, atomic_write, make_folder, report_input_errors
from survey.core.errors import InputError
from survey.files.exports.kinds import KINDS
from survey.web.context import database, now, today


@click.command()
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--what", type=click.Choice([*KINDS, "all"]), default="all", show_default=True)
@click.option("--english", is_flag=True, help="Give the workbook a second header row, in English.")
@click.option("--semicolon", is_flag=True, help="Write CSV for a Vietnamese Excel: semicolons and decimal commas.")
@click.option("--public", is_flag=True, help="Microdata for everyone: without the numbers of counter-days.")
@click.option("--out", type=OUT_FOLDER, required=True, help="Folder to write into.")
@with_appcontext
@report_input_errors
def export(round_code: str, what: str, english: bool, semicolon: bool, public: bool, out: Path) -> None:
    """Write a round's files: workbook, tables, anonymised microdata, codebook and scripts (docs/data-dictionary.md)."""
    from survey.files.exports.content import load_content
    from survey.files.exports.files import Export, files
    from survey.results.as_csv import SEMICOLON, SPREADSHEET

    kinds: tuple[str, ...] = KINDS if what == "all" else (what,)
    if semicolon and "scripts" in kinds and what == "all":
        kinds = tuple(kind for kind in kinds if kind != "scripts")  # they read commas
    with database().read() as session:
        content = load_content(session, round_code)
        make_folder(out)
        work = sum(content.results.responses * times for times in _rows_written(kinds))
        with click.progressbar(length=max(work, 1), label=f"{round_code}", file=sys.stderr) as bar:
            task = Export(
                session=session,
                content=content,
                now=now(),
                dialect=SEMICOLON if semicolon else SPREADSHEET,
                english=english,
                progress=bar.update,
                public=public,
            )
            written = [(out / name, writer) for name, writer in files(task, kinds)]
            for path, writer in written:
                with atomic_write(path) as part:
                    writer(part)
    for path, _ in written:
        click.echo(str(path))


def _rows_written(kinds: tuple[str, ...]) -> list[int]:
    """How often each kind writes every response."""
    return [{"sav": 1, "microdata": 2}.get(kind, 0) for kind in kinds]


@click.command()
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--province", is_flag=True, help="The report on the province.")
@click.option("--agency", "agencies", multiple=True, help="The report on an agency, by its code; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="The province and every agency with responses.")
@click.option("--out", type=OUT_FOLDER, required=True, help="Folder to write into.")
@with_appcontext
@report_input_errors
def report(round_code: str, province: bool, agencies: tuple[str, ...], everything: bool, out: Path) -> None:
    """Write reports to print and sign, as PDF: of the province, and of at most two pages for each agency."""
    from survey.files.reports.agency import render_agency
    from survey.files.reports.load import agencies_with_report, agency_context, province_context, round_context
    from survey.files.reports.province import render_province

    if sum((province or bool(agencies), everything)) != 1:
        raise InputError("Say which reports: --province, --agency CODE, or --all")
    with database().read() as session:
        shared = round_context(session, round_code)  # once, however many reports
        wanted = agencies_with_report(shared) if everything else agencies
        work: list[tuple[str, Callable[[], bytes]]] = [
            (code, partial(lambda c: render_agency(agency_context(session, shared, c)), code)) for code in wanted
        ]
        if province or everything:
            work.insert(0, ("toan-tinh", lambda: render_province(province_context(session, shared))))
        make_folder(out)
        written = []
        with click.progressbar(work, label=round_code, file=sys.stderr) as bar:
            for name, make in bar:
                path = out / _file_name(round_code, name)
                content = make()
                with atomic_write(path) as part:
                    part.write_bytes(content)
                written.append(path)
    for path in written:
        click.echo(str(path))


@click.command("document")
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option(
    "--what", type=click.Choice(["bao-cao", "quyet-dinh", "trinh-chieu", "all"]), default="all", show_default=True
)
@click.option("--out", type=OUT_FOLDER, required=True, help="Folder to write into.")
@with_appcontext
@report_input_errors
def document(round_code: str, what: str, out: Path) -> None:
    """Write the round's documents to alter and sign: report, decision (DOCX, Decree 30/2020) and slides (PPTX)."""
    from survey.files.documents.facts import load_facts
    from survey.files.documents.kinds import DOCUMENTS

    with database().read() as session:
        facts = load_facts(session, round_code, now(), today())
        make_folder(out)
        for name, kind in DOCUMENTS.items():
            if what in (name, "all"):
                path = out / f"{re.sub('[^A-Za-z0-9-]+', '-', f'sipas-{round_code}-{name}')}.{kind.form}"
                content = kind.make(facts)
                with atomic_write(path) as part:
                    part.write_bytes(content)
                click.echo(str(path))


def _file_name(round_code: str, name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"sipas-{round_code}-bao-cao-{name}") + ".pdf"
