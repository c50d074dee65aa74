"""Groups of agencies as an evaluator types them."""

from __future__ import annotations

import pytest

from survey.core.errors import InputError
from survey.structure.league_list import read_leagues, write_leagues

AGENCIES = {"xa-a": "Xã Nậm Xanh", "xa-b": "Xã Bản Mới", "xa-c": "Xã Suối, Hồ"}


def test_groups_are_read_by_code_or_name_and_written_as_they_are_read() -> None:
    found = read_leagues(" Vùng cao : xa-a;  xã bản mới ;\n\nVùng thấp: Xã Suối, Hồ", AGENCIES)
    assert found == {"xa-a": "Vùng cao", "xa-b": "Vùng cao", "xa-c": "Vùng thấp"}
    assert write_leagues(found) == "Vùng cao: xa-a; xa-b\nVùng thấp: xa-c"
    assert read_leagues(write_leagues(found), AGENCIES) == found
    assert write_leagues({}) == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write the groups"),
        ("Vùng cao", "Write a line for each group"),
        (": xa-a", "Write a line for each group"),
        ("V" * 81 + ": xa-a", "Write a line for each group"),
        ("Vùng cao: xa-z", "is no agency's code or name"),
        ("Vùng cao: xa-a\nVùng thấp: Xã Nậm Xanh", "stands in two groups"),
    ],
)
def test_what_is_no_list_is_refused_beside_its_field(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_leagues(typed, AGENCIES)
    assert refused.value.field == "league_list"
