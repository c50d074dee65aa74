"""The citizen's form without a browser: what is stored, what is refused, and what the person is told."""

from __future__ import annotations

import hashlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from limits import parse

from survey.collect.respond import form, routes, stamp
from survey.core.actor import Actor
from survey.models import Agency, AgencyEmblem, Channel, Comment, Counter, CounterCode, Response, Round, RoundState
from survey.questionnaires import bundled
from survey.structure.operations.close_round import close_round as operation
from survey.structure.operations.install_questionnaire import install_questionnaire
from tests.support.clock import set_clock
from tests.support.places import CODE, MANY, REVOKED, SECRET, fill, make_app


def stored(app):
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(Response).order_by(Response.id)).all()


def comments(app):
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(Comment)).all()


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def close_round(app, **values):
    with app.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(**values))


# ── opening ──


@pytest.mark.parametrize("code", [CODE, CODE.lower(), "k7mp-2xqa", "K7MP.2XQA"])
def test_the_form_opens_however_the_code_is_written(citizen, code):
    reply = citizen.get(f"/K/{code}")
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 200
    assert page.h1.get_text(" ", strip=True) == "Đánh giá sự phục vụ – Quầy số 1"
    assert page.select_one(".agency").text == "Trung tâm Phục vụ hành chính công"
    items = page.select("fieldset.item:has(.scale)")
    assert items[0]["id"] == "i-hai_long_chung"
    assert len(items) == 17
    assert all(len(item.select(".scale input[type=radio]")) == 5 and item.legend for item in items)
    assert not page.select("input[checked]")


def test_a_small_k_in_the_address_is_forgiven(citizen):
    reply = citizen.get(f"/k/{CODE.lower()}?lang=en", follow_redirects=True)
    assert reply.status_code == 200
    assert '<html lang="en">' in reply.text


def test_no_public_page_sets_a_cookie_or_is_stored(citizen):
    pages = ["/", f"/K/{CODE}", f"/K/{CODE}/thanks", f"/K/{REVOKED}", "/K/NOPE", f"/K/{CODE}?lang=en&kiosk=1"]
    replies = [citizen.get(page) for page in pages] + [citizen.post(f"/K/{CODE}", data=fill(citizen))]
    for reply in replies:
        assert "Set-Cookie" not in reply.headers
        assert reply.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in reply.headers["Content-Security-Policy"]


def test_nothing_on_the_form_comes_from_elsewhere(citizen):
    page = BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser")
    addresses = [tag.get("src") or tag.get("href") for tag in page.select("[src], link[href]")]
    assert addresses
    assert all(address.startswith("/static/") for address in addresses)
    assert not page.select("[style], style, script:not([src])")


@pytest.mark.parametrize("typed", ["k7mp2xqa", " K7MP 2XQA "])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_typed_code_leads_to_the_form(citizen, typed, method):
    where = {"query_string": {"code": typed}} if method == "get" else {"data": {"code": typed}}
    reply = getattr(citizen, method)("/", **where)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/K/{CODE}")


def test_half_a_code_is_asked_for_again(citizen):
    reply = citizen.post("/", data={"code": "K7MP"})
    assert reply.status_code == 422
    assert "Mã chưa đúng" in reply.text
    assert 'value="K7MP"' in reply.text


# ── storing ──


def test_a_sent_form_is_one_row_with_nothing_about_the_person(place, citizen):
    reply = citizen.post(f"/K/{CODE}", data=fill(citizen, comment="Cán bộ tận tình.\r\nCảm ơn."))
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/K/{CODE}/thanks")
    assert "Cảm ơn Ông/Bà" in citizen.get(reply.headers["Location"]).text
    (row,) = stored(place)
    assert row.answers.startswith("4" * 17)
    assert set(row.answers[17:]) <= {".", "_"}
    assert (row.channel, row.language, row.excluded) == (Channel.QR, "vi", None)
    assert row.service_id is not None  # the counter has one service, so nobody was asked
    assert row.opened_at is not None
    (comment,) = comments(place)
    assert comment.text == "Cán bộ tận tình.\nCảm ơn."
    assert not {"key", "response_id"} & set(Comment.__table__.columns.keys())


def test_does_not_apply_is_not_a_blank(place, citizen):
    body = fill(citizen)
    first, second = [name for name in body if name.startswith("a.")][1:3]  # the overall question stands before them
    citizen.post(f"/K/{CODE}", data=body | {first: "x", second: ""})
    assert stored(place)[0].answers[:3] == "x.4"


def test_the_language_is_stored_and_an_address_makes_no_kiosk(place, citizen):
    citizen.post(f"/K/{CODE}?kiosk=1&lang=en", data=fill(citizen))
    assert (stored(place)[0].channel, stored(place)[0].language) == (Channel.QR, "en")


def test_a_counter_may_be_set_to_be_a_kiosk(place, citizen):
    assert "kiosk" not in BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser").body["class"]
    with place.extensions["database"].write() as session:
        session.execute(sa.update(Counter).where(Counter.code == "Q1").values(kiosk=True))
    page = BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser")
    assert "kiosk" in page.body["class"]
    assert page.find(id="idle")
    reply = citizen.post(page.find(id="form")["action"], data=fill(citizen))
    thanks = BeautifulSoup(citizen.get(reply.headers["Location"]).text, "html.parser")
    assert thanks.select_one("meta[http-equiv=refresh]")["content"].startswith(f"10;url=/K/{CODE}")
    assert [row.channel for row in stored(place)] == [Channel.KIOSK]
    assert "kiosk" not in BeautifulSoup(citizen.get(f"/K/{MANY}").text, "html.parser").body["class"]


def test_an_opened_page_is_kept_and_a_new_name_shows_at_once(place, citizen):
    first, second = (BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser") for _ in range(2))
    key = {"name": "key"}
    assert first.find("input", key)["value"] != second.find("input", key)["value"]
    assert len(place.extensions["empty_forms"]) == 1
    assert "\ue000" not in str(second)
    with place.extensions["database"].write() as session:
        session.execute(sa.update(Counter).where(Counter.code == "Q1").values(name="Quầy tiếp dân"))
    assert "Quầy tiếp dân" in citizen.get(f"/K/{CODE}").text
    assert "Counter 1" in citizen.get(f"/K/{CODE}?lang=en").text
    assert "<script>" not in citizen.get(f"/K/{CODE}?lang=<script>").text


def test_an_opened_page_costs_two_short_statements(place, citizen):
    citizen.get(f"/K/{CODE}")
    asked = []
    sa.event.listen(place.extensions["database"].engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    citizen.get(f"/K/{CODE}")
    selects = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(selects) == 2
    assert not [statement for statement in selects if re.search(r"\.(content|rules)\b", statement)]


def test_the_deciding_agency_and_service_are_the_counters_own(place, citizen):
    page = BeautifulSoup(citizen.get(f"/K/{MANY}").text, "html.parser")
    assert [o["value"] for o in page.select("#agency option")] == ["", "so-dat-dai", "so-tu-phap"]
    citizen.post(f"/K/{MANY}", data=fill(citizen, MANY, agency="so-tu-phap", service="ho-tich"))
    (row,) = stored(place)
    with place.extensions["database"].read() as session:
        names = session.execute(
            sa.text("select a.code, s.code from agency a, service s where a.id = :a and s.id = :s"),
            {"a": row.deciding_agency_id, "s": row.service_id},
        ).one()
    assert tuple(names) == ("so-tu-phap", "ho-tich")
    reply = citizen.post(f"/K/{MANY}", data=fill(citizen, MANY, agency="trung-tam"))
    assert reply.status_code == 422
    assert len(stored(place)) == 1


# ── fault 1: repeats ──


def test_ten_repeats_make_one_row_and_ten_thanks(place, citizen):
    body = fill(citizen)
    replies = [citizen.post(f"/K/{CODE}", data=body) for _ in range(10)]
    assert {(reply.status_code, reply.headers["Location"]) for reply in replies} == {(303, f"/K/{CODE}/thanks")}
    assert len(stored(place)) == 1


def test_five_at_the_same_instant_make_one_row_and_five_thanks(place, citizen):
    body = fill(citizen, comment="một lần")
    gate = threading.Barrier(5)

    def post(_):
        gate.wait()
        return place.test_client(use_cookies=False).post(f"/K/{CODE}", data=body).status_code

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(post, range(5))) == [303] * 5
    assert len(stored(place)) == 1
    assert len(comments(place)) == 1


def test_the_first_answers_of_a_key_stay(place, citizen):
    body = fill(citizen)
    citizen.post(f"/K/{CODE}", data=body)
    changed = {name: "1" if name.startswith("a.") else value for name, value in body.items()}
    assert citizen.post(f"/K/{CODE}", data=changed).status_code == 303
    assert [row.answers[:16] for row in stored(place)] == ["4" * 16]


# ── fault 2: old pages ──


@pytest.mark.parametrize("hours", [3, 26])
def test_an_old_page_still_posts(place, citizen, hours):
    opened = utc("2026-03-02 08:00")
    set_clock(place, opened)
    body = fill(citizen)
    set_clock(place, opened + timedelta(hours=hours))
    assert citizen.post(f"/K/{CODE}", data=body).status_code == 303
    assert stored(place)[0].opened_at == opened


def test_a_page_that_outlived_a_restart_with_another_secret_still_posts(place, citizen, tmp_path):
    body = fill(citizen)
    restarted = make_app(tmp_path, secret="another-secret-that-is-also-long-enough-here")
    assert restarted.test_client(use_cookies=False).post(f"/K/{CODE}", data=body).status_code == 303
    (row,) = stored(place)
    assert row.opened_at is None  # unknown, and nothing lost by it
    restarted.extensions["database"].dispose()


# ── fault 4, 5: shared phones, hidden questions ──


def test_two_people_on_one_phone_are_both_counted(place, citizen):
    for _ in range(2):
        assert citizen.post(f"/K/{CODE}", data=fill(citizen)).status_code == 303
    assert len(stored(place)) == 2


def test_answers_to_hidden_questions_are_dropped(place, citizen):
    page = BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser")
    hidden = page.select("fieldset[data-show-if]")
    assert hidden, "the default questionnaire asks about an apology only when the result was late"
    code = hidden[0]["id"].removeprefix("i-")
    value = hidden[0].select_one("input")["value"]
    citizen.post(f"/K/{CODE}", data=fill(citizen, **{f"a.{code}": value}))
    with place.extensions["database"].read() as session:
        position = session.scalar(sa.text("select position from answer_slot where code = :c"), {"c": code})
    assert stored(place)[0].answers[position - 1] == "_"


# ── fault 7 and closing ──


def test_get_never_writes(place, citizen):
    with place.extensions["database"].read() as session:
        before = session.scalar(sa.text("pragma data_version")), len(stored(place))
        for page in (f"/K/{CODE}", f"/K/{CODE}/thanks", "/", f"/K/{CODE}?kiosk=1"):
            citizen.get(page)
            citizen.head(page)
        assert (session.scalar(sa.text("pragma data_version")), len(stored(place))) == before


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [("XXXXXXXX", 404, "Không tìm thấy mã này"), ("n", 404, "Không tìm thấy"), (REVOKED, 410, "không còn dùng nữa")],
)
def test_unknown_and_revoked_codes_are_told_kindly_and_store_nothing(place, citizen, code, status, words):
    body = fill(citizen)
    for reply in (citizen.get(f"/K/{code}"), citizen.post(f"/K/{code}", data=body)):
        assert reply.status_code == status
        assert words in reply.text
    assert stored(place) == []


def test_a_closed_round_takes_nothing(place, citizen):
    body = fill(citizen)
    close_round(place, state=RoundState.CLOSED)
    for reply in (citizen.get(f"/K/{CODE}"), citizen.post(f"/K/{CODE}", data=body)):
        assert reply.status_code == 410
        assert "Hiện chưa có đợt khảo sát" in reply.text
    assert stored(place) == []


# the last day is 30/6 in Viet Nam: it ends at 17:00 UTC
@pytest.mark.parametrize(
    ("opened", "sent", "status"),
    [
        ("2026-06-30 16:59", "2026-06-30 16:59", 303),
        ("2026-06-30 16:59", "2026-06-30 17:29", 303),
        ("2026-06-30 16:59", "2026-06-30 17:31", 410),
        ("2026-06-30 17:01", "2026-06-30 17:05", 410),
        ("2026-06-30 16:59", "2026-07-02 09:00", 410),
    ],
)
def test_a_form_opened_before_closing_is_taken_for_half_an_hour(place, citizen, opened, sent, status):
    body = fill(citizen, comment="Cảm ơn")
    close_round(place, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
    body["opened"] = stamp.sign_time(utc(opened), SECRET)
    set_clock(place, utc(sent))
    reply = citizen.post(f"/K/{CODE}", data=body)
    assert reply.status_code == status
    if status == 303:  # dated by when it was opened: the round's last day, never the day after
        assert [row.submitted_at for row in stored(place)] == [utc(opened if sent[11:] > "17:00" else sent)]
        assert [comment.received_week for comment in comments(place)] == [date(2026, 6, 29)]


@pytest.mark.parametrize(
    ("opened", "sent", "status"),
    [
        ("2026-06-10 02:59", "2026-06-10 03:29", 303),
        ("2026-06-10 02:59", "2026-06-10 03:31", 410),
        ("2026-06-10 03:01", "2026-06-10 03:05", 410),
        ("2026-05-31 16:59", "2026-06-10 03:05", 410),  # opened before the round began
        ("", "2026-06-10 03:05", 410),  # nobody knows when
    ],
)
def test_a_form_opened_before_it_was_closed_by_hand_is_taken_for_half_an_hour(place, citizen, opened, sent, status):
    body = fill(citizen)
    close_round(place, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
    with place.extensions["database"].write() as session:
        operation(session, session.scalars(sa.select(Round)).one(), actor=Actor(utc("2026-06-10 03:00")))
    body["opened"] = stamp.sign_time(utc(opened), SECRET) if opened else ""
    set_clock(place, utc(sent))
    assert citizen.get(f"/K/{CODE}").status_code == 410
    assert citizen.post(f"/K/{CODE}", data=body).status_code == status
    assert [row.submitted_at for row in stored(place)] == ([utc(opened)] if status == 303 else [])


def test_the_command_line_closes_with_the_same_half_hour(place, citizen):
    body = fill(citizen)
    assert place.test_cli_runner().invoke(args=["round", "close", "r1"]).exit_code == 0
    assert citizen.get(f"/K/{CODE}").status_code == 410
    assert citizen.post(f"/K/{CODE}", data=body).status_code == 303


@pytest.mark.parametrize(("language", "words"), [("vi", "vẫn còn trên trang này"), ("en", "are still on this page")])
def test_a_form_that_came_too_late_is_refused_with_its_answers_kept(place, citizen, language, words):
    body = fill(citizen, comment="Xin cảm ơn")
    close_round(place, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
    body["opened"] = stamp.sign_time(utc("2026-06-30 16:59"), SECRET)
    set_clock(place, utc("2026-06-30 17:31"))
    reply = citizen.post(f"/K/{CODE}?lang={language}", data=body)
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 410
    assert words in page.find(id="summary").text
    assert len(page.select("input[checked][value='4']")) == 17
    assert page.find(id="comment").text.strip() == "Xin cảm ơn"
    assert not page.select("#send, button:not([name=switch], [type=button])")
    assert stored(place) == []
    assert comments(place) == []


def test_a_repeat_after_closing_is_still_thanked(place, citizen):
    body = fill(citizen)
    citizen.post(f"/K/{CODE}", data=body)
    close_round(place, state=RoundState.CLOSED)
    assert citizen.post(f"/K/{CODE}", data=body).status_code == 303


# ── what is to be corrected ──


def test_an_empty_form_is_asked_for_one_answer(place, citizen):
    body = {name: value for name, value in fill(citizen).items() if not name.startswith("a.")}
    reply = citizen.post(f"/K/{CODE}", data=body)
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 422
    link = page.select_one("#summary a")
    assert link.text == "Ông/Bà chưa chọn câu trả lời nào."
    assert page.find(id=link["href"][1:]).name == "fieldset"
    assert stored(place) == []


def test_a_comment_too_long_keeps_every_answer_and_the_key(place, citizen):
    body = fill(citizen, MANY, comment="ơ" * 2003, service="dat-dai")
    reply = citizen.post(f"/K/{MANY}?lang=en", data=body)
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 422
    assert (
        page.select_one("#summary a[href='#comment']").text
        == "Your comment is 3 characters too long. Please shorten it."
    )
    assert page.find(id="comment").text.strip() == "ơ" * 2003
    assert len(page.select("input[checked][value='4']")) == 17
    assert page.select_one("#service option[selected]")["value"] == "dat-dai"
    assert page.find("input", attrs={"name": "key"})["value"] == body["key"]
    assert page.title.text.startswith("Please correct")
    assert stored(place) == []


def test_decomposed_text_counts_as_people_see_it(place, citizen):
    citizen.post(f"/K/{CODE}", data=fill(citizen, comment="e\u0302\u0301" * 2000))
    assert comments(place)[0].text == "ế" * 2000


@pytest.mark.parametrize("value", ["6", "0", "x1", "<b>", "４"])
def test_a_tampered_answer_is_pointed_out_and_the_rest_kept(place, citizen, value):
    body = fill(citizen)
    name = next(name for name in body if name.startswith("a."))
    page = BeautifulSoup(citizen.post(f"/K/{CODE}", data=body | {name: value}).text, "html.parser")
    assert page.select_one("#summary a")["href"] == f"#i-{name[2:]}"
    assert len(page.select("input[checked]")) == 16
    assert stored(place) == []


def test_switching_the_language_keeps_the_answers_and_stores_nothing(place, citizen):
    reply = citizen.post(f"/K/{CODE}?lang=en", data=fill(citizen, switch="en", comment="chưa xong"))
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 200
    assert page.html["lang"] == "en"
    assert len(page.select("input[checked][value='4']")) == 17
    assert page.find(id="comment").text.strip() == "chưa xong"
    assert stored(place) == []


def test_a_comment_alone_can_be_sent(place, citizen):
    body = {name: value for name, value in fill(citizen).items() if not name.startswith("a.")}
    assert citizen.post(f"/K/{CODE}", data=body | {"comment": "Cần thêm ghế."}).status_code == 303
    assert [comment.text for comment in comments(place)] == ["Cần thêm ghế."]
    assert set(stored(place)[0].answers) <= {".", "_"}


# ── forms opened before something changed ──


def second_round(app, opens_on, questionnaire="sipas-service-16"):
    """Open another round from a day on, with a questionnaire of its own."""
    with app.extensions["database"].write() as session:
        version = install_questionnaire(session, bundled()[questionnaire], utc("2026-01-01 00:00"))
        dates = {"opens_on": opens_on, "closes_on": date(2099, 1, 1)}
        session.add(Round(code="r2", name="Đợt 2", version=version, state=RoundState.OPEN, **dates))


def rounds_of(app):
    with app.extensions["database"].read() as session:
        return list(session.scalars(sa.select(Round.code).join(Response, Response.round_id == Round.id)))


def test_a_form_counts_for_the_round_it_was_opened_in_although_the_next_is_open(place, citizen):
    body = fill(citizen, comment="Cảm ơn")
    close_round(place, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
    second_round(place, date(2026, 7, 1), "sipas-short")
    body["opened"] = stamp.sign_time(utc("2026-06-30 16:55"), SECRET)
    set_clock(place, utc("2026-06-30 17:20"))
    assert citizen.post(f"/K/{CODE}", data=body).status_code == 303
    assert rounds_of(place) == ["r1"]
    assert stored(place)[0].answers[:17] == "4" * 17
    assert stored(place)[0].submitted_at == utc("2026-06-30 16:55")


def test_answers_that_the_new_questions_have_no_place_for_are_counted_and_shown(place, citizen):
    body = fill(citizen, comment="Cảm ơn")
    close_round(place, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
    second_round(place, date(2026, 7, 1), "sipas-short")
    body["opened"] = stamp.sign_time(utc("2026-06-30 16:55"), SECRET)
    set_clock(place, utc("2026-06-30 17:40"))  # ten minutes too late for the round it was opened in
    reply = citizen.post(f"/K/{CODE}", data=body)
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 422
    # of the 17 questions the short form has 8 items and the overall one
    assert "9 trên 17 câu trả lời" in page.find(id="summary").text
    assert len(page.select("input[checked][value='4']")) == 9
    assert page.find(id="comment").text.strip() == "Cảm ơn"
    dropped = page.select("div.status li")
    assert len(dropped) == 8
    assert dropped[0].text == "Nơi tiếp nhận hồ sơ có biển chỉ dẫn rõ ràng, dễ thấy. Hài lòng"
    again = {i["name"]: i.get("value", "") for i in page.select("#form input[type=hidden], #form input[checked]")}
    assert citizen.post(f"/K/{CODE}", data=again).status_code == 303
    assert rounds_of(place) == ["r2"]


@pytest.mark.parametrize(("minutes", "status"), [(29, 303), (31, 410)])
def test_a_code_withdrawn_while_people_answer_takes_their_forms_for_half_an_hour(place, citizen, minutes, status):
    opened = utc("2026-03-02 08:00")
    set_clock(place, opened)
    body = fill(citizen)
    with place.extensions["database"].write() as session:
        revoked = {"revoked_at": opened + timedelta(minutes=1)}
        session.execute(sa.update(CounterCode).where(CounterCode.code == CODE).values(**revoked))
    set_clock(place, opened + timedelta(minutes=1 + minutes))
    assert citizen.get(f"/K/{CODE}").status_code == 410
    assert citizen.post(f"/K/{CODE}", data=body).status_code == status
    assert len(stored(place)) == (status == 303)


def test_every_answer_to_a_form_says_that_it_is_ours(place, citizen):
    body = fill(citizen)
    for data in (body, body, {}, body | {"comment": "ơ" * 2001, "key": "k" * 24}):
        assert citizen.post(f"/K/{CODE}", data=data).headers[routes.OURS] == "1"
    assert citizen.post("/K/NOPE", data=body).headers[routes.OURS] == "1"


# ── addresses ──


@pytest.mark.parametrize(
    "typed",
    [
        "https://danhgia.example.vn/K/K7MP2XQA",
        "danhgia.example.vn/k/k7mp2xqa/?lang=en",
        "/K7MP2XQA",
        "K7MPZXQA",  # Z is in no code: it is the 2 it looks like
    ],
)
def test_a_pasted_address_and_unambiguous_letters_are_understood(citizen, typed):
    reply = citizen.post("/", data={"code": typed})
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/K/{CODE}")


@pytest.mark.parametrize("typed", ["K7MP2XQ0", "K7MP2XQO", "K7MP2XQI"])
def test_a_letter_that_may_be_several_is_not_guessed(citizen, typed):
    assert citizen.post("/", data={"code": typed}).status_code == 422


def test_an_address_without_its_k_or_with_a_slash_leads_to_the_form(citizen):
    assert citizen.get("/k7mp2xqa").headers["Location"] == f"/K/{CODE}"
    assert citizen.get(f"/K/{CODE}/?lang=en").headers["Location"] == f"/K/{CODE}?lang=en"
    assert citizen.get("/wp-admin").status_code == 404


def test_a_page_that_is_not_there_leads_on(citizen):
    page = BeautifulSoup(citizen.get("/khong-co-gi").text, "html.parser")
    assert page.select_one("main a")["href"] == "/"


# ── who asks ──


def test_the_page_says_who_runs_it_with_an_emblem_that_is_light(place, citizen):
    with place.extensions["database"].write() as session:
        province = Agency(
            code="tinh", kind="province", level="province", name="UBND tỉnh Sơn La", valid_from=date(2020, 1, 1)
        )
        session.add(province)
        session.flush()
        session.add(
            AgencyEmblem(
                agency_id=province.id, format="svg", data=b"<svg/>" + b" " * 8000, uploaded_at=utc("2026-01-01 00:00")
            )
        )
    page = BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser")
    assert page.select_one(".agency").text == "Trung tâm Phục vụ hành chính công · UBND tỉnh Sơn La"
    emblem = citizen.get(page.select_one(".agency img")["src"])
    assert (emblem.status_code, emblem.mimetype) == (200, "image/svg+xml")
    with place.extensions["database"].write() as session:
        session.execute(sa.update(AgencyEmblem).values(data=b" " * 8193))
    place.extensions.pop("province")
    assert not BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser").select(".agency img")
    assert citizen.get("/bieu-trung").status_code == 404


@pytest.mark.parametrize(("code", "minutes"), [("sipas-service-16", 2), ("sipas-2023-2026", 6), ("sipas-short", 2)])
def test_the_time_promised_is_that_of_the_questions(code, minutes):
    # 7 seconds for each of 17, 50 (39 items, 10 needs, 1) and 10 questions: 119, 350 and 70 seconds
    assert form.minutes(bundled()[code]) == minutes


# ── limits and robots ──


def test_a_filled_honeypot_is_thanked_and_not_counted(place, citizen):
    reply = citizen.post(f"/K/{CODE}", data=fill(citizen, **{routes.HONEYPOT: "http://spam.example", "comment": "mua"}))
    assert reply.status_code == 303
    assert stored(place)[0].excluded == "honeypot"
    assert comments(place) == []


@pytest.mark.slow(reason="sends sixty forms, one after another")
def test_sixty_phones_behind_one_address_pass(place, citizen):
    assert {citizen.post(f"/K/{CODE}", data=fill(citizen)).status_code for _ in range(60)} == {303}
    assert len(stored(place)) == 60


def test_over_the_limit_the_answers_stay_on_the_page(place, citizen, monkeypatch):
    monkeypatch.setattr(routes, "_within_limits", lambda place, key: False)
    reply = citizen.post(f"/K/{CODE}", data=fill(citizen))
    page = BeautifulSoup(reply.text, "html.parser")
    assert reply.status_code == 429
    assert reply.headers["Retry-After"] == "300"
    assert "chờ năm phút" in page.find(id="summary").text
    assert len(page.select("input[checked]")) == 17
    assert stored(place) == []


def test_one_key_may_not_be_hammered(place, citizen):
    body = fill(citizen) | {"a.none": "1"}
    with place.test_request_context(f"/K/{CODE}"), place.extensions["database"].read() as session:
        found = routes._place(session, routes._find_code(session, CODE), datetime.now(UTC), None)
        allowed = [routes._within_limits(found, body["key"]) for _ in range(40)]
    assert allowed == [True] * 30 + [False] * 10


def test_no_form_takes_the_key_of_a_row_to_be_imported(place, citizen):
    """The attack of the issue: forms sent with the hashes of rows made their import say "imported before"."""
    taken = hashlib.sha256(b"r1\nid:1").hexdigest()
    reply = citizen.post(f"/K/{CODE}", data=fill(citizen) | {"key": taken})
    assert reply.status_code == 422  # asked to press the button once more, with a key of the page's own
    assert stored(place) == []
    again = BeautifulSoup(reply.text, "html.parser").select_one("#form input[name=key]")["value"]
    assert (len(again), stamp.is_key(again)) == (24, True)


@pytest.mark.parametrize("key", ["", "k" * 16, "k" * 23, "k" * 25, "k" * 64, "k" * 23 + "é", "k" * 24 + "\n"])
def test_a_public_key_has_one_length(key):
    assert not stamp.is_key(key)
    assert stamp.is_key(stamp.new_key())


def test_a_line_of_ipv6_has_one_limit_and_its_site_a_wider_one(place, citizen, monkeypatch):
    """The attack of the issue: each of the 2^64 addresses of a line had a limit of its own."""
    monkeypatch.setattr(routes, "PER_PLACE", parse("2 per 5 minutes"))

    def allowed(address: str, key: str) -> bool:
        request = place.test_request_context(f"/K/{CODE}", environ_base={"REMOTE_ADDR": address})
        with request, place.extensions["database"].read() as session:
            found = routes._place(session, routes._find_code(session, CODE), datetime.now(UTC), None)
            return routes._within_limits(found, key)

    assert [allowed(f"2001:db8:1:2::{k}", f"{k:016}") for k in range(3)] == [True, True, False]
    other_lines = [allowed(f"2001:db8:1:{line:x}::1", f"{line:016}") for line in range(3, 10)]
    assert other_lines == [True] * 5 + [False] * 2  # with the three before: 8 of the site are within
    assert allowed("2001:db8:2::1", "k" * 16)


def test_a_forged_forwarding_header_changes_nothing(place, citizen):
    seen = set()
    for number in range(3):
        with place.test_request_context("/", headers={"X-Forwarded-For": f"203.0.113.{number}"}) as context:
            seen.add(context.request.remote_addr)
    assert len(seen) == 1


# ── weight ──


def test_the_first_visit_fits_the_first_packets(citizen, place):
    reply = citizen.get(f"/K/{CODE}", headers={"Accept-Encoding": "gzip"})
    page = BeautifulSoup(citizen.get(f"/K/{CODE}").text, "html.parser")
    sheets = [link["href"] for link in page.select("link[rel=stylesheet]")]
    styles = [citizen.get(sheet, headers={"Accept-Encoding": "gzip, br"}) for sheet in sheets]
    headers = sum(len(str(one.headers)) for one in (reply, *styles))
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.data) + sum(len(style.data) for style in styles) + headers <= 14 * 1024
    assert all(style.headers["Cache-Control"] == "public, max-age=31536000, immutable" for style in styles)
