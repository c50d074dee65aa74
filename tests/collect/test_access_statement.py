"""The accessibility statement names every criterion of WCAG 2.2 A and AA, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from survey.collect.access.criteria import criteria

ROOT = Path(__file__).parents[2]
#: https://www.w3.org/TR/WCAG22/, success criteria of level A and AA; 4.1.1 is obsolete
RESULTS = {"met": "met", "none": "does not apply"}
# fmt: off
LEVEL_A = [
    "1.1.1", "1.2.1", "1.2.2", "1.2.3", "1.3.1", "1.3.2", "1.3.3", "1.4.1", "1.4.2", "2.1.1", "2.1.2", "2.1.4",
    "2.2.1", "2.2.2", "2.3.1", "2.4.1", "2.4.2", "2.4.3", "2.4.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "3.1.1",
    "3.2.1", "3.2.2", "3.2.6", "3.3.1", "3.3.2", "3.3.7", "4.1.2",
]
LEVEL_AA = [
    "1.2.4", "1.2.5", "1.3.4", "1.3.5", "1.4.3", "1.4.4", "1.4.5", "1.4.10", "1.4.11", "1.4.12", "1.4.13", "2.4.5",
    "2.4.6", "2.4.7", "2.4.11", "2.5.7", "2.5.8", "3.1.2", "3.2.3", "3.2.4", "3.3.3", "3.3.4", "3.3.8", "4.1.3",
]
# fmt: on


def test_every_criterion_of_the_standard_is_there_once() -> None:
    assert (len(LEVEL_A), len(LEVEL_AA)) == (31, 24)
    found = [(one.number, one.level) for one in criteria()]
    assert sorted(found) == sorted([(n, "A") for n in LEVEL_A] + [(n, "AA") for n in LEVEL_AA])
    assert [n for n, _ in found] == sorted((n for n, _ in found), key=lambda n: [int(part) for part in n.split(".")])


def test_what_is_met_has_tests_and_they_exist() -> None:
    for one in criteria():
        assert one.result in {"met", "none"}
        assert bool(one.tests) == (one.result == "met"), one.number
        for test in one.tests:
            path, name = test.split("::")
            source = (ROOT / path).read_text("utf-8")
            assert re.search(rf"^def {name}\(", source, re.MULTILINE), test


def test_the_page_says_all_of_it_in_both_languages(client: FlaskClient) -> None:
    for language in ("vi", "en"):
        soup = BeautifulSoup(client.get(f"/tiep-can?lang={language}").data, "html.parser")
        rows = soup.select(".criteria > li")
        assert len(rows) == 55
        for row, one in zip(rows, criteria(), strict=True):
            assert one.number in row.h3.get_text()
            assert one.how(english=language == "en") in row.get_text()
            assert [code.get_text() for code in row.select("code")] == list(one.tests)


def test_the_pages_of_citizens_lead_there(client: FlaskClient) -> None:
    for path in ("/", "/quyen-rieng-tu", "/ket-qua"):
        assert 'href="/tiep-can"' in client.get(path).get_data(as_text=True), path


def test_the_guide_has_the_same_table() -> None:
    text = (ROOT / "docs" / "accessibility.md").read_text("utf-8")
    rows = [
        f"| {one.number} | {one.level} | {one.name(english=True)} | {RESULTS[one.result]}: "
        f"{one.how(english=True)} | {', '.join(f'`{test}`' for test in one.tests)} |"
        for one in criteria()
    ]
    assert [line for line in text.splitlines() if re.match(r"\| \d", line)] == rows
