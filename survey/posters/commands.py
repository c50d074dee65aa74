"""`flask --app app posters`: the posters of an agency, or of all, as one PDF for each agency."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from survey.cli import plainly
from survey.errors import InputError
from survey.posters.document import Kind, render
from survey.posters.emblem import check_emblem
from survey.posters.qr import code_address
from survey.posters.words import PosterText, Style, Variant


@click.command()
@click.option("--agency", help="Code of one agency.")
@click.option("--all", "everyone", is_flag=True, help="Every agency that has counters.")
@click.option("--size", type=click.Choice([kind.value for kind in Kind]), default="A4", show_default=True)
@click.option("--variant", type=click.Choice([variant.value for variant in Variant]), default="standard")
@click.option("--bilingual", is_flag=True, help="Vietnamese with English beneath.")
@click.option("--emblem", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PNG of the emblem.")
@click.option("--shift", type=(float, float), default=(0.0, 0.0), help="Move labels: mm right, mm down.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
@with_appcontext
@plainly
def posters(
    agency: str | None,
    everyone: bool,
    size: str,
    variant: str,
    bilingual: bool,
    emblem: Path | None,
    shift: tuple[float, float],
    out: Path,
) -> None:
    """Write posters, table tents (A6) or label sheets (8, 21) with each counter's code, one PDF for each agency."""
    if (agency is None) != everyone:
        raise InputError("Say either --agency CODE or --all")
    texts = _texts(agency)
    if not texts:
        raise InputError("There is no open counter with a code in force; import counters first")
    style = Style(Variant(variant), bilingual, check_emblem(emblem.read_bytes()) if emblem else None)
    out.mkdir(parents=True, exist_ok=True)
    groups = [(code, [text for _, text in rows]) for code, rows in groupby(texts, key=lambda row: row[0])]
    with click.progressbar(groups, label="Posters", item_show_func=lambda row: row[0] if row else "") as bar:
        for code, rows in bar:
            target = out / f"{code}-{size}.pdf"
            part = target.with_suffix(".part")
            part.write_bytes(render(Kind(size), rows, style, shift))
            part.replace(target)
    click.echo(f"{len(texts)} counters of {len(groups)} agencies in {out}")


def _texts(agency: str | None) -> list[tuple[str, PosterText]]:
    """Return (agency code, text) for each code in force."""
    from survey.queries.poster_codes import codes_in_force

    settings = current_app.config["SETTINGS"]
    with current_app.extensions["database"].read() as session:
        return [
            (
                row.counter.agency.code,
                PosterText(
                    row.counter.agency.name,
                    row.counter.name,
                    code_address(settings, row.code),
                    row.counter.agency.name_en or "",
                    row.counter.name_en or "",
                ),
            )
            for row in codes_in_force(session, agency)
        ]
