"""Samples of piles that another unit keys in again."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Counter, EntryBatch, ImportBatch, SpotCheck, SpotForm, User


@dataclass(frozen=True)
class SpotRow:
    """A sample, its forms, and who keyed each of them in."""

    check: SpotCheck
    counter: Counter
    forms: tuple[tuple[SpotForm, User | None], ...]

    @property
    def left(self) -> list[SpotForm]:
        """Forms that are still to be keyed in."""
        return [form for form, _user in self.forms if form.compared is None]

    @property
    def compared(self) -> int:
        """Questions compared so far."""
        return sum(form.compared or 0 for form, _user in self.forms)

    @property
    def agreed(self) -> int:
        """Those answered alike."""
        return sum(form.agreed or 0 for form, _user in self.forms)

    @property
    def agreement(self) -> float | None:
        """Share of answers alike, in percent; None before the first."""
        return 100 * self.agreed / self.compared if self.compared else None


def spot_check(session: orm.Session, batch_id: int) -> SpotRow | None:
    """The sample of a pile."""
    found = _rows(session, SpotCheck.batch_id == batch_id)
    return found[0] if found else None


def waiting_spot_checks(session: orm.Session) -> list[SpotRow]:
    """The samples of piles that wait of which some form is still to be keyed in."""
    return [row for row in _rows(session, ImportBatch.waiting.is_(True)) if row.left]


def spot_form(session: orm.Session, batch_id: int, number: int) -> SpotForm | None:
    """A form of a sample."""
    return session.get(SpotForm, (batch_id, number))


def _rows(session: orm.Session, condition: sa.ColumnElement[bool]) -> list[SpotRow]:
    checks = session.execute(
        sa.select(SpotCheck, Counter)
        .join(EntryBatch, EntryBatch.batch_id == SpotCheck.batch_id)
        .join(ImportBatch, ImportBatch.id == SpotCheck.batch_id)
        .join(Counter, Counter.id == EntryBatch.counter_id)
        .where(condition)
        .order_by(SpotCheck.batch_id)
    ).all()
    forms: dict[int, list[tuple[SpotForm, User | None]]] = {check.batch_id: [] for check, _counter in checks}
    query = sa.select(SpotForm, User).outerjoin(User, User.id == SpotForm.keyed_by_id)
    query = query.where(SpotForm.batch_id.in_(forms)).order_by(SpotForm.batch_id, SpotForm.number)
    for form, person in session.execute(query):
        forms[form.batch_id].append((form, person))
    return [SpotRow(check, counter, tuple(forms[check.batch_id])) for check, counter in checks]
