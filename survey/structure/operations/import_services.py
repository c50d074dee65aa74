"""Take services (lĩnh vực) from a table: code, name, name_en, and the agency that decides."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError, Notice
from survey.models import Agency, Service
from survey.spreadsheets.names import Names
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_agencies import CODE_LIMIT, ImportedRows
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.names import agency_names


def import_services(session: orm.Session, table: Table, *, actor: Actor) -> ImportedRows:
    """Idempotent import: add the services of `table` (columns `code,name` and optionally `name_en,deciding_agency`).

    `deciding_agency` is the code or name of the agency that decides on the service; a stored service for which nobody
    has said so yet takes it too. Rows equal to what is stored change nothing. Raises `TableError` for codes or names
    given twice (NFC, case ignored), for a stored code with another name or another agency, and for an agency that is
    unknown or has ended; then nothing is added.
    """
    reader = _ServiceReader(session, table, actor)
    at = {name: table.position(name) for name in ("code", "name")}
    at |= {name: k for name in ("name_en", "deciding_agency") if (k := table.optional(name)) is not None}
    for number, cells in table:
        reader.read(number, {name: cells[k] for name, k in at.items()})
    reader.check.finish()
    for service, agency in reader.decided:
        service.deciding_agency = agency
    session.add_all(reader.fresh)
    session.flush()
    after: dict[str, object] = {"added": [service.code for service in reader.fresh]}
    if reader.decided:
        after["deciding_agency"] = {service.code: agency.code for service, agency in reader.decided}
    audit.record(session, action="services.imported", subject=table.source[:128], actor=actor, after=after)
    undo = {
        "made": [service.id for service in reader.fresh],
        "decided": [[service.id, agency.id] for service, agency in reader.decided],
    }
    return ImportedRows(
        len(reader.fresh), len(reader.seen) - len(reader.fresh) - len(reader.decided), reader.notices(), undo
    )


def undo_decided(session: orm.Session, decided: list[list[int]]) -> None:
    """Take back what an import said of services that were stored before; `InputError` where it was changed since."""
    for service_id, agency_id in decided:
        service = session.get(Service, service_id)
        if service is None or service.deciding_agency_id != agency_id:
            name = service.name if service else str(service_id)
            raise InputError("%(name)s was changed after this import; it cannot be taken back", name=name)
        service.deciding_agency = None


@dataclass
class _ServiceReader:
    """The rows of a table of services, and what is wrong in its cells."""

    session: orm.Session
    table: Table
    actor: Actor
    fresh: list[Service] = field(default_factory=list)
    #: stored services, and the agency that decides on each from now on
    decided: list[tuple[Service, Agency]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.check = Checker.of(self.table)
        self.stored = {service.code: service for service in self.session.scalars(sa.select(Service)).all()}
        self.names = {service.name.casefold(): service.code for service in self.stored.values()}
        self.agencies = {agency.id: agency for agency in self.session.scalars(sa.select(Agency)).all()}
        self.agency_names: Names = agency_names(self.session)

    def read(self, number: int, cell: dict[str, str]) -> None:
        """Read one service."""
        code = self.check.code(number, "code", cell["code"], CODE_LIMIT)
        name = self.check.required(number, "name", cell["name"])
        agency = self._agency(number, cell.get("deciding_agency", ""))
        if code in self.seen:
            self.check.wrong(number, "code", code, "another code: it stands in a row above already")
        taken = self.names.setdefault(name.casefold(), code)
        if taken != code:
            self.check.wrong(number, "name", name, "another name: the field %(code)s is called so already", code=taken)
        if code not in self.stored:
            english = cell.get("name_en") or None
            self.fresh.append(Service(code=code, name=name, name_en=english, deciding_agency=agency))
        elif code not in self.seen:
            self._compare(number, self.stored[code], name, agency)
        self.seen.add(code)

    def _compare(self, number: int, service: Service, name: str, agency: Agency | None) -> None:
        """Compare a row with the service as it is stored."""
        if service.name != name:
            self.check.wrong(
                number, "name", name, "“%(name)s”, as it is stored for %(code)s", name=service.name, code=service.code
            )
        now = service.deciding_agency
        if agency is not None and now is None:
            self.decided.append((service, agency))
        elif agency is not None and now is not None and agency.id != now.id:
            self.check.wrong(
                number,
                "deciding_agency",
                agency.name,
                "“%(name)s”, as it is stored for %(code)s",
                name=now.name,
                code=service.code,
            )

    def _agency(self, number: int, text: str) -> Agency | None:
        """The agency in force that a cell names; an error is added for any other."""
        agency = self.agencies.get(self.agency_names.find(text) or 0)
        ended = agency is not None and agency.valid_to is not None and agency.valid_to <= self.actor.now.date()
        if text and (agency is None or ended):
            wrong_name(self.check, number, "deciding_agency", text, self.agency_names)
            return None
        return agency

    def notices(self) -> tuple[Notice, ...]:
        """What is said of stored services that change."""
        if not self.decided:
            return ()
        names = "; ".join(f"{service.name}: {agency.name}" for service, agency in self.decided)
        return (Notice("Stored service fields that now say who decides: %(names)s", {"names": names}),)
