"""Heat, trend, breakdowns, counters, strengths: by hand from the small round of tests/support/evaluation.py."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Agency, Counter, Population, Response, Round
from survey.questionnaires import bundled
from survey.questionnaires.loader import load_file
from survey.results.compute import round_results
from survey.results.places import look_at_places
from survey.structure.operations.install_questionnaire import install_questionnaire
from tests.support.evaluation import NOW, close_rounds, equal_importance, sign_in
from tests.support.reading import soup, words

CASES = Path(__file__).parents[1] / "fixtures" / "cases"


@pytest.fixture
def evaluator(rounds: Flask, client: FlaskClient) -> FlaskClient:
    sign_in(client, "evaluator")
    return client


def test_heat_shades_what_the_data_can_tell_and_says_it_in_words(evaluator: FlaskClient) -> None:
    """By hand: so-dat-dai 50 % against (450 + 100) / 700 = 78.6 %; so-tu-phap 75 % against 200 / 300 = 66.7 %."""
    page = soup(evaluator, "/danh-gia/r1/bang-nhiet")
    cells = {str(row["data-agency"]): row.find_all("td") for row in page.select(".heat tbody tr")}
    worse, same = cells["so-dat-dai"][0], cells["so-tu-phap"][0]
    assert worse["class"] == ["heat-below-much"]
    assert words(worse) == "50,0 ▼ thấp hơn rõ rệt: −28,6"
    assert same["class"] == ["heat-same"]
    assert words(same) == "75,0 +8,3"
    assert all(len(row) == 6 for row in cells.values())


def test_a_trend_tells_each_change_with_its_test(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/dien-bien?co-quan=so-tu-phap")
    first = [words(cell) for cell in page.select("tr[data-key=all] td")]
    assert first[0].startswith("33,3 (")
    assert first[1].startswith("75,0 (")
    change = re.search(r"\+41,7 \((\+\d+,\d); \+(\d+,\d)\) tốt hơn$", first[1])
    assert change is not None  # the interval that goes with "better" lies above 0
    assert [words(text) for text in page.select(".trend .figure")] == ["33,3", "75,0"]
    assert len(page.select(".trend .step")) == 1
    assert page.select(".trend .break") == []


def test_other_questions_break_the_trend(rounds: Flask, evaluator: FlaskClient) -> None:
    with rounds.extensions["database"].write() as session:
        before = session.scalars(sa.select(Round).where(Round.code == "r0")).one()
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        before.version_id = version.id
        for response in session.scalars(sa.select(Response).where(Response.round_id == before.id)):
            response.answers = response.answers[0] * 9 + "." * (len(version.slots) - 9)
    page = soup(evaluator, "/danh-gia/r1/dien-bien?co-quan=so-tu-phap")
    assert page.select(".trend .step") == []
    assert len(page.select(".trend .break")) == 1
    assert words(page.select("tr[data-key=all] td")[1]).endswith("không so sánh được")
    assert "bộ câu hỏi hoặc cách tính khác đợt trước" in words(page.thead)


def test_another_form_breaks_the_line_and_is_said_beside_the_change(rounds: Flask, evaluator: FlaskClient) -> None:
    """Round r0 asked the same items without the overall question before them: items compare, the order may matter."""
    with rounds.extensions["database"].write() as session:
        before = session.scalars(sa.select(Round).where(Round.code == "r0")).one()
        definition = replace(bundled()["sipas-service-16"], overall=None)
        version = install_questionnaire(session, definition, NOW)
        before.version_id = version.id
        for response in session.scalars(sa.select(Response).where(Response.round_id == before.id)):
            response.answers = response.answers[0] * 16 + "." * (len(version.slots) - 16)
    page = soup(evaluator, "/danh-gia/r1/dien-bien?co-quan=so-tu-phap")
    assert page.select(".trend .step") == []
    assert len(page.select(".trend .break")) == 1
    assert "phiếu khác đợt trước: thay đổi có thể do phiếu" in words(page.thead)
    assert "+41,7 (" in words(page.select("tr[data-key=all] td")[1])
    assert "Phiếu của hai đợt khác nhau" in words(soup(evaluator, "/danh-gia/r1/xep-hang").main)
    with rounds.extensions["database"].read() as session:
        assert look_at_places(session, round_results(session, "r1")).earlier is None  # no check against it


def test_the_same_form_is_compared_by_the_checks_of_places(rounds: Flask) -> None:
    with rounds.extensions["database"].read() as session:
        assert look_at_places(session, round_results(session, "r1")).earlier is not None


def test_a_question_removed_breaks_its_element_and_the_whole_alone(rounds: Flask, evaluator: FlaskClient) -> None:
    """Round r1 asks all but `tthc_ho_so`: elements of the same questions go on, 33.3 % to 75.0 % as before."""
    with rounds.extensions["database"].write() as session:
        now = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
        shorter = install_questionnaire(session, load_file(CASES / "questionnaire-item-removed.yaml"), NOW)
        now.version_id = shorter.id
        for response in session.scalars(sa.select(Response).where(Response.round_id == now.id)):
            response.answers = response.answers[0] * 15 + "." * (len(shorter.slots) - 15)
    page = soup(evaluator, "/danh-gia/r1/dien-bien?co-quan=so-tu-phap")
    latest = {str(row["data-key"]): words(row.find_all("td")[1]) for row in page.select("tr[data-key]")}
    assert latest["all"].startswith("75,0 (")
    for broken in ("all", "procedures"):
        assert latest[broken].endswith("không so sánh được")
        assert "tốt hơn" not in latest[broken]
    for compared in ("access", "result", "feedback"):
        assert "+41,7 (" in latest[compared]
        assert latest[compared].endswith("tốt hơn")
    assert len(page.select(".trend .break")) == 1
    assert page.select(".trend .step") == []


def test_a_breakdown_keeps_the_design_and_gives_no_small_group_away(evaluator: FlaskClient) -> None:
    """By hand: every fourth response is on paper; so-tu-phap has 11 of 15 satisfied there and 34 of 45 by code.

    The one paper of trung-tam is hidden, and with it enough that neither its row nor its column gives it away.
    """
    groups = rows_by_group(evaluator, "/danh-gia/r1/phan-to?theo=kenh&co-quan=so-tu-phap")
    assert groups[""][0] == "60"
    assert (groups["paper"][0], groups["qr"][0]) == ("15", "45")
    assert groups["paper"][1].startswith("73,3")
    assert groups["qr"][1].startswith("75,6 (")
    small = rows_by_group(evaluator, "/danh-gia/r1/phan-to?theo=kenh&co-quan=trung-tam")
    assert (small["paper"][0], small["qr"][0]) == ("–", "–")
    assert "bảo vệ" in small["paper"][1]
    beside = rows_by_group(evaluator, "/danh-gia/r1/phan-to?theo=kenh&co-quan=so-dat-dai")
    assert (beside["paper"][0], beside["qr"][0]) == ("–", "–")
    province = rows_by_group(evaluator, "/danh-gia/r1/phan-to")
    assert (province["paper"][0], province["qr"][0]) == ("26", "80")


def rows_by_group(client: FlaskClient, address: str) -> dict[str, list[str]]:
    page = soup(client, address)
    return {
        str(row["data-group"]): [words(cell) for cell in row.find_all("td")]
        for row in page.select("table.groups tbody tr")
    }


def test_a_group_is_shown_down_to_the_five_answers(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap?theo=kenh&nhom=qr")
    assert words(page.select_one(".group-name")) == "Kênh trả lời: Mã QR"
    first = page.select(".items > li")[0]
    assert words(first.select_one(".counts")) == (
        "Rất không hài lòng 0 Không hài lòng 11 Bình thường 0 Hài lòng 0 Rất hài lòng 34"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/danh-gia/r1/phan-to?theo=khong-co",
        "/danh-gia/r1/phan-to?co-quan=khong-co",
        "/danh-gia/r1/co-quan/so-tu-phap?theo=kenh&nhom=khong-co",
        "/danh-gia/r1/co-quan/so-tu-phap?theo=kenh&nhom=qr&linh-vuc=ho-tich",
        "/danh-gia/r1/toan-tinh?theo=quay&nhom=1",
        "/danh-gia/r1/co-quan/khong-co/manh-yeu",
        "/danh-gia/r1/dien-bien?co-quan=khong-co",
    ],
)
def test_what_does_not_exist_is_not_found(evaluator: FlaskClient, address: str) -> None:
    assert evaluator.get(address).status_code == 404


def test_counters_stand_between_service_and_item(rounds: Flask, evaluator: FlaskClient) -> None:
    """By hand: the first 45 responses of so-tu-phap (all 5) at one counter, its other 15 (all 2) at the other."""
    with rounds.extensions["database"].write() as session:
        agency = session.scalar(sa.select(Agency.id).where(Agency.code == "so-tu-phap"))
        one, other = session.scalars(sa.select(Counter.id).order_by(Counter.id))
        found = session.scalars(
            sa.select(Response)
            .join(Round, Round.id == Response.round_id)
            .where(Round.code == "r1", Response.deciding_agency_id == agency)
            .order_by(Response.id)
        ).all()
        for number, response in enumerate(found):
            response.counter_id = one if number < 45 else other
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap?linh-vuc=ho-tich")
    rows = {words(row.th): [words(cell) for cell in row.find_all("td")] for row in page.select("tr[data-counter]")}
    name = "Quầy số 1 (Trung tâm Phục vụ hành chính công)"
    assert rows[name][0] == "45"
    assert rows[name][1].startswith("100,0 (")
    assert rows["Quầy số 2 (Trung tâm Phục vụ hành chính công)"][1].startswith("0,0")
    link = next(row.th.a for row in page.select("tr[data-counter]") if words(row.th) == name)
    below = soup(evaluator, str(link["href"]))
    assert words(below.select_one(".group-name")) == f"Quầy tiếp nhận: {name}"
    assert words(below.select(".items > li")[0].select_one(".counts")).endswith("Rất hài lòng 45")


def test_weaknesses_tell_an_agency_what_to_do_and_for_how_many(evaluator: FlaskClient) -> None:
    """By hand: every item 50 % against 78.6 %, 20 of 40 answered "neutral"; 28.6 % of 40 make 11 people."""
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-dat-dai/manh-yeu")
    section = page.select_one("section.improve")
    assert words(section.h2 if section else None) == "Cần cải thiện trước"
    findings = page.select("section.improve .findings > li")
    assert len(findings) == 16
    assert words(findings[0].p) == (
        "Hài lòng: 50,0 %; các cơ quan khác: 78,6 % (−28,6 điểm). 0 người không hài lòng, "
        "20 người thấy bình thường, trong số 40 người trả lời. Nếu được như nơi khác, sẽ có thêm 11 người trong số đó "
        "hài lòng."
    )
    assert page.select(".spot") == []  # nobody was asked of the whole: no importance is made up
    assert "Mức ảnh hưởng" not in [words(cell) for cell in page.select("th")]
    assert [words(row.find_all("td")[4]) for row in page.select("tr[data-item]")] == ["kém hơn"] * 16


def test_importance_is_told_where_citizens_were_asked_of_the_whole(
    evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: 16 items of equal weight make 6 % each."""
    monkeypatch.setattr("survey.results.diagnosis.importance", equal_importance)
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-dat-dai/manh-yeu")
    findings = page.select("section.improve .findings > li")
    assert words(findings[0].p).endswith("Mức ảnh hưởng đến mức hài lòng nhìn chung: 6 %.")
    assert len(page.select(".spot.weakness")) == 16
    assert [words(row.find_all("td")[5]) for row in page.select("tr[data-item]")] == ["kém hơn"] * 16


def test_an_agency_without_weakness_is_told_where_to_begin(evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap/manh-yeu")
    assert page.select("section.improve") == []
    assert "Nên bắt đầu từ đâu" in words(page.main)


def test_a_manager_sees_the_own_agency_and_no_other(rounds: Flask, client: FlaskClient) -> None:
    close_rounds(rounds)
    sign_in(client, "manager")
    for address in ("bang-nhiet", "dien-bien", "phan-to", "xep-hang.csv", "co-quan/so-tu-phap/manh-yeu"):
        reply = client.get(f"/danh-gia/r1/{address}")
        assert reply.status_code == 200
        assert "so-dat-dai" not in reply.get_data(as_text=True), address
    for address in ("co-quan/so-dat-dai/manh-yeu", "dien-bien?co-quan=so-dat-dai", "phan-to?co-quan=so-dat-dai"):
        assert client.get(f"/danh-gia/r1/{address}").status_code == 404


def test_the_file_of_ranks_has_what_the_page_shows(evaluator: FlaskClient) -> None:
    body = evaluator.get("/danh-gia/r1/xep-hang.csv").data.decode("utf-8-sig")
    rows = {row["agency"]: row for row in csv.DictReader(io.StringIO(body))}
    page = soup(evaluator, "/danh-gia/r1/xep-hang")
    for row in page.select(".league tbody tr"):
        cells, written = [words(cell) for cell in row.find_all("td")], rows.pop(str(row["data-agency"]))
        assert cells[0].startswith(f"{float(written['index']):.1f}".replace(".", ","))
        low, high = written["rank_low"], written["rank_high"]
        assert cells[1] == ("–" if not low else low if low == high else f"{low}–{high}")
        assert cells[2:4] == [written["group"] or "–", written["n"]]
        if written["change"]:
            assert cells[4].lstrip("+−").startswith(f"{abs(float(written['change'])):.1f}".replace(".", ","))
    assert rows == {}


@pytest.mark.parametrize(
    "address",
    [
        "r1",
        "r1/xep-hang",
        "r1/bang-nhiet",
        "r1/dien-bien",
        "r1/phan-to",
        "r1/toan-tinh",
        "r1/co-quan/so-dat-dai",
        "r1/co-quan/so-dat-dai/manh-yeu",
    ],
)
def test_every_chart_and_table_stands_with_its_numbers_and_how_they_are_computed(
    evaluator: FlaskClient, address: str
) -> None:
    page = soup(evaluator, f"/danh-gia/{address}")
    notes = page.select("main details.how")
    assert notes
    for note in notes:
        assert "Thiết kế: mỗi lĩnh vực của một cơ quan là một tầng; tất cả 106 phiếu," in words(note)
        assert note.select_one('a[href="/danh-gia/cach-tinh"]') is not None
    for chart in page.select("svg[role=img]"):
        assert chart.title is not None
        assert chart.desc is not None
        described = words(page.find(id=str(chart["aria-describedby"])))
        assert "cùng số liệu" in described
    for section in page.select("main section:has(table), main section:has(svg[role=img])"):
        assert section.select_one("details.how") or section.find_previous("details", class_="how"), section


def test_doubtful_responses_are_told_beside_the_index(evaluator: FlaskClient) -> None:
    section = soup(evaluator, "/danh-gia/r1").select_one("section[aria-labelledby=doubts]")
    text = words(section)
    # every form of the fixture is a straight line: told by its answer, and none of them a doubt
    assert "Trong 106 phiếu đã xem, có 0 phiếu cần xem lại." in text
    counts = re.findall(r"\(tự nó không đáng ngờ\) (\d+)", text)
    assert len(counts) == 3
    assert sum(map(int, counts)) == 106
    assert int(counts[0]) >= 45  # the 45 of so-tu-phap who chose 5 throughout


def test_what_is_kept_follows_every_change(rounds: Flask) -> None:
    """Another N, another response, another exclusion: each makes new figures at once."""
    database = rounds.extensions["database"]

    def index() -> float:
        with database.read() as session:
            table = round_results(session, "r1").table
        return float(table[(table["agency"] == "") & (table["level"] == "overall")]["index"].iloc[0])

    assert index() == pytest.approx(100 * 650 / 900)
    with database.write() as session:
        part = session.scalars(sa.select(Population).where(Population.transactions == 100)).one()
        part.transactions = 1100
    assert index() == pytest.approx(100 * 1650 / 1900)
    with database.write() as session:
        part = session.scalars(sa.select(Population).where(Population.transactions == 1100)).one()
        part.transactions = 100
        chosen = session.scalars(sa.select(Response).where(Response.key == f"{1:016d}")).one()
        chosen.excluded = "flagged"
    assert index() == pytest.approx(100 * (600 * 44 / 59 + 200) / 900)


PAGES = (
    "r1",
    "r1/xep-hang",
    "r1/xep-hang.csv",
    "r1/bang-nhiet",
    "r1/dien-bien",
    "r1/phan-to",
    "r1/phan-to?theo=age",
    "r1/toan-tinh",
)
OF_AGENCY = ("co-quan/so-dat-dai", "co-quan/so-dat-dai/manh-yeu", "phan-to?co-quan=so-dat-dai&theo=quay")


def test_an_agency_and_a_round_that_nobody_answered_for_have_pages_too(rounds: Flask, evaluator: FlaskClient) -> None:
    database = rounds.extensions["database"]
    with database.write() as session:
        agency = session.scalar(sa.select(Agency.id).where(Agency.code == "so-dat-dai"))
        session.execute(sa.delete(Response).where(Response.deciding_agency_id == agency))
    for address in (*PAGES, *(f"r1/{part}" for part in OF_AGENCY)):
        assert evaluator.get(f"/danh-gia/{address}").status_code == 200, address
    assert "chưa thể nói điểm mạnh, điểm yếu" in words(soup(evaluator, f"/danh-gia/r1/{OF_AGENCY[1]}").main)
    with database.write() as session:
        session.execute(sa.delete(Response))
    for address in (*PAGES, *(f"r1/{part}" for part in OF_AGENCY)):
        assert evaluator.get(f"/danh-gia/{address}").status_code == 200, address
