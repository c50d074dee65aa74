"""Where the rate limits by address count: in memory that the workers of a server share, never on a disk.

The server hands its workers a piece of anonymous memory (`SHARED`, see `survey.serve`): it has no name in any folder
and is gone with the server. Without it, each process counts for itself. Keys hold addresses; only their hashes are
kept, salted anew at each start.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from threading import Lock

from limits.storage import Storage

SHARED = "RATE_COUNTS_FD"
"""Environment variable: the number of the open file of the shared memory."""
SLOTS = 1 << 16
TRIED = 16
"""Slots a key may stand in. Where all are taken, the window that ends first makes room."""
_SLOT = struct.Struct("<16sIxxxxd")  # hash of the key, count, instant at which its window ends
_SALT = 32
SIZE = _SALT + SLOTS * _SLOT.size


def create_shared() -> int:
    """The number of a new piece of shared memory, which programs started from here inherit."""
    handle = os.memfd_create("sipas-rate-counts", 0)
    os.ftruncate(handle, SIZE)
    os.pwrite(handle, secrets.token_bytes(_SALT), 0)
    return handle


class RateCounts(Storage):
    """Counts of fixed windows. The library's own `memory://` is one process's, and starts a thread for a request."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012 (declared so by the library)

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._threads = Lock()
        self._shared = _inherited()
        if self._shared is None:
            self._memory = mmap.mmap(-1, SIZE)
            self._memory[:_SALT] = secrets.token_bytes(_SALT)
        else:
            self._memory = mmap.mmap(self._shared, SIZE)
        self._salt = self._memory[:_SALT]

    @property
    def base_exceptions(self) -> type[Exception]:
        """The kind of error this storage may raise."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `key` up in its window of `expiry` seconds, which begins with the first count; return the count."""
        now, name = time.time(), self._hash(key)
        with self._alone():
            place, count, ends = self._find(name, now)
            if not now < ends <= now + expiry:  # over, or the clock was set back
                count, ends = 0, now + expiry
            _SLOT.pack_into(self._memory, place, name, min(count + amount, 2**32 - 1), ends)
            return count + amount

    def get(self, key: str) -> int:
        """The count of `key` in its present window."""
        with self._alone():
            return self._find(self._hash(key), time.time())[1]

    def get_expiry(self, key: str) -> float:
        """When the window of `key` ends."""
        now = time.time()
        with self._alone():
            return self._find(self._hash(key), now)[2] or now

    def check(self) -> bool:
        """Say that memory is there."""
        return True

    def reset(self) -> int:
        """Forget everything; return how many keys there were."""
        with self._alone():
            slots = self._memory[_SALT:]
            self._memory[_SALT:] = bytes(len(slots))
        now = time.time()
        return sum(now < ends for _name, _count, ends in _SLOT.iter_unpack(slots))

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._alone():
            place, _count, ends = self._find(self._hash(key), time.time())
            if ends:
                self._memory[place : place + _SLOT.size] = bytes(_SLOT.size)

    def _hash(self, key: str) -> bytes:
        return blake2b(key.encode(), digest_size=16, key=self._salt).digest()

    def _find(self, name: bytes, now: float) -> tuple[int, int, float]:
        """Where a key stands, or may stand, with its count and the end of its window; 0 and 0 for none."""
        best, soonest = 0, float("inf")
        first = int.from_bytes(name[:4], "little")
        for step in range(TRIED):
            place = _SALT + (first + step) % SLOTS * _SLOT.size
            stored, count, ends = _SLOT.unpack_from(self._memory, place)
            if stored == name and now < ends:
                return place, count, ends
            ends = ends if now < ends else 0.0
            if ends < soonest:
                best, soonest = place, ends
        return best, 0, 0.0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads out, and other workers. The system gives the lock back when a process dies."""
        with self._threads:
            if self._shared is None:
                yield
                return
            fcntl.lockf(self._shared, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._shared, fcntl.LOCK_UN)


def _inherited() -> int | None:
    """The file of the memory that the server handed over, if it did."""
    with suppress(KeyError, ValueError, OSError):
        handle = int(os.environ[SHARED])
        if os.fstat(handle).st_size == SIZE:
            return handle
    return None
