"""The command line, `flask --app app …`: the tree of commands. Each room has its own in its `commands.py`.

Exit codes: 0 done; 2 bad input, one message on stderr and nothing written. docs/operations.md lists the commands.
"""

from __future__ import annotations

import click
import flask
from flask.cli import FlaskGroup

from survey.accounts import commands as accounts
from survey.collect import commands as collect
from survey.core.command_language import bind_catalogues, has_catalogue, localized, offer_languages
from survey.core.command_line import command_group, deprecated_alias
from survey.demo import commands as demo
from survey.files import commands as files
from survey.files.jobs_command import run_jobs
from survey.improvement.mail_command import send_mail
from survey.maintenance import commands as maintenance
from survey.maintenance.nightly_command import nightly
from survey.printing import commands as printing
from survey.publication import commands as publication
from survey.results import commands as results
from survey.results.archive_command import archive
from survey.results.plan_command import plan
from survey.results.thermometers_command import import_thermometers, thermometers
from survey.structure import commands as structure

TREE: tuple[click.Command, ...] = (
    maintenance.init,
    demo.demo,
    maintenance.doctor,
    nightly,
    command_group("audit", "Verify and export the audit log.", accounts.verify_audit, accounts.export_audit),
    command_group("user", "Create accounts and invite their owners.", accounts.create_user, accounts.invite_user),
    command_group(
        "import",
        "Import tables and responses from files; undo an import.",
        structure.import_agencies,
        structure.import_services,
        structure.import_counters,
        structure.import_population,
        structure.import_margins,
        import_thermometers,
        collect.import_responses,
        collect.undo_import,
    ),
    command_group(
        "round", "Open, close and list rounds.", structure.open_round, structure.close_round, structure.list_rounds
    ),
    command_group("counter", "List counters with the addresses of their forms.", structure.list_counters),
    command_group("questionnaire", "List questionnaires.", structure.list_questionnaires),
    command_group(
        "print",
        "Print posters, slips of one-use codes and paper questionnaires, as PDF.",
        printing.posters,
        printing.receipt_codes,
        printing.questionnaire,
    ),
    results.results,
    results.score,
    results.check_table,
    thermometers,
    plan,
    archive,
    files.export,
    files.report,
    files.document,
    command_group("jobs", "Make the files that people asked for.", run_jobs),
    command_group("mail", "Send reminders by mail, where that is switched on.", send_mail),
    command_group("publication", "Verify published editions.", publication.verify_publication),
    command_group(
        "api-client",
        "Let programs in by the API, and shut them out.",
        publication.create_client,
        publication.revoke_client,
        publication.list_clients,
    ),
    command_group(
        "database",
        "Back up, restore, test backups and move the database.",
        maintenance.backup,
        maintenance.restore,
        maintenance.test_backup,
        maintenance.move_database,
        maintenance.adopt_key,
        maintenance.adopt_storage_folder,
    ),
    collect.purge,
)

for _command in TREE:
    offer_languages(_command)

OLD_NAMES = {
    "create-user": "user create",
    "invite": "user invite",
    "import-agencies": "import agencies",
    "import-services": "import services",
    "import-counters": "import counters",
    "import-population": "import population",
    "import-responses": "import responses",
    "undo-import": "import undo",
    "counters": "counter list",
    "questionnaires": "questionnaire list",
    "posters": "print posters",
    "receipt-codes": "print receipt-codes",
    "paper-form": "print questionnaire",
    "verify-publication": "publication verify",
    "backup": "database backup",
    "restore": "database restore",
    "backup-test": "database test-backup",
    "move-database": "database move",
}
"""Names of version 0.1, kept as hidden aliases throughout 0.2; remove them in 0.3."""


def init_app(app: flask.Flask) -> None:
    """Register the commands and the aliases."""
    bind_catalogues()
    translate = has_catalogue()
    for command in TREE:
        app.cli.add_command(localized(command) if translate else command)
    for old, new in OLD_NAMES.items():
        group, name = new.split()
        parent = app.cli.commands[group]
        assert isinstance(parent, click.Group)  # noqa: S101 (narrows the type)
        app.cli.add_command(deprecated_alias(parent.commands[name], old, new))


def is_command_lookup() -> bool:
    """Say whether Flask makes the application only to look a command up, or to list them for `--help`.

    Commands that serve pages (`flask run`, `routes`, `shell`) are Flask's own and load the application later.
    """
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)
