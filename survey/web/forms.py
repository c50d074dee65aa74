"""Forms of signed-in pages: Flask-WTF form classes for data and validation, drawn by `components/form.html`.

A form class names its fields (`survey.web.fields`), labels, hints and validators. A view builds it from stored values
on GET and lets it read the request on POST; an operation's `InputError` goes beside the field it names
(`Form.refuse`). WTForms draws nothing: its widgets take ten times as long as a macro.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from survey.core.errors import InputError
from survey.web.context import error_message

_REQUEST: Any = object()


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
        """Return a form filled in from an address; a field that the address does not name has its default."""
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
