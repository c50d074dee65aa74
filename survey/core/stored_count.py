"""Count of stored answers outside of the database: a file of 16 bytes by which a lost write-ahead log is noticed.

An SQLite database whose log was deleted opens without a complaint and passes its integrity check: it is a moment of
before. The leader of each group commit therefore writes the highest number of a response beside the database, after the
commit and before anybody is thanked. A database that stands below it has lost answers that people were thanked for.

Each number is in the file at once, where whoever deletes the log meets it. The leader waits for the disk (fsync) at
most every `SYNC_EVERY_S`: waiting each time would be a second wait beside that of the commit, and made the form 0.6
times as fast. A power cut that takes the log as well can so hide the answers of that quarter of a second, and no more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

SIZE = 16
"""Bytes: the number and, to tell a torn file from a number, eight bytes of its BLAKE2 hash."""
SYNC_EVERY_S = 0.25
"""Seconds between two waits for the disk."""


class StoredCount:
    """The file; it is opened once by each process and overwritten in place, so that a full disk is no matter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None
        self._synced_at = -SYNC_EVERY_S

    def read(self) -> int | None:
        """The number; None where there is no file, or none that was written whole."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        number = int.from_bytes(content[:8], "big")
        return number if content == _packed(number) else None

    def write(self, number: int) -> None:
        """Write the number, and have the disk keep it. What cannot be written is no reason to refuse an answer."""
        with contextlib.suppress(OSError):
            if self._handle is None:
                self._handle = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600)
            os.pwrite(self._handle, _packed(number), 0)
            if time.monotonic() - self._synced_at >= SYNC_EVERY_S:
                os.fdatasync(self._handle)
                self._synced_at = time.monotonic()

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _packed(number: int) -> bytes:
    content = number.to_bytes(8, "big")
    return content + hashlib.blake2b(content, digest_size=SIZE - 8).digest()
