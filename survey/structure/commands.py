"""Commands that open, close and list rounds."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import click
from flask.cli import AppGroup

from survey.core.command_line import IN_FILE, plainly, read_rules
from survey.core.errors import InputError
from survey.models import Round
from survey.structure.operations.close_round import close_round
from survey.structure.operations.open_round import Plan, create_round, open_round, told_span
from survey.structure.queries import rounds
from survey.web import context
from survey.web.context import database, settings

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])


def _hour(moment: datetime | None) -> time | None:
    """Return the time of day; None for midnight, where a day begins and ends by itself."""
    return moment.time() if moment and moment.time() != time() else None


def _span(round_: Round) -> list[str]:
    """Return the first day and the last, each with its hour where it has one."""
    told = told_span(round_)
    return [f"{told[f'{end}_on']} {told[f'{end}_at'] or ''}".rstrip() for end in ("opens", "closes")]


@click.group("round", cls=AppGroup)
def round_group() -> None:
    """Open, close and list rounds."""


@round_group.command("open")
@click.argument("code")
@click.option("--name", default="", help="Name shown to people; default: the code.")
@click.option("--questionnaire", default="sipas-service-16", show_default=True, help="Code of its questionnaire.")
@click.option("--opens", type=MOMENT, help="First day, or the hour on it; default: today.")
@click.option("--closes", type=MOMENT, help="Last day, included, or the hour on it; needed for a new round.")
@click.option("--rules", type=IN_FILE, help="Scoring rules as JSON, see docs/methodology.md.")
@plainly
def round_open(
    code: str, name: str, questionnaire: str, opens: datetime | None, closes: datetime | None, rules: Path | None
) -> None:
    """Open a round; one that does not exist yet is made first."""
    now = context.now()
    with database().write() as session:
        round_ = rounds.find_round(session, code)
        if round_ is None:
            if closes is None:
                raise InputError("There is no round %(code)s yet; give --closes YYYY-MM-DD to make it", code=code)
            plan = Plan(
                code,
                name,
                opens.date() if opens else now.astimezone(settings().timezone).date(),
                closes.date(),
                settings().zone,
                rules=read_rules(rules),
                opens_at=_hour(opens),
                closes_at=_hour(closes),
            )
            round_ = create_round(session, plan, rounds.latest_version(session, questionnaire), now=now)
        open_round(session, round_, now=now)
        first, last = _span(round_)
        click.echo(f"Round {round_.code} is open from {first} to {last}, both days included.")


@round_group.command("close")
@click.argument("code")
@plainly
def round_close(code: str) -> None:
    """Close a round: it takes no more answers; forms opened before are accepted for half an hour."""
    with database().write() as session:
        close_round(session, rounds.by_code(session, code), now=context.now())
    click.echo(f"Round {code} is closed.")


@round_group.command("list")
@plainly
def round_list() -> None:
    """List rounds, the newest first: code, state, first day, last day, questionnaire."""
    with database().read() as session:
        for round_ in rounds.all_rounds(session):
            version = round_.version
            asked = f"{version.questionnaire.code} v{version.number}"
            click.echo("\t".join([round_.code, round_.state, *_span(round_), asked]))
