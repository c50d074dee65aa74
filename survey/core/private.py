"""Files and folders that their owner alone may read: what an installation keeps is nobody else's on the machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

UMASK = 0o077
"""What commands and the server take away from every file they make: group and others get nothing."""


def keep_private() -> None:
    """Take group and others away from all that this process makes from here on; called once by what starts it."""
    os.umask(UMASK)


def make_private_folder(folder: Path) -> None:
    """Create a folder and the missing ones above it, each 0700; an existing one keeps its mode. `OSError` as mkdir.

    `Path.mkdir` gives its mode to the last folder alone.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # raises where something else is in its place


def create_private_file(path: Path) -> None:
    """Create an empty file as 0600 where none is, whatever the umask; one that is there keeps its mode and content."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def open_to_others(folder: Path) -> list[Path]:
    """What in a folder, itself included, group or others may use, in order; links are not followed."""
    found = []
    for path in (folder, *sorted(folder.rglob("*"))):
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            if not path.is_symlink() and path.stat().st_mode & UMASK:
                found.append(path)
    return found
