"""Session key of an installation: the same on all servers of one database, which knows its fingerprint alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

SHOWN = 8
"""Characters of a fingerprint that people compare."""


def fingerprint(key: str) -> str:
    """Fingerprint of a key, 32 hexadecimal digits. The key has 256 random bits or more: nothing leads back to it."""
    return hashlib.blake2b(key.encode(), digest_size=16, person=b"sipas-key").hexdigest()


def is_foreign(expected: str | None, key: str, earlier: Sequence[str]) -> bool:
    """Whether a server with this key, and these of before, is none of those that the database expects.

    `expected` is the fingerprint in the database; None: no server has started on it yet, so any key will do.
    """
    return expected is not None and expected not in {fingerprint(one) for one in (key, *earlier)}
