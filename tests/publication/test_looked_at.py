"""What the checks found is frozen with the edition: how many places, which, the hardened index, and a sentence."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

from survey.core.actor import Actor
from survey.models import Agency, PlaceOutcome, Publication
from survey.publication.editions import freeze, recompute
from survey.publication.looked_at import places_of
from survey.publication.operations.publish_round import draft_publication
from survey.results.operations.decide_place import decide_place
from survey.structure.queries.rounds import by_code
from survey.structure.queries.structure import find_agency
from tests.support.evaluation import NOW, accounts, sign_in
from tests.support.places import open_place
from tests.support.reading import soup, words
from tests.support.stuffed_round import AGENCIES, STUFFED, stuffed_round

ENDED = NOW + timedelta(days=100)


def test_an_edition_keeps_what_the_checks_found(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        stuffed_round(session)
        session.flush()
        round_ = by_code(session, "dem")
        agency = find_agency(session, STUFFED)
        assert isinstance(agency, Agency)
        first = json.loads(freeze(session, "dem").content)["places"]
        decide_place(session, round_, agency, PlaceOutcome.EXPLAINED, "Tổ lưu động", actor=Actor(NOW, 2))
        session.flush()
        frozen = freeze(session, "dem")
        made = draft_publication(
            session, round_, content=frozen.content, results_hash=frozen.results_hash, actor=Actor(ENDED, 2)
        )
        session.flush()
        number = made.id
    assert (first["looked_at"], list(first["flagged"]), first["decided"]) == (AGENCIES, [STUFFED], 0)
    with app.extensions["database"].read() as session:
        publication = session.get_one(Publication, number)
        kept = places_of(publication)
        assert kept is not None
        # worked out in tests/results/test_places.py: 19.08 beyond 8.5, and 79.798 where 85 is counted
        assert kept.flagged[STUFFED]["closed_run"] == [pytest.approx(19.0796, abs=1e-4), 8.5]
        assert kept.hardened[STUFFED] == pytest.approx(79.798, abs=1e-3)
        assert (kept.decided, set(kept.hardened)) == (1, {"", *(f"co-quan-{k:02d}" for k in range(1, AGENCIES + 1))})
        assert recompute(session, publication).same
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, f"/danh-gia/dem/cong-bo/{number}")
    told = words(page.main)
    assert "các phép kiểm tra cách phiếu đến đã xem 24 cơ quan; 1 nơi có điều cần hỏi, 1 nơi đã có kết luận" in told
    assert "lệch 5 điểm" in told
    rows = [words(row) for row in page.find(id="hardened-table").find_parent("table").select("tbody tr")]
    assert "Cơ quan 1 85,0 79,8 có" in rows
    assert "Cơ quan 2 80,0 80,0" in rows
