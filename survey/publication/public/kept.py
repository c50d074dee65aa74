"""Public pages are made once for each edition and language, and kept.

A page is kept by everything it is made of (`EditionSeen`), which is asked of the database at every view: an edition
that is withdrawn, followed by another, or whose agencies mend something makes another key; no page is ever stale.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import flask
from sqlalchemy import orm

from survey.core.cache import cached
from survey.publication.queries.editions import EditionSeen, seen_edition
from survey.web import assets, i18n
from survey.web.security import is_demo

T = TypeVar("T")


@dataclass(frozen=True)
class KeptPage:
    """A page as it is sent."""

    body: bytes

    @cached_property
    def gzip(self) -> bytes:
        """The body as gzip, packed once and therefore well."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def digest(self) -> str:
        """What names the content."""
        return hashlib.sha256(self.body).hexdigest()[:32]


def find_edition(session: orm.Session, round_code: str, number: int | None = None) -> EditionSeen:
    """What an edition's page is made of now; 404 for what was never published, as if it did not exist."""
    seen = seen_edition(session, round_code, number)
    if seen is None:
        flask.abort(404)
    return seen


def kept(session: orm.Session, seen: EditionSeen, what: Hashable, make: Callable[[], T]) -> T:
    """What was made of an edition in the language of the request, or make it. `what` tells such things apart."""
    return cached(session, ("edition", what, seen, i18n.language_key(), is_demo()), make)


def send(session: orm.Session, seen: EditionSeen, what: Hashable, draw: Callable[[], str], kind: str) -> flask.Response:
    """Send what is drawn of an edition once, as media type `kind`; caches on the way ask whether it still holds."""
    page = kept(session, seen, ("page", what), lambda: KeptPage(draw().encode()))
    packed = assets.accepts_gzip(flask.request.headers.get("Accept-Encoding", ""))
    response = flask.Response(page.gzip if packed else page.body, mimetype=kind)
    response.vary.add("Accept-Encoding")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, no-cache"
    response.set_etag(page.digest + ("-gzip" if packed else ""))
    return cast(flask.Response, response.make_conditional(flask.request))
