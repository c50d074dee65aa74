"""Places that a file of responses may name: agencies, services and counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from survey.core.text import fold
from survey.spreadsheets.names import Names, words_of


@dataclass(frozen=True)
class CounterPlace:
    """A counter as a file may name it."""

    counter_id: int
    agency_id: int
    #: the agency its answers are counted for when the file names none; None when several decide there
    deciding_agency_id: int | None
    service_id: int | None
    code: str = ""
    #: service → the agency that decides on it there
    decided: Mapping[int, int] = field(default_factory=dict)

    def decided_by(self, service_id: int | None) -> int | None:
        """The agency that decides on a service received here, where that follows from counter and service."""
        return self.deciding_agency_id or self.decided.get(service_id or 0)


@dataclass(frozen=True)
class Places:
    """What a file may name, by code and name. Only what the person may write to."""

    agencies: Names
    services: Names
    #: by folded text, and by its words alone
    counters: Mapping[str, Sequence[CounterPlace]]
    #: service → the agency that decides on it, where that is the same everywhere
    decided: Mapping[int, int] = field(default_factory=dict)

    def counters_called(self, text: str) -> Sequence[CounterPlace]:
        """The counters that a text can mean."""
        return self.counters.get(fold(text)) or self.counters.get(words_of(text)) or ()

    def counter_with_zeros(self, text: str) -> str:
        """The counter's code that a number without its leading zeros may stand for; empty when none does."""
        if not (text.isascii() and text.isdecimal()):
            return ""
        codes = {place.code for places in self.counters.values() for place in places}
        found = [code for code in codes if code.isascii() and code.isdecimal() and code.lstrip("0") == text.lstrip("0")]
        return found[0] if len(found) == 1 else ""

    def knows(self, key: str, text: str) -> bool:
        """Say whether a text names something; `key` is agency, service or counter."""
        if key == "counter":
            return bool(self.counters_called(text))
        return (self.agencies if key == "agency" else self.services).find(text) is not None
