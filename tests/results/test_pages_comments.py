"""Comments: masked before anyone reads them, shown only after a person decided, found with marks or without."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.db import Base, Database
from survey.core.errors import InputError
from survey.models import Agency, AuditEvent, Comment, CommentState, CommentTheme, Role, Round, Theme, User
from survey.results.operations.review_comment import review_comment
from survey.results.queries.comments import CommentFilter, page_of, too_few
from tests.support.evaluation import PASSWORD, accounts, close_rounds, post, scored_round, sign_in
from tests.support.places import open_place
from tests.support.reading import soup, words

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)  # the second of March in Vietnam
TEXTS = {
    "so-tu-phap": [
        "Thái độ cán bộ rất tốt, bà Nguyễn Thị Hoa gọi lại số 0912 345 678.",
        "Chờ lâu quá.",
        "Hồ sơ đi lại 3 lần, 100%_đúng!",
    ],
    "so-dat-dai": ["Thái độ chưa tốt với ông Trần Văn Nam."],
}


def add_comments(session) -> None:
    session.flush()
    round_id = session.scalars(sa.select(Round.id).where(Round.code == "r1")).one()
    ids = {agency.code: agency.id for agency in session.scalars(sa.select(Agency))}
    for agency, texts in TEXTS.items():
        for text in texts:
            session.add(Comment(round_id=round_id, agency_id=ids[agency], text=text, received_week=date(2026, 2, 1)))


@pytest.fixture
def place(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        add_comments(session)
    return app


@pytest.fixture
def evaluator(place: Flask, client: FlaskClient) -> FlaskClient:
    sign_in(client, "evaluator")
    return client


def number_of(place: Flask, start: str) -> int:
    with place.extensions["database"].read() as session:
        return session.scalars(sa.select(Comment.id).where(Comment.text.startswith(start))).one()


def review(client: FlaskClient, number: int, masked: str, decision: str = "show", **fields: str):
    return post(
        client,
        f"/danh-gia/y-kien/{number}",
        form_at="/danh-gia/y-kien?trang-thai=tat-ca",
        masked=masked,
        decision=decision,
        **fields,
    )


def test_a_reviewer_is_given_the_masked_text_and_may_open_the_original(evaluator: FlaskClient, place: Flask) -> None:
    number = number_of(place, "Thái độ cán bộ")
    item = soup(evaluator, "/danh-gia/y-kien").select_one(f"#y-kien-{number}")
    assert item is not None
    assert words(item.textarea) == "Thái độ cán bộ rất tốt, bà [tên riêng] gọi lại số [số điện thoại]."
    assert words(item.select_one("details blockquote")) == TEXTS["so-tu-phap"][0]


def test_a_decision_is_kept_with_its_themes_and_who_made_it(evaluator: FlaskClient, place: Flask) -> None:
    number = number_of(place, "Thái độ cán bộ")
    reply = review(evaluator, number, "Thái độ cán bộ rất tốt.", theme="attitude", next="/danh-gia/y-kien?tim=a")
    assert (reply.status_code, reply.location) == (303, "/danh-gia/y-kien?tim=a")
    with place.extensions["database"].read() as session:
        comment = session.get_one(Comment, number)
        assert (comment.state, comment.masked) == (CommentState.SHOWN, "Thái độ cán bộ rất tốt.")
        assert [tag.theme for tag in comment.themes] == [Theme.ATTITUDE]
        assert comment.text == "Thái độ cán bộ rất tốt."  # what was written goes with the review
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "comment.shown")).one()
        assert event.subject == f"comment:{number}"
        assert event.after == {"state": "shown", "themes": ["attitude"], "mask_altered": True}
        assert session.get_one(User, event.user_id).username == "evaluator"
        assert comment.reviewed_by_id == event.user_id
    page = soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap")
    assert words(page.select_one("section[aria-labelledby=voices] blockquote")) == "Thái độ cán bộ rất tốt."
    assert "Thái độ của công chức: ít hơn 5" in words(page.select_one("section[aria-labelledby=voices]"))


def test_what_is_not_reviewed_or_kept_hidden_is_shown_nowhere(evaluator: FlaskClient, place: Flask) -> None:
    assert review(evaluator, number_of(place, "Chờ lâu"), "Chờ lâu quá.", "hide").status_code == 303
    assert soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap").select("section[aria-labelledby=voices]") == []


@pytest.mark.parametrize(
    ("masked", "sentence"),
    [
        ("  ", "Hãy để lại một phần nội dung, hoặc chọn không hiển thị"),
        ("Gọi 0912345678 nhé", "hãy thay bằng [số điện thoại]"),
        ("Viết cho a@b.vn nhé", "hãy thay bằng [thư điện tử]"),
        ("x" * 2001, "Nội dung có 2001 ký tự; tối đa 2000 ký tự"),
    ],
)
def test_what_tells_who_wrote_it_is_refused_and_what_was_typed_kept(
    evaluator: FlaskClient, place: Flask, masked: str, sentence: str
) -> None:
    number = number_of(place, "Chờ lâu")
    reply = review(evaluator, number, masked)
    assert reply.status_code == 422
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    assert sentence in words(page.select_one("[role=alert]"))
    assert masked.strip() in words(page.textarea)
    with place.extensions["database"].read() as session:
        assert session.get_one(Comment, number).state is CommentState.NEW


def test_a_manager_reads_what_is_shown_of_the_own_agency_and_decides_nothing(
    evaluator: FlaskClient, place: Flask
) -> None:
    review(evaluator, number_of(place, "Thái độ cán bộ"), "Thái độ cán bộ rất tốt.")
    review(evaluator, number_of(place, "Thái độ chưa"), "Thái độ chưa tốt.")
    manager = place.test_client()
    sign_in(manager, "manager")
    assert soup(manager, "/danh-gia/y-kien").select("blockquote") == []  # not while answers come in
    close_rounds(place)
    page = soup(manager, "/danh-gia/y-kien?trang-thai=tat-ca")
    assert [words(quote) for quote in page.select("blockquote")] == ["Thái độ cán bộ rất tốt."]
    assert page.select("textarea") == []
    text = page.get_text()
    for secret in ("0912", "Nguyễn Thị Hoa", "Chờ lâu", "Trần Văn Nam"):
        assert secret not in text
    assert "0 ý kiến" in words(soup(manager, "/danh-gia/y-kien?tim=0912").main)
    assert "0 ý kiến" in words(soup(manager, "/danh-gia/y-kien?co-quan=so-dat-dai").main)
    number = number_of(place, "Chờ lâu")
    reply = post(manager, f"/danh-gia/y-kien/{number}", form_at="/tai-khoan", masked="a", decision="show")
    assert reply.status_code == 403


def test_nothing_is_shown_of_an_agency_that_too_few_answered_for(evaluator: FlaskClient, place: Flask) -> None:
    """By hand: 60 responses of so-tu-phap are too few where 61 are asked for."""
    review(evaluator, number_of(place, "Thái độ cán bộ"), "Thái độ cán bộ rất tốt.")
    manager = place.test_client()
    sign_in(manager, "manager")
    close_rounds(place)
    for least, shown in ((60, 1), (61, 0)):
        with place.extensions["database"].write() as session:
            session.execute(sa.update(Round).values(rules={"min_n": least}))
        assert len(soup(manager, "/danh-gia/y-kien").select("blockquote")) == shown
    assert soup(evaluator, "/danh-gia/r1/co-quan/so-tu-phap").select("#voices") == []


def test_too_few_respondents_are_counted_at_once_for_all_agencies(place: Flask) -> None:
    """By hand: 60, 40 and 6 counted responses; the one of trung-tam that is excluded is none, so-xay-dung has none."""
    statements: list[str] = []
    with place.extensions["database"].write() as session:
        silent = Agency(code="so-xay-dung", name="X", kind="department", level="province", valid_from=date(2020, 1, 1))
        session.add(silent)
        session.flush()
        ids = {agency.code: agency.id for agency in session.scalars(sa.select(Agency))}
        round_id = session.scalars(sa.select(Round.id)).one()
        for agency in ("trung-tam", "so-xay-dung"):
            comment = {"round_id": round_id, "agency_id": ids[agency], "text": "Tốt."}
            session.add(Comment(**comment, received_week=date(2026, 2, 2)))
        session.flush()
        sa.event.listen(session.connection(), "before_cursor_execute", lambda *call: statements.append(call[2]))
        for least, expected in (
            (61, {"so-tu-phap", "so-dat-dai", "trung-tam", "so-xay-dung"}),
            (41, {"so-dat-dai", "trung-tam", "so-xay-dung"}),
            (7, {"trung-tam", "so-xay-dung"}),
            (6, {"so-xay-dung"}),
            (0, set()),
        ):
            statements.clear()
            pairs = too_few(session, frozenset(ids), {round_id: least})
            assert sorted(pairs) == sorted((round_id, ids[code]) for code in expected)
            assert len(statements) == 1
        assert too_few(session, frozenset({"trung-tam"}), {round_id: 61}) == ((round_id, ids["trung-tam"]),)


def test_pages_of_fifty(evaluator: FlaskClient, place: Flask) -> None:
    with place.extensions["database"].write() as session:
        first = session.scalars(sa.select(Comment).limit(1)).one()
        for number in range(141):
            session.add(
                Comment(
                    round_id=first.round_id,
                    agency_id=first.agency_id,
                    text=f"Ý kiến {number}",
                    received_week=date(2026, 2, 2),
                )
            )
    page = soup(evaluator, "/danh-gia/y-kien")
    assert len(page.select(".comments > li")) == 50
    assert "145 ý kiến · trang 1 trên 3" in words(page.select_one("p[role=status]"))
    last = soup(evaluator, "/danh-gia/y-kien?tim=&trang=3")
    assert len(last.select(".comments > li")) == 45
    assert [link["href"] for link in last.select("nav.pages a")] == ["/danh-gia/y-kien?trang=2"]
    assert soup(evaluator, "/danh-gia/y-kien?trang=-1&trang-thai=khong-co&chu-de=khong-co&dot=khong-co").title


FOUND = {
    "thái độ": 2,
    "thai do": 2,
    "THAI DO CAN BO": 1,
    "thài đò": 0,
    "100%_": 1,
    "100%%": 0,
    "lần, 1": 1,
    "!": 1,
    "": 4,
}
"""What is typed, and how many comments have it."""


def test_search_finds_the_same_on_both_databases(database: Database) -> None:
    with database.write() as session:
        open_place(session)
        add_comments(session)
    with database.read() as session:
        assert {typed: page_of(session, CommentFilter(words=typed), 1)[1] for typed in FOUND} == FOUND
        assert [comment.text for comment in page_of(session, CommentFilter(words="cho lau"), 1)[0]] == ["Chờ lâu quá."]


def test_search_finds_only_what_was_left_after_the_review(database: Database) -> None:
    with database.write() as session:
        open_place(session)
        add_comments(session)
        who = create_user(session, username="e", password=PASSWORD, role=Role.EVALUATOR, actor=Actor(NOW))
        session.flush()
        comment = session.scalars(sa.select(Comment).where(Comment.text.startswith("Thái độ cán bộ"))).one()
        arguments = {"show": True, "actor": Actor(NOW, who.id), "zone": "Asia/Ho_Chi_Minh"}
        with pytest.raises(InputError):
            review_comment(session, comment, masked="số 0912 345 678", themes=[], **arguments)
        review_comment(session, comment, masked="Tốt", themes=[Theme.TIME, Theme.FEE, Theme.TIME], **arguments)
        review_comment(session, comment, masked="Tốt", themes=[Theme.FEE], **arguments)
        assert comment.reviewed_on == date(2026, 3, 2)
    with database.read() as session:
        assert page_of(session, CommentFilter(words="Nguyễn"), 1)[1] == 0
        assert page_of(session, CommentFilter(theme=Theme.FEE), 1)[1] == 1
        assert session.scalars(sa.select(CommentTheme.theme)).all() == [Theme.FEE]


def test_nothing_leads_from_a_comment_to_a_response() -> None:
    """By structure: neither table refers to the other, and they share round, agency and a file of many alone."""
    tables = Base.metadata.tables
    for one, other in (("comment", "response"), ("response", "comment")):
        assert {key.column.table.name for key in tables[one].foreign_keys} & {other} == set()
    shared = set(tables["comment"].columns.keys()) & set(tables["response"].columns.keys())
    assert shared == {"id", "round_id", "batch_id"}
