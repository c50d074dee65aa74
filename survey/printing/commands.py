"""Commands that print for the counters, as PDF: posters, slips of one-use codes, the questionnaire on paper."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import IN_FILE, OUT_FILE, OUT_FOLDER, atomic_write, make_folder, report_input_errors
from survey.core.errors import InputError
from survey.core.text import CODE_ALPHABET, CODE_LENGTH
from survey.printing.posters.words import PosterText, PrintKind, Style, Variant
from survey.web.context import database, operator, settings, today

if TYPE_CHECKING:
    from survey.printing.posters.emblem import Emblem

VARIANT = click.option(
    "--variant", type=click.Choice([variant.value for variant in Variant]), default="standard", show_default=True
)
BILINGUAL = click.option("--bilingual", is_flag=True, help="Vietnamese with English beneath.")
EMBLEM = click.option("--emblem", type=IN_FILE, help="PNG or SVG; default: the one the agency uploaded.")
DATES = click.option("--dates", is_flag=True, help="Print the first and the last day of the round.")


@click.command()
@click.option("--agency", help="Code of one agency.")
@click.option("--all", "everyone", is_flag=True, help="Every agency that has counters.")
@click.option("--size", type=click.Choice([kind.value for kind in PrintKind]), default="A4", show_default=True)
@VARIANT
@BILINGUAL
@DATES
@EMBLEM
@click.option("--shift", type=(float, float), default=(0.0, 0.0), help="Move labels: mm right, mm down.")
@click.option("--out", type=OUT_FOLDER, required=True, help="Folder to write into.")
@with_appcontext
@report_input_errors
def posters(
    agency: str | None,
    everyone: bool,
    size: str,
    variant: str,
    bilingual: bool,
    dates: bool,
    emblem: Path | None,
    shift: tuple[float, float],
    out: Path,
) -> None:
    """Write posters, tents (A6) or labels (8, 21, 21n) with each counter's code, one PDF for each agency."""
    from survey.printing.posters.document import render

    if (agency is None) != everyone:
        raise InputError("Say either --agency CODE or --all")
    given = _emblem(emblem)
    rows = _texts(agency, dates)
    if not rows:
        raise InputError("There is no open counter with a code in force; import counters first")
    make_folder(out)
    groups = [(code, list(found)) for code, found in groupby(rows, key=lambda row: row[0])]
    with click.progressbar(groups, label="Posters", item_show_func=lambda row: row[0] if row else "") as bar:
        for code, found in bar:
            style = Style(Variant(variant), bilingual, given or found[0][2])
            data = render(PrintKind(size), [text for _, text, _ in found], style, shift)
            with atomic_write(out / f"{code}-{size}.pdf") as part:
                part.write_bytes(data)
    counts = {"counters": len(rows), "agencies": len(groups)}
    say("%(counters)s counters of %(agencies)s agencies in %(folder)s", counts, folder=out)


@click.command("receipt-codes")
@click.option("--agency", required=True, help="Code of the agency that runs the counter.")
@click.option("--counter", required=True, help="Code of the counter.")
@click.option("--count", type=int, required=True, help="How many one-use codes: 1 to 5000.")
@VARIANT
@BILINGUAL
@DATES
@EMBLEM
@click.option("--out", type=OUT_FILE, required=True, help="PDF to write.")
@with_appcontext
@report_input_errors
def receipt_codes(
    agency: str,
    counter: str,
    count: int,
    variant: str,
    bilingual: bool,
    dates: bool,
    emblem: Path | None,
    out: Path,
) -> None:
    """Issue one-use codes for a counter's receipts this week and write them as slips to cut, ten on each A4 sheet."""
    from survey.printing.operations.issue_receipt_codes import issue_receipt_codes
    from survey.printing.operations.print_receipt_codes import print_receipt_codes
    from survey.printing.posters.qr import code_address
    from survey.printing.posters.slips import render_slips
    from survey.printing.posters.texts import poster_text, stored_emblem
    from survey.printing.queries.poster_codes import emblem_for, printable_rounds
    from survey.printing.queries.units import counter_by_codes
    from survey.structure.queries.scope import round_at

    known = settings()
    given = _emblem(emblem)
    code_address(known, CODE_ALPHABET[0] * CODE_LENGTH)  # refuses before any code is made
    with database().write() as session:
        found = counter_by_codes(session, agency, counter)
        batch, codes = issue_receipt_codes(session, found, count, zone=known.timezone, actor=operator())
        print_receipt_codes(session, batch, actor=operator())
        rounds = printable_rounds(session, today()) if dates else []
        text = poster_text(known, found, codes[0], round_at(rounds, found))
        style = Style(Variant(variant), bilingual, given or stored_emblem(emblem_for(session, found.agency)))
    data = render_slips(text, [code_address(known, code) for code in codes], style)
    with atomic_write(out) as part:
        part.write_bytes(data)
    say("%(count)s one-use codes for %(counter)s in %(file)s", count=len(codes), counter=text.counter, file=out)


@click.command("questionnaire")
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--agency", help="Code of the agency that runs the counter; without one, lines to write on.")
@click.option("--counter", help="Code of the counter.")
@click.option("--bilingual", is_flag=True, help="Vietnamese with English beneath.")
@click.option("--out", type=OUT_FILE, required=True, help="PDF to write.")
@with_appcontext
@report_input_errors
def questionnaire(round_code: str, agency: str | None, counter: str | None, bilingual: bool, out: Path) -> None:
    """Write the form of a round as PDF: same items, codes and order as on the screen, boxes to cross."""
    from survey.printing.queries.units import counter_by_codes
    from survey.printing.questionnaire.sheets import round_form
    from survey.structure.queries import rounds

    if (agency is None) != (counter is None):
        raise InputError("Say both --agency and --counter, or neither")
    with database().read() as session:
        found = counter_by_codes(session, agency, counter) if agency and counter else None
        data = round_form(rounds.by_code(session, round_code), found, bilingual=bilingual)
    with atomic_write(out) as part:
        part.write_bytes(data)
    say("The form of round %(round)s is in %(file)s", round=round_code, file=out)


def _texts(agency: str | None, dates: bool) -> list[tuple[str, PosterText, Emblem | None]]:
    """(agency code, words, the agency's emblem) for each code in force."""
    from survey.printing.posters.texts import poster_text, stored_emblem
    from survey.printing.queries.poster_codes import codes_in_force, emblem_for, printable_rounds
    from survey.structure.queries.scope import round_at

    known = settings()
    with database().read() as session:
        rounds = printable_rounds(session, today()) if dates else []
        if dates and not rounds:
            raise InputError("There is no round now or to come whose days could be printed")
        emblems: dict[int, Emblem | None] = {}
        found = []
        for row in codes_in_force(session, agency):
            unit = row.counter.agency
            if unit.id not in emblems:
                emblems[unit.id] = stored_emblem(emblem_for(session, unit))
            text = poster_text(known, row.counter, row.code, round_at(rounds, row.counter))
            found.append((unit.code, text, emblems[unit.id]))
        return found


def _emblem(path: Path | None) -> Emblem | None:
    """Read and check an emblem's file."""
    from survey.printing.posters.emblem import check_emblem

    return check_emblem(path.read_bytes()) if path else None
