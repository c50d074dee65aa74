"""Reports read back from their PDF: every number as the one path has it, at the rounding that is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from app import create_app
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.demo.operations.load_demo import Demo
from survey.files.reports.agency import render_agency
from survey.files.reports.context import ReportContext
from survey.files.reports.document import shortened
from survey.files.reports.load import agencies_with_report, agency_context, province_context, round_context
from survey.files.reports.province import render_province
from survey.models import Agency, Comment, CommentState, Installation, Response, Round, Target
from survey.results.breakdowns import breakdown, dimensions, group_sizes
from survey.results.comparisons import agency_ranks, changes_since_last_round
from survey.results.compute import RoundResults, round_results
from survey.results.diagnosis import diagnosis, gaps
from survey.results.doubtful_responses import flagged
from tests.support.evaluation import accounts, close_rounds, publish_scored, scored_round, sign_in
from tests.support.jobs import ask, make_file

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
ROUND = "2026"
AGENCIES = ("so-y-te", "so-noi-vu", "xa-nam-xanh", "phuong-doi-che")
MM = 72 / 25.4


@pytest.fixture(scope="module")
def demonstration(
    tmp_path_factory: pytest.TempPathFactory, demonstration_copy: Callable[[Path], Demo]
) -> Iterator[Flask]:
    """The demonstration province."""
    instance = tmp_path_factory.mktemp("demo")
    demonstration_copy(instance)
    app = create_app(Settings(instance_dir=instance, secret_key="k" * 40))
    yield app
    app.extensions["database"].dispose()


def shown(value: float, decimals: int = 1) -> str:
    """Round half up and write as Vietnamese does, by means of its own."""
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
    whole, _, rest = f"{abs(exact):.{decimals}f}".partition(".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", ".", whole)
    return ("-" if exact < 0 else "") + grouped + ("," + rest if rest else "")


def signed(value: float) -> str:
    written = shown(value)
    return written.replace("-", "−") if written.startswith("-") else written if written == "0,0" else f"+{written}"


SURELY = {"strength": " hơn", "weakness": " kém"}


def contrasted(index: float, gap: Any) -> str:
    """Return an index with how it stands against the other agencies, as the table of elements has it."""
    word = ("hơn " if gap["gap"] > 0 else "kém ") if gap["verdict"] != "same" else ""
    return f"{shown(index)} {word}{signed(gap['gap'])}"


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, white space as single spaces."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def with_interval(row: Any) -> str:
    return f"{shown(row['index'])} ({shown(row['lo'])}–{shown(row['hi'])})"


def rows_of(results: RoundResults, agency: str, level: str) -> pd.DataFrame:
    table = results.table
    return table[(table["agency"] == agency) & (table["service"] == "") & (table["level"] == level)].set_index("key")


def test_an_agency_s_numbers(demonstration: Flask) -> None:
    """Index, rank range, elements, change, findings and respondents of four agencies."""
    with demonstration.extensions["database"].read() as session:
        results = round_results(session, ROUND)
        shared = round_context(session, ROUND)
        ranks = agency_ranks(results).set_index("agency")
        since = changes_since_last_round(session, results, ("",))
        assert since is not None
        moved = since.table[since.table["level"].isin(["overall", "element"])].set_index(["agency", "level", "key"])
        statement = {item.code: item.text.get("vi") for item in results.definition.items}
        for code in AGENCIES:
            text = text_of(render_agency(agency_context(session, shared, code)))
            overall, province = rows_of(results, code, "overall").loc["all"], rows_of(results, "", "overall").loc["all"]
            low, high = int(ranks.loc[code, "low"]), int(ranks.loc[code, "high"])
            assert f"Chỉ số hài lòng chung là {shown(overall['index'])} %" in text
            assert f"khoảng {shown(overall['index'], 0)} câu" in text
            assert f"từ hạng {low} đến hạng {high};" in text
            rate = 100 * overall["n"] / overall["population"]
            assert (
                f"Có {shown(overall['n'], 0)} phiếu được tính trên {shown(overall['population'], 0)} giao dịch: "
                f"tỷ lệ trả lời {shown(rate)} %"
            ) in text
            titles = {e.code: e.title.get("vi") for e in results.definition.elements}
            own, whole = rows_of(results, code, "element"), rows_of(results, "", "element")
            for title, here, there, place in (
                ("Chung", overall, province, ("overall", "all")),
                *((titles[key], own.loc[key], whole.loc[key], ("element", key)) for key in titles),
            ):
                change = moved.loc[(code, *place)]
                told = f"{signed(change['diff'])} ({signed(change['lo_family'])}; {signed(change['hi_family'])})"
                assert f"{title} {with_interval(here)} {shown(there['index'])} {told}" in text
            found = diagnosis(session, results, code)
            assert found is not None
            items = rows_of(results, code, "item")
            worse, better = found[found["verdict"] == "weakness"], found[found["verdict"] == "strength"]
            ordered = found.sort_values("index", kind="stable")
            lowest, highest = (ordered[ordered["verdict"] != one] for one in ("strength", "weakness"))
            for row in [
                *(worse[:3] if len(worse) else lowest[:3]).to_dict("records"),
                *(better[:3] if len(better) else highest[-3:]).to_dict("records"),
            ]:
                told = f"{shown(row['rest'])} {signed(row['gap'])} {shown(row['dissatisfied'], 0)}/{shown(row['n'], 0)}"
                assert f"{statement[row['key']]} {with_interval(items.loc[row['key']])} {told} người" in text


def test_the_province_s_numbers(demonstration: Flask) -> None:
    """Every agency with index, ranks, change and elements; every item's answers; every group."""
    with demonstration.extensions["database"].read() as session:
        results = round_results(session, ROUND)
        context = province_context(session, round_context(session, ROUND))
        text = text_of(render_province(context))
        ranks = agency_ranks(results).set_index("agency")
        since = changes_since_last_round(session, results, ("",))
        assert since is not None
        moved = since.table[since.table["level"] == "overall"].set_index("agency")
        against = gaps(session, results).set_index(["agency", "level", "key"])
        names = {a.code: a.name for a in session.scalars(sa.select(Agency))}
        assert len(ranks) == 24
        for code in ranks.index:
            row, name = rows_of(results, code, "overall").loc["all"], names[code]
            low, high = int(ranks.loc[code, "low"]), int(ranks.loc[code, "high"])
            rate = shown(100 * row["n"] / row["population"])
            assert f"{name} {with_interval(row)} {low}–{high} {shown(row['n'], 0)} {rate} %" in text
            change = moved.loc[code]
            told = f"{signed(change['diff'])} (từ {signed(change['lo_family'])} đến {signed(change['hi_family'])})"
            assert f"{name} {shown(change['before'])} {shown(row['index'])} {told}" in text
            elements = rows_of(results, code, "element").loc[[e.code for e in results.definition.elements]]
            across = [("overall", "all"), *(("element", key) for key in elements.index)]
            apart = [against.loc[(code, *place)] for place in across]
            values = [row["index"], *elements["index"]]
            assert " ".join([name, *map(contrasted, values, apart)]) in text
            found = diagnosis(session, results, code)
            assert found is not None
            gaps_of = found.set_index("key").loc[[item.code for item in results.definition.items]]
            told = " ".join(signed(r["gap"]) + SURELY.get(r["verdict"], "") for r in gaps_of.to_dict("records"))
            assert f"{name} {told}" in text
        for earlier in (round_results(session, "2025"), results):
            row = rows_of(earlier, "", "overall").loc["all"]
            assert f"{earlier.round.name} {with_interval(row)} {shown(row['n'], 0)}" in text
        items = rows_of(results, "", "item")
        for number, item in enumerate(results.definition.items, 1):
            row = items.loc[item.code]
            weighted = context.bars.shares["", "", item.code]
            assert sum(weighted[3:]) == pytest.approx(row["index"], abs=1e-9)
            shares = " · ".join(f"{k}: {shown(share)}" for k, share in enumerate(weighted, 1))
            assert f"{number}. {item.text.get('vi')}" in text
            assert f"{shares} {shown(row['index'])} {shown(row['valid'], 0)}" in text
        for dimension in dimensions(results.definition):
            if dimension.code != "quay":
                found = breakdown(session, results, dimension, "")
                whole = found[(found["level"] == "overall") & (found["group"] != "")]
                for row in whole.to_dict("records"):
                    assert f"{shown(row['n'], 0)} {with_interval(row)}" in text
        ordered = sorted(results.definition.items, key=lambda item: items.loc[item.code]["index"])
        for item in (*ordered[:3], *ordered[-3:]):
            row = items.loc[item.code]
            some, every = row["c1"] + row["c2"], sum(row[f"c{k}"] for k in range(1, 6))
            told = f"{item.text.get('vi')} {with_interval(row)} {shown(some, 0)}/{shown(every, 0)} người"
            assert told in text


def test_the_province_s_index_without_doubtful_responses(demonstration: Flask) -> None:
    """Of the province and of every agency with flagged responses, as the flags themselves have it."""
    with demonstration.extensions["database"].read() as session:
        text = text_of(render_province(province_context(session, round_context(session, ROUND))))
        flags = flagged(session, ROUND)
        names = {a.code: a.name for a in session.scalars(sa.select(Agency))}
    rows = flags.change[flags.change["level"] == "overall"].set_index("agency")
    whole = rows.loc[""]
    assert (
        f"Trong {shown(flags.responses, 0)} phiếu đã xem, có {shown(flags.flagged, 0)} phiếu cần xem lại. Chỉ số toàn "
        f"tỉnh khi có các phiếu này: {shown(whole['index'])}; khi không có: {shown(whole['index_left'])} "
        f"({signed(whole['change'])} điểm)."
    ) in text
    assert 0 < flags.flagged < flags.responses
    touched = rows[(rows["n_left"] < rows["n"]) & (rows.index != "")]
    assert len(touched) > 2
    for code, row in touched.iterrows():
        indices = f"{shown(row['index'])} {shown(row['index_left'])} {signed(row['change'])}"
        assert f"{names[code]} {shown(row['n'], 0)} {shown(row['n_left'], 0)} {indices}" in text


def test_group_sizes_are_those_of_the_breakdown(demonstration: Flask) -> None:
    with demonstration.extensions["database"].read() as session:
        results = round_results(session, ROUND)
        text = text_of(render_agency(agency_context(session, round_context(session, ROUND), "so-y-te")))
        for dimension in dimensions(results.definition):
            if dimension.code == "quay":
                continue
            for agency in ("", "so-y-te"):
                table = breakdown(session, results, dimension, agency)
                rows = table[(table["level"] == "overall") & (table["group"] != "")]
                expected = {
                    row["group"]: None if pd.isna(row["n"]) else int(row["n"]) for row in rows.to_dict("records")
                }
                assert group_sizes(session, results, dimension, agency) == expected
            assert all(f" {n}" in text for n in expected.values() if n is not None)


LEFT = {"so-van-hoa-the-thao-du-lich": 3, "so-noi-vu": 8, "so-tu-phap": 12, "so-tai-chinh": 25}


@pytest.fixture
def few_left(demonstration: Flask) -> Iterator[Database]:
    """The same province with so few responses left of three agencies that one is hidden and another is thin."""
    database: Database = demonstration.extensions["database"]
    taken: list[int] = []
    with database.write() as session:
        round_id = session.scalars(sa.select(Round.id).where(Round.code == ROUND)).one()
        for code, left in LEFT.items():
            of = sa.select(Response.id).join(Agency, Agency.id == Response.deciding_agency_id)
            of = of.where(Agency.code == code, Response.round_id == round_id, Response.excluded.is_(None))
            taken += list(session.scalars(of.order_by(Response.id)))[left:]
        session.execute(sa.update(Response).where(Response.id.in_(taken)).values(excluded="flagged"))
    yield database
    with database.write() as session:
        session.execute(sa.update(Response).where(Response.id.in_(taken)).values(excluded=None))


@pytest.mark.slow(reason="draws reports of a whole province")
def test_thin_and_hidden_agencies(few_left: Database) -> None:
    with few_left.read() as session:
        shared = round_context(session, ROUND)
        results = round_results(session, ROUND)
        assert agencies_with_report(shared) == tuple(sorted(set(results.table["agency"]) - {""}))
        hidden = agency_context(session, shared, "so-van-hoa-the-thao-du-lich")
        assert hidden.overall.n is None
        text = text_of(render_agency(hidden))
        assert "Không nêu chỉ số hài lòng của cơ quan. Ẩn để bảo vệ người trả lời" in text
        assert f"Chung – {shown(rows_of(results, '', 'overall').loc['all', 'index'])}" in text
        assert "Không nêu số người trả lời" in text
        assert "Không nêu ý kiến" in text  # what few people said might tell who they are
        for other in ("so-noi-vu", "so-tu-phap"):  # or subtraction would tell of the first
            assert agency_context(session, shared, other).overall.n is None
        thin = text_of(render_agency(agency_context(session, shared, "so-tai-chinh")))
        row = rows_of(results, "so-tai-chinh", "overall").loc["all"]
        assert pd.isna(row["lo"])
        assert f"là {shown(row['index'])} %, không có khoảng tin cậy. Quá ít người trả lời" in thin
        assert "Cơ quan chưa được xếp hạng vì quá ít người trả lời." in thin
        assert "Số màu xám và dấu “–”: quá ít người trả lời" in thin
        province = text_of(render_province(province_context(session, shared)))
        assert "Sở Văn hóa, Thể thao và Du lịch – – – –" in province
        assert f"Sở Tài chính {shown(row['index'])} – {row['n']}" in province
        # a number that follows the name is its target, which is nobody's answer; nothing is said of how far it is
        told = re.findall(r"Thể thao và Du lịch[ –()+−]+\d+,\d.{24}", province)
        assert [line for line in told if not line.startswith("Thể thao và Du lịch 80,0 – chưa")] == []


@pytest.fixture(scope="module")
def reports(demonstration: Flask) -> list[PdfReader]:
    """A report on the province and one on an agency."""
    with demonstration.extensions["database"].read() as session:
        shared = round_context(session, ROUND)
        made = [
            render_province(province_context(session, shared)),
            render_agency(agency_context(session, shared, "so-y-te")),
        ]
    return [PdfReader(BytesIO(pdf)) for pdf in made]


def test_the_document(reports: list[PdfReader]) -> None:
    """Title, language, bookmarks, fonts, A4, numbered pages and tables, head and places to sign, no name."""
    for reader in reports:
        assert reader.trailer["/Root"]["/Lang"] == "vi"
        assert reader.metadata is not None
        assert str(reader.metadata.title).startswith("Báo cáo kết quả khảo sát sự hài lòng - ")
        titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
        assert titles[0] == "BÁO CÁO"
        assert titles[1] == "1. Kết quả chung"
        assert titles[-1].endswith("Phương pháp và giới hạn")
        pages = [page.extract_text() for page in reader.pages]
        places = [reader.get_destination_page_number(e) for e in reader.outline if not isinstance(e, list)]
        assert places == sorted(places)
        assert places[-1] == len(pages) - 1
        for number, text in enumerate(pages, 1):
            assert f"Trang {number}/{len(pages)}" in text
            assert "Dữ liệu minh họa" in text
            assert unicodedata.is_normalized("NFC", text)
        whole = " ".join(" ".join(pages).split())
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc" in whole
        assert "Minh Họa, ngày ..... tháng ..... năm ........." in whole
        assert "ỦY BAN NHÂN DÂN TỈNH MINH HỌA" in whole
        assert re.search(r"\(Ký, ghi rõ họ tên\) \(Ký, đóng dấu, ghi rõ họ tên\)$", whole)  # nobody signs beneath
        tables = [int(n) for n in re.findall(r"Bảng (\d+)\.", whole)]
        assert tables == list(range(1, len(tables) + 1))
        for page in reader.pages:
            assert [round(float(v) / MM) for v in page.mediabox[2:]] == [210, 297]
            for font in page["/Resources"]["/Font"].values():
                described = font.get_object()
                assert re.fullmatch(r"/[A-Z]{6}\+BeVietnamPro-\w+", described["/BaseFont"])
                assert "/FontFile2" in described["/FontDescriptor"]
    assert len(reports[1].pages) == 2
    assert "CHỦ TỊCH" in reports[0].pages[-1].extract_text()


def test_nothing_leaves_the_margins(reports: list[PdfReader]) -> None:
    """All text of the frame lies within 25 mm of the edges; the foot and the notice stand outside by intent."""
    for reader in reports:
        for page in reader.pages:
            found: list[tuple[float, float, str]] = []

            def visit(text: str, cm: list[float], tm: list[float], _font: Any, _size: float, into: Any = found) -> None:
                if text.strip():
                    x = tm[4] * cm[0] + cm[4]
                    into.append((x, tm[5] * cm[3] + cm[5], text))

            page.extract_text(visitor_text=visit)
            assert len(found) > 5
            assert all(25 * MM - 1 <= x <= 185 * MM for x, _, _ in found)


def test_a_long_name_and_long_comments_fit_two_pages(demonstration: Flask) -> None:
    with demonstration.extensions["database"].read() as session:
        context = agency_context(session, round_context(session, ROUND), "so-y-te")
        name = ("Ban Quản lý dự án đầu tư xây dựng các công trình giao thông và nông nghiệp nông thôn " * 3)[
            :200
        ].strip()
        long: ReportContext = replace(
            context,
            name=name,
            above=name,
            quotes=tuple(("Ý kiến rất dài của người dân. " * 60, name) for _ in range(5)),
        )
        made = render_agency(long)
    assert len(PdfReader(BytesIO(made)).pages) == 2
    assert name.split()[-1].upper() in text_of(made)


def test_the_same_context_gives_the_same_bytes(demonstration: Flask) -> None:
    with demonstration.extensions["database"].read() as session:
        context = agency_context(session, round_context(session, ROUND), "so-y-te")
        assert render_agency(context) == render_agency(context)


def test_the_foot_is_shortened_at_a_word() -> None:
    long = "một hai ba bốn năm sáu bảy tám chín mười"
    cut = shortened(long, 60)
    assert cut.endswith(" …")
    assert long.startswith(cut.removesuffix(" …"))
    assert shortened(long, 1000) == long


def test_an_edition_is_named_with_its_hash_and_whether_it_still_holds(database: Database) -> None:
    """Published figures carry the hash; when the answers change afterwards, the report says so."""
    with database.write() as session:
        scored_round(session)
        session.add(Installation(id=1, is_demo=False, created_at=NOW))
        session.flush()
        assert "chưa được công bố" in text_of(
            render_agency(agency_context(session, round_context(session, "r1"), "so-tu-phap"))
        )
        publish_scored(session)
    with database.read() as session:
        shared = round_context(session, "r1")
        assert shared.edition is not None
        text = text_of(render_agency(agency_context(session, shared, "so-tu-phap")))
        assert shared.edition.results_hash in text
        assert "ngày 01/03/2026, lần 1" in text
        assert "trùng khớp với bản đã công bố" in text
        assert "Dữ liệu minh họa" not in text
        other = replace(shared, edition=replace(shared.edition, same=False))
        assert "KHÁC bản đã công bố" in text_of(render_province(province_context(session, other)))


def test_only_reviewed_comments_are_quoted_as_their_reviewer_left_them(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_id = session.scalars(sa.select(Round.id)).one()
        agency = {a.code: a.id for a in session.scalars(sa.select(Agency))}
        for code, text, state, masked in (
            ("so-tu-phap", "Gọi 0912345678 để hỏi", CommentState.SHOWN, "Gọi [số điện thoại] để hỏi"),
            ("so-tu-phap", "Chưa ai đọc", CommentState.NEW, None),
            ("so-tu-phap", "Không cho xem", CommentState.HIDDEN, None),
            ("so-dat-dai", "<b>Chữ đậm & dấu", CommentState.SHOWN, "<b>Chữ đậm & dấu"),
        ):
            session.add(
                Comment(
                    round_id=round_id,
                    agency_id=agency[code],
                    text=text,
                    received_week=NOW.date(),
                    state=state,
                    masked=masked,
                )
            )
        session.flush()
        shared = round_context(session, "r1")
        own = text_of(render_agency(agency_context(session, shared, "so-tu-phap")))
        assert "“Gọi [số điện thoại] để hỏi”" in own
        assert not any(hidden in own for hidden in ("0912345678", "Chưa ai đọc", "Không cho xem", "Chữ đậm"))
        whole = text_of(render_province(province_context(session, shared)))
        assert "“<b>Chữ đậm & dấu”" in whole
        assert "0912345678" not in whole


def test_targets_are_judged_in_both_reports(database: Database) -> None:
    """Satisfied are 45 of 60 (75.0: 77 lies in its interval, 40 far below) and 20 of 40 (50.0, far below 95)."""
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_id = session.scalars(sa.select(Round.id)).one()
        agency = {a.code: a.id for a in session.scalars(sa.select(Agency))}
        for code, element, value in (
            ("so-tu-phap", "", 77.0),
            ("so-tu-phap", "access", 40.0),
            ("so-dat-dai", "", 95.0),
            ("trung-tam", "", 50.0),
        ):
            session.add(Target(round_id=round_id, agency_id=agency[code], element=element, value=value))
        session.flush()
        shared = round_context(session, "r1")
        title = shared.element_title("access")
        judged = {one.element: one for one in shared.targets("so-tu-phap")}
        more = judged[""].judgement.more
        assert (judged[""].judgement.verdict, more is not None) == ("cannot_tell", True)
        own = text_of(render_agency(agency_context(session, shared, "so-tu-phap")))
        assert f"Chưa nói được đã đạt chỉ tiêu 77,0 hay chưa: cần thêm khoảng {more} phiếu thì nói được" in own
        assert f"Chỉ tiêu theo yếu tố: {title} 40,0 (đạt)" in own
        whole = text_of(render_province(province_context(session, shared)))
        assert "Chỉ tiêu và mức đạt" in whole
        assert "95,0 50,0" in whole
        assert whole.count("chưa đạt") >= 1


def test_unknown_places_are_refused(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
    with database.read() as session:
        shared = round_context(session, "r1")
        assert agencies_with_report(shared) == ("so-dat-dai", "so-tu-phap", "trung-tam")
        for code in ("nowhere", ""):
            with pytest.raises(InputError, match="has no figures of agency"):
                agency_context(session, shared, code)
        with pytest.raises(InputError):
            round_context(session, "nowhere")


def test_the_command_writes_all_reports_with_one_reading(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
    from survey.files.reports import load

    read = []
    original: Callable[..., Any] = load.round_context
    monkeypatch.setattr(load, "round_context", lambda *given: read.append(given) or original(*given))
    runner = app.test_cli_runner()
    done = runner.invoke(args=["report", "--round", "r1", "--all", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert len(read) == 1
    names = ("so-dat-dai", "so-tu-phap", "toan-tinh", "trung-tam")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"sipas-r1-bao-cao-{name}.pdf" for name in names
    ]
    refused = runner.invoke(args=["report", "--round", "r1", "--out", str(tmp_path)])
    assert refused.exit_code == 2
    assert "--province, --agency CODE, or --all" in refused.output
    unknown = runner.invoke(args=["report", "--round", "r1", "--agency", "x", "--out", str(tmp_path)])
    assert unknown.exit_code == 2


def test_who_gets_which_report(app: Flask) -> None:
    """A head of an agency gets that agency's report and no other; the province's is for evaluators."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    close_rounds(app)
    base = "/danh-gia/r1/tai-ve"
    for user, replies in (("manager", (200, 404, 403)), ("evaluator", (200, 200, 200))):
        client = app.test_client()
        sign_in(client, user)
        addresses = ("bao-cao/so-tu-phap.pdf", "bao-cao/so-dat-dai.pdf", "bao-cao-toan-tinh.pdf")
        answers = [make_file(app, client, f"{base}/{address}") for address in addresses]
        assert tuple(answer.status_code for answer in answers) == replies
        assert answers[0].mimetype == "application/pdf"
        assert answers[0].data.startswith(b"%PDF")
        page = client.get(base).get_data(as_text=True)
        assert "bao-cao/so-tu-phap.pdf" in page
        assert ("bao-cao/so-dat-dai.pdf" in page) == ("bao-cao-toan-tinh.pdf" in page) == (user == "evaluator")
        assert ask(client, f"{base}/bao-cao/nowhere.pdf").status_code == 404
        assert ask(client, "/danh-gia/nowhere/tai-ve/bao-cao/so-tu-phap.pdf").status_code == 404
        assert (
            "tai-ve?co-quan=so-tu-phap#reports" in client.get("/danh-gia/r1/co-quan/so-tu-phap").get_data(as_text=True)
        ) is True
