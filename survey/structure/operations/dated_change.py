"""A change of the administration that holds from a day on: what renaming, merging, splitting and ending share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError


@dataclass(frozen=True)
class DatedChange:
    """The first day of a change, and who enters it when; `today` is the actor's local day."""

    since: date
    today: date
    actor: Actor

    def check_new_name(self, began: date | None) -> None:
        """Validate the first day of a new name: not in the future, after the present one `began`; else `InputError`."""
        if self.since > self.today:
            raise InputError(
                "A new name can be entered from the day on which it holds: %(day)s",
                field="since",
                day=f"{self.since:%d/%m/%Y}",
            )
        if began is not None and self.since <= began:
            raise InputError(
                "The new name must hold from a day after %(day)s, when the present one began",
                field="since",
                day=f"{began:%d/%m/%Y}",
            )


def record_change(
    session: orm.Session,
    change: DatedChange,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Add the audit event of a change, or of something that follows from it."""
    audit.record(session, action=action, subject=subject, actor=change.actor, before=before, after=after)
