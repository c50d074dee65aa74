"""Those judged as attackers: what a unit brings or takes back moves no figure until an evaluator has looked at it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.collect.queries.withdrawals import waiting_withdrawals
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, Channel, Counter, CounterCode, ImportBatch, Response
from survey.publication.editions import freeze
from survey.publication.operations.publish_round import draft_publication
from survey.results.compute import round_results
from survey.structure.operations.change_round import change_round
from survey.structure.operations.close_round import close_round
from survey.structure.operations.open_round import RoundPlan
from survey.structure.queries.rounds import by_code
from tests.collect.test_pages_paper import WHY, begin, key_in
from tests.collect.test_pages_response_imports import fields, preview, upload
from tests.support.evaluation import NOW, accounts, post, sign_in
from tests.support.places import CODE, fill, make_app

ITEMS = 9
QUEUE = "/phieu-cho-duyet"


@pytest.fixture
def site(tmp_path):
    """The round `r1` of `sipas-short`, in which ten citizens answered 2 to everything for `so-tu-phap`: index 0."""
    app = make_app(tmp_path, questionnaire="sipas-short")
    with app.extensions["database"].write() as session:
        accounts(session)
        round_ = by_code(session, "r1")
        agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        session.add(Counter(agency=agency, code="Q9", name="Quầy Tư pháp"))
        answers = "2" * ITEMS + "." * (len(round_.version.slots) - ITEMS)
        for number in range(10):
            session.add(
                Response(
                    key=f"citizen-{number:016d}",
                    round_id=round_.id,
                    deciding_agency_id=agency.id,
                    channel=Channel.QR,
                    language="vi",
                    answers=answers,
                    submitted_at=NOW,
                )
            )
    yield app
    app.extensions["database"].dispose()


def signed_in(site: Flask, role: str) -> FlaskClient:
    client = site.test_client()
    sign_in(client, role)
    return client


def figures(site: Flask) -> tuple[int, float]:
    """N and the province's index as results have them."""
    with site.extensions["database"].read() as session:
        found = round_results(session, "r1")
    overall = found.table[(found.table["agency"] == "") & (found.table["level"] == "overall")].iloc[0]
    return found.responses, float(overall["index"])


def invented(count: int, channel: str = "") -> bytes:
    """A file of invented answers, all "very satisfied", of the own agency."""
    items = [f"i{k}" for k in range(ITEMS)]
    rows = [[f"invented-{number:06d}", "so-tu-phap", "02/03/2026", channel, *["5"] * ITEMS] for number in range(count)]
    return "\n".join(";".join(row) for row in [["id", "agency", "date", "channel", *items], *rows]).encode()


def bring(client: FlaskClient, data: bytes, name: str = "bia.csv"):
    """Import a file by the pages: say which column is which question, look, confirm; return the last page."""
    page = upload(client, name, data)
    address, body = fields(page.text)
    others = {"agency", "service", "counter", "channel", "date", "comment", "id"}
    codes = [field for field in body if field.startswith("c.") and field[2:] not in others][:ITEMS]
    chosen = {code: f"i{k}" for k, code in enumerate(codes)}
    chosen |= {f"c.{code}": code for code in ("agency", "date", "channel", "id")}
    shown = preview(client, page, **chosen)
    if shown.status_code != 200:
        return shown
    address, body = fields(shown.text, 0)
    return client.get(client.post(address, data=body).location)


def test_a_head_imports_three_hundred_invented_answers(site) -> None:
    """They count nowhere until an evaluator releases them; a refused file counts never, and its reason is told."""
    head, evaluator = signed_in(site, "manager"), signed_in(site, "evaluator")
    assert figures(site) == (10, 0)
    for own in ("qr", "kiosk", "receipt"):  # a file cannot say that citizens scanned our codes
        refused = bring(head, invented(300, own))
        assert refused.status_code == 422
        assert "ô D2" in refused.text
    assert "Chưa được tính" in bring(head, invented(300)).text
    assert figures(site) == (10, 0)
    overview = evaluator.get("/danh-gia/r1").text
    assert "Chưa được tính: chờ cán bộ đánh giá duyệt lô" in overview

    listed = evaluator.get(QUEUE).text
    assert all(words in listed for words in ("bia.csv", "Sở Tư pháp", "300"))
    with site.extensions["database"].read() as session:
        first = session.scalars(sa.select(ImportBatch.id)).one()
    shown = evaluator.get(f"{QUEUE}/{first}").text
    assert "100,0 %" in shown  # what it would say
    assert "Nhập phiếu" in shown
    without = post(evaluator, f"{QUEUE}/{first}/tu-choi", f"{QUEUE}/{first}", reason=" ")
    assert without.status_code == 422
    refused = post(evaluator, f"{QUEUE}/{first}/tu-choi", f"{QUEUE}/{first}", reason="Không có phiếu gốc")
    assert refused.status_code == 303
    assert "Không có phiếu gốc" in head.get(f"/nhap-phieu/lo/{first}").text
    assert figures(site) == (10, 0)

    bring(head, invented(30))  # corrected, and brought again
    with site.extensions["database"].read() as session:
        second = session.scalars(sa.select(ImportBatch.id).order_by(ImportBatch.id.desc())).first()
    for role in ("manager", "staff"):
        assert signed_in(site, role).get(f"{QUEUE}/{second}").status_code == 403
    assert post(evaluator, f"{QUEUE}/{second}/duyet", f"{QUEUE}/{second}").status_code == 303
    assert figures(site) == (40, 75.0)
    assert post(evaluator, f"{QUEUE}/{second}/duyet", f"{QUEUE}/{first}").status_code == 303  # from a page of before
    assert "không còn chờ" in evaluator.get(f"{QUEUE}/{second}").text


def test_what_evaluators_bring_counts_at_once(site) -> None:
    evaluator = signed_in(site, "evaluator")
    assert "Đã thêm 10 phiếu" in bring(evaluator, invented(10, "qr")).text
    assert figures(site) == (20, 50.0)


def test_a_pile_of_paper_waits_until_it_is_done_and_released(site) -> None:
    staff, evaluator = signed_in(site, "staff"), signed_in(site, "evaluator")
    begin(site, staff, every="0")
    assert evaluator.get(QUEUE).text.count("Tập") == 0  # nothing keyed in yet
    for _ in range(5):
        assert key_in(staff, "/phieu-giay/1/nhap", "5" * ITEMS).status_code == 303
    assert figures(site) == (10, 0)
    assert "còn đang nhập" in evaluator.get(QUEUE).text
    assert post(evaluator, f"{QUEUE}/1/duyet", "/tai-khoan").status_code == 303
    assert "còn đang nhập" in evaluator.get(f"{QUEUE}/1").text
    assert figures(site) == (10, 0)
    assert post(staff, "/phieu-giay/1/xong", "/phieu-giay/1").status_code == 303
    assert "Chưa được tính" in staff.get("/phieu-giay").text
    assert "Nhập một phiếu giấy" in evaluator.get(f"{QUEUE}/1").text  # its history
    assert post(evaluator, f"{QUEUE}/1/duyet", f"{QUEUE}/1").status_code == 303
    n, index = figures(site)
    assert (n, round(index, 9)) == (15, round(100 * 5 / 15, 9))


def test_a_clerk_cannot_switch_the_second_pass_off(site) -> None:
    """The rule is the round's: what a clerk sends with the pile changes nothing, nor anybody once it is open."""
    staff = signed_in(site, "staff")
    begin(site, staff, every="1")  # the round's rule
    again = begin(site, staff, every="1", check_every="0", second_pass="0")
    assert again.location == "/phieu-giay/2/nhap"
    assert key_in(staff, "/phieu-giay/2/nhap", "5" * ITEMS).location == "/phieu-giay/2/phieu/1/lan-hai"
    assert post(staff, "/phieu-giay/2/xong", "/phieu-giay/2").status_code == 303
    assert "Hãy nhập lần hai các phiếu mẫu" in staff.get("/phieu-giay/2").text
    with site.extensions["database"].write() as session:
        round_ = by_code(session, "r1")
        plan = RoundPlan("r1", round_.name, round_.opens_on, round_.closes_on, rules=round_.rules, second_pass=0)
        with pytest.raises(InputError, match="only its name and its end"):
            change_round(session, round_, plan, round_.version, actor=Actor(NOW))


def released_pile(site: Flask, staff: FlaskClient, evaluator: FlaskClient, *forms: str) -> None:
    """Key a pile in, end it, and let it count."""
    begin(site, staff, every="0")
    for answers in forms:
        assert key_in(staff, "/phieu-giay/1/nhap", answers).status_code == 303
    assert post(staff, "/phieu-giay/1/xong", "/phieu-giay/1").status_code == 303
    assert post(evaluator, f"{QUEUE}/1/duyet", f"{QUEUE}/1").status_code == 303


def test_a_bad_paper_form_is_corrected_to_all_fives(site) -> None:
    """The form counts as it was until an evaluator agrees; agreed, the overview tells what it did."""
    staff, evaluator = signed_in(site, "staff"), signed_in(site, "evaluator")
    released_pile(site, staff, evaluator, "1" * ITEMS, "5" * ITEMS)
    n, index = figures(site)
    assert (n, round(index, 6)) == (12, round(100 / 12, 6))
    at = "/phieu-giay/1/phieu/1/sua"
    assert key_in(staff, at, "5" * ITEMS, **WHY).status_code == 303
    assert figures(site) == (n, index)
    assert "chờ cán bộ đánh giá" in staff.get("/phieu-giay/1").text
    again = key_in(staff, at, "4" * ITEMS, **WHY)
    assert again.status_code == 303  # refused: one waits
    assert "đang chờ cán bộ đánh giá" in staff.get("/phieu-giay/1").text
    # nor by the way of a second pass that "differs"
    assert key_in(staff, "/phieu-giay/1/phieu/1/lan-hai", "5" * ITEMS).location.endswith("/doi-chieu")
    both = {f"d.{name[2:]}": "2" for name in fields_of(staff, at) if name.startswith("a.")}
    assert post(staff, "/phieu-giay/1/phieu/1/doi-chieu", **both).status_code == 303
    assert figures(site) == (n, index)

    page = " ".join(evaluator.get(f"{QUEUE}/rut-lai/1").text.split())
    assert "0 trong 9" in page
    assert "9 trong 9" in page
    assert "Gõ nhầm" in page
    assert staff.get(f"{QUEUE}/rut-lai/1").status_code == 403
    assert post(evaluator, f"{QUEUE}/rut-lai/1/dong-y", f"{QUEUE}/rut-lai/1").status_code == 303
    n, index = figures(site)
    assert (n, round(index, 6)) == (12, round(200 / 12, 6))
    page = BeautifulSoup(evaluator.get("/danh-gia/r1").text, "html.parser").find(id="withdrawn").parent
    cells = [[cell.text for cell in row.select("th,td")] for row in page.select("tbody tr")]
    # 1 of 12 satisfied before, 2 of 12 after: 8.3 and 16.7
    assert cells[0] == ["Toàn tỉnh", "12", "12", "16,7", "8,3", "+8,3"]
    assert [row[1:] for row in cells[1:]] == [cells[0][1:]]
    head = signed_in(site, "manager")
    assert 'id="withdrawn"' not in head.get("/danh-gia/r1").text


def fields_of(client: FlaskClient, at: str) -> list[str]:
    """The names of the fields of an entry page."""
    return [str(field["name"]) for field in BeautifulSoup(client.get(at).text, "html.parser").select("input[name]")]


def test_a_colleagues_pile_is_taken_back(site) -> None:
    """What counts is taken back once an evaluator agrees, and a refusal leaves it as it is."""
    head, staff, evaluator = (signed_in(site, role) for role in ("manager", "staff", "evaluator"))
    released_pile(site, staff, evaluator, *["1" * ITEMS] * 5, *["5" * ITEMS] * 5)
    assert figures(site) == (20, 25.0)
    assert post(head, "/phieu-giay/1/huy", "/phieu-giay/1", **WHY).status_code == 303
    assert figures(site) == (20, 25.0)
    assert post(head, "/phieu-giay/1/huy", "/phieu-giay/1", **WHY).status_code == 422  # it waits already
    listed = " ".join(evaluator.get(f"{QUEUE}/rut-lai?co-quan=so-tu-phap").text.split())
    assert "Chờ quyết định, chưa có hiệu lực" in listed
    assert "Gõ nhầm" in listed
    assert "Chưa có gì bị rút lại" in evaluator.get(f"{QUEUE}/rut-lai?co-quan=so-dat-dai").text
    with site.extensions["database"].write() as session:
        close_round(session, by_code(session, "r1"), actor=Actor(NOW))
    assert "1 việc rút lại đang chờ" in " ".join(evaluator.get("/danh-gia/r1/cong-bo").text.split())
    assert post(evaluator, "/danh-gia/r1/cong-bo", "/tai-khoan").status_code == 422
    assert post(evaluator, f"{QUEUE}/rut-lai/1/khong", f"{QUEUE}/rut-lai/1").status_code == 422
    assert post(evaluator, f"{QUEUE}/rut-lai/1/khong", f"{QUEUE}/rut-lai/1", reason="Phiếu đúng").status_code == 303
    assert "Phiếu đúng" in head.get("/phieu-giay/1").text
    assert figures(site) == (20, 25.0)
    assert post(head, "/phieu-giay/1/huy", "/phieu-giay/1", **WHY).status_code == 303
    assert post(evaluator, f"{QUEUE}/rut-lai/2/dong-y", f"{QUEUE}/rut-lai/2").status_code == 303
    assert figures(site) == (10, 0)
    page = BeautifulSoup(evaluator.get("/danh-gia/r1").text, "html.parser").find(id="withdrawn").parent
    assert [cell.text for cell in page.select("tbody tr")[0].select("td")] == ["10", "20", "0,0", "25,0", "−25,0"]


def test_a_posters_code_is_withdrawn_on_a_bad_day(site) -> None:
    """Citizens go on answering by it until an evaluator agrees."""
    staff, evaluator = signed_in(site, "staff"), signed_in(site, "evaluator")
    with site.extensions["database"].write() as session:
        counter = session.scalars(sa.select(Counter).where(Counter.code == "Q9")).one()
        session.add(CounterCode(code="T7MP2XQA", counter=counter, created_at=NOW))
        number = counter.id
    at = f"/quay/{number}/thu-hoi"
    assert "Cán bộ đánh giá đọc lý do" in staff.get(at).text
    assert post(staff, at, note="x").status_code == 422
    assert post(staff, at, reason="poster", note="Áp phích hỏng").status_code == 303
    citizen = site.test_client(use_cookies=False)
    assert citizen.post("/K/T7MP2XQA", data=fill(citizen, "T7MP2XQA")).status_code == 303
    assert figures(site)[0] == 11
    assert "Thu hồi mã của một quầy" in evaluator.get(f"{QUEUE}/rut-lai").text
    assert post(evaluator, f"{QUEUE}/rut-lai/1/dong-y", f"{QUEUE}/rut-lai/1").status_code == 303
    assert 'id="form"' not in citizen.get("/K/T7MP2XQA").text


def test_invented_answers_of_a_night_are_left_out_by_two_people(site) -> None:
    """Thirty best answers between 1 and 2 in the night of 5 March: previewed, asked, agreed, frozen, reversed."""
    with site.extensions["database"].write() as session:
        round_ = by_code(session, "r1")
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        answers = "5" * ITEMS + "." * (len(round_.version.slots) - ITEMS)
        for number in range(30):
            session.add(
                Response(
                    key=f"night-{number:016d}",
                    round_id=round_.id,
                    deciding_agency_id=agency,
                    channel=Channel.QR,
                    language="vi",
                    answers=answers,
                    submitted_at=datetime(2026, 3, 4, 18, 2 * number, tzinfo=UTC),  # 1 h of 5 March in Vietnam
                )
            )
    assert figures(site) == (40, 75.0)
    evaluator, admin = signed_in(site, "evaluator"), signed_in(site, "admin")
    at = "/danh-gia/r1/loai-phieu"
    night = {"agency": "so-tu-phap", "first": "2026-03-05", "last": "2026-03-05", "from_hour": "23", "to_hour": "4"}
    assert evaluator.get(at, query_string={"agency": "so-tu-phap"}).status_code == 422  # a whole agency is not left out
    day = evaluator.get(at, query_string=night | {"from_hour": "4", "to_hour": "23"}).text
    assert rows_of(day)[0] == ["Toàn tỉnh", "75,0", "75,0", "40", "40"]
    shown = evaluator.get(at, query_string=night).text
    assert rows_of(shown)[0] == ["Toàn tỉnh", "75,0", "0,0", "40", "10"]
    assert post(evaluator, at, at, **night).status_code == 422  # without a reason
    why = {"reason": "not_citizens", "note": "Một phiếu mỗi hai phút suốt đêm"}
    asked = post(evaluator, at, at, **night, **why)
    assert asked.location == f"{QUEUE}/rut-lai/1"
    assert figures(site) == (40, 75.0)
    page = " ".join(admin.get(asked.location).text.split())
    assert "chỉ số từ 75,0 thành 0,0; số phiếu từ 40 thành 10" in page
    assert post(evaluator, f"{asked.location}/dong-y", asked.location).status_code == 303  # one's own
    assert figures(site) == (40, 75.0)
    assert post(admin, f"{asked.location}/dong-y", asked.location).status_code == 303
    assert figures(site) == (10, 0)
    overview = evaluator.get("/danh-gia/r1").text
    cells = [
        cell.text for cell in BeautifulSoup(overview, "html.parser").find(id="withdrawn").parent.select("tbody td")
    ]
    assert cells[:5] == ["10", "40", "0,0", "75,0", "−75,0"]
    with site.extensions["database"].read() as session:
        assert set(session.scalars(sa.select(Response.answers).where(Response.excluded == "rule:1"))) == {answers}
        content = json.loads(freeze(session, "r1").content)
    assert [(row["responses"], row["reason"]) for row in content["exclusions"]] == [(30, "not_citizens")]
    assert content["excluded"] == {"flagged": 30}
    # counting them again takes two people as well: one alone moves nothing, whoever it is
    back = f"{asked.location}/khoi-phuc"
    assert post(admin, back, asked.location).status_code == 422
    assert post(admin, back, asked.location, reason="Đội lưu động").status_code == 303
    assert figures(site) == (10, 0)
    with site.extensions["database"].read() as session:
        assert waiting_withdrawals(session, by_code(session, "r1").id) == 1  # nothing is published meanwhile
    assert "có người đề nghị tính lại" in admin.get(f"{QUEUE}/rut-lai").text
    assert post(admin, f"{back}/dong-y", asked.location).status_code == 303  # one's own
    assert post(admin, f"{back}/khong", asked.location, reason="Thôi").status_code == 422
    assert figures(site) == (10, 0)
    assert post(evaluator, f"{back}/khong", asked.location, reason="Không có đội nào").status_code == 303
    assert post(evaluator, f"{back}/dong-y", asked.location).status_code == 303  # nothing waits any more
    assert figures(site) == (10, 0)
    assert post(evaluator, back, asked.location, reason="Có giấy đi công tác").status_code == 303
    assert post(admin, f"{back}/dong-y", asked.location).status_code == 303
    assert figures(site) == (40, 75.0)
    assert "Có giấy đi công tác" in admin.get(asked.location).text
    assert signed_in(site, "manager").get(at).status_code == 403


def rows_of(page: str) -> list[list[str]]:
    """The cells of the table of the preview."""
    rows = BeautifulSoup(page, "html.parser").find(id="preview").parent.select("tbody tr")
    return [[cell.text for cell in row.select("th,td")] for row in rows]


def test_an_address_is_no_evidence_of_a_screen(site) -> None:
    """`?kiosk=1` makes the page one of a tablet; the counter's setting alone says how the answer came."""
    citizen = site.test_client(use_cookies=False)
    channels = []
    for setting in (False, True):
        with site.extensions["database"].write() as session:
            session.execute(sa.update(Counter).values(kiosk=setting))
        assert citizen.post(f"/K/{CODE}?kiosk=1", data=fill(citizen)).status_code == 303
        with site.extensions["database"].read() as session:
            newest = sa.select(Response.channel).order_by(Response.id.desc()).limit(1)
            channels.append(session.scalars(newest).one())
    assert channels == [Channel.QR, Channel.KIOSK]


def test_nothing_is_published_while_a_batch_waits(site) -> None:
    """The draft is refused; once each batch is decided on, the edition keeps how many there were of both kinds."""
    head, evaluator = signed_in(site, "manager"), signed_in(site, "evaluator")
    for name, count in (("a.csv", 7), ("b.csv", 20)):
        bring(head, invented(count).replace(b"invented", name[0].encode() * 12), name)
    with site.extensions["database"].write() as session:
        round_ = by_code(session, "r1")
        close_round(session, round_, actor=Actor(NOW))
    page = " ".join(evaluator.get("/danh-gia/r1/cong-bo").text.split())
    assert "2 lô do cơ quan đưa vào đang chờ, gồm 27 phiếu" in page
    with site.extensions["database"].write() as session, pytest.raises(InputError, match="Batches that wait"):
        draft_publication(
            session,
            by_code(session, "r1"),
            content="{}",
            results_hash="0" * 64,
            actor=Actor(NOW + timedelta(hours=1), 1),
        )
    assert post(evaluator, f"{QUEUE}/1/tu-choi", f"{QUEUE}/1", reason="Bịa").status_code == 303
    assert post(evaluator, f"{QUEUE}/2/duyet", f"{QUEUE}/2").status_code == 303
    assert post(evaluator, "/danh-gia/r1/cong-bo").status_code == 303
    page = " ".join(evaluator.get("/danh-gia/r1/cong-bo/1").text.split())
    assert "được cán bộ đánh giá duyệt 1 (20 phiếu), bị từ chối 1 (7 phiếu)" in page
