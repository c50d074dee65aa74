"""User names: what they look like, and how one is made of a person's name."""

from __future__ import annotations

import re
from collections.abc import Container

from survey.core.text import fold

USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def username_of(name: str, taken: Container[str]) -> str:
    """A user name that is not taken: `Lò Thị Mai` is lo.thi.mai, then lo.thi.mai2; empty without Latin letters."""
    stem = re.sub(r"[^a-z0-9]+", ".", fold(name)).strip(".")[:60].rstrip(".")
    made, count = stem, 1
    while made and made in taken:
        count += 1
        made = f"{stem}{count}"
    return made
