"""What the worker can make: each kind is loaded, checked against what its owner may see now, and written to a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import orm

from survey.accounts.queries import users
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Role, User
from survey.results.kept_search import search_path
from survey.results.live import is_live
from survey.structure.queries import rounds

RESULT_READERS = frozenset({Role.ADMIN, Role.EVALUATOR, Role.MANAGER})
MICRODATA_READERS = frozenset({Role.ADMIN, Role.EVALUATOR})
UNIT_ROLES = frozenset({Role.ADMIN, Role.MANAGER, Role.STAFF})


@dataclass(frozen=True)
class Work:
    """A job that runs: what it is made from and for whom."""

    database: Database
    settings: Settings
    user: User
    parameters: Mapping[str, Any]
    now: datetime
    #: called with the rows written; a long job says so how far it is
    progress: Callable[[int], object]

    @property
    def round_code(self) -> str:
        """The round that the file is about."""
        return str(self.parameters["round"])

    def visible(self, session: orm.Session) -> frozenset[str] | None:
        """The agencies that the owner may see; None: all. `InputError` while the round hides its files."""
        agencies = users.visible_agencies(session, self.user)
        if is_live(rounds.by_code(session, self.round_code), agencies):
            raise InputError("Files follow once the round has ended.")
        return agencies


@dataclass(frozen=True)
class Kind:
    """A kind of file: who may have it, and what makes it."""

    roles: frozenset[Role]
    make: Callable[[Work, Path], None]
    #: where in the storage a file is kept for the page of a round and not for its owner; by the round's number
    kept_at: Callable[[int], str] | None = None


def _workbook(work: Work, path: Path) -> None:
    from survey.files.exports.content import load_content
    from survey.files.exports.files import Export, workbook

    with work.database.read() as session:
        content = load_content(session, work.round_code, work.visible(session))
        english = bool(work.parameters.get("english"))
        workbook(Export(session=session, content=content, now=work.now, english=english, progress=work.progress), path)


def _microdata(work: Work, path: Path) -> None:
    from survey.files.exports.content import load_content
    from survey.files.exports.files import Export, write_package
    from survey.files.exports.microdata import prepare
    from survey.files.exports.microdata_files import write_parquet, write_sav

    with work.database.read() as session:
        content = load_content(session, work.round_code, work.visible(session))
        if path.suffix == ".zip":
            write_package(Export(session=session, content=content, now=work.now, progress=work.progress), path)
            return
        write = write_sav if path.suffix == ".sav" else write_parquet
        write(session, prepare(session, content), path, work.progress)


def _province_report(work: Work, path: Path) -> None:
    from survey.files.reports.load import province_context, round_context
    from survey.files.reports.province import render_province

    with work.database.read() as session:
        work.visible(session)
        context = province_context(session, round_context(session, work.round_code))
    path.write_bytes(render_province(context))


def _agency_report(work: Work, path: Path) -> None:
    from survey.files.reports.agency import render_agency
    from survey.files.reports.load import agency_context, round_context

    agency = str(work.parameters["agency"])
    with work.database.read() as session:
        visible = work.visible(session)
        if visible is not None and agency not in visible:
            raise InputError("You may no longer see this agency.")
        context = agency_context(session, round_context(session, work.round_code), agency)
    path.write_bytes(render_agency(context))


def _round_document(work: Work, path: Path) -> None:
    from survey.files.documents.facts import load_facts
    from survey.files.documents.kinds import DOCUMENTS

    with work.database.read() as session:
        work.visible(session)
        facts = load_facts(session, work.round_code, work.now, work.now.astimezone(work.settings.timezone).date())
    path.write_bytes(DOCUMENTS[str(work.parameters["document"])].make(facts))


def _doubtful_search(work: Work, path: Path) -> None:
    from survey.results.kept_search import write_search

    with work.database.read() as session:
        work.visible(session)
        write_search(session, work.round_code, path, work.now, work.progress)


def _receipt_slips(work: Work, path: Path) -> None:
    from survey.printing.slip_sheets import print_slips

    path.write_bytes(
        print_slips(work.database, work.settings, work.parameters, work.user, Actor(work.now, work.user.id))
    )


KINDS: dict[str, Kind] = {
    "workbook": Kind(RESULT_READERS, _workbook),
    "microdata": Kind(MICRODATA_READERS, _microdata),
    "province_report": Kind(MICRODATA_READERS, _province_report),
    "agency_report": Kind(RESULT_READERS, _agency_report),
    "round_document": Kind(MICRODATA_READERS, _round_document),
    "receipt_slips": Kind(UNIT_ROLES, _receipt_slips),
    "doubtful_search": Kind(MICRODATA_READERS, _doubtful_search, search_path),
}
"""What can be made, by the name in the queue."""
