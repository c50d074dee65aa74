"""What guides promise in numbers is what the program does; files, addresses and metrics that they name exist.

Each sentence stands with what it is about: whoever changes one of the two finds the other.
"""

from __future__ import annotations

import contextlib
import math
import re
from datetime import timedelta
from pathlib import Path

import flask
import pytest
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import RequestRedirect

from survey import serve
from survey.accounts import attempts, passwords, verification
from survey.accounts import refusals as refused
from survey.accounts.operations import first_administrator, invitations, log_failure, rate_counts, second_factor
from survey.accounts.people_table import MOST_PEOPLE
from survey.accounts.queries import sessions
from survey.collect import recordings
from survey.collect.operations import purge
from survey.collect.queries.counters import GRACE
from survey.core import cache, config, stored_count, text
from survey.core.db import create_engine
from survey.core.file_store import JOBS, PUBLISHED, SEARCHES
from survey.files.jobs import worker
from survey.improvement.queries import todo
from survey.maintenance import doctor, nightly_command
from survey.maintenance.operations import nightly
from survey.models.comments import RAW_DAYS
from survey.printing.posters import invitation_slips
from survey.printing.slip_sheets import AT_ONCE
from survey.results import kept_search, sensitivity
from survey.structure.pages.rules_form import MIN_N
from survey.web import security, uploads
from survey.web.operations import jobs

ROOT = Path(__file__).parents[2]
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
CODES = len(text.CODE_ALPHABET) ** text.CODE_LENGTH

OPERATIONS = [
    ("at most 24 kB each", recordings.MAX_BYTES, 24 * 1024),
    ("starts gunicorn (2 workers, 4 threads each)", (serve.WORKERS, serve.THREADS), (2, 4)),
    ("(`quan-tri`), good for 30 minutes", first_administrator.MINUTES, 30),
    ("a worker with its cache of results (256 MiB)", cache.MAX_BYTES, 256 << 20),
    ("two workers with up to 15 connections each: 30 × 32 MB", serve.WORKERS * 15, 30),
    ("more than a hundred receipt slips", AT_ONCE, 100),
    ("gives way to the server (`nice` 10)", worker.NICENESS, 10),
    ("shows how far it is and keeps the file for an hour", jobs.KEPT_FOR, HOUR),
    ("doubtful responses of a round with more than 20,000", sensitivity.LARGE, 20_000),
    ("by itself once it is an hour old", kept_search.AGAIN_AFTER, HOUR),
    ("when a job has waited for ten minutes", doctor.LONG_WAIT, 10 * MINUTE),
    ("35 days and the first of 24 months are kept", config.BACKUP_MONTHS, 24),
    ("forms opened before a round was closed are accepted for half an hour", GRACE, 30 * MINUTE),
    ("for as long as sessions last (12 hours)", sessions.IDLE, 12 * HOUR),
    ("`flask --app app nightly` at 2 o'clock local time", nightly_command.HOUR, 2),
    ("nobody reviewed within 30 days loses its raw text", RAW_DAYS, 30),
    ("due within seven days or waiting", todo.SOON, 7 * DAY),
    ("The outbox (`mail_message`) keeps 30 days", nightly.MAIL_DAYS, 30),
    ("ends after seven days or with its first use", invitations.DAYS, 7),
    ("a password of at least 12 characters", passwords.MIN_LENGTH, 12),
    (
        "counts for 30 seconds and one step either way",
        (second_factor.STEP_SECONDS, second_factor.WINDOW),
        (30, 1),
    ),
    ("Eight recovery codes are shown once", second_factor.RECOVERY_CODES, 8),
    (
        "After 5 failures of a name the next attempt waits 2, 4, 8 … at most 30 seconds",
        [attempts._pause(failures, attempts.FREE_BY_NAME) for failures in (4, 5, 6, 7, 8, 9, 99)],
        [0, 2, 4, 8, 16, 30, 30],
    ),
    ("after 40 failures from one address, over any names", attempts.FREE_BY_ADDRESS, 40),
    ("a /64 counts as one address, and a /48 with four times as much", security.WIDER, 4),
    ("All are forgotten after a quarter of an hour", rate_counts.KEPT, 15 * MINUTE),
    (
        "12 hours after their last use and 24 hours after they began",
        (sessions.IDLE, sessions.LIFETIME),
        (12 * HOUR, 24 * HOUR),
    ),
    ("it was given more than ten minutes ago", verification.RECENT, 10 * MINUTE),
    ("tokens: use, one line an hour and program", refused.HOUR, 3600),
    ("Equal ones within a minute are one line with their number", refused.MINUTE, 60),
    ("comments older than 24 months, files left over", purge.COMMENT_MONTHS, 24),
    ("published rounds that closed 60 months ago", purge.RESPONSE_MONTHS, 60),
    ("nothing younger than six months at all", purge.LEAST_MONTHS, 6),
    ("gone everywhere 48 months after it was written", purge.COMMENT_MONTHS + config.BACKUP_MONTHS, 48),
    ("`sipas.db-count` (16 bytes)", stored_count.SIZE, 16),
]
SECURITY = [
    ("12 hours without use or 24 hours in all end it", (sessions.IDLE, sessions.LIFETIME), (12 * HOUR, 24 * HOUR)),
    ("after 5 failures of a name each try waits", attempts.FREE_BY_NAME, 5),
    ("one line a minute of equal ones", log_failure.TOGETHER, MINUTE),
    ("ask for the password again after ten minutes", verification.RECENT, 10 * MINUTE),
    ("Public codes have 38 random bits", math.floor(math.log2(CODES)), 38),
    ("384 bits where we make them, 32 characters at least where the operator does", config.MIN_SECRET_LENGTH, 32),
    ("a file belongs to its owner for an hour", uploads.KEPT_FOR, HOUR),
]
ACCOUNTS = [
    (
        "mở đường dẫn trong bảy ngày, tự đặt mật khẩu ít nhất 12 ký tự",
        (invitations.DAYS, passwords.MIN_LENGTH),
        (7, 12),
    ),
    ("Một bảng có nhiều nhất 300 người", MOST_PEOPLE, 300),
    ("Mỗi trang A4 có tám phiếu", invitation_slips.COLUMNS * invitation_slips.ROWS, 8),
    ("lần nhập trước đã quá mười phút", verification.RECENT, 10 * MINUTE),
]
ADMINISTRATION = [
    ("dùng một lần, trong 30 phút", first_administrator.MINUTES, 30),
    ("Tệp xem trước được giữ một giờ", uploads.KEPT_FOR, HOUR),
    ("**Số người tối thiểu để công bố** ít nhất là 5", MIN_N[0], 5),
    ("phiếu đang mở vẫn được nhận thêm nửa giờ", GRACE, 30 * MINUTE),
    ("nặng tối đa 24 kB", recordings.MAX_BYTES, 24 * 1024),
]
EVALUATION = [
    ("Đợt có hơn 20.000 phiếu thì phiếu đáng ngờ được tìm riêng", sensitivity.LARGE, 20_000),
    ("thì sau một giờ máy tự tìm lại", kept_search.AGAIN_AFTER, HOUR),
]
DATA_FILE = [
    ("mặc định 60 tháng sau khi đợt đã công bố kết thúc", purge.RESPONSE_MONTHS, 60),
    ("nhiều nhất 30 ngày, chỉ người duyệt đọc", RAW_DAYS, 30),
    ("mặc định 24 tháng, sau đó `purge`", purge.COMMENT_MONTHS, 24),
    ("35 ngày, và bản đầu tháng của 24 tháng", config.BACKUP_MONTHS, 24),
    ("thư trong hộp gửi được xóa sau 30 ngày", nightly.MAIL_DAYS, 30),
]
PROMISES = [
    pytest.param(document, *promise, id=f"{document}: {promise[0][:50]}")
    for document, promises in (
        ("docs/operations.md", OPERATIONS),
        ("docs/security.md", SECURITY),
        ("docs/vi/huong-dan-tai-khoan.md", ACCOUNTS),
        ("docs/vi/huong-dan-quan-tri.md", ADMINISTRATION),
        ("docs/vi/huong-dan-danh-gia.md", EVALUATION),
        ("docs/vi/ho-so-xu-ly-du-lieu.md", DATA_FILE),
    )
    for promise in promises
]
GUIDES = [ROOT / "docs" / name for name in ("operations.md", "security.md", "staff.md")]
GUIDES += sorted((ROOT / "docs" / "vi").glob("*.md"))


def text_of(name: str) -> str:
    return " ".join((ROOT / name).read_text("utf-8").split())


@pytest.mark.parametrize(("document", "sentence", "does", "says"), PROMISES)
def test_the_number_of_a_sentence_is_that_of_the_program(
    document: str, sentence: str, does: object, says: object
) -> None:
    assert sentence in text_of(document)
    assert does == says


def test_the_connections_of_a_worker() -> None:
    guide = text_of("docs/operations.md")
    assert "each worker opens at most 15" in guide
    pool = create_engine("postgresql+psycopg://sipas@127.0.0.1/sipas").pool
    assert pool.size() + pool._max_overflow == 15  # type: ignore[attr-defined]


def test_a_database_that_is_locked_is_waited_for_as_long_as_the_guide_says(tmp_path: Path) -> None:
    assert "the database is locked for over 10 seconds" in text_of("docs/operations.md")
    with create_engine(f"sqlite:///{tmp_path / 'a.db'}").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 10_000


def test_examples_keep_what_the_guide_says_of_them() -> None:
    deploy = ROOT / "docs" / "deploy"
    assert "--keep-days 35" in (deploy / "sipas-backup.service").read_text("utf-8")
    assert "the unit allows 2 GB for all" in text_of("docs/operations.md")
    assert "MemoryMax=2G" in (deploy / "sipas.service").read_text("utf-8").splitlines()
    assert "Caddy lets those who open a form wait up to 10 seconds" in text_of("docs/operations.md")
    assert "lb_try_duration 10s" in (deploy / "Caddyfile").read_text("utf-8")
    for name, day in (("backup", "\\*"), ("backup-test", "[0-9]+"), ("purge", "[0-9]+")):  # every night, every month
        timer = (deploy / f"sipas-{name}.timer").read_text("utf-8")
        assert re.search(f"^OnCalendar=\\*-\\*-{day} ", timer, re.MULTILINE), name


def test_what_must_be_known_first_stands_first() -> None:
    """A server without a proxy is stopped by ten slow callers: the guide begins with that."""
    serving = (ROOT / "docs" / "operations.md").read_text("utf-8").split("\n## Serving\n\n", 1)[1]
    assert serving.startswith("**Put a proxy in front first.**")


def test_folders_of_the_storage_are_those_of_the_guide() -> None:
    row = next(
        line for line in (ROOT / "docs" / "operations.md").read_text("utf-8").splitlines() if "STORAGE_DIR`" in line
    )
    assert set(re.findall(r"`(\w+)/`", row)) == {"uploads", JOBS, PUBLISHED, SEARCHES}


def test_metrics_of_the_guide_are_there(app: flask.Flask) -> None:
    told = app.test_client().get("/metrics").get_data(as_text=True)
    row = next(
        line
        for line in (ROOT / "docs" / "operations.md").read_text("utf-8").splitlines()
        if line.startswith("| `/metrics`")
    )
    for name in re.findall(r"`(sipas_\w+)`", row):
        assert name in told


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_address_that_a_guide_names_exists(app: flask.Flask, guide: Path) -> None:
    """`/quan-tri/tai-khoan` and the like; a part in <angle brackets>, CAPITALS or … stands for anything."""
    pages = app.url_map.bind("localhost")
    rules = [re.sub(r"<[^>]*>", "*", rule.rule) for rule in app.url_map.iter_rules()]
    for address in re.findall(
        r"`(/(?:quan-tri|danh-gia|tai-khoan|quay|phieu-giay|ket-qua|health|metrics|quyen|api|tien-do)[^`\s]*)`",
        guide.read_text("utf-8"),
    ):
        shape = re.sub(r"<[^>]*>|…|[A-ZĐ]{2,}\w*", "*", address.split("?")[0].split("#")[0])
        if "*" in shape:
            assert shape in rules or any(
                re.fullmatch(rule.replace(".", "\\.").replace("*", "[^/]+"), shape) for rule in rules
            ), address
            continue
        with contextlib.suppress(RequestRedirect, MethodNotAllowed):
            pages.match(shape)


def test_the_first_line_of_the_doctor_is_the_address_of_the_posters(app: flask.Flask) -> None:
    assert "| dòng đầu tiên của `doctor` |" in text_of("docs/vi/danh-sach-truoc-khi-mo.md")
    first = app.test_cli_runner().invoke(args=["doctor"]).stdout.splitlines()[0]
    assert "PUBLIC_BASE_URL" in first
