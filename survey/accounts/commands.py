"""Commands of accounts: create one, invite its owner to set a new password, verify the audit log."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import report_input_errors
from survey.core.errors import InputError
from survey.web.context import database, operator, page_address, settings


@click.command("create")
@click.argument("username")
@click.option("--role", type=click.Choice(["admin", "evaluator", "manager", "staff"]), required=True)
@click.option("--agency", default="", help="Code of the agency a manager or staff member belongs to.")
@click.option("--name", default="", help="Name shown on pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is generated.")
@with_appcontext
@report_input_errors
def create_user(username: str, role: str, agency: str, name: str, password_stdin: bool) -> None:
    """Create an account and print its first password, which must be changed at the first sign-in."""
    from survey.accounts.operations.create_user import create_user as operation
    from survey.accounts.passwords import new_password
    from survey.accounts.queries.agencies import id_by_code
    from survey.models import Role

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()
    with database().write() as session:
        operation(
            session,
            username=username,
            password=password,
            role=Role(role),
            actor=operator(),
            display_name=name,
            agency_id=id_by_code(session, agency) if agency else None,
            must_change_password=not password_stdin,
        )
    say("Account %(name)s (%(role)s) was made.", name=username, role=role)
    if not password_stdin:
        say("Password: %(password)s   (shown this once)", password=password)


@click.command("invite")
@click.argument("username", required=False)
@click.option("--first", is_flag=True, help="The first administrator's link: only while nobody can sign in yet.")
@with_appcontext
@report_input_errors
def invite_user(username: str | None, first: bool) -> None:
    """Print a one-use link by which an account's owner sets a new password; the old one and all sessions end."""
    from survey.accounts.operations.first_administrator import MINUTES, invite_first
    from survey.accounts.operations.invitations import DAYS, invite
    from survey.accounts.queries.users import by_username

    if first == bool(username):
        raise InputError("Give the name of an account, or --first")
    if first:
        with database().write() as session:
            token = invite_first(session, actor=operator())
        say("This link makes you the administrator; it works once, within %(minutes)s minutes:", minutes=MINUTES)
        click.echo(page_address("invitations.accept", token=token))
        return
    with database().write() as session:
        user = by_username(session, username or "")
        if user is None or not user.active:
            raise InputError("There is no open account %(name)s", name=username)
        token = invite(session, user, actor=operator())
    say("Hand this link to %(name)s alone; it works once, within %(days)s days:", name=username, days=DAYS)
    click.echo(page_address("invitations.accept", token=token))


@click.command("export")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Only events sealed after the one of this number.")
@click.option("--action", default="", help="One action (user.signed_in), or all of a kind (access.).")
@with_appcontext
@report_input_errors
def export_audit(after: int, action: str) -> None:
    """Seal the audit log and write it to standard output as JSON lines, oldest first, for a log collector."""
    from survey.accounts.audit_export import new_audit_lines
    from survey.accounts.queries.audit import AuditFilter

    for line in new_audit_lines(database(), AuditFilter(action=action), settings().timezone, after):
        click.echo(line, nl=False)


@click.command("verify")
@click.option("--head", default="", help="Head that was printed with an edition or a backup: is it in the chain?")
@with_appcontext
@report_input_errors
def verify_audit(head: str) -> None:
    """Verify the hash chain of the audit log; exit code 1 where a link does not hold or a head is not in it."""
    from survey.accounts.queries.audit_chain import head_position, verify_audit_chain

    with database().read() as session:
        chain = verify_audit_chain(session)
        position = head_position(session, head.strip().lower()) if head else None
    say("sealed    %(sealed)s events, %(unsealed)s since", sealed=chain.sealed, unsealed=chain.unsealed)
    say("head      %(head)s", head=chain.head)
    if chain.broken_at is not None:
        say(
            "Link %(number)s does not hold: an event was altered, removed or inserted.",
            number=chain.broken_at,
            err=True,
        )
        sys.exit(1)
    if head and position is None:
        say("No link has that head: events that were there when it was printed are gone.", err=True)
        sys.exit(1)
    if head:
        say("The log is whole; that head is link %(position)s.", position=position)
    else:
        say("The log is whole.")
