"""Column mapping from a foreign table to a questionnaire, and its YAML format.

    columns:                       # heading in the file: item code, question code, agency or service (and for
                                   # `import responses` counter, date, channel, id, comment)
      "Cơ quan giải quyết": agency
      "1. Biển chỉ dẫn rõ ràng": tiep_can_bien_hieu
    fixed:                         # the same for every row
      service: dat-dai
    values:                        # label in the file: answer code, for every item …
      "Tạm được": 3
    values_of:                     # … or for one column alone
      agency: {"Sở TN&MT": so-tai-nguyen}
    absent: [pakn_thong_bao]       # items the file did not ask

Everything is optional; without a file, columns are named by their codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from survey.core.errors import InputError
from survey.core.text import clean

PARTS = ("columns", "fixed", "values", "values_of", "absent")


@dataclass(frozen=True)
class ColumnMap:
    """Headings, constants and labels of a foreign table; all text is clean (NFC)."""

    #: code → heading
    headings: Mapping[str, str] = field(default_factory=dict)
    #: code → the value every row has
    fixed: Mapping[str, str] = field(default_factory=dict)
    #: label → answer code, for every item
    values: Mapping[str, str] = field(default_factory=dict)
    #: code → label → value
    values_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: item codes the table does not have
    absent: frozenset[str] = frozenset()

    def over(self, other: ColumnMap) -> ColumnMap:
        """A map that says what this one says, and what `other` says of the rest."""
        headings = {
            code: heading for code, heading in other.headings.items() if code not in {*self.fixed, *self.absent}
        }
        values_of = {
            code: {**other.values_of.get(code, {}), **self.values_of.get(code, {})}
            for code in {*other.values_of, *self.values_of}
        }
        return ColumnMap(
            {**headings, **self.headings}, self.fixed, {**other.values, **self.values}, values_of, self.absent
        )

    def heading(self, code: str) -> str:
        """The heading of the column that holds `code`."""
        return self.headings.get(code, code)

    def value(self, code: str, text: str, *, item: bool) -> str:
        """Map a cell's text to its value; a text that is not mapped is returned as it is."""
        own = self.values_of.get(code, {})
        return own.get(text, self.values.get(text, text) if item else text)


def load_map(path: Path, known: Iterable[str]) -> ColumnMap:
    """Load a column map from a YAML file; `known` are the codes it may map to. `InputError` names what is wrong."""
    try:
        data = yaml.safe_load(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError("%(path)s cannot be read: %(why)s", path=path, why=error.strerror or error) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise InputError("%(path)s is not YAML: %(why)s", path=path, why=error) from error
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise InputError("%(path)s must have the parts %(parts)s", path=path, parts=", ".join(PARTS))
    return parse_map(data, known, str(path))


def parse_map(data: Mapping[str, Any], known: Iterable[str], source: str) -> ColumnMap:
    """Parse a column map from plain data. Errors as `load_map`."""
    codes = set(known)
    unknown = [str(name) for name in data if name not in PARTS]
    if unknown:
        raise InputError(
            "%(source)s: %(part)r is not a part of a column map; the parts are %(parts)s",
            source=source,
            part=unknown[0],
            parts=", ".join(PARTS),
        )
    headings: dict[str, str] = {}
    for heading, code in _pairs(data, "columns", source).items():
        if code in headings:
            raise InputError(
                "%(source)s: two columns stand for %(code)s: %(one)r and %(two)r",
                source=source,
                code=code,
                one=headings[code],
                two=heading,
            )
        headings[code] = heading
    own = data.get("values_of") or {}
    if not isinstance(own, dict):
        raise InputError("%(source)s: %(part)s must be a list of “name: value”", source=source, part="values_of")
    values_of = {clean(str(code)): _pairs(own, code, source) for code in own}
    fixed, absent = _pairs(data, "fixed", source), data.get("absent") or []
    if not isinstance(absent, list):
        raise InputError("%(source)s: absent must be a list of item codes", source=source)
    absent = frozenset(clean(str(code)) for code in absent)
    for code in (*headings, *fixed, *values_of, *absent):
        if code not in codes:
            raise InputError(
                "%(source)s: %(code)r is not a code of the questionnaire, nor agency or service",
                source=source,
                code=code,
            )
    return ColumnMap(headings, fixed, _pairs(data, "values", source), values_of, absent)


def _pairs(data: Mapping[str, Any], part: str, source: str) -> dict[str, str]:
    """A part made of “name: value” pairs as clean text."""
    pairs = data.get(part) or {}
    if not isinstance(pairs, dict) or any(isinstance(value, dict | list) or value is None for value in pairs.values()):
        raise InputError("%(source)s: %(part)s must be a list of “name: value”", source=source, part=part)
    return {clean(str(name)): clean(str(value)) for name, value in pairs.items()}
