"""Commands of the structure: import its tables, open and close rounds, list counters and questionnaires."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from survey.core.command_language import say, translated
from survey.core.command_line import IN_FILE, progress_bar, read_rules, report_input_errors
from survey.core.errors import InputError
from survey.models import Round, RoundState
from survey.spreadsheets.times import Moment, parse_moment
from survey.web.context import database, operator, settings, today


class LocalMoment(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.3
    """Option type: a day with or without an hour, in the zone of the installation."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """The moment; a usage error for anything else, an offset or seconds."""
        moment = value if isinstance(value, Moment) else parse_moment(str(value))
        if moment is None or moment.offset is not None or (moment.clock and moment.clock.second):
            self.fail(f"{value!r} is not a day like 2026-12-31 or 31/12/2026, or '2026-12-31 17:00'", param, ctx)
        return moment


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a table is to be read where it is not found."""
    row = click.option(
        "--heading-row",
        type=click.IntRange(0, 30),
        default=0,
        help="Row of the headings; 0 or nothing: opened by itself.",
    )
    column = click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="NAME=HEADING",
        help="Which heading stands for a column; may be repeated.",
    )
    return row(column(command))


@click.command("agencies")
@click.argument("file", type=IN_FILE)
@_reading_options
@with_appcontext
@report_input_errors
def import_agencies(file: Path, heading_row: int, columns: tuple[str, ...]) -> None:
    """Add agencies: code,name,kind,level and optionally parent,name_en,valid_from,valid_to,successor."""
    _import(file, "agencies", "agencies", heading_row, columns)


@click.command("services")
@click.argument("file", type=IN_FILE)
@_reading_options
@with_appcontext
@report_input_errors
def import_services(file: Path, heading_row: int, columns: tuple[str, ...]) -> None:
    """Add services: code,name and optionally name_en,deciding_agency."""
    _import(file, "services", "services", heading_row, columns)


@click.command("counters")
@click.argument("file", type=IN_FILE)
@_reading_options
@with_appcontext
@report_input_errors
def import_counters(file: Path, heading_row: int, columns: tuple[str, ...]) -> None:
    """Add counters with a public code each: agency,code,name and optionally name_en,services,deciding_agencies."""
    _import(file, "counters", "counters", heading_row, columns)


@click.command("population")
@click.argument("file", type=IN_FILE)
@click.option("--round", "round_code", required=True, help="Code of the round the transactions belong to.")
@_reading_options
@with_appcontext
@report_input_errors
def import_population(file: Path, round_code: str, heading_row: int, columns: tuple[str, ...]) -> None:
    """Set a round's transactions: agency,service,N, or services across. What was there before is replaced."""
    _import(file, "population", "rows of transactions", heading_row, columns, round_code)


@click.command("margins")
@click.argument("file", type=IN_FILE)
@click.option("--round", "round_code", required=True, help="Code of the round the transactions belong to.")
@with_appcontext
@report_input_errors
def import_margins(file: Path, round_code: str) -> None:
    """Set what a round's transactions are made up of: agency,variable,category,N. Replaces what was there."""
    from survey.spreadsheets.read import open_office_table
    from survey.structure.operations.import_margins import import_margins as store
    from survey.structure.operations.import_margins import known_heading
    from survey.structure.queries import rounds

    with (
        progress_bar(file) as advance,
        open_office_table(file, known_heading, 0, advance) as table,
        database().write() as session,
    ):
        count = store(session, table, rounds.by_code(session, round_code), actor=operator())
    say("%(count)s rows of margins are stored for round %(round)s.", count=count, round=round_code)


def _import(
    file: Path, kind: str, what: str, heading_row: int, columns: tuple[str, ...], round_code: str | None = None
) -> None:
    """Import a file as a batch, in one transaction; a file that was imported before adds nothing."""
    from survey.models import BatchKind
    from survey.spreadsheets.read import open_office_table
    from survey.structure.operations.import_structure import SameFileError, file_hash, import_structure
    from survey.structure.queries import rounds
    from survey.structure.queries.names import service_names
    from survey.structure.table_columns import assign_columns, known_headings

    chosen = {code: heading for code, _, heading in (column.partition("=") for column in columns)}
    with database().read() as session:
        services = service_names(session)
    known = known_headings(BatchKind(kind), chosen, services)
    try:
        with (
            progress_bar(file) as advance,
            open_office_table(file, known, heading_row, advance) as opened,
            database().write() as session,
        ):
            table = assign_columns(opened, BatchKind(kind), chosen, services)
            content_hash = file_hash(file)
            round_ = rounds.by_code(session, round_code) if round_code else None
            batch, done = import_structure(
                session, BatchKind(kind), table, content_hash, round_=round_, actor=operator()
            )
            number = batch.id
    except SameFileError as error:
        say("0 %(what)s added: %(why)s", what=translated(what), why=error.sentence(translated))
        return
    counts = {"added": done.added, "unchanged": done.unchanged, "batch": number, "what": translated(what)}
    if done.transactions is None:
        say("%(added)s %(what)s added, %(unchanged)s unchanged (batch %(batch)s)", counts)
    else:
        counts["total"] = done.transactions
        say("%(added)s %(what)s added, %(unchanged)s unchanged (batch %(batch)s), N = %(total)s in all", counts)
    for row in table.left_out.shown:
        say("Left out: row %(row)s (%(text)s)", row=row.row, text=row.text, err=True)
    for warning in done.warnings:
        say("Warning: %(what)s", what=warning.sentence(translated), err=True)


@click.command("open")
@click.argument("code")
@click.option("--name", default="", help="Name shown to people; default: the code.")
@click.option("--questionnaire", default="sipas-service-16", show_default=True, help="Code of its questionnaire.")
@click.option("--opens", type=LocalMoment(), help="First day, or the hour on it; default: today.")
@click.option("--closes", type=LocalMoment(), help="Last day, included, or the hour on it; needed for a new round.")
@click.option("--rules", type=IN_FILE, help="Scoring rules as JSON, see docs/methodology.md.")
@click.option("--kind", "kinds", multiple=True, help="Held at agencies of this kind alone (department, commune …).")
@click.option("--agency", "agencies", multiple=True, help="Held at this agency's counters alone, by its code.")
@click.option("--confirm-overlap", is_flag=True, help="Open it although an open round takes answers there too.")
@with_appcontext
@report_input_errors
def open_round(
    code: str,
    name: str,
    questionnaire: str,
    opens: Moment | None,
    closes: Moment | None,
    rules: Path | None,
    kinds: tuple[str, ...],
    agencies: tuple[str, ...],
    confirm_overlap: bool,
) -> None:
    """Open a round; one that does not exist yet is created first."""
    from survey.structure.operations import open_round as operations
    from survey.structure.operations.set_scope import refuse_overlap, set_scope
    from survey.structure.queries import rounds

    with database().write() as session:
        round_ = rounds.find_round(session, code)
        if round_ is None:
            if closes is None:
                raise InputError("There is no round %(code)s yet; give --closes YYYY-MM-DD to make it", code=code)
            plan = operations.RoundPlan(
                code,
                name,
                opens.day if opens else today(),
                closes.day,
                settings().zone,
                rules=read_rules(rules),
                opens_at=_hour(opens),
                closes_at=_hour(closes),
            )
            version = rounds.latest_version(session, questionnaire)
            round_ = operations.create_round(session, plan, version, actor=operator())
            if kinds and agencies:
                raise InputError("Say either --kind or --agency")
            if kinds or agencies:
                set_scope(session, round_, "kinds" if kinds else "agencies", kinds or agencies, actor=operator())
        elif kinds or agencies:
            raise InputError("Round %(code)s is there already; where it is held is changed on its page", code=code)
        if not confirm_overlap and round_.state is not RoundState.OPEN:
            refuse_overlap(session, round_)
        operations.open_round(session, round_, actor=operator())
        first, last = _span(round_)
        say(
            "Round %(round)s is open from %(first)s to %(last)s, both days included.",
            round=round_.code,
            first=first,
            last=last,
        )


@click.command("close")
@click.argument("code")
@with_appcontext
@report_input_errors
def close_round(code: str) -> None:
    """Close a round: it takes no more answers; forms opened before are accepted for half an hour."""
    from survey.structure.operations import close_round as operations
    from survey.structure.queries import rounds

    with database().write() as session:
        operations.close_round(session, rounds.by_code(session, code), actor=operator())
    say("Round %(round)s is closed.", round=code)


@click.command("list")
@with_appcontext
@report_input_errors
def list_rounds() -> None:
    """List rounds, the newest first: code, state, first day, last day, questionnaire."""
    from survey.structure.queries import rounds

    with database().read() as session:
        for round_ in rounds.all_rounds(session):
            version = round_.version
            asked = f"{version.questionnaire.code} v{version.number}"
            click.echo("\t".join([round_.code, round_.state, *_span(round_), asked]))


def _hour(moment: Moment | None) -> time | None:
    """The time of day; None for midnight, where a day begins and ends by itself."""
    return moment.clock if moment and moment.clock != time() else None


def _span(round_: Round) -> list[str]:
    """The first day and the last, each with its hour where it has one."""
    from survey.structure.operations.open_round import span_facts

    span = span_facts(round_)
    return [f"{span[f'{end}_on']} {span[f'{end}_at'] or ''}".rstrip() for end in ("opens", "closes")]


@click.command("list")
@with_appcontext
@report_input_errors
def list_counters() -> None:
    """List the address of every counter's form: address, receiving agency, counter."""
    from survey.structure.queries.structure import public_codes

    with database().read() as session:
        for code, agency, counter in public_codes(session):
            click.echo(f"{settings().base_url}/K/{code}\t{agency}\t{counter}")


@click.command("list")
@report_input_errors
def list_questionnaires() -> None:
    """List the questionnaires that come with the software: code, items, title."""
    from survey.questionnaires import bundled

    for definition in bundled().values():
        click.echo(f"{definition.code}\t{len(definition.items)}\t{definition.title.get('vi')}")
