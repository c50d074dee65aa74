"""What the public pages share: their blueprint, an edition's figures, and what they tell people."""

from __future__ import annotations

from typing import Any

import flask
from sqlalchemy import orm

from survey.improvement.queries.actions import actions_of_round
from survey.models import Publication
from survey.publication.page_data import frozen_page
from survey.publication.public import kept
from survey.publication.public.dataset import dataset
from survey.publication.public.told import EditionTold, tell
from survey.publication.queries.editions import EditionSeen, by_key, edition_of_round_before
from survey.results.page_data import RoundPage
from survey.web import i18n
from survey.web.context import settings

blueprint = flask.Blueprint("published", __name__, url_prefix="/ket-qua")


def load(session: orm.Session, seen: EditionSeen) -> tuple[Publication, RoundPage]:
    """An edition and the data of its page: slow, for what is drawn once."""
    publication = by_key(session, seen.id)
    return publication, frozen_page(session, publication, i18n.current_language().code)


def shown_edition(session: orm.Session, seen: EditionSeen) -> EditionTold:
    """What an edition tells people, in the language of the request."""

    def make() -> EditionTold:
        publication, page = load(session, seen)
        before = edition_of_round_before(session, publication.round)
        earlier = None if before is None else frozen_page(session, before, page.language)
        return tell(page, earlier, actions_of_round(session, seen.round_id), publication.published_at)

    return kept.kept(session, seen, "told", make)


def described(publication: Publication, page: RoundPage) -> dict[str, Any]:
    """The schema.org description with absolute addresses where the public address is known."""
    base = settings().public_base_url
    links = {
        kind: base + flask.url_for(endpoint, round_code=page.round.code)
        for kind, endpoint in (("page", "results"), ("csv", "as_csv"), ("json", "as_json"))
        for endpoint in (f"published.{endpoint}",)
    }
    return dataset(publication, page, links, settings().data_licence)
