"""Slowing down whoever fails again and again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass
class _Failures:
    count: int
    last: float


class Throttle:
    """Failed sign-ins by name (or address), in memory: after `free` of them each next attempt waits longer.

    Nobody is ever locked out. Each server process counts for itself and forgets after a quarter of an hour.
    """

    MAX_WAIT = 30.0
    FORGET = 900.0
    MAX_NAMES = 10_000

    def __init__(self, free: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._clock = clock
        self._lock = Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, name: str) -> float:
        """Return the seconds until `name` may be tried again; 0 means now."""
        with self._lock:
            found = self._failures.get(name)
            if found is None or found.count < self._free:
                return 0.0
            pause = min(2.0 ** (found.count - self._free + 1), self.MAX_WAIT)
            return max(0.0, found.last + pause - self._clock())

    def failed(self, name: str) -> None:
        """Count a failed attempt."""
        with self._lock:
            now = self._clock()
            while self._failures and next(iter(self._failures.values())).last < now - self.FORGET:
                self._failures.popitem(last=False)
            while len(self._failures) >= self.MAX_NAMES:
                self._failures.popitem(last=False)
            count = self._failures.pop(name).count + 1 if name in self._failures else 1
            self._failures[name] = _Failures(count, now)

    def succeeded(self, name: str) -> None:
        """Forget a name's failures."""
        with self._lock:
            self._failures.pop(name, None)
