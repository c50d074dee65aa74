"""Forms of signed-in pages: Flask-WTF form classes for data and validation, drawn by `components/form.html`.

A form class names its fields (`survey.web.fields`), labels, hints and validators. A view builds it from stored values
on GET and lets it read the request on POST; an operation's `InputError` goes beside the field it names
(`Form.refuse`). WTForms draws nothing: its widgets take ten times as long as a macro.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

import flask
import sqlalchemy as sa
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from survey.core.db import Versioned
from survey.core.errors import InputError, StaleEditError
from survey.web.context import error_message, now
from survey.web.fields import Choices, Control, Hidden

_REQUEST: Any = object()
RowT = TypeVar("RowT", bound=Versioned | None)
CHANGES_SINCE = "changes_since"
"""Key of `app.extensions`: `(subject, instant) -> list of changes`, which the room of accounts fills from its log."""


@dataclass(frozen=True)
class Mistake:
    """A line of the error summary: what to do, and the id of the control it leads to (empty for the whole form)."""

    target: str
    advice: str


class Form(FlaskForm):  # type: ignore[misc]
    """Base of the forms of signed-in pages.

    On POST it reads the request unless `formdata` is given; on GET it shows the values it is given (`data=`, `obj=`).
    `formdata=None` on POST makes a form that nobody sent, such as the others of a list.
    """

    class Meta:
        """CSRF tokens are checked once, for every POST of every blueprint, by `survey.web.csrf`."""

        csrf = False

        def get_translations(self, form: object) -> None:
            """Leave WTForms' own messages alone: fields and validators here bring translated ones."""

    def __init__(self, formdata: Any = _REQUEST, *, ids: str = "", **values: Any) -> None:
        """Read the request or show values; `ids` ends the ids of the controls where a page shows a form many times."""
        if formdata is _REQUEST:
            sent = flask.request
            formdata = CombinedMultiDict([sent.files, sent.form]) if self.is_submitted() else None
        super().__init__(formdata=formdata, **values)
        for control in self if ids else ():
            control.id = control.label.field_id = f"{control.id}{ids}"

    @classmethod
    def asked(cls, given: MultiDict[str, str], **values: Any) -> Self:
        """A form filled in from an address; a field that the address does not name has its default."""
        usual = {field.name: field.value for field in cls(formdata=None, **values) if field.name not in given}
        named = [(name, value) for name, value in usual.items() if value]
        return cls(MultiDict([*named, *given.items(multi=True)]), **values)

    def refuse(self, error: InputError, field_name: str = "") -> None:
        """Add an operation's refusal to the field that it names, else to `field_name`, else to the form."""
        field = self._fields.get(error.field or field_name)
        if field is None or field.control == "hidden":
            self.form_errors.append(error_message(error))
        else:
            field.errors = [*field.errors, error_message(error)]

    @property
    def mistakes(self) -> list[Mistake]:
        """What is to be corrected, in the order of the page: what concerns the whole form first."""
        found = [Mistake("", str(error)) for error in self.form_errors]
        for field in self:
            target = "" if field.control == "hidden" else field.first_id
            found += [Mistake(target, str(error)) for error in field.errors]
        return found


class EditForm(Form):
    """A form that changes something stored (optimistic locking): a save from a stale page changes nothing.

    GET: `form.opened_for(row)`, once the form shows the row's values. POST: `form.current(row, subject)` within the
    transaction of the write, `refuse` for the `StaleEditError` it raises, then `merge` a form opened for the row as it
    is now. What was typed stays; fields that were left as they were show what is stored now, so that saving once more
    brings nothing of the old page back. The template says `field(form.opened)`.
    """

    opened = Hidden()
    #: whether somebody was faster, and what they did since this page was opened, as the audit log has it
    stale = False
    their_changes: Sequence[Any] = ()
    _subject = ""

    def opened_for(self, row: Versioned | str | None) -> Self:
        """The form with what tells later on which state of a row it was opened; None: there is none yet.

        A text stands for what is stored in several rows, or in one that carries no version: it says all that is edited.
        """
        facts = {"v": _state(row), "at": int(now().timestamp()), "f": self._marks()}
        self.opened.data = json.dumps(facts, separators=(",", ":"))
        return self

    def current(self, row: RowT, subject: str) -> RowT:
        """A row that is about to be changed; `StaleEditError` when it is not as it was when the form was opened.

        `subject` is what the audit log calls it.
        """
        self.require_state(row, subject)
        return row

    def require_state(self, state: Versioned | str | None, subject: str) -> None:
        """Raise `StaleEditError` as `current` does, also for a text that stands for what is stored."""
        self._subject = subject
        if self._opened()["v"] != _state(state):
            raise StaleEditError

    def refuse(self, error: InputError, field_name: str = "") -> None:
        """Add an operation's refusal as `Form.refuse` does; of a stale save also what was done meanwhile."""
        super().refuse(error, field_name)
        if isinstance(error, StaleEditError):
            self.stale = True
            since = datetime.fromtimestamp(self._opened()["at"], UTC)
            self.their_changes = flask.current_app.extensions[CHANGES_SINCE](self._subject, since)

    def merge(self, fresh: EditForm) -> Self:
        """The form; once stale, with the stored values of `fresh` where nobody typed others."""
        if self.stale:
            seen = self._opened()["f"]
            for name, mark in self._marks().items():
                if seen.get(name) == mark and name in fresh:
                    self[name].data = fresh[name].data
            self.opened.data = fresh.opened.data
        return self

    @property
    def status(self) -> int:
        """The HTTP status of a refusal: 409 for a stale save, else 422."""
        return 409 if self.stale else 422

    def _marks(self) -> dict[str, str]:
        """A short mark of the value in each field, to tell what was typed from what stood there."""
        return {field.name: _mark(field) for field in self if field.control not in {"hidden", "secret", "file"}}

    def _opened(self) -> dict[str, Any]:
        """What the page carried along; of a page that carries nothing sensible, no version at all."""
        try:
            facts = json.loads(self.opened.data or "")
            return {"v": str(facts["v"]), "at": min(max(int(facts["at"]), 0), 2**33), "f": dict(facts["f"])}
        except (ValueError, KeyError, TypeError):
            return {"v": None, "at": 0, "f": {}}


def _state(row: Versioned | str | None) -> str:
    """Which row in which version: `7.2`; the hash of a text; empty for none."""
    if isinstance(row, str):
        return hashlib.blake2s(row.encode(), digest_size=8).hexdigest()
    return f"{'-'.join(map(str, sa.inspect(row).identity))}.{row.row_version}" if row is not None else ""


def _mark(field: Control) -> str:
    shown = sorted(field.data) if isinstance(field, Choices) else bool(field.data) if field.control == "tick" else None
    return hashlib.blake2s(repr(field.value if shown is None else shown).encode(), digest_size=4).hexdigest()
