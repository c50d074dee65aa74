"""Importing responses: files as the real tools write them, all or nothing, twice nothing, and back again."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import flask
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.collect.operations.decide_withdrawal import agree_to_withdrawal
from survey.collect.operations.import_responses import (
    Checked,
    ImportedResponses,
    Source,
    check_rows,
    file_hash,
    spool,
    store_rows,
)
from survey.collect.operations.undo_responses import undo_responses
from survey.collect.queries import imports
from survey.core.actor import Actor
from survey.core.command_line import progress_bar
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import (
    Agency,
    AuditEvent,
    Channel,
    Comment,
    CommentState,
    ImportBatch,
    Response,
    Role,
    Round,
    RoundState,
    User,
    Withdrawal,
)
from survey.questionnaires import bundled
from survey.results.queries.responses import patterns
from survey.spreadsheets.column_map import ColumnMap, parse_map
from survey.spreadsheets.guess_columns import guess_columns, guess_values, unknown_labels
from survey.spreadsheets.read import open_table
from survey.spreadsheets.response_rows import KEYS, RowReader
from survey.spreadsheets.times import parse_instant
from tests.support.evaluation import accounts
from tests.support.places import open_place

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parents[1] / "fixtures" / "imports"
NOW = datetime(2026, 3, 20, 3, tzinfo=UTC)
LATER = datetime(2099, 1, 1, tzinfo=UTC)
"""After whatever a command did by the clock of the machine."""
#: the first nine packed characters that every file of the folder means, in order
ITEMS = ["545454545", "444444444", "123x5x444", "55555.555"]


@pytest.fixture
def place(database: Database) -> Database:
    """A database with the round `r1` of `sipas-short`."""
    with database.write() as session:
        open_place(session, "sipas-short")
    return database


def mapping_of(path: Path, session: orm.Session) -> ColumnMap:
    """The mapping that a person gets who accepts every guess."""
    frame = imports.frame(session.scalars(sa.select(Round)).one(), NOW)
    with open_table(path) as table:
        columns = guess_columns(table.columns, frame.definition)
        found = ColumnMap(headings={code: heading for heading, code in columns.items()})
        labels = unknown_labels(table.columns, table.rows, frame.definition, found)
    values = guess_values(labels, frame.definition)
    data = {"columns": columns, "values": values.get("", {}), "values_of": {k: v for k, v in values.items() if k}}
    return parse_map(data, [*(slot.code for slot in frame.definition.slots), *KEYS], "guess")


def take(
    database: Database, path: Path, mapping: ColumnMap | None = None, user_id: int | None = None
) -> ImportedResponses:
    """Import a file as the pages do."""
    with spool() as spooled:
        with database.read() as session:
            checked = check(session, path, mapping, spooled)
        with database.write() as session:
            round_ = session.scalars(sa.select(Round)).one()
            source = Source(path.name, file_hash(path))
            return store_rows(session, spooled, checked, source, round_, actor=Actor(NOW, user_id))


def check(
    session: orm.Session, path: Path, mapping: ColumnMap | None = None, spooled: io.StringIO | None = None
) -> Checked:
    columns = mapping or mapping_of(path, session)
    frame = imports.frame(session.scalars(sa.select(Round)).one(), NOW)
    with open_table(path) as table:
        return check_rows(table, RowReader(table, columns, frame, imports.places(session)), spooled)


def stored(database: Database) -> list[Response]:
    with database.read() as session:
        return list(session.scalars(sa.select(Response).order_by(Response.id)))


@pytest.mark.parametrize("name", ["google_forms.csv", "kobo.csv", "limesurvey.csv", "scanner.csv", "excel.xlsx"])
def test_files_as_the_tools_write_them(place: Database, name: str) -> None:
    done = take(place, FILES / name)
    assert (done.added, done.known) == (4, 0)
    found = stored(place)
    assert [response.answers[:9] for response in found] == ITEMS
    assert {response.batch_id for response in found} == {done.batch_id}
    assert {response.channel for response in found} == {Channel.IMPORT}
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    assert [f"{r.submitted_at.astimezone(zone):%d/%m/%Y}" for r in found] == [f"{d}/03/2026" for d in (10, 11, 12, 13)]
    with place.read() as session:
        names = dict(session.execute(sa.select(Agency.id, Agency.code)).all())
        expected = "trung-tam" if name == "scanner.csv" else "so-tu-phap"
        assert {names[response.deciding_agency_id] for response in found} == {expected}


def test_times_of_the_tools(place: Database) -> None:
    take(place, FILES / "google_forms.csv")
    # 1:05:09 in the afternoon and 2:05:09 in the morning, seven hours ahead of UTC
    assert [r.submitted_at for r in stored(place)][:2] == [
        datetime(2026, 3, 10, 6, 5, 9, tzinfo=UTC),
        datetime(2026, 3, 10, 19, 5, 9, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25/11/2026", datetime(2026, 11, 25, 5, tzinfo=UTC)),
        ("5/1/2026 08:07", datetime(2026, 1, 5, 1, 7, tzinfo=UTC)),
        ("2026-11-25 08:07:06", datetime(2026, 11, 25, 1, 7, 6, tzinfo=UTC)),
        ("2026-11-25T08:07:06.123+07:00", datetime(2026, 11, 25, 1, 7, 6, tzinfo=UTC)),
        ("2026-11-25T08:07:06Z", datetime(2026, 11, 25, 8, 7, 6, tzinfo=UTC)),
        ("2026/11/25 12:00:00 SA GMT+7", datetime(2026, 11, 24, 17, tzinfo=UTC)),
        ("2026/11/25 12:30:00 CH GMT+7", datetime(2026, 11, 25, 5, 30, tzinfo=UTC)),
        ("25.11.2026 14:30", datetime(2026, 11, 25, 7, 30, tzinfo=UTC)),
        ("11/25/2026", None),
        ("31/02/2026", None),
        ("25/11/26", None),
        ("25/11/2026 25:00", None),
        ("hôm qua", None),
        ("", None),
    ],
)
def test_days_and_times(text: str, expected: datetime | None) -> None:
    assert parse_instant(text, ZoneInfo("Asia/Ho_Chi_Minh")) == expected


def test_kobo_writes_its_submission_time_in_utc() -> None:
    found = parse_instant("2026-03-10T02:14:00", ZoneInfo("Asia/Ho_Chi_Minh"), naive_is_utc=True)
    assert found == datetime(2026, 3, 10, 2, 14, tzinfo=UTC)


def test_what_identifies_a_person_is_not_kept(place: Database) -> None:
    take(place, FILES / "google_forms.csv")
    take(place, FILES / "kobo.csv")
    with place.read() as session:
        for table in ("response", "comment", "import_batch", "audit_event"):
            rows = session.execute(sa.text(f"SELECT * FROM {table}")).all()  # noqa: S608
            assert "nguoi0@example.vn" not in repr(rows)
            assert "8f3c2b1a" not in repr(rows)


def test_comments_are_kept_apart_and_dated_by_the_day(place: Database) -> None:
    take(place, FILES / "kobo.csv")
    with place.read() as session:
        comments = session.scalars(sa.select(Comment)).all()
        assert {comment.text for comment in comments} == {
            "Cán bộ nhiệt tình; hướng dẫn rõ.",
            'Chờ "hơi lâu" nhưng xong trong ngày.',
        }
        assert {str(comment.received_week) for comment in comments} == {"2026-03-09"}


@pytest.mark.parametrize("name", ["google_forms.csv", "kobo.csv", "scanner.csv", "excel.xlsx"])
def test_the_same_file_twice_adds_nothing(place: Database, tmp_path: Path, name: str) -> None:
    take(place, FILES / name)
    again = take(place, FILES / name)
    assert (again.batch_id, again.added, again.known) == (None, 0, 4)
    assert len(stored(place)) == 4
    if name.endswith(".csv"):
        # saved again by another program: decomposed letters, other ends of lines, a byte order mark
        text = (FILES / name).read_text("utf-8-sig")
        other = tmp_path / name
        other.write_bytes(("\ufeff" + unicodedata.normalize("NFD", text)).replace("\r\n", "\n").encode())
        assert take(place, other).added == 0


def test_a_grown_export_adds_what_is_new(place: Database, tmp_path: Path) -> None:
    take(place, FILES / "kobo.csv")
    text = (FILES / "kobo.csv").read_text("utf-8-sig")
    last = text.splitlines()[-1].replace("000000000003", "000000000099")
    grown = tmp_path / "kobo.csv"
    grown.write_text(text + last + "\r\n", "utf-8")
    assert (take(place, grown).added, len(stored(place))) == (1, 5)


def test_two_surveys_that_have_the_same_numbers_are_two(place: Database, tmp_path: Path) -> None:
    take(place, FILES / "limesurvey.csv")
    other = tmp_path / "limesurvey.csv"
    other.write_text((FILES / "limesurvey.csv").read_text("utf-8").replace("09:12:33", "10:01:02"), "utf-8")
    assert (take(place, other).added, take(place, other).added) == (4, 0)


def test_undo_and_import_again(place: Database) -> None:
    done = take(place, FILES / "kobo.csv")
    with place.write() as session:
        assert undo_responses(session, session.get_one(ImportBatch, done.batch_id), actor=Actor(NOW)) == 4
    with place.read() as session:
        assert patterns(session, session.scalars(sa.select(Round.id)).one()).respondents == 0
        # four responses are too few to note whose comments these were
        assert {comment.state for comment in session.scalars(sa.select(Comment))} == {CommentState.NEW}
    assert [response.excluded for response in stored(place)] == ["import_undone"] * 4
    with place.write() as session, pytest.raises(InputError, match="already"):
        undo_responses(session, session.get_one(ImportBatch, done.batch_id), actor=Actor(NOW))
    again = take(place, FILES / "kobo.csv")
    assert again.added == 4
    assert [response.answers[:9] for response in stored(place)] == ITEMS * 2
    with place.write() as session:
        undo_responses(session, session.get_one(ImportBatch, again.batch_id), actor=Actor(NOW))
    assert take(place, FILES / "kobo.csv").added == 4
    with place.read() as session:
        actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions == ["responses.imported", "responses.undone"] * 2 + ["responses.imported"]


def test_comments_of_a_larger_import_are_hidden_with_it(place: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"10/03/2026;so-tu-phap;4;Ý kiến {k}\n" for k in range(6))
    path.write_text(f"date;agency;cc_thai_do;comment\n{rows}", "utf-8")
    with place.write() as session:
        agency = session.scalars(sa.select(Agency.id)).first()
        round_id = session.scalars(sa.select(Round.id)).one()
        own = {"round_id": round_id, "agency_id": agency, "received_week": NOW.date()}
        session.add(Comment(text="Của người khác", **own))
    done = take(place, path)
    with place.write() as session:
        undo_responses(session, session.get_one(ImportBatch, done.batch_id), actor=Actor(NOW))
    with place.read() as session:
        states = {comment.text: comment.state for comment in session.scalars(sa.select(Comment))}
    assert states.pop("Của người khác") is CommentState.NEW
    assert (len(states), set(states.values())) == (6, {CommentState.HIDDEN})


def test_wrong_cells_are_told_by_address_and_nothing_is_stored(place: Database) -> None:
    with place.read() as session:
        problems = check(session, FILES / "wrong.csv").reader.problems
    assert [(p.address, p.text) for p in problems.shown] == [("F2", "9"), ("A3", "10/03/2019"), ("B4", "so-khong-co")]
    assert problems.total == 3
    with pytest.raises(InputError, match="nothing was stored: 3 cells"):
        take(place, FILES / "wrong.csv")
    assert stored(place) == []
    with place.read() as session:
        assert session.scalars(sa.select(ImportBatch)).all() == []


def test_a_hundred_problems_are_shown_and_all_are_counted(place: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date;agency;cc_thai_do\n" + "10/03/2026;so-tu-phap;9\n" * 130)
    with place.read() as session:
        problems = check(session, path).reader.problems
    assert (len(problems.shown), problems.total, problems.shown[99].address) == (100, 130, "C101")


@pytest.mark.parametrize(
    ("row", "address", "says"),
    [
        ("10/03/2026;so-tu-phap;Q7;4", "C2", "counter of yours"),
        ("10/03/2026;;;4", "B2", "the agency is missing"),
        ("10/03/2026;;Q2;4", "B2", "the agency is missing"),  # several agencies decide there
        (";so-tu-phap;;4", "A2", "not a day"),
        ("21/03/2026;so-tu-phap;;4", "A2", "not a day of the round"),  # after today
        ("10/03/2026;so-tu-phap;;1 - Rất hài lòng", "D2", "not an answer"),
    ],
)
def test_other_cells_that_cannot_be(place: Database, tmp_path: Path, row: str, address: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"date;agency;counter;cc_thai_do\n{row}\n", "utf-8")
    with place.read() as session:
        (problem,) = check(session, path).reader.problems.shown
    assert problem.address == address
    assert says in problem.template


def test_rows_without_a_rating_are_left_out_and_counted(place: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "date;agency;cc_thai_do;gender\n10/03/2026;so-tu-phap;;Nam\n10/03/2026;so-tu-phap;4,0;nu\n", "utf-8"
    )
    with place.read() as session:
        checked = check(session, path)
    assert (checked.rows, checked.reader.empty, checked.reader.problems.total) == (1, 1, 0)
    take(place, path)
    (only,) = stored(place)
    assert (only.answers[0], only.answers[13]) == ("4", "f")


def test_unfinished_rows_are_left_out(place: Database) -> None:
    with place.read() as session:
        assert check(session, FILES / "limesurvey.csv").reader.unfinished == 1


def test_a_manager_writes_to_own_places_only(place: Database) -> None:
    with place.read() as session:
        own = imports.places(session, frozenset({"so-dat-dai"}))
        everything = imports.places(session)
    assert set(own.agencies.codes.values()) == {"so-dat-dai"}
    assert own.counters == {}
    assert "trung-tam/q1" in everything.counters
    with place.read() as session:
        frame = imports.frame(session.scalars(sa.select(Round)).one(), NOW)
        with open_table(FILES / "kobo.csv") as table:
            checked = check_rows(table, RowReader(table, mapping_of(FILES / "kobo.csv", session), frame, own))
    assert (checked.rows, checked.reader.problems.total) == (0, 4)


def test_a_published_round_takes_nothing(place: Database) -> None:
    with place.write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.PUBLISHED
    with pytest.raises(InputError, match="published"):
        take(place, FILES / "kobo.csv")


def test_a_file_without_answer_columns_is_refused(place: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ten;tuoi\nA;3\n")
    with place.read() as session, pytest.raises(InputError, match="which column is which question"):
        check(session, path)


def test_the_audit_holds_no_answers(place: Database) -> None:
    take(place, FILES / "kobo.csv")
    with place.read() as session:
        event = session.scalars(sa.select(AuditEvent)).one()
    assert event.after == {"round": "r1", "file": "kobo.csv", "added": 4, "known": 0}


@pytest.mark.parametrize(
    ("headings", "code"),
    [
        (["cc_thai_do"], "cc_thai_do"),
        (["nhom/con/CC_THAI_DO"], "cc_thai_do"),
        (["1. Cán bộ lịch sự và tôn trọng Ông/Bà"], "cc_thai_do"),
        (["Câu 1: CAN BO LICH SU VA TON TRONG ONG/BA."], "cc_thai_do"),
        (["G1Q1. Cán bộ lịch sự và tôn trọng Ông/Bà."], "cc_thai_do"),
        (["Bảng câu hỏi [Cán bộ lịch sự và tôn trọng Ông/Bà.]"], "cc_thai_do"),
        (["Staff were polite"], None),
        (["Dấu thời gian"], "date"),
        (["Lĩnh vực"], "service"),
        (["5"], None),  # a single number may be anything
    ],
)
def test_headings_that_are_recognised(place: Database, headings: list[str], code: str | None) -> None:
    with place.read() as session:
        definition = imports.frame(session.scalars(sa.select(Round)).one(), NOW).definition
    assert guess_columns(headings, definition) == ({headings[0]: code} if code else {})


def big_file(path: Path, rows: int, hour: int = 8) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write("date;agency;service;" + ";".join(f"{n}" for n in range(1, 20)) + ";ma\n")
        for k in range(rows):
            answers = ";".join(str(1 + (k * (n + 3) // 7) % 5) for n in range(9))
            day = f"{1 + k % 19:02d}/03/2026 {hour:02d}:{k % 59:02d}"
            file.write(f"{day};so-tu-phap;ho-tich;{answers};4;c;o;;m;3;3;s;r;c;{k}\n")
    return path


MEASURED = """
import resource, sys
from pathlib import Path
from survey.migrations import upgrade
from survey.core.db import Database
from tests.support.places import open_place
from tests.collect.test_import_responses import big_file, mapping_of, take

folder = Path(sys.argv[1])
database = Database(f"sqlite:///{folder / 'sipas.db'}")
upgrade(database)
with database.write() as session:
    open_place(session, "sipas-short")
with database.read() as session:
    mapping = mapping_of(big_file(folder / "10.csv", 10), session)
for rows, hour in ((4_000, 8), (40_000, 9)):
    print(take(database, big_file(folder / f"{rows}.csv", rows, hour), mapping).added)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow(reason="imports 44 000 rows in a process of its own")
def test_ten_times_the_rows_need_no_more_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    small, after_small, large, after_large = map(int, done.stdout.split())
    assert (small, large) == (4_000, 40_000)
    assert after_large < 1.15 * after_small


def test_a_long_file_shows_a_progress_bar_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    path, terminal = big_file(tmp_path / "l.csv", 40_000), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(path) as advance, open_table(path, progress=advance) as table:
        assert sum(1 for _ in table) == 40_000
    assert "l.csv" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_the_commands(app: flask.Flask, tmp_path: Path) -> None:
    database: Database = app.extensions["database"]
    with database.write() as session:
        open_place(session, "sipas-short")
    file, columns = tmp_path / "a.csv", tmp_path / "a.yaml"
    lines = ["ngay;noi;" + ";".join(f"c{n}" for n in range(9)), "10/03/2026;Sở Tư pháp;" + ";".join("T" * 9)]
    file.write_text("\r\n".join(lines), "utf-8-sig")
    codes = [item.code for item in bundled()["sipas-short"].items]
    asked = "\n".join(f"  c{n}: {code}" for n, code in enumerate(codes))
    columns.write_text(f"columns:\n  ngay: date\n  noi: agency\n{asked}\nvalues: {{T: 5}}\n", "utf-8")
    run = app.test_cli_runner().invoke
    command = ["import-responses", str(file), "--round", "r1"]
    refused = run(args=command)
    assert (refused.exit_code, "which column is which question" in refused.output) == (2, True)
    dry = run(args=[*command, "--map", str(columns), "--dry-run"])
    assert (dry.exit_code, dry.output) == (0, "1 responses can be imported; nothing was stored\n")
    assert stored(database) == []
    done = run(args=[*command, "--map", str(columns)])
    assert "1 responses added as batch 1, 0 had been imported before" in done.output
    again = run(args=[*command, "--map", str(columns)])
    assert "0 responses added, 1 had been imported before" in again.output
    assert [response.answers[:9] for response in stored(database)] == ["5" * 9]
    undone = run(args=["undo-import", "1", "--why", "Nhập nhầm tệp"])
    assert "counts until an evaluator agrees" in undone.output
    assert [response.excluded for response in stored(database)] == [None]
    assert [run(args=["undo-import", number, "--why", "x"]).exit_code for number in ("1", "99")] == [2, 2]
    with database.write() as session:
        accounts(session)
        judge = session.scalars(sa.select(User.id).where(User.role == Role.EVALUATOR)).one()
        agree_to_withdrawal(session, session.scalars(sa.select(Withdrawal)).one(), actor=Actor(LATER, judge))
    assert [response.excluded for response in stored(database)] == ["import_undone"]
    file.write_text(file.read_text("utf-8-sig").replace("10/03", "32/03"), "utf-8")
    wrong = run(args=[*command, "--map", str(columns)])
    assert wrong.exit_code == 2
    assert "A2: '32/03/2026' is not a day" in wrong.output
