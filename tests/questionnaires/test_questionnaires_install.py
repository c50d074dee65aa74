"""Questionnaires in the database: versions are found again by their content and never altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import AnswerSlot, Questionnaire, QuestionnaireVersion, SlotKind
from survey.questionnaires import DEFAULT, LocalText, bundled, content_hash, from_canonical, loads
from survey.structure.operations.install_questionnaire import install_questionnaire

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)


def test_same_content_is_the_same_version(database: Database) -> None:
    definition = bundled()[DEFAULT]
    with database.write() as session:
        first = install_questionnaire(session, definition, NOW).id
    with database.write() as session:
        again = install_questionnaire(session, definition, LATER)
        assert again.id == first
        assert again.number == 1
        assert again.created_at == NOW
        assert session.scalar(sa.select(sa.func.count()).select_from(QuestionnaireVersion)) == 1


def test_slots_say_which_character_is_which_answer(database: Database) -> None:
    definition = bundled()["sipas-2023-2026"]
    with database.write() as session:
        version = install_questionnaire(session, definition, NOW)
        assert content_hash(definition) == version.content_hash
        stored = session.execute(
            sa.select(AnswerSlot.position, AnswerSlot.code, AnswerSlot.kind)
            .where(AnswerSlot.version_id == version.id)
            .order_by(AnswerSlot.position)
        ).all()
    packed = definition.pack({"cc_thai_do": "5", "nc_thai_do": "2", "area": "r"})
    assert {code: packed[position - 1] for position, code, _ in stored if packed[position - 1] not in "._"} == {
        "cc_thai_do": "5",
        "nc_thai_do": "2",
        "area": "r",
    }
    assert [kind for _, _, kind in stored].count(SlotKind.SATISFACTION) == 39
    assert [kind for _, _, kind in stored].count(SlotKind.NEED) == 11  # ten needs and the overall question


def test_an_edit_is_a_new_version_and_the_old_one_stays(database: Database) -> None:
    definition = bundled()[DEFAULT]
    edited = replace(definition, title=LocalText((("vi", "Tên khác"), *definition.title.pairs[1:])))
    with database.write() as session:
        install_questionnaire(session, definition, NOW)
    before = _rows(database)
    with database.write() as session:
        assert install_questionnaire(session, edited, LATER).number == 2
    after = _rows(database)
    assert after[: len(before)] == before
    assert len(after) == 2
    with database.write() as session:  # an old wording taken up again is the old version
        assert install_questionnaire(session, definition, LATER).number == 1
    assert _rows(database) == after
    assert from_canonical(after[0][1]) == definition
    assert from_canonical(after[1][1]) == edited


def test_versions_of_one_questionnaire_share_a_family(database: Database) -> None:
    definition = bundled()[DEFAULT]
    with database.write() as session:
        install_questionnaire(session, definition, NOW)
        assert session.scalars(sa.select(Questionnaire.family)).all() == ["sipas-2023-service"]
    with (
        database.write() as session,
        pytest.raises(InputError, match="is of family sipas-2023-service, not sipas-2031"),
    ):
        install_questionnaire(session, replace(definition, family="sipas-2031"), LATER)


def test_a_questionnaire_without_wording_is_refused(database: Database) -> None:
    definition = loads("code: a\naspects: [{code: s, elements: [{code: e, items: [i]}]}]")
    with database.write() as session, pytest.raises(InputError, match="a names no languages"):
        install_questionnaire(session, definition, NOW)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Questionnaire)) == 0


def _rows(database: Database) -> list[tuple[object, ...]]:
    columns = (QuestionnaireVersion.number, QuestionnaireVersion.content, QuestionnaireVersion.created_at)
    with database.read() as session:
        return [tuple(row) for row in session.execute(sa.select(*columns).order_by(QuestionnaireVersion.number))]


@pytest.mark.parametrize("change", ["content", "slot", "delete"])
def test_a_stored_version_refuses_to_change(database: Database, change: str) -> None:
    with database.write() as session:
        install_questionnaire(session, bundled()[DEFAULT], NOW)
    before = _rows(database)
    with database.read() as session:
        version = session.scalars(sa.select(QuestionnaireVersion)).one()
        if change == "content":
            version.content = "{}"
        elif change == "slot":
            version.slots[0].code = "other"
        else:
            session.delete(version.slots[0])
        with pytest.raises(ValueError, match="a stored questionnaire version is never altered"):
            session.flush()
    assert _rows(database) == before
