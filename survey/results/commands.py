"""Commands of figures: the results of a round, and scores of a file without a database."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from survey.core.command_language import say, translated
from survey.core.command_line import (
    IN_FILE,
    IN_FOLDER,
    OUT_FILE,
    atomic_write,
    progress_bar,
    read_rules,
    report_input_errors,
    work_bar,
)
from survey.core.errors import InputError
from survey.web.context import database

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import orm

    from scoring.scheme import Rules
    from survey.questionnaires import Definition
    from survey.results.archive.nation import NationResults
    from survey.results.archive.read import Archive
    from survey.results.compute import RoundResults

INTERVALS = click.Choice(["auto", "jeffreys", "beta", "logit", "wilson", "t"])
FORMATS = click.Choice(["csv", "json"])


@click.command()
@click.option("--round", "round_code", help="Code of the round; needed unless --from holds one alone.")
@click.option("--from", "folder", type=IN_FOLDER, help="Archive to read in place of the database.")
@click.option("--identity", type=IN_FILE, help="File with the age private key of an encrypted archive.")
@click.option("--by-province", is_flag=True, help="Score an archive province by province, the nation on top.")
@click.option("--ranks", type=OUT_FILE, help="File for the ranks of --by-province: CSV, by kind within a province.")
@click.option("--processes", type=click.IntRange(1), default=1, help="Processes for --by-province on this machine.")
@click.option(
    "--scheduler", help="Dask scheduler (tcp://host:port) whose workers read the archive, or how many to start."
)
@click.option("--format", "form", type=FORMATS, default="csv", show_default=True)
@click.option("--interval", type=INTERVALS, help="Method of the intervals; default: the round's rule.")
@click.option("--min-n", type=click.IntRange(0), help="Show nothing of fewer respondents; default: the round's rule.")
@click.option("--calibrated", is_flag=True, help="The index calibrated to margins, as the round's rules say.")
@click.option("--out", type=OUT_FILE, help="File to write; default: standard output.")
@with_appcontext
@report_input_errors
def results(
    round_code: str | None,
    folder: Path | None,
    identity: Path | None,
    by_province: bool,
    ranks: Path | None,
    processes: int,
    scheduler: str | None,
    form: str,
    interval: str | None,
    min_n: int | None,
    calibrated: bool,
    out: Path | None,
) -> None:
    """Write the results of a round, one row a figure (columns: docs/data-dictionary.md)."""
    if folder is not None:
        from survey.results.archive.sums import with_min_n

        if ranks is not None and not by_province:
            raise InputError("--ranks needs --by-province")
        if calibrated:
            raise InputError("--calibrated is for a round of the database; an archive holds no margins")

        opened = _archive(folder, round_code, identity)
        wanted = with_min_n(opened.rules, interval, min_n)
        table, ranked = _of_archive(opened, wanted, by_province, processes, scheduler, ranks is not None)
        if ranked is not None and ranks is not None:
            with atomic_write(ranks) as part:
                ranked.to_csv(part, index=False)
    else:
        from survey.results.compute import round_results

        if by_province or scheduler is not None or ranks is not None:
            raise InputError("--by-province, --ranks and --scheduler are for an archive; name its folder with --from")
        if round_code is None:
            raise InputError("Name the round with --round, or the folder of an archive with --from")
        with database().read() as session:
            found = round_results(session, round_code, interval=interval, min_n=min_n)
            table = _calibrated(session, found) if calibrated else found.table
    write_table(table, form, out)


@click.command()
@click.option("--responses", type=IN_FILE, help="CSV, one row a respondent, one column an item.")
@click.option("--population", type=IN_FILE, help="CSV with the columns agency,service,N.")
@click.option("--questionnaire", help="Code of a bundled questionnaire, or a YAML file.")
@click.option("--from", "folder", type=IN_FOLDER, help="Archive to read in place of these three.")
@click.option("--round", "round_code", help="Code of the round, where the archive holds several.")
@click.option("--identity", type=IN_FILE, help="File with the age private key of an encrypted archive.")
@click.option("--map", "map_file", type=IN_FILE, help="YAML file that tells which column is which.")
@click.option("--strata", default="agency,service", show_default=True, help="Columns that make the strata.")
@click.option("--by", default="agency,service", show_default=True, help="Columns to give figures by.")
@click.option("--margins", type=IN_FILE, help="CSV variable,category,N[,agency]: calibrate to these margins.")
@click.option("--cluster", default="", help="Columns that make the sampling units, for example counter,day.")
@click.option("--format", "form", type=FORMATS, default="csv", show_default=True)
@click.option("--interval", type=INTERVALS, default="auto", show_default=True, help="Method of the intervals.")
@click.option(
    "--min-n", type=click.IntRange(0), default=0, show_default=True, help="Show nothing of fewer respondents."
)
@click.option("--rules", type=IN_FILE, help="Scoring rules as JSON, see docs/methodology.md.")
@click.option("--allow-short", is_flag=True, help="Where N is below the responses, let these stand in for N.")
@click.option("--out", type=OUT_FILE, help="File to write; default: standard output.")
@report_input_errors
def score(
    responses: Path | None,
    population: Path | None,
    questionnaire: str | None,
    folder: Path | None,
    round_code: str | None,
    identity: Path | None,
    map_file: Path | None,
    strata: str,
    by: str,
    margins: Path | None,
    cluster: str,
    form: str,
    interval: str,
    min_n: int,
    rules: Path | None,
    allow_short: bool,
    out: Path | None,
) -> None:
    """Score a file of responses collected anywhere, without a database. Hides nothing unless --min-n says so."""
    from survey.results.score_files import STRATA, Task, score_files
    from survey.spreadsheets.column_map import ColumnMap, load_map

    by_columns, strata_columns, cluster_columns = _names(by), _names(strata), _names(cluster)
    if folder is not None:
        from survey.results.archive.score import ArchiveTask, score_archive
        from survey.results.score_files import read_population

        if responses is not None or questionnaire is not None or map_file is not None or margins is not None:
            raise InputError("An archive has its own responses and questionnaire; name --from alone")
        own = read_population(population, strata_columns) if population else None
        archive = _archive(folder, round_code, identity)
        chosen = _rules(rules, interval, min_n, archive.rules.to_mapping())
        _tell(
            score_archive(ArchiveTask(archive, chosen, strata_columns, by_columns, cluster_columns, allow_short, own)),
            form,
            out,
        )
        return
    if responses is None or population is None or questionnaire is None:
        raise InputError("Name --responses, --population and --questionnaire, or the folder of an archive with --from")
    definition = _definition(questionnaire)
    codes = {slot.code for slot in definition.slots} | {*STRATA, *by_columns, *strata_columns, *cluster_columns}
    task = Task(
        responses,
        population,
        definition,
        load_map(map_file, codes) if map_file else ColumnMap(),
        _rules(rules, interval, min_n),
        strata_columns,
        by_columns,
        cluster_columns,
        margins,
        allow_short,
    )
    with progress_bar(responses) as advance:
        table = score_files(task, advance)
    _tell(table, form, out)


def _calibrated(session: orm.Session, found: RoundResults) -> pd.DataFrame:
    """The calibrated figures of a round; how calibrating went is said on standard error."""
    from survey.results.calibrated import calibrated_results

    made = calibrated_results(session, found)
    if made is None:
        raise InputError("The rules of round %(code)s ask for no calibration", code=found.round.code)
    went = made.calibration
    say(
        "%(converged)s after %(iterations)s iterations, furthest margin %(distance)s; %(cut)s %% of weights cut; "
        "design effect of weights %(deff)s (plain %(before)s), effective n %(n_eff)s; R-indicator %(r)s",
        converged=translated("Converged") if went.converged else translated("NOT CONVERGED"),
        iterations=went.iterations,
        distance=f"{went.distance:.1e}",
        cut=f"{100 * went.trimmed_share:.1f}",
        deff=f"{went.deff:.3f}",
        before=f"{went.deff_before:.3f}",
        n_eff=f"{went.n_eff:.1f}",
        r=f"{went.r_indicator:.3f}",
        err=True,
    )
    return made.table


def _tell(table: pd.DataFrame, form: str, out: Path | None) -> None:
    """Write a table of figures, and warn of agencies whose transactions are not known."""
    from survey.results.score_files import unknown_strata

    write_table(table, form, out)
    unknown = unknown_strata(table)
    if unknown:
        say(
            "Warning: no transactions N for %(agencies)s; they are not in the figures of the province",
            agencies=", ".join(unknown),
            err=True,
        )


@click.command("check-table")
@click.argument("file", type=IN_FILE)
@click.option(
    "--items",
    type=click.IntRange(1, 200),
    default=1,
    show_default=True,
    help="Questions put together in one percentage or mean.",
)
@report_input_errors
def check_table(file: Path, items: int) -> None:
    """Check the tables of a CSV, a workbook or a text copied from a PDF: what its printed numbers contradict."""
    from survey.results.table_check import KINDS, LEGEND, MARGINS_SHOWN, check_file, written

    def number(value: float) -> str:
        return written(value, english=True)

    with file.open("rb") as opened:
        found = check_file(opened, file.name, number, items=items)
    for flag in found.flags:
        sheet = f"{flag.sheet}!" if flag.sheet else ""
        likely = f" ({translated('most likely')} {flag.likely})" if flag.likely else ""
        kind, reason = translated(KINDS.messages[flag.kind]), translated(flag.reason) % flag.values
        click.echo(f"{sheet}{flag.address}: {kind}. {reason}{likely}")
    for one in found.margins[:MARGINS_SHOWN]:
        sheet = f"{one.sheet}!" if one.sheet else ""
        what = f"{one.label}, {one.heading}".strip(", ")
        words = translated("%(share)s of n = %(n)s is at best ± %(margin)s points")
        said = words % {"share": number(one.share), "n": one.n, "margin": f"{one.margin:.1f}"}
        click.echo(f"{sheet}{one.address}: {what}: {said}")
    counts = {"flags": len(found.flags), "tables": found.tables, "numbers": found.numbers}
    say("%(flags)s flags; %(tables)s tables with %(numbers)s numbers were read.", counts)
    if found.flags:
        say(LEGEND)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _archive(folder: Path, round_code: str | None, identity: Path | None) -> Archive:
    """Open the archive of the one round that is meant."""
    from survey.results.archive.manifest import one_round_folder
    from survey.results.archive.read import Archive, read_identity

    return Archive.open(one_round_folder(folder, round_code), read_identity(identity))


def _of_archive(
    archive: Archive, rules: Rules, by_province: bool, processes: int, scheduler: str | None, ranks: bool
) -> NationResults:
    """Results of an archive: at once or province by province, here or at a Dask cluster."""
    from survey.results.archive import distribute
    from survey.results.archive.nation import NationResults, nation_results, one_by_one
    from survey.results.archive.sums import archive_results

    if scheduler is None and not by_province:
        return NationResults(archive_results(archive, rules), None)
    with work_bar(archive.manifest.round["code"], len(archive.provinces), err=True) as advance:
        if scheduler is None:
            runner = one_by_one if processes == 1 else partial(distribute.on_processes, processes)
            return nation_results(archive, rules, runner, advance, ranks=ranks)
        with distribute.connected(scheduler) as client:
            if not by_province:
                return NationResults(distribute.results_on_cluster(client, archive, rules), None)
            runner = partial(distribute.on_cluster, client)
            return nation_results(archive, rules, runner, advance, ranks=ranks)


def _rules(path: Path | None, interval: str, min_n: int, own: Mapping[str, Any] | None = None) -> Any:
    """The scoring rules of a file, else `own`, with what the options say."""
    from scoring.scheme import DataError, Rules

    try:
        return Rules.new({**((own if path is None else read_rules(path)) or {}), "interval": interval, "min_n": min_n})
    except (DataError, TypeError) as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error


def _definition(name: str) -> Definition:
    """A bundled questionnaire by its code, or that of a YAML file."""
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


def write_table(table: pd.DataFrame, form: str, out: Path | None) -> None:
    """Write a table of figures to a file, or to standard output."""
    from survey.results.as_csv import csv_lines
    from survey.results.as_json import json_lines

    lines = json_lines(table) if form == "json" else csv_lines(table)
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8") if hasattr(sys.stdout, "reconfigure") else None
        for line in lines:
            click.echo(line, nl=False)
        return
    with atomic_write(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
