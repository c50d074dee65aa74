"""Working days: public holidays and make-up days from the `holidays` library, and what an administrator adds.

The Government fixes some days each year (days off around Tet and 2 September, Saturdays worked to make up for them)
after the library was released: what stands in the administrator's table holds over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import holidays

FORWARD_DAYS = 5
"""Working days within which a case is handed on when another agency is competent (Decree 20/2008/ND-CP)."""


class WorkingCalendar:
    """Which days are worked. `exceptions`: day → whether it is worked, whatever the library says."""

    def __init__(self, exceptions: Mapping[date, bool] | None = None) -> None:
        self._exceptions = dict(exceptions or {})
        self._holidays = holidays.country_holidays("VN")

    def works(self, day: date) -> bool:
        """Say whether a day is a working day."""
        return self._exceptions[day] if day in self._exceptions else bool(self._holidays.is_working_day(day))

    def after(self, day: date, working_days: int) -> date:
        """The day that many working days after one, which is not counted itself."""
        left = working_days
        while left > 0:
            day += timedelta(days=1)
            left -= self.works(day)
        return day


def months_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months before a day's own."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
