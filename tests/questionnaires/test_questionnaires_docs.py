"""docs/questionnaires.md does what it says: its examples are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from survey.questionnaires import DefinitionError, bundled, loads

TEXT = (Path(__file__).parents[2] / "docs" / "questionnaires.md").read_text(encoding="utf-8")
WHOLE, SCORING_ONLY = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_whole_example() -> None:
    definition = loads(WHOLE)
    spoken = {"cc_thai_do": "5", "kq_dung_hen": "x", "timeliness": "l", "apology": "y"}
    assert definition.pack(spoken) == "5xly"
    assert definition.unpack("5xly") == spoken
    assert definition.pack({"timeliness": "o"}) == "..o_"
    assert "apology" in definition.visible({"timeliness": "l"})
    for item in definition.items:  # same code, same wording as in the questionnaires we ship
        shipped = {i.code: i for i in bundled()["sipas-service-16"].items}[item.code]
        assert [item.text.get(language) for language in ("vi", "en")] == [
            shipped.text.get(language) for language in ("vi", "en")
        ]


def test_the_example_for_scoring_only() -> None:
    definition = loads(SCORING_ONLY)
    assert not definition.presentable
    assert definition.scheme().codes == ("q1", "q2", "q3", "q4", "q5")
    assert definition.parse_answer("q1", "hai long") == "4"


def test_the_messages_shown_are_those_given() -> None:
    shown = re.findall(r"water\.yaml:\d+: .*", TEXT)
    # line 17 is the text of the item on line 16, line 38 the condition
    wrong = WHOLE.replace("text:\n              vi: Cán bộ", "txt:\n              vi: Cán bộ").replace("[l]", "[late]")
    with pytest.raises(DefinitionError) as caught:
        loads(wrong, "water.yaml")
    assert [str(problem) for problem in caught.value.problems] == shown


def test_the_table_of_files_counts_right() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)\.yaml` \| (\d+) in (\d+) elements", TEXT, flags=re.MULTILINE)
    assert {(code, int(items), int(elements)) for code, items, elements in rows} == {
        (d.code, len(d.items), len(d.elements)) for d in bundled().values()
    }
