"""Where files that were made wait to be fetched: a folder that all servers of one database share.

`jobs/` holds a file for the hour it is kept. `published/` holds what belongs to a published edition, `searches/` what
was found in a round's responses by the last search, both until the raw answers of the round are deleted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from survey.core.private import make_private_folder

JOBS, PUBLISHED, SEARCHES = "jobs", "published", "searches"


def write_whole(storage: Path, file: str, write: Callable[[Path], object]) -> None:
    """Write a file of the storage whole or not at all, for its owner alone."""
    target = storage / file
    make_private_folder(target.parent)
    part = target.with_name(f"{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        write(part)
        part.chmod(0o600)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def remove_files(storage: Path, files: Iterable[str]) -> None:
    """Remove files whose hour is over; those that are kept for longer stay."""
    for file in files:
        if file.startswith(f"{JOBS}/"):
            with contextlib.suppress(OSError):
                (storage / file).unlink(missing_ok=True)


def remove_of_round(storage: Path, round_id: int) -> None:
    """Remove what was made of a round, as when its raw answers are deleted: microdata are among it."""
    for folder in (PUBLISHED, SEARCHES):
        for path in (storage / folder).glob(f"{round_id}-*"):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
