"""The command line: `flask --app app …`. docs/operations.md lists the commands.

Exit codes: 0 done; 2 bad input, one message on stderr and nothing written.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import flask
import sqlalchemy as sa
from flask.cli import with_appcontext

from survey.core.command_line import IN_FILE, OUT_FILE, plainly, progress_bar, read_rules
from survey.core.config import create_secret_key
from survey.core.errors import InputError
from survey.web.context import database, now, settings

if TYPE_CHECKING:
    import pandas as pd

    from survey.questionnaires import Definition

INTERVALS = click.Choice(["auto", "jeffreys", "beta", "logit", "wilson", "t"])
FORMATS = click.Choice(["csv", "json"])


def init_app(app: flask.Flask) -> None:
    """Register the commands."""
    from survey.collect.imports.commands import import_responses, undo_import
    from survey.collect.privacy.commands import purge
    from survey.files.exports.commands import export
    from survey.files.reports.commands import report
    from survey.maintenance.commands import backup, backup_test, doctor, move_database, restore
    from survey.printing.posters.commands import posters, receipt_codes
    from survey.printing.questionnaire.commands import paper_form
    from survey.publication.api.commands import api_client
    from survey.publication.publishing.commands import verify_publication
    from survey.structure.commands import round_group

    commands: tuple[click.Command, ...] = (
        init,
        demo,
        import_agencies,
        import_services,
        import_counters,
        import_population,
        round_group,
        results,
        score,
        create_user,
        invite,
        counters,
        questionnaires,
        posters,
        export,
        report,
        receipt_codes,
        paper_form,
        verify_publication,
        import_responses,
        undo_import,
        api_client,
        backup,
        restore,
        backup_test,
        move_database,
        doctor,
        purge,
    )
    for command in commands:
        app.cli.add_command(command)


@click.command()
@with_appcontext
@plainly
def init() -> None:
    """Set up the instance folder, the secret key, the database and the questionnaires; keep what is there."""
    from survey.migrations import newest, upgrade
    from survey.questionnaires import bundled
    from survey.structure.operations.install_questionnaire import install_questionnaire

    create_secret_key(settings().instance_dir)
    upgrade(database())
    with database().write() as session:
        for definition in bundled().values():
            install_questionnaire(session, definition, now())
    click.echo(f"The database is at revision {newest()}; questionnaires: {', '.join(bundled())}")


@click.command()
@with_appcontext
@plainly
def demo() -> None:
    """Load the demonstration province into an empty database and print the evaluator's sign-in, once."""
    from survey.demo.operations.load_demo import load_demo
    from survey.migrations import upgrade

    if settings().production:
        raise InputError("Demonstration data are never loaded in production")
    upgrade(database())
    with database().write() as session:
        made = load_demo(session, now=now(), zone=settings().zone)
    click.echo(f"{made.responses} invented responses are loaded; every page says so.")
    click.echo(f"A counter's form:  {settings().base_url}/K/{made.counter_code}")
    click.echo(f"Evaluator:         {made.username}")
    click.echo(f"Password:          {made.password}   (shown this once)")


@click.command("create-user")
@click.argument("username")
@click.option("--role", type=click.Choice(["admin", "evaluator", "manager", "staff"]), required=True)
@click.option("--agency", default="", help="Code of the agency a manager or staff member belongs to.")
@click.option("--name", default="", help="Name shown on pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made.")
@with_appcontext
@plainly
def create_user(username: str, role: str, agency: str, name: str, password_stdin: bool) -> None:
    """Make an account and print its first password, which must be changed at the first sign-in."""
    from survey.accounts.operations.create_user import create_user as create
    from survey.accounts.passwords import new_password
    from survey.models import Agency, Role

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()
    with database().write() as session:
        agency_id = None
        if agency:
            agency_id = session.scalar(sa.select(Agency.id).where(Agency.code == agency))
            if agency_id is None:
                raise InputError("There is no agency %(code)s", code=agency)
        create(
            session,
            username=username,
            password=password,
            role=Role(role),
            now=now(),
            display_name=name,
            agency_id=agency_id,
            must_change_password=not password_stdin,
        )
    click.echo(f"Account {username} ({role}) was made.")
    if not password_stdin:
        click.echo(f"Password: {password}   (shown this once)")


@click.command()
@click.argument("username")
@with_appcontext
@plainly
def invite(username: str) -> None:
    """Print a one-use link by which an account's owner sets a new password; the old one and all sessions end."""
    from survey.accounts.operations.invitations import DAYS
    from survey.accounts.operations.invitations import invite as operation
    from survey.accounts.queries.users import by_username

    with database().write() as session:
        user = by_username(session, username)
        if user is None or not user.active:
            raise InputError("There is no open account %(name)s", name=username)
        token = operation(session, user, now=now())
    with flask.current_app.test_request_context():
        link = settings().base_url + flask.url_for("invitations.accept", token=token)
    click.echo(f"Hand this link to {username} alone; it works once, within {DAYS} days:")
    click.echo(link)


@click.command("import-agencies")
@click.argument("file", type=IN_FILE)
@with_appcontext
@plainly
def import_agencies(file: Path) -> None:
    """Add agencies: code,name,kind,level and optionally parent,name_en,valid_from,valid_to,successor."""
    _import(file, "agencies", "agencies")


@click.command("import-services")
@click.argument("file", type=IN_FILE)
@with_appcontext
@plainly
def import_services(file: Path) -> None:
    """Add services: code,name and optionally name_en."""
    _import(file, "services", "services")


@click.command("import-counters")
@click.argument("file", type=IN_FILE)
@with_appcontext
@plainly
def import_counters(file: Path) -> None:
    """Add counters with a public code each: agency,code,name and optionally name_en,services,deciding_agencies."""
    _import(file, "counters", "counters")


@click.command("import-population")
@click.argument("file", type=IN_FILE)
@click.option("--round", "round_code", required=True, help="Code of the round the transactions belong to.")
@with_appcontext
@plainly
def import_population(file: Path, round_code: str) -> None:
    """Set a round's transactions: agency,service,N. What was there before is replaced."""
    _import(file, "population", "rows of transactions", round_code)


def _import(file: Path, kind: str, what: str, round_code: str | None = None) -> None:
    """Import a file as a batch, in one transaction, and tell what it did; a file that was imported adds nothing."""
    from survey.models import BatchKind
    from survey.spreadsheets.read import open_table
    from survey.structure.operations.import_structure import SameFileError, import_structure
    from survey.structure.queries import rounds

    try:
        with progress_bar(file) as advance, open_table(file, progress=advance) as table, database().write() as session:
            content_hash = hashlib.sha256(file.read_bytes()).hexdigest()
            round_ = rounds.by_code(session, round_code) if round_code else None
            batch, done = import_structure(session, BatchKind(kind), table, content_hash, round_=round_, now=now())
            number = batch.id
    except SameFileError as error:
        click.echo(f"0 {what} added: {error}")
        return
    click.echo(f"{done.added} {what} added, {done.unchanged} unchanged (batch {number})")
    for warning in done.warnings:
        click.echo(f"Warning: {warning}", err=True)


@click.command()
@with_appcontext
@plainly
def counters() -> None:
    """List the address of every counter's form: address, receiving agency, counter."""
    from survey.models import Agency, Counter, CounterCode

    query = (
        sa.select(CounterCode.code, Agency.name, Counter.name)
        .join(CounterCode.counter)
        .join(Counter.agency)
        .where(CounterCode.revoked_at.is_(None), Counter.active.is_(True))
        .order_by(Agency.code, Counter.id)
    )
    with database().read() as session:
        for code, agency, counter in session.execute(query):
            click.echo(f"{settings().base_url}/K/{code}\t{agency}\t{counter}")


@click.command()
@plainly
def questionnaires() -> None:
    """List the questionnaires that come with the software: code, items, title."""
    from survey.questionnaires import bundled

    for definition in bundled().values():
        click.echo(f"{definition.code}\t{len(definition.items)}\t{definition.title.get('vi')}")


@click.command()
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--format", "form", type=FORMATS, default="csv", show_default=True)
@click.option("--interval", type=INTERVALS, help="Method of the intervals; default: the round's rule.")
@click.option("--min-n", type=click.IntRange(0), help="Show nothing of fewer respondents; default: the round's rule.")
@click.option("--out", type=OUT_FILE, help="File to write; default: standard output.")
@with_appcontext
@plainly
def results(round_code: str, form: str, interval: str | None, min_n: int | None, out: Path | None) -> None:
    """Write the results of a round, one row a figure (columns: docs/data-dictionary.md)."""
    from survey.results.compute import round_results

    with database().read() as session:
        found = round_results(session, round_code, interval=interval, min_n=min_n)
    _write(found.table, form, out)


@click.command()
@click.option("--responses", required=True, type=IN_FILE, help="CSV, one row a respondent, one column an item.")
@click.option("--population", required=True, type=IN_FILE, help="CSV with the columns agency,service,N.")
@click.option("--questionnaire", required=True, help="Code of a bundled questionnaire, or a YAML file.")
@click.option("--map", "map_file", type=IN_FILE, help="YAML file that tells which column is which.")
@click.option("--strata", default="agency,service", show_default=True, help="Columns that make the strata.")
@click.option("--by", default="agency,service", show_default=True, help="Columns to give figures by.")
@click.option("--format", "form", type=FORMATS, default="csv", show_default=True)
@click.option("--interval", type=INTERVALS, default="auto", show_default=True, help="Method of the intervals.")
@click.option(
    "--min-n", type=click.IntRange(0), default=0, show_default=True, help="Show nothing of fewer respondents."
)
@click.option("--rules", type=IN_FILE, help="Scoring rules as JSON, see docs/methodology.md.")
@click.option("--allow-short", is_flag=True, help="Where N is below the responses, let these stand in for N.")
@click.option("--out", type=OUT_FILE, help="File to write; default: standard output.")
@plainly
def score(
    responses: Path,
    population: Path,
    questionnaire: str,
    map_file: Path | None,
    strata: str,
    by: str,
    form: str,
    interval: str,
    min_n: int,
    rules: Path | None,
    allow_short: bool,
    out: Path | None,
) -> None:
    """Score a file of responses collected anywhere, without a database. Hides nothing unless --min-n says so."""
    from survey.results.score_files import STRATA, Task, score_files, unknown_strata
    from survey.spreadsheets.column_map import ColumnMap, load_map

    definition = _definition(questionnaire)
    by_columns, strata_columns = _names(by), _names(strata)
    codes = {slot.code for slot in definition.slots} | {*STRATA, *by_columns, *strata_columns}
    task = Task(
        responses,
        population,
        definition,
        load_map(map_file, codes) if map_file else ColumnMap(),
        _rules(rules, interval, min_n),
        strata_columns,
        by_columns,
        allow_short,
    )
    with progress_bar(responses) as advance:
        table = score_files(task, advance)
    _write(table, form, out)
    unknown = unknown_strata(table)
    if unknown:
        click.echo(
            "Warning: no transactions N for " + ", ".join(unknown) + "; they are not in the figures of the province",
            err=True,
        )


def _names(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _rules(path: Path | None, interval: str, min_n: int) -> Any:
    """Return the scoring rules of a file with what the options say."""
    from scoring.scheme import DataError, Rules

    try:
        return Rules.from_mapping({**(read_rules(path) or {}), "interval": interval, "min_n": min_n})
    except (DataError, TypeError) as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error


def _definition(name: str) -> Definition:
    """Return a bundled questionnaire by its code, or that of a YAML file."""
    from survey.questionnaires import bundled, load_file

    if name in bundled():
        return bundled()[name]
    path = Path(name)
    if path.suffix.lower() in {".yaml", ".yml"} or path.exists():
        return load_file(path)
    raise InputError(
        "There is no questionnaire %(name)s; bundled are %(codes)s, or name a YAML file",
        name=name,
        codes=", ".join(bundled()),
    )


def _write(table: pd.DataFrame, form: str, out: Path | None) -> None:
    """Write a table of figures; a file appears whole or not at all."""
    from survey.results.as_csv import csv_lines
    from survey.results.as_json import json_lines

    lines = json_lines(table) if form == "json" else csv_lines(table)
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8") if hasattr(sys.stdout, "reconfigure") else None
        for line in lines:
            click.echo(line, nl=False)
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError("%(path)s cannot be written: %(why)s", path=out, why=error.strerror or error) from error
