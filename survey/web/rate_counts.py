"""Where the rate limits count: in the memory of each server process, for as long as the limit's window lasts."""

from __future__ import annotations

import time
from threading import Lock

from limits.storage import Storage


class RateCounts(Storage):
    """Counts of fixed windows. The library's own `memory://` starts a thread for a request, to walk over all keys.

    Keys hold addresses; only their hashes are kept, salted anew by each process: less memory, and nobody's address.
    """

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012 (declared so by the library)
    SWEEP = 60.0
    """Seconds between two walks over all keys that throw away what has ended."""

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._lock = Lock()
        self._counts: dict[int, tuple[int, float]] = {}
        self._swept = time.time()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The kind of error this storage may raise."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `key` up in its window of `expiry` seconds, which begins with the first count; return the count."""
        now = time.time()
        with self._lock:
            if not 0 <= now - self._swept < self.SWEEP:
                self._counts = {name: kept for name, kept in self._counts.items() if now < kept[1]}
                self._swept = now
            count, ends = self._counts.get(hash(key), (0, 0.0))
            if not now < ends <= now + expiry:  # over, or the clock was set back
                count, ends = 0, now + expiry
            self._counts[hash(key)] = (count + amount, ends)
            return count + amount

    def get(self, key: str) -> int:
        """Return the count of `key` in its present window."""
        count, ends = self._counts.get(hash(key), (0, 0.0))
        return count if time.time() < ends else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of `key` ends."""
        return self._counts.get(hash(key), (0, time.time()))[1]

    def check(self) -> bool:
        """Say that memory is there."""
        return True

    def reset(self) -> int:
        """Forget everything; return how many keys there were."""
        with self._lock:
            number = len(self._counts)
            self._counts.clear()
        return number

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._counts.pop(hash(key), None)
