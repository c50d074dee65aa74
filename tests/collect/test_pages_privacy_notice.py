"""The notice of what is kept: found from where people answer, in their language, with a contact and periods."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from survey.collect.operations.purge import COMMENT_MONTHS, RESPONSE_MONTHS
from tests.support.places import CODE, make_app

NOTICE = "/quyen-rieng-tu"


@pytest.fixture(scope="module")
def citizen(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("notice"))
    yield app.test_client(use_cookies=False)
    app.extensions["database"].dispose()


def links(client, at: str) -> list[str]:
    return [tag["href"] for tag in BeautifulSoup(client.get(at).text, "html.parser").select("main a[href]")]


@pytest.mark.parametrize("at", ["/", f"/K/{CODE}", f"/K/{CODE}/thanks"])
def test_who_answers_finds_it(citizen, at):
    assert NOTICE in links(citizen, at)
    assert f"{NOTICE}?lang=en" in links(citizen, f"{at}?lang=en")


@pytest.mark.parametrize("at", [f"/K/{CODE}?kiosk=1", f"/K/{CODE}/thanks?kiosk=1"])
def test_a_screen_at_the_counter_leads_nowhere_else(citizen, at):
    assert {link for link in links(citizen, at) if link.startswith(NOTICE)} <= {f"{NOTICE}?tu={CODE}"}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "vi",
            [
                "Chúng tôi giữ kín cho Ông/Bà thế nào?",
                "91/2025/QH15",
                "356/2025/NĐ-CP",
                "Quyền của Ông/Bà",
                "địa chỉ mạng",
            ],
        ),
        (
            "en",
            ["How do we keep this private?", "91/2025/QH15", "356/2025/NĐ-CP", "Your rights", "(IP) address"],
        ),
    ],
)
def test_it_says_what_the_law_asks_and_for_how_long(citizen, lang, words):
    reply = citizen.get(NOTICE, query_string={"lang": lang})
    page = " ".join(BeautifulSoup(reply.text, "html.parser").select_one("main").get_text(" ").split())
    assert reply.status_code == 200
    assert [word for word in words if word not in page] == []
    assert {int(found) for found in re.findall(r"(\d+) (?:tháng|months)", page)} == {COMMENT_MONTHS, RESPONSE_MONTHS}
    assert "Set-Cookie" not in reply.headers


def test_both_languages_say_the_same_in_the_same_order(citizen):
    pages = [BeautifulSoup(citizen.get(f"{NOTICE}?lang={lang}").text, "html.parser") for lang in ("vi", "en")]
    shapes = [[tag.name for tag in page.select("main h1, main h2, main p, main li")] for page in pages]
    assert shapes[0] == shapes[1]


def test_the_contact_is_the_one_that_was_set(tmp_path):
    app = make_app(tmp_path, contact="Văn phòng <UBND> tỉnh, 0212 3 000 000", languages=("vi", "en", "vi-simple"))
    for lang in ("vi", "en", "vi-simple"):
        page = app.test_client().get(NOTICE, query_string={"lang": lang}).text
        assert "Văn phòng &lt;UBND&gt; tỉnh, 0212 3 000 000" in page
        assert "Cổng Dịch vụ công" not in page
    app.extensions["database"].dispose()


def test_a_kiosks_notice_leads_back_to_its_form_alone(citizen):
    assert set(links(citizen, f"{NOTICE}?tu={CODE}")) == {f"/K/{CODE}?kiosk=1"}
    page = BeautifulSoup(citizen.get(f"{NOTICE}?tu={CODE}").text, "html.parser")
    assert page.select_one("[data-return]")["data-return"] == f"/K/{CODE}?kiosk=1"
    assert not BeautifulSoup(citizen.get(f"{NOTICE}?tu=//evil").text, "html.parser").select("[data-return]")
