"""Keying in paper forms: stored once, checked twice, corrected by what the paper says, and nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.operations.enter_form import Entered, Pile, begin_pile, day_instant, end_pile, enter_form
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import (
    WAITING,
    Agency,
    AuditEvent,
    Channel,
    Comment,
    Counter,
    EntryForm,
    ImportBatch,
    Response,
    Round,
    RoundState,
)
from tests.support.evaluation import accounts, post, sign_in
from tests.support.places import make_app, open_place

#: three paper forms of `sipas-short`: nine items, then what is asked about the person
FORMS = ("545454545", "44444444x", "123.5.444")
NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
WHY = {"reason": "slip", "note": "Gõ nhầm"}
"""The reason of a withdrawal as it is typed."""


@pytest.fixture
def site(tmp_path):
    """An application with the round `r1` of `sipas-short`; `so-tu-phap` has a counter of its own."""
    app = make_app(tmp_path, questionnaire="sipas-short")
    with app.extensions["database"].write() as session:
        agency = session.scalar(sa.select(Agency).where(Agency.code == "so-tu-phap"))
        session.add(Counter(agency=agency, code="Q9", name="Quầy Tư pháp"))
        accounts(session)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def client(site):
    made = site.test_client()
    sign_in(made, "staff")
    return made


def counter_id(site, code: str) -> int:
    with site.extensions["database"].read() as session:
        return session.scalar(sa.select(Counter.id).where(Counter.code == code))


def begin(site, client, code: str = "Q9", every: str = "2", **changes: str):
    """Begin a pile in a round that has one form in `every` keyed in twice, and return the reply."""
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(second_pass=int(every)))
    chosen = f"dot=r1&quay={counter_id(site, code)}"
    body = {"dot": "r1", "quay": str(counter_id(site, code)), "channel": "paper", "day": "10/03/2026"}
    return post(client, "/phieu-giay/moi", f"/phieu-giay/moi?{chosen}", **(body | changes))


def fields(page: str) -> dict[str, str]:
    """Return the fields of the entry page as the browser sends them when the last button is pressed."""
    form = BeautifulSoup(page, "html.parser").find("form", id="entry")
    return {i["name"]: i.get("value", "") for i in form.find_all("input") if i.get("name")}


def key_in(client, address: str, answers: str, **more: str):
    """Fill the page at an address with a character for each item, and send it."""
    body = fields(client.get(address).text)
    names = [name for name in body if name.startswith("a.")]
    body |= dict(zip(names, answers.replace(".", " "), strict=False))
    return client.post(address, data=body | more)


def stored(site, everything: bool = False) -> list[Response]:
    with site.extensions["database"].read() as session:
        query = sa.select(Response).order_by(Response.id)
        in_force = query.where(sa.or_(Response.excluded.is_(None), Response.excluded == WAITING))
        return list(session.scalars(query if everything else in_force))


def test_forms_one_after_another(site, client) -> None:
    reply = begin(site, client, every="0")
    assert reply.location == "/phieu-giay/1/nhap"
    for number, answers in enumerate(FORMS, 1):
        page = client.get("/phieu-giay/1/nhap").text
        assert f"1-{number}" in page
        assert key_in(client, "/phieu-giay/1/nhap", answers, comment="Tốt" if number == 1 else "").status_code == 303
    assert "Đã lưu phiếu số 3. 7 câu có trả lời" in client.get("/phieu-giay/1/nhap").text
    found = stored(site)
    assert [r.answers[:9] for r in found] == list(FORMS)
    assert {(r.channel, r.batch_id, r.counter_id) for r in found} == {(Channel.PAPER, 1, counter_id(site, "Q9"))}
    assert {r.submitted_at for r in found} == {datetime(2026, 3, 10, 5, tzinfo=UTC)}  # noon of the form's day
    with site.extensions["database"].read() as session:
        comment = session.scalars(sa.select(Comment)).one()
        assert (comment.text, comment.received_week) == ("Tốt", date(2026, 3, 9))
        events = session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("entry.%"))).all()
        assert [e.action for e in events] == ["entry.begun", *["entry.form_stored"] * 3]
        assert all(e.user_id is not None for e in events)
        assert not any(answers in repr(e.after) for e in events for answers in FORMS)


def test_sending_a_form_twice_stores_one(site, client) -> None:
    begin(site, client, every="0")
    body = fields(client.get("/phieu-giay/1/nhap").text) | {"a.cc_thai_do": "5"}
    for _ in range(3):
        assert client.post("/phieu-giay/1/nhap", data=body).status_code == 303
    changed = client.post("/phieu-giay/1/nhap", data=body | {"a.cc_thai_do": "1"})
    assert changed.status_code == 303
    assert [r.answers[0] for r in stored(site)] == ["5"]


def test_the_same_page_sent_five_times_at_once_stores_one(site, client) -> None:
    begin(site, client, every="0")
    body = fields(client.get("/phieu-giay/1/nhap").text) | {"a.cc_thai_do": "5"}
    clients = []
    for _ in range(5):
        clients.append(site.test_client())
        for cookie in client._cookies.values():  # the same person, the same browser
            clients[-1].set_cookie(cookie.key, cookie.value)
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda one: one.post("/phieu-giay/1/nhap", data=body).status_code, clients))
    assert statuses == [303] * 5
    assert len(stored(site, everything=True)) == 1


def test_two_windows_do_not_share_a_number(site, client) -> None:
    begin(site, client, every="0")
    one, two = (fields(client.get("/phieu-giay/1/nhap").text) | {"a.cc_thai_do": a} for a in "52")
    assert client.post("/phieu-giay/1/nhap", data=one).status_code == 303
    taken = client.post("/phieu-giay/1/nhap", data=two)
    assert taken.status_code == 409
    assert "Hãy ghi số 2 lên phiếu này" in taken.text
    again = fields(taken.text)
    assert (again["number"], again["key"], again["a.cc_thai_do"]) == ("2", two["key"], "2")
    assert client.post("/phieu-giay/1/nhap", data=again).status_code == 303
    assert [r.answers[0] for r in stored(site)] == ["5", "2"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"a.cc_thai_do": "7"}, "Câu 1"),
        ({"a.cc_thai_do": "44"}, "Câu 1"),
        ({}, "không có đánh giá nào"),
        ({"a.gender": "m"}, "không có đánh giá nào"),
        ({"a.cc_thai_do": "4", "comment": "a" * 2001}, "dài quá 1 ký tự"),
    ],
)
def test_the_server_refuses_what_is_no_answer(site, client, sent, says) -> None:
    begin(site, client)
    body = fields(client.get("/phieu-giay/1/nhap").text)
    reply = client.post(
        "/phieu-giay/1/nhap", data=body | {"a.kq_dung_hen": "4" if "a.cc_thai_do" in sent else ""} | sent
    )
    assert reply.status_code == 422
    assert says in reply.text
    assert stored(site) == []
    if "a.cc_thai_do" in sent:
        assert fields(reply.text)["a.kq_dung_hen"] == "4"  # nothing is lost


def test_keys_mean_what_the_page_says(site, client) -> None:
    begin(site, client, every="0")
    typed = {"a.cc_thai_do": "0", "a.cc_huong_dan": "X", "a.kq_dung_hen": "5", "a.gender": "2", "a.timeliness": "o"}
    body = fields(client.get("/phieu-giay/1/nhap").text)
    # 2 is the second answer, f; "apology" hangs on a late result and is dropped
    client.post("/phieu-giay/1/nhap", data=body | typed | {"a.apology": "y"})
    (only,) = stored(site)
    assert only.answers == "xx.5....." + "." + ".o_f....."


def test_enter_without_a_script_checks_and_goes_on(site, client) -> None:
    begin(site, client)
    body = fields(client.get("/phieu-giay/1/nhap").text) | {"a.cc_thai_do": "4", "check": "1"}
    page = BeautifulSoup(client.post("/phieu-giay/1/nhap", data=body).text, "html.parser")
    assert page.find(attrs={"autofocus": True})["name"] == "a.cc_huong_dan"
    assert page.find("input", {"name": "a.cc_thai_do"})["value"] == "4"
    assert page.find(id="summary") is None
    assert stored(site) == []


def test_the_sample_is_keyed_in_twice_and_settled_by_the_paper(site, client) -> None:
    begin(site, client, every="2")
    assert key_in(client, "/phieu-giay/1/nhap", FORMS[0]).location == "/phieu-giay/1/nhap"
    second = key_in(client, "/phieu-giay/1/nhap", FORMS[1]).location
    assert second == "/phieu-giay/1/phieu/2/lan-hai"
    assert not any(v for k, v in fields(client.get(second).text).items() if k.startswith("a."))  # blind
    settle = key_in(client, second, "44445444x").location
    assert settle == "/phieu-giay/1/phieu/2/doi-chieu"
    page = BeautifulSoup(client.get(settle).text, "html.parser")
    assert [b.text for b in page.select("fieldset label b")] == ["Hài lòng", "Rất hài lòng"]
    undecided = post(client, settle)
    assert undecided.status_code == 422
    assert "Câu 5: xem phiếu giấy rồi chọn" in undecided.text
    assert post(client, "/phieu-giay/1/xong", "/phieu-giay/1").status_code == 303
    assert "phiếu số 2" in client.get("/phieu-giay/1").text  # cannot end yet
    assert post(client, settle, **{"d.kq_chinh_xac": "2"}).status_code == 303
    assert [r.answers[:9] for r in stored(site)] == [FORMS[0], "44445444x"]
    everything = stored(site, everything=True)
    assert [(r.answers[:9], r.excluded) for r in everything][1] == (FORMS[1], "entry_corrected")
    with site.extensions["database"].read() as session:
        form = session.get(EntryForm, (1, 2))
        assert (form.sampled, form.compared, form.agreed, form.second) == (True, 18, 17, None)
    # 17 of 18 questions asked were alike
    assert "94,4 %" in client.get("/phieu-giay/1").text
    assert "(17/18)" in client.get("/phieu-giay/1").text
    post(client, "/phieu-giay/1/xong", "/phieu-giay/1")
    assert "Tập phiếu này đã nhập xong" in client.get("/phieu-giay/1").text
    assert client.get("/phieu-giay/1/nhap").location == "/phieu-giay/1"


def test_passes_that_agree_change_nothing(site, client) -> None:
    begin(site, client, every="1")
    second = key_in(client, "/phieu-giay/1/nhap", FORMS[0]).location
    for _ in range(2):  # sent twice
        assert key_in(client, second, FORMS[0]).location == "/phieu-giay/1/nhap" if _ == 0 else True
    assert len(stored(site, everything=True)) == 1
    assert "100,0 %" in client.get("/phieu-giay/1").text


def test_a_form_is_corrected_by_its_number(site, client) -> None:
    begin(site, client, every="0")
    key_in(client, "/phieu-giay/1/nhap", FORMS[0])
    at = client.get("/phieu-giay/1/phieu?so=1").location
    assert at == "/phieu-giay/1/phieu/1/sua"
    assert fields(client.get(at).text)["a.cc_thai_do"] == "5"
    assert client.get("/phieu-giay/1/phieu?so=9").location == "/phieu-giay/1"
    key_in(client, at, "545454545", **WHY)  # the same: nothing happens
    assert len(stored(site, everything=True)) == 1
    without = key_in(client, at, "x45454545", note=" ")
    assert without.status_code == 422
    assert fields(without.text)["a.cc_thai_do"] == "x"
    key_in(client, at, "x45454545", **WHY)
    assert [r.answers[:9] for r in stored(site)] == ["x45454545"]


def test_a_pile_is_taken_back(site, client) -> None:
    begin(site, client, every="0")
    key_in(client, "/phieu-giay/1/nhap", FORMS[0])
    assert post(client, "/phieu-giay/1/huy", "/phieu-giay/1").status_code == 422  # without a reason
    assert post(client, "/phieu-giay/1/huy", "/phieu-giay/1", **WHY).status_code == 303
    assert stored(site) == []
    assert [r.excluded for r in stored(site, everything=True)] == ["import_undone"]
    assert "rút lại" in client.get("/phieu-giay/1").text
    assert client.get("/phieu-giay/1/nhap").location == "/phieu-giay/1"


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_another_units_pile_is_not_there(site, role) -> None:
    admin = site.test_client()
    sign_in(admin, "admin")
    assert begin(site, admin, "Q1").status_code == 303  # of trung-tam
    key_in(admin, "/phieu-giay/1/nhap", FORMS[0])
    client = site.test_client()
    sign_in(client, role)
    assert "Quầy số 1" not in client.get("/phieu-giay").text
    for at in ("", "/nhap", "/phieu/1/sua", "/phieu/1/lan-hai", "/phieu/1/doi-chieu", "/phieu?so=1"):
        assert client.get(f"/phieu-giay/1{at}").status_code == 404
    for at in ("/nhap", "/xong", "/huy", "/phieu/1/sua", "/phieu/1/lan-hai", "/phieu/1/doi-chieu"):
        assert post(client, f"/phieu-giay/1{at}", "/tai-khoan").status_code == 404
    assert client.get(f"/phieu-giay/moi?dot=r1&quay={counter_id(site, 'Q1')}").status_code == 404
    body = {"dot": "r1", "quay": str(counter_id(site, "Q1")), "channel": "paper", "day": "10/03/2026"}
    assert post(client, "/phieu-giay/moi", "/tai-khoan", **body).status_code == 404
    assert len(stored(site)) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"day": "10/03/2019"}, "phải nằm trong đợt khảo sát"),
        ({"day": "01/01/2099"}, "phải nằm trong đợt khảo sát"),
        ({"day": "hôm qua"}, "ngày/tháng/năm"),
        ({"channel": "qr"}, "Hãy chọn cách trả lời"),
        ({"service": "dat-dai"}, "lĩnh vực"),
    ],
)
def test_a_pile_that_cannot_be(site, client, changes, says) -> None:
    reply = begin(site, client, **changes)
    assert reply.status_code == 422
    assert says in reply.text
    page = BeautifulSoup(reply.text, "html.parser")
    (name, typed), target = next(iter(changes.items())), page.select_one("#summary a")["href"]
    control = page.select_one(target)
    assert (control["name"], says in page.find(id=f"{name}-error").text) == (name, True)
    if name == "day":
        assert control["value"] == typed
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(ImportBatch)).all() == []


def test_the_other_language_of_a_refused_pile_is_its_form(site, client) -> None:
    page = BeautifulSoup(begin(site, client, channel="x").text, "html.parser")
    link = page.select_one(".languages a[hreflang=en], .languages a[lang=en]")
    assert client.get(link["href"]).status_code == 200


def test_a_counter_of_several_services_and_agencies_asks(site) -> None:
    client = site.test_client()
    sign_in(client, "admin")
    assert begin(site, client, "Q2").status_code == 422
    assert begin(site, client, "Q2", service="dat-dai").status_code == 422
    assert begin(site, client, "Q2", service="dat-dai", agency="trung-tam").status_code == 422
    assert begin(site, client, "Q2", service="dat-dai", agency="so-dat-dai").status_code == 303


def test_a_published_round_takes_no_more(site, client) -> None:
    begin(site, client)
    key_in(client, "/phieu-giay/1/nhap", FORMS[0])
    body = fields(client.get("/phieu-giay/1/nhap").text) | {"a.cc_thai_do": "5"}
    with site.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.PUBLISHED
    assert client.post("/phieu-giay/1/nhap", data=body).location == "/phieu-giay/1"
    assert "đã công bố" in client.get("/phieu-giay/1").text
    assert len(stored(site)) == 1


def test_the_operation_on_both_databases(database) -> None:
    with database.write() as session:
        open_place(session, "sipas-short")
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        counter = session.scalars(sa.select(Counter).where(Counter.code == "Q1")).one()
        round_.second_pass = 1
        pile = Pile(round_, counter, counter.agency_id, None, Channel.PHONE, date(2026, 3, 9))
        batch = begin_pile(session, pile, actor=Actor(NOW))
        form = {"key": "k" * 20, "answers": "4" * 17, "comment": "", "actor": Actor(NOW)}
        assert enter_form(session, batch, round_, number=1, **form) is Entered.STORED
        assert enter_form(session, batch, round_, number=1, **form) is Entered.REPEATED
        assert enter_form(session, batch, round_, number=1, **(form | {"key": "l" * 20})) is Entered.NUMBER_TAKEN
        with pytest.raises(InputError, match="form 1"):
            end_pile(session, batch, actor=Actor(NOW))


def test_the_day_of_a_form_is_a_local_day_and_never_in_the_future() -> None:
    assert day_instant(date(2026, 3, 9), "Asia/Ho_Chi_Minh", NOW) == datetime(2026, 3, 9, 5, tzinfo=UTC)
    assert day_instant(date(2026, 3, 10), "Asia/Ho_Chi_Minh", NOW) == NOW  # ten in the morning of that day
