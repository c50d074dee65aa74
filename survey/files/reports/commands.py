"""`flask --app app report`: the printed reports of a round."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_line import plainly
from survey.core.errors import InputError
from survey.web.context import database


@click.command()
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--province", is_flag=True, help="The report on the province.")
@click.option("--agency", "agencies", multiple=True, help="The report on an agency, by its code; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="The province and every agency with responses.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
@with_appcontext
@plainly
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
        out.mkdir(parents=True, exist_ok=True)
        written = []
        with click.progressbar(work, label=round_code, file=sys.stderr) as bar:
            for name, make in bar:
                written.append(_keep(out / _file_name(round_code, name), make()))
    for path in written:
        click.echo(str(path))


def _file_name(round_code: str, name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"sipas-{round_code}-bao-cao-{name}") + ".pdf"


def _keep(path: Path, content: bytes) -> Path:
    """Write a file that appears whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise InputError("%(path)s cannot be written: %(why)s", path=path, why=error.strerror or error) from error
    finally:
        part.unlink(missing_ok=True)
    return path
