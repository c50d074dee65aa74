"""Fields and validators of signed-in forms: what people type read as it is stored, refused in the page's language.

Labels, hints and messages come from the form class, as `lazy_gettext` (imported as `_`, so that it is extracted);
`templates/components/form.html` draws each field by its `control`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from typing import Any, NamedTuple

import wtforms
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from wtforms.validators import StopValidation, ValidationError

from survey.core.text import clean, clean_block
from survey.spreadsheets.times import parse_day

_HOUR = re.compile(r"([01]?\d|2[0-3])\s*[:hH]\s*([0-5]\d)?")
_MOST_DIGITS = 9


class Control(wtforms.Field):  # type: ignore[misc]
    """Base of the fields: what the macro needs to draw one."""

    #: which of the macro's controls draws it
    control = "text"
    validators: Sequence[Any] = ()

    def __init__(self, label: Any = "", validators: Sequence[Any] = (), hint: Any = "", **options: Any) -> None:
        super().__init__(label, list(validators), description=hint, **options)

    def require(self, message: Any) -> None:
        """Let nothing pass that is not filled in, where a page knows only later that it must be."""
        self.validators = [*self.validators, Required(message)]
        self.flags.required = True

    @property
    def first_id(self) -> str:
        """The id that a link to this field leads to."""
        return str(self.id)

    @property
    def value(self) -> str:
        """What stands in the control."""
        return str(self.data or "")

    @property
    def described_by(self) -> str:
        """The ids of hint and error, for `aria-describedby`; empty without either."""
        parts = [f"{self.id}-hint"] if self.description else []
        return " ".join(parts + ([f"{self.id}-error"] if self.errors else []))


class Text(Control):
    """One line of text, stored in NFC with single spaces."""

    data: str

    def process_data(self, value: object) -> None:
        """Show a stored value."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Clean what was typed."""
        self.data = self.cleaned(_typed(valuelist))

    def cleaned(self, typed: str) -> str:
        """Text as it is stored."""
        return clean(typed)


class Hidden(Text):
    """A value that the page carries along; a mistake in it is told of the whole form."""

    control = "hidden"


class Block(Text):
    """Text of several lines."""

    control = "block"

    def cleaned(self, typed: str) -> str:
        """Text as it is stored, its lines kept."""
        return clean_block(typed)


class Secret(Text):
    """A password or a code: taken as typed, never shown again."""

    control = "secret"

    def cleaned(self, typed: str) -> str:
        """What was typed, to the letter."""
        return typed

    @property
    def value(self) -> str:
        """Nothing: a refused password is typed anew."""
        return ""


class _Parsed(Control):
    """A field whose data is not text: what was typed stays in the control when it cannot be read."""

    typed: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; nothing typed is None."""
        self.typed = clean(_typed(valuelist))
        self.data = None
        if self.typed:
            self.data = self.parse(self.typed)

    def parse(self, typed: str) -> object:
        """The value, or raise `ValueError` with a translated message."""
        raise NotImplementedError

    def shown(self) -> str:
        """The value as the control takes it."""
        return str(self.data)

    @property
    def value(self) -> str:
        """The value, or what was typed instead of one."""
        return self.shown() if self.data is not None else self.typed or ""


class Day(_Parsed):
    """A calendar day, as the browser sends it or as people write it (day/month/year).

    `message` may show what was typed as %(day)s.
    """

    control = "day"
    data: Any  #: date; None where nothing was filled in

    def __init__(self, *options: Any, message: Any = "", **more: Any) -> None:
        super().__init__(*options, **more)
        self.message = message

    def parse(self, typed: str) -> date:
        """The day."""
        found = parse_day(typed)
        if found is None:
            message = self.message or _("Write the day as day/month/year, for example 01/07/2026")
            raise ValueError(str(message) % {"day": repr(typed)})
        return found


class TypedDay(Day):
    """A day that is quicker typed than picked: shown and written as day/month/year."""

    control = "digits"

    def shown(self) -> str:
        """`01/07/2026`."""
        return f"{self.data:%d/%m/%Y}"


class Hour(_Parsed):
    """A time of day, `7:30` or `7h30`; empty and 24:00 are None."""

    control = "hour"
    data: Any  #: time; None where nothing was filled in

    def parse(self, typed: str) -> time | None:
        """The time."""
        if typed in {"24:00", "24h", "24h00"}:
            return None
        found = _HOUR.fullmatch(typed)
        if found is None:
            raise ValueError(_("Write the hour as 7:30 or 17:00, or leave it empty"))
        return time(int(found[1]), int(found[2] or 0))

    def shown(self) -> str:
        """`07:30`."""
        return f"{self.data:%H:%M}"


class Whole(_Parsed):
    """A whole number within bounds; `message` says what to write."""

    control = "whole"
    data: Any  #: int; None where nothing was filled in

    def __init__(
        self, *options: Any, least: int = 0, most: int = 10**_MOST_DIGITS - 1, message: Any = "", **more: Any
    ) -> None:
        super().__init__(*options, **more)
        self.least, self.most, self.message = least, most, message

    def parse(self, typed: str) -> int:
        """The number."""
        if typed.isascii() and typed.isdecimal() and len(typed) <= _MOST_DIGITS:
            found = int(typed)
            if self.least <= found <= self.most:
                return found
        raise ValueError(
            self.message or _("Write a whole number from %(least)s to %(most)s", least=self.least, most=self.most)
        )


class Number(_Parsed):
    """A number within bounds; a decimal comma is as good as a point."""

    control = "number"
    data: Any  #: float; None where nothing was filled in

    def __init__(self, *options: Any, least: float, most: float, message: Any = "", **more: Any) -> None:
        super().__init__(*options, **more)
        self.least, self.most, self.message = least, most, message

    def parse(self, typed: str) -> float:
        """The number."""
        try:
            found = float(typed.replace(",", ".").replace("−", "-"))
        except ValueError:
            found = math.nan
        if self.least <= found <= self.most:
            return found
        raise ValueError(
            self.message or _("Write a number from %(least)s to %(most)s", least=self.least, most=self.most)
        )

    def shown(self) -> str:
        """The number without needless zeros."""
        return f"{self.data:g}"


class Choice(Control):
    """One of a list, as a `<select>`. `empty` names the line for none; without it the first line is chosen."""

    control = "choice"
    data: str

    def __init__(
        self, *fixed: Any, options: Iterable[tuple[str, Any]] = (), empty: Any = None, message: Any = "", **more: Any
    ) -> None:
        super().__init__(*fixed, **more)
        self.options, self.empty, self.message = list(options), empty, message

    def process_data(self, value: object) -> None:
        """Show a stored value."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the value that was sent."""
        self.data = clean(_typed(valuelist))

    def pre_validate(self, _form: object) -> None:
        """Refuse what is not on the list."""
        if (self.data or self.empty is None) and self.data not in {value for value, _words in self.options}:
            raise StopValidation(self.message or _("Choose one of the list"))

    @property
    def words(self) -> str:
        """The words of the chosen value."""
        return str(dict(self.options).get(self.data, self.empty or ""))

    def drawn(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield value, words and whether it is chosen, for each line."""
        if self.empty is not None:
            yield "", self.empty, not self.data
        for value, words in self.options:
            yield value, words, value == self.data


class Explained(NamedTuple):
    """The words of an option with a hint beneath."""

    title: Any
    hint: Any


class Radio(Choice):
    """One of a few, all in sight."""

    control = "radio"

    @property
    def first_id(self) -> str:
        """The id of the first of them."""
        return f"{self.id}-1"


class Choices(Control):
    """Any number of a list, as boxes to tick."""

    control = "choices"
    data: list[str]

    def __init__(self, *fixed: Any, options: Iterable[tuple[str, Any]] = (), message: Any = "", **more: Any) -> None:
        super().__init__(*fixed, **more)
        self.options, self.message = list(options), message

    def process_data(self, value: Iterable[str] | None) -> None:
        """Show stored values."""
        self.data = [str(one) for one in value or ()]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was ticked, each once."""
        self.data = list(dict.fromkeys(clean(one) for one in valuelist if isinstance(one, str)))

    def pre_validate(self, _form: object) -> None:
        """Refuse what is not on the list."""
        if not set(self.data) <= {value for value, _words in self.options}:
            raise StopValidation(self.message or _("Choose one of the list"))

    def drawn(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield value, words and whether it is ticked, for each box."""
        for value, words in self.options:
            yield value, words, value in self.data

    @property
    def first_id(self) -> str:
        """The id of the first box."""
        return f"{self.id}-1"


class CodeChoices(Choices):
    """Codes to tick. The operation refuses one that is not there, and names it."""

    def pre_validate(self, _form: object) -> None:
        """Leave the check to the operation."""


class Tick(Control):
    """A box: ticked or not."""

    control = "tick"
    data: bool

    def process_data(self, value: object) -> None:
        """Show a stored value."""
        self.data = bool(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the box as ticked when the browser sends its value."""
        self.data = any(valuelist)


class File(Control):
    """A file; nothing chosen, or an empty file, is None."""

    control = "file"
    data: Any  #: FileStorage; None where nothing was chosen

    def __init__(self, *fixed: Any, accept: str = "", **more: Any) -> None:
        super().__init__(*fixed, **more)
        self.accept = accept

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first file that has anything in it."""
        self.data = next((one for one in valuelist if isinstance(one, FileStorage) and one.stream.read(1)), None)
        if self.data is not None:
            self.data.stream.seek(0)

    @property
    def value(self) -> str:
        """Nothing: a browser never shows a file again."""
        return ""


class Required:
    """A validator: something must be filled in; `message` says what."""

    def __init__(self, message: Any = "") -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, _form: object, field: Control) -> None:
        """Stop at an empty field; one that cannot be read has its own message."""
        empty = field.data is None or field.data is False or field.data in ("", [])  # a 0 is filled in
        if not field.errors and empty:
            raise StopValidation(self.message or _("Fill this in: %(label)s", label=field.label.text))


class Length:
    """A validator: text of at most `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.field_flags = {"maxlength": most}

    def __call__(self, _form: object, field: Control) -> None:
        """Refuse a longer text."""
        length = len(field.data or "")
        if length > self.most:
            raise ValidationError(
                _("The text has %(length)s characters; at most %(most)s fit", length=length, most=self.most)
            )


def _typed(valuelist: list[Any]) -> str:
    """The first text that was sent under a name; a file where text is asked for counts as nothing."""
    return next((one for one in valuelist if isinstance(one, str)), "")
