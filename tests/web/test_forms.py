"""The base of signed-in forms: what fields read, what they refuse and in which words, and how macros draw them."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import flask
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from survey.core.errors import InputError
from survey.web.fields import (
    Block,
    Choice,
    Choices,
    Day,
    Explained,
    File,
    Hidden,
    Hour,
    Length,
    Number,
    Radio,
    Required,
    Secret,
    Text,
    Tick,
    Whole,
)
from survey.web.forms import Form
from tests.support.places import make_app

KINDS = [("so", "Sở"), ("xa", "Xã")]
DRAW = """{% from "components/form.html" import form_errors, field, token with context %}
{{ form_errors(form) }}{% for f in form %}{{ field(f) }}{% endfor %}"""


class Sample(Form):
    name = Text("Tên", [Required("Hãy ghi tên"), Length(10)], hint="Tên ngắn")
    note = Block("Ghi chú", [Length(20)])
    day = Day("Ngày", [Required("Hãy ghi ngày")])
    hour = Hour("Giờ")
    count = Whole("Số phiếu", least=1, most=500)
    shift = Number("Lệch", least=-5, most=5)
    kind = Choice("Loại", options=KINDS)
    above = Choice("Cấp trên", options=KINDS, empty="không có")
    look = Radio("Kiểu", options=KINDS, message="Hãy chọn kiểu")
    themes = Choices("Chủ đề", options=KINDS)
    kiosk = Tick("Đặt tại quầy")
    password = Secret("Mật khẩu")
    picture = File("Ảnh", accept="image/png")
    next = Hidden()


GOOD: dict[str, Any] = {"name": "Sở", "day": "2026-07-01", "count": "7", "shift": "-1,5", "kind": "so", "look": "xa"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_app(tmp_path_factory.mktemp("forms"))
    yield made
    made.extensions["database"].dispose()


def sent(app: Flask, language: str = "vi", **values: Any) -> Any:
    return app.test_request_context(f"/?lang={language}", method="POST", data=GOOD | values)


def test_values_are_read_as_they_are_stored(app: Flask) -> None:
    typed = {
        "name": unicodedata.normalize("NFD", "  Sở \t Nội vụ\u200b "),
        "note": "một \r\nhai\r\n",
        "day": "1/7/2026",
        "hour": "7h30",
        "themes": ["xa", "so", "xa"],
        "kiosk": "1",
        "password": "  kín ",
        "above": "",
    }
    with sent(app, **typed):
        form = Sample()
        assert form.validate(), form.errors
    assert form.name.data == "Sở Nội vụ"
    assert form.note.data == "một\nhai"
    assert form.day.data == date(2026, 7, 1)
    assert form.hour.data == time(7, 30)
    assert (form.count.data, form.shift.data) == (7, -1.5)
    assert (form.kind.data, form.above.data, form.look.data) == ("so", "", "xa")
    assert form.themes.data == ["xa", "so"]
    assert form.kiosk.data is True
    assert form.password.data == "  kín "
    assert form.picture.data is None


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("name", " ", "Hãy ghi tên"),
        ("name", "x" * 11, "Nội dung có 11 ký tự; tối đa 10 ký tự"),
        ("note", "x" * 21, "Nội dung có 21 ký tự; tối đa 20 ký tự"),
        ("day", "", "Hãy ghi ngày"),
        ("day", "31/02/2026", "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 01/07/2026"),
        ("hour", "25:00", "Hãy ghi giờ như 7:30 hoặc 17:00, hoặc để trống"),
        ("count", "0", "Hãy ghi một số nguyên từ 1 đến 500"),
        ("count", "1e2", "Hãy ghi một số nguyên từ 1 đến 500"),
        ("count", "٧", "Hãy ghi một số nguyên từ 1 đến 500"),
        ("shift", "5,01", "Hãy ghi một số từ -5 đến 5"),
        ("shift", "nan", "Hãy ghi một số từ -5 đến 5"),
        ("kind", "huyen", "Hãy chọn một mục trong danh sách"),
        ("kind", "", "Hãy chọn một mục trong danh sách"),
        ("above", "huyen", "Hãy chọn một mục trong danh sách"),
        ("look", "", "Hãy chọn kiểu"),
        ("themes", ["so", "huyen"], "Hãy chọn một mục trong danh sách"),
    ],
)
def test_what_is_wrong_is_said_once_in_the_language_of_the_page(
    app: Flask, name: str, typed: Any, message: str
) -> None:
    with sent(app, **{name: typed}):
        form = Sample()
        assert not form.validate()
        assert form.errors == {name: [message]}


def test_messages_speak_english_too(app: Flask) -> None:
    with sent(app, "en", count="x", name=""):
        form = Sample()
        form.validate()
        assert form.errors["count"] == ["Write a whole number from 1 to 500"]


class Zero(Form):
    share = Whole("Tỷ lệ", [Required("Hãy ghi tỷ lệ")])
    follow = Tick("Chuyển theo", default=True)


def test_a_zero_is_filled_in_and_an_empty_value_ticks_no_box(app: Flask) -> None:
    with app.test_request_context("/?lang=vi", method="POST", data={"share": "0", "follow": ""}):
        form = Zero()
        assert form.validate(), form.errors
        assert (form.share.data, form.follow.data) == (0, False)
    with app.test_request_context("/?lang=vi", method="POST", data={"share": "", "follow": "1"}):
        form = Zero()
        assert not form.validate()
        assert (form.errors, form.follow.data) == ({"share": ["Hãy ghi tỷ lệ"]}, True)


def test_a_file_where_text_is_asked_for_is_nothing_and_text_is_no_file(app: Flask) -> None:
    with sent(app, name=(io.BytesIO(b"x"), "x.txt"), picture="x.png"):
        form = Sample()
        form.validate()
        assert form.errors == {"name": ["Hãy ghi tên"]}
        assert form.picture.data is None
    with sent(app, picture=(io.BytesIO(b"png"), "x.png")):
        form = Sample()
        assert form.validate()
        assert form.picture.data.read() == b"png"


def test_a_form_reads_posts_alone_and_only_when_it_was_the_one_sent(app: Flask) -> None:
    stored = {"name": "Cũ", "day": date(2026, 1, 2)}
    with app.test_request_context("/?name=x"):
        shown = Sample(data=stored)
        assert (shown.name.value, shown.day.value) == ("Cũ", "2026-01-02")
    with sent(app, name="Mới"):
        assert Sample(data=stored).name.data == "Mới"
        assert Sample(formdata=None, data=stored).name.data == "Cũ"
    with app.test_request_context("/", method="POST"):
        assert not Sample(data=stored).validate()  # what is stored does not stand in for what was not sent


def test_a_refusal_goes_to_the_field_it_names_and_else_to_the_form(app: Flask) -> None:
    with sent(app):
        form = Sample()
        assert form.validate()
        form.refuse(InputError("Choose one of the list", field="name"))
        form.refuse(InputError("Write a number from %(least)s to %(most)s", field="nothing", least=1, most=2))
        form.refuse(InputError("Choose one of the list", field="next"))
        assert form.name.errors == ["Hãy chọn một mục trong danh sách"]
        assert form.form_errors == ["Hãy ghi một số từ 1 đến 2", "Hãy chọn một mục trong danh sách"]
        assert [(one.target, one.advice) for one in form.mistakes] == [
            ("", "Hãy ghi một số từ 1 đến 2"),
            ("", "Hãy chọn một mục trong danh sách"),
            ("name", "Hãy chọn một mục trong danh sách"),
        ]
    assert str(InputError("%(n)d too many", field="name", n=3)) == "3 too many"


def drawn(form: Form) -> BeautifulSoup:
    return BeautifulSoup(flask.render_template_string(DRAW, form=form), "html.parser")


def test_every_control_has_label_hint_and_error_and_keeps_what_was_typed(app: Flask) -> None:
    wrong = {
        "name": "x" * 11,
        "day": "31/02/2026",
        "count": "bảy",
        "shift": "9",
        "above": "xa",
        "look": "",
        "themes": ["so", "<b>"],
        "password": "bí mật",
        "note": "<script>",
        "next": "/x",
    }
    with sent(app, **wrong):
        form = Sample(ids="-3")
        form.validate()
        page = drawn(form)
    for control in page.select("input:not([type=hidden]), select, textarea"):
        assert page.select_one(f"label[for='{control['id']}']") or control.find_parent("label"), control
    for name in ("name", "day", "count", "shift"):
        control = page.find(id=f"{name}-3")
        assert (control["name"], control["aria-invalid"], control["value"]) == (name, "true", wrong[name])
        described = [page.find(id=one) for one in control["aria-describedby"].split()]
        assert described[-1].text == str(form[name].errors[0])
    assert [page.find(id=one).text for one in page.find(id="name-3")["aria-describedby"].split()] == [
        "Tên ngắn",
        "Nội dung có 11 ký tự; tối đa 10 ký tự",
    ]
    assert page.find(id="name-3")["maxlength"] == "10"
    assert page.find(id="name-3").has_attr("required")
    assert page.find(id="day-3")["type"] == "date"
    assert page.find(id="note-3").text == "<script>"
    assert page.select_one("#above-3 option[selected]")["value"] == "xa"
    assert [box.has_attr("checked") for box in page.select("[name=themes]")] == [True, False]
    assert page.select_one("[name=next]")["value"] == "/x"
    assert "bí mật" not in str(page)
    assert not page.find(id="above-3").has_attr("aria-invalid")


def test_the_summary_leads_to_each_control(app: Flask) -> None:
    with sent(app, name="", look="", next="/x"):
        form = Sample()
        form.validate()
        form.refuse(InputError("Choose one of the list"))
        page = drawn(form)
    summary = page.select_one("#summary")
    assert summary is not None
    assert summary.h2.text == "Có 3 chỗ cần xem lại"
    assert summary.select_one("div[role=alert] > ul:not([role])")  # a list that is an alert would be no list
    assert [line.text for line in summary.select("li")] == [
        "Hãy chọn một mục trong danh sách",
        "Hãy ghi tên",
        "Hãy chọn kiểu",
    ]
    targets = [page.select_one(link["href"]) for link in summary.select("a")]
    assert [target["name"] for target in targets] == ["name", "look"]


def test_an_option_may_have_a_hint_beneath_and_a_long_list_a_box(app: Flask) -> None:
    template = DRAW.replace("field(f)", 'field(f, list="long")')
    with sent(app):
        form = Sample()
        form.look.options = [("so", Explained("Sở <b>", "Cấp tỉnh")), ("xa", "Xã")]
        page = BeautifulSoup(flask.render_template_string(template, form=form), "html.parser")
    first, second = page.select("#look .long > label")
    assert (first.select_one("b").text, first.select_one(".hint").text) == ("Sở <b>", "Cấp tỉnh")
    assert (second.text.strip(), second.select(".hint")) == ("Xã", [])


def test_a_form_without_mistakes_has_no_summary(app: Flask) -> None:
    with sent(app):
        form = Sample()
        assert form.validate()
        page = drawn(form)
    assert page.find(id="summary") is None
    assert page.select("[aria-invalid], .wrong, .advice") == []


def test_a_field_does_not_draw_itself(app: Flask) -> None:
    with sent(app), pytest.raises(TypeError):
        Sample().name()
