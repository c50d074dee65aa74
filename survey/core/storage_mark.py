"""Mark of a storage: random bytes in a file there, whose fingerprint the database knows (`Installation.storage_mark`).

Servers of one database share one storage. One with a folder of its own loses what people uploaded at another, and
finds no file that another's worker made.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from survey.core.private import create_private_file, make_private_folder

NAME = "storage-mark"
SIZE = 16


def read_mark(storage: Path) -> str | None:
    """The fingerprint of a storage's mark, 32 hexadecimal digits; None where it has none. `OSError` as reading."""
    try:
        content = (storage / NAME).read_bytes()
    except FileNotFoundError:
        return None
    return hashlib.blake2b(content, digest_size=SIZE, person=b"sipas-storage").hexdigest()


def make_mark(storage: Path) -> str:
    """Mark a storage that has no mark yet; return the fingerprint. `OSError` where nothing can be written there."""
    found = read_mark(storage)
    if found is not None:
        return found
    make_private_folder(storage)
    part = storage / f"{NAME}.{os.getpid()}"
    create_private_file(part)
    part.write_bytes(os.urandom(SIZE))
    part.replace(storage / NAME)
    return make_mark(storage)
