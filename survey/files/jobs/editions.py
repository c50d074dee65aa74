"""Files of a published edition: made once, each is the same for all who may have it until anything changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from survey import __version__
from survey.core.file_store import PUBLISHED
from survey.publication.queries.editions import published
from survey.structure.queries import rounds
from survey.structure.queries.counted import stamp

LIVING = frozenset({"round_document"})
"""Kinds that also tell how far agencies have come since, and are therefore made anew each time."""


def published_path(
    session: orm.Session, kind: str, parameters: Mapping[str, Any], visible: frozenset[str] | None, form: str
) -> str:
    """The path of a file of a published edition, whether it was made or not.

    It names all that the file is made of: edition, responses, kind, for whom, and by which version of the software.
    Empty for other rounds and for `LIVING` kinds.
    """
    code = str(parameters.get("round", ""))
    edition = published(session, code) if code and kind not in LIVING else None
    if edition is None:
        return ""
    round_ = rounds.by_code(session, code)
    parts = [
        kind,
        {name: parameters[name] for name in sorted(parameters) if name != "rows"},
        sorted(visible) if visible is not None else None,
        edition.results_hash,
        [str(part) for part in stamp(session, round_.id)],
        round_.rules,
        __version__,
    ]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:40]
    return f"{PUBLISHED}/{round_.id}-{digest}.{form}"
