"""Flags of doubtful responses: planted repeats and bursts, counted by hand; nobody refused, nothing stored."""

from __future__ import annotations

import secrets
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from scoring.scheme import DataError
from survey.core.db import Database
from survey.core.errors import InputError
from survey.migrations import upgrade
from survey.models import Agency, Channel, Comment, Counter, Response, Round
from survey.results import doubtful_responses
from survey.results.compute import round_results
from survey.results.doubtful_responses import LEAVE_OUT, REASONS, flagged
from survey.results.queries import doubtful
from tests.support.places import open_place

NINE = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # nine o'clock in Viet Nam
ITEMS = 16


def varied(number, pair):
    """Return a different text of two levels for every number from 1: its binary digits."""
    return "".join(pair[int(bit)] for bit in f"{number:016b}")


@pytest.fixture
def plant(database):
    """Return a function that adds a response; its figures of 20 honest people, 10 of them satisfied, are there."""
    with database.write() as session:
        open_place(session)
        session.execute(sa.update(Round).values(rules={"min_n": 0}))
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        counters = {c.code: c.id for c in session.scalars(sa.select(Counter))}
        agency = session.scalar(sa.select(Agency.id).where(Agency.code == "trung-tam"))
        blanks = "." * (len(round_.version.slots) - ITEMS)
        round_id = round_.id

    def add(answers, at, *, counter="Q1", channel=Channel.QR, key=None, seconds=120, excluded=None):
        with database.write() as session:
            session.add(
                Response(
                    key=key or secrets.token_urlsafe(18),
                    round_id=round_id,
                    counter_id=counters.get(counter),
                    deciding_agency_id=agency,
                    channel=channel,
                    language="vi",
                    answers=answers + blanks,
                    submitted_at=at,
                    duration_s=seconds,
                    excluded=excluded,
                )
            )

    for number in range(20):  # two a day, hours apart
        at = NINE + timedelta(days=number // 2, hours=3 * (number % 2))
        add(varied(number + 1, "45" if number % 2 else "12"), at)
    return add


def look(database, *reasons):
    with database.read() as session:
        found = flagged(session, "r1", reasons or LEAVE_OUT)
    overall = found.change[(found.change["agency"] == "") & (found.change["level"] == "overall")].iloc[0]
    return found, overall


def test_honest_answers_are_left_alone(database, plant):
    found, overall = look(database)
    assert (found.responses, found.flagged, found.counts) == (20, 0, dict.fromkeys(REASONS, 0))
    assert (overall["index"], overall["index_left"], overall["change"]) == (50, 50, 0)


def test_a_burst_at_a_counter_is_flagged_and_papers_typed_in_together_are_not(database, plant):
    for number in range(6):  # six in five minutes where there was nobody else; chance makes that once in 10^8
        plant(varied(number + 1, "45"), NINE + timedelta(minutes=number), counter="Q2")
        plant(varied(number + 1, "12"), NINE, counter="Q2", channel=Channel.PAPER)
    found, overall = look(database)
    assert found.counts == dict.fromkeys(REASONS, 0) | {"burst": 6}
    assert (overall["n"], overall["n_left"]) == (32, 26)
    assert overall["index"] == pytest.approx(100 * 16 / 32)
    assert overall["index_left"] == pytest.approx(100 * 10 / 26)
    assert overall["change"] == pytest.approx(100 * 10 / 26 - 50)


def test_forms_sent_from_one_page_within_minutes_are_repeats_but_the_first(database, plant):
    day = NINE + timedelta(days=20)
    family = secrets.token_urlsafe(9)
    for number, minutes in enumerate((0, 5, 14, 40)):  # the last comes 26 minutes after the one before
        plant(varied(100 + number, "45"), day + timedelta(minutes=minutes), key=family + secrets.token_urlsafe(9))
    shared = secrets.token_urlsafe(9)  # a tablet's page serves everybody
    for number in range(3):
        at = day + timedelta(days=1, minutes=number)
        plant(varied(200 + number, "45"), at, key=shared + secrets.token_urlsafe(9), channel=Channel.KIOSK)
    found, overall = look(database)
    assert found.counts == dict.fromkeys(REASONS, 0) | {"repeat": 2}
    assert (overall["n"], overall["n_left"]) == (27, 25)
    assert overall["index_left"] == pytest.approx(100 * 15 / 25)


def test_the_same_answers_at_the_same_counter_within_minutes_are_repeats(database, plant):
    day = NINE + timedelta(days=20)
    for minutes in (0, 4, 8, 30):
        plant(varied(999, "45"), day + timedelta(minutes=minutes))
    plant(varied(999, "45"), day + timedelta(minutes=1), counter="Q2")
    plant(varied(999, "45"), day + timedelta(minutes=1), counter=None)
    plant("4" * 7 + "5" + "." * 8, day + timedelta(days=1))  # eight answers tell enough, seven do not
    plant("4" * 7 + "5" + "." * 8, day + timedelta(days=1, minutes=1))
    plant("4" * 6 + "5" + "." * 9, day + timedelta(days=2))
    plant("4" * 6 + "5" + "." * 9, day + timedelta(days=2, minutes=1))
    assert look(database)[0].counts == dict.fromkeys(REASONS, 0) | {"repeat": 3}


def test_one_level_throughout_and_haste_are_flags_of_their_own(database, plant):
    day = NINE + timedelta(days=20)
    plant("5" * 16, day, seconds=16)
    plant("5" * 16, day + timedelta(minutes=1), seconds=15)
    plant(varied(7, "45"), day + timedelta(hours=2), seconds=15)
    plant("5" * 16, day, seconds=1, excluded="honeypot")  # not counted, so nothing to tell of it
    plant("1" * 16, day + timedelta(days=1))
    plant("3" * 16, day + timedelta(days=2))
    found, overall = look(database)
    straight = {"straight_best": 2, "straight_worst": 1, "straight_middle": 1}
    assert found.counts == straight | {"too_fast": 2, "burst": 0, "repeat": 0}
    # straight lines leave nothing out: of 25 responses two were too fast, both satisfied
    assert (found.flagged, overall["n"], overall["n_left"]) == (2, 25, 23)
    assert overall["index_left"] == pytest.approx(100 * 11 / 23)
    with pytest.raises(DataError, match="straight_best"):
        look(database, "straight_best")


def test_haste_leaves_out_the_hasty_alone(database, plant):
    day = NINE + timedelta(days=20)
    plant("5" * 16, day, seconds=16)
    plant("5" * 16, day + timedelta(minutes=1), seconds=15)
    plant(varied(7, "45"), day + timedelta(hours=2), seconds=15)
    found, overall = look(database, "too_fast")
    assert (found.flagged, overall["n"], overall["n_left"]) == (2, 23, 21)
    assert overall["index_left"] == pytest.approx(100 * 11 / 21)


def test_what_subtraction_would_reveal_is_left_empty(database, plant):
    for number in range(6):
        plant(varied(number + 1, "45"), NINE + timedelta(minutes=number), counter="Q2")
    with database.write() as session:
        session.execute(sa.update(Round).values(rules={"min_n": 7}))
    _, overall = look(database)
    assert overall["index"] == pytest.approx(100 * 16 / 26)
    assert overall[["n_left", "index_left", "change"]].isna().all()


def test_comments_that_repeat_one_another_are_counted_for_the_round(database, plant):
    with database.write() as session:
        agency_id, round_id = session.scalar(sa.select(Agency.id)), session.scalar(sa.select(Round.id))
        texts = [
            "Cán bộ rất nhiệt tình, cảm ơn",
            "cán bộ  rất nhiệt tình, cảm ơn",
            "Tốt",
            "Tốt",
            "Chờ lâu quá, cần thêm ghế",
        ]
        for text in texts:
            session.add(Comment(round_id=round_id, agency_id=agency_id, text=text, received_week=date(2026, 3, 2)))
    assert look(database)[0].duplicate_comments == 2


def test_what_was_found_is_kept_until_a_response_comes(database, plant, monkeypatch):
    read = []
    original = doubtful_responses.read_response_columns
    monkeypatch.setattr(doubtful_responses, "read_response_columns", lambda *a: read.append(1) or original(*a))
    assert [look(database)[0].responses for _ in range(3)] == [20, 20, 20]
    assert len(read) == 1
    plant("5" * 16, NINE + timedelta(days=20))
    assert look(database)[0].counts["straight_best"] == 1
    assert len(read) == 2


def test_the_parts_in_which_a_round_is_read_change_nothing(database, plant, monkeypatch):
    """Bursts share their threshold among all counters of the round, repeats are those of one counter, in any parts."""
    day = NINE + timedelta(days=20)
    family = secrets.token_urlsafe(9)
    for number in range(6):
        plant(varied(number + 1, "45"), NINE + timedelta(minutes=number), counter="Q2")
        plant(varied(90 + number, "45"), day + timedelta(hours=number), counter=None, channel=Channel.IMPORT)
        plant(varied(50 + number, "12"), day + timedelta(minutes=number), key=family + secrets.token_urlsafe(9))
    whole, told = look(database)[0], []
    monkeypatch.setattr(doubtful, "CHUNK", 3)
    with database.write() as session:  # nothing cached holds any more
        session.execute(sa.update(Round).values(rules={"min_n": 0, "min_answered_share": 0.01}))
    with database.read() as session:
        number = session.scalars(sa.select(Round.id)).one()
        parts = [rows.counter.tolist() for rows in doubtful.read_response_columns(session, number, "UTC", 16)]
        found = flagged(session, "r1", report=told.append)
    assert (found.counts, found.flagged) == (whole.counts, whole.flagged)
    assert found.counts["burst"] >= 6
    assert found.counts["repeat"] == 5
    assert sum(told) == found.responses == 38
    assert sorted(map(len, parts)) == [0, 3, 3, 6, 26]  # nothing to begin with; each counter whole; others by threes
    assert all(len(set(part)) <= 1 for part in parts)
    assert found.change.equals(whole.change)
    assert [table.tolist() for table in (found.moments.n, found.moments.counts)] == [
        table.tolist() for table in (whole.moments.n, whole.moments.counts)
    ]


def test_memory_grows_with_the_busiest_counter_and_not_with_the_round(tmp_path, monkeypatch):
    """Ten times the responses at ten times the counters: what is held at one time is the same."""
    monkeypatch.setattr(doubtful, "CHUNK", 300)
    peaks = []
    for counters in (20, 200):
        made = Database(f"sqlite:///{tmp_path / f'{counters}.db'}")
        upgrade(made)
        with made.write() as session:
            open_place(session)
            session.flush()
            agency, round_ = session.scalars(sa.select(Agency)).first(), session.scalars(sa.select(Round)).one()
            session.add_all(Counter(agency_id=agency.id, code=f"Z{k}", name=f"Z{k}") for k in range(counters))
            session.flush()
            session.execute(
                sa.text(
                    "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 100) "
                    "INSERT INTO response (key, round_id, counter_id, deciding_agency_id, channel, language, answers, "
                    "submitted_at) SELECT printf('%012d%012d', id, k), :round, id, :agency, 'qr', 'vi', :answers, "
                    "datetime('2026-03-02', '+' || (k * 9000) || ' seconds') || '.000000' FROM counter, n "
                    "WHERE code LIKE 'Z%'"
                ),
                {
                    "round": round_.id,
                    "agency": agency.id,
                    "answers": varied(7, "45") + "." * len(round_.version.slots[16:]),
                },
            )
        with made.read() as session:
            assert round_results(session, "r1").responses == 100 * counters
            tracemalloc.start()
            assert flagged(session, "r1").flagged == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        made.dispose()
    assert peaks[1] < 1.5 * peaks[0], peaks


def test_an_empty_round_and_an_unknown_one(database):
    with database.write() as session:
        open_place(session)
    with database.read() as session:
        assert flagged(session, "r1").counts == dict.fromkeys(REASONS, 0)
        with pytest.raises(InputError):
            flagged(session, "nope")


def test_nothing_about_a_person_is_stored_for_this():
    columns = set(Response.__table__.columns.keys())
    assert not {name for name in columns if any(part in name for part in ("address", "agent", "device", "ip_", "flag"))}
