"""Content of a round's files: the results one reader may see, and the sheets of tables built from them.

Every number is taken as it is from `survey.results.compute` and `survey.results.comparisons`; here they are only
chosen, named and put in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import orm

from scoring import nonresponse
from scoring.compare import FAMILY_COLUMNS, TEST_COLUMNS
from scoring.table import COLUMNS
from survey.files.exports import labels
from survey.models import Agency, Service
from survey.questionnaires import OVERALL, Definition
from survey.questionnaires.definition import OVERALL_TITLE
from survey.results.as_csv import plain
from survey.results.bars import Bars, weighted_bars
from survey.results.comparisons import Changes, agency_ranks, changes_since_last_round
from survey.results.compute import RoundResults, round_results
from survey.results.frame_files import frame_table
from survey.results.frames import Frames, frames_for
from survey.results.headline import headline_for
from survey.results.rates import rate_table, rates_of
from survey.results.rates import rate_words as words_of_rate
from survey.results.target_table import target_table
from survey.structure.queries import names
from survey.web.messages import Pair
from survey.web.wording import FIGURE_STATUSES, FIGURE_WARNINGS, LEAGUES, Wording
from survey.web.wording import FRAMES as FRAME_WORDS

TABLES = ("results", "ranks", "changes")
"""The tables that leave as CSV, JSON and Parquet."""

CHANGE_COLUMNS = (
    *("agency", "service", "level", "key", "before", "now"),
    *(*TEST_COLUMNS, *FAMILY_COLUMNS, "p_holm", "p_bh", "warnings"),
)


@dataclass(frozen=True, eq=False)
class Content:
    """The results of a round as one reader may see them."""

    results: RoundResults
    #: rows of the results
    table: pd.DataFrame
    #: ranks among all agencies, rows of those the reader may see
    ranks: pd.DataFrame
    changes: pd.DataFrame
    #: the round the changes are since, with whether both asked comparable questions
    since: Changes | None
    agencies: Mapping[str, Agency]
    services: Mapping[str, Service]
    #: whether agencies are left out for this reader
    limited: bool
    #: weighted shares of the answers to each item
    bars: Bars
    #: late, on time, early, apologised, ways of filing: rows of `survey.results.rates.rate_table`
    rates: pd.DataFrame
    #: agency, hardened or calibrated index and its interval; None where the plain index is the headline
    headline: pd.DataFrame | None
    #: people chosen by chance beside those who chose to answer; None where nobody was, or all tell of small groups
    frames: Frames | None

    @property
    def definition(self) -> Definition:
        """The round's questionnaire."""
        return self.results.definition

    def frame(self, name: str) -> pd.DataFrame:
        """One of `TABLES`."""
        return {"results": self.table, "ranks": self.ranks, "changes": self.changes}[name]

    def agency_name(self, code: str) -> str:
        """An agency's Vietnamese name."""
        return labels.province() if not code else self.agencies[code].name if code in self.agencies else code

    def service_name(self, code: str) -> str:
        """A service's Vietnamese name."""
        return labels.all_services() if not code else self.services[code].name if code in self.services else code

    def label(self, level: str, key: str) -> str:
        """The Vietnamese title of an aspect or element, an item's statement."""
        return _titles(self.definition).get((level, key), labels.LEVELS.text(level))


def load_content(
    session: orm.Session, round_code: str, visible: frozenset[str] | None = None, *, passed_on: bool = False
) -> Content:
    """The content of a round's files, cut to the province and the `visible` agencies (None: everything).

    `passed_on`: papers that others than who asked for them read; of the headline's indices and of people chosen by
    chance they have what everyone may have.
    """
    results = round_results(session, round_code)
    since = changes_since_last_round(session, results)
    changed = since.table if since else pd.DataFrame(columns=list(CHANGE_COLUMNS))
    seen = None if visible is None else {"", *visible}
    return Content(
        results=results,
        table=nonresponse.with_limits(_cut(results.table, seen), results.rules.statistic),
        ranks=_cut(_ranks(results), seen),
        changes=_cut(changed, seen),
        since=since,
        agencies=names.agencies(session, on=results.round.opens_on),
        services=names.services(session, on=results.round.opens_on),
        limited=visible is not None,
        bars=weighted_bars(session, results),
        rates=_cut(rate_table(session, results, limited=visible is not None), seen),
        headline=_headline(session, results, seen, limited=passed_on or seen is not None),
        frames=frames_for(session, results, limited=passed_on or seen is not None, seen=seen),
    )


def _headline(
    session: orm.Session, results: RoundResults, seen: set[str] | None, *, limited: bool
) -> pd.DataFrame | None:
    """The indices of the headline that a reader may have, each with the plain one; None where that is the headline."""
    found = headline_for(session, results, limited=limited)
    if found is None:
        return None
    rows = [(code, one.index, one.lo, one.hi) for code, one in sorted(found.items())]
    table, plain_ = pd.DataFrame(rows, columns=["agency", "index", "lo", "hi"]), results.table
    whole = plain_[(plain_["service"] == "") & (plain_["level"] == "overall")].set_index("agency")["index"]
    return _cut(table.assign(plain=table["agency"].map(whole)), seen)


def _ranks(results: RoundResults) -> pd.DataFrame:
    """The ranks; the respondents of a hidden agency are missing, as they are in the results."""
    ranks, table = agency_ranks(results), results.table
    whole = table[(table["service"] == "") & (table["level"] == "overall")].set_index("agency")["n"]
    return ranks.assign(n=ranks["agency"].map(whole).astype("Int64"))


def _cut(table: pd.DataFrame, seen: set[str] | None) -> pd.DataFrame:
    return table if seen is None else table[table["agency"].isin(seen)].reset_index(drop=True)


def _titles(definition: Definition) -> dict[tuple[str, str], str]:
    titles = {("aspect", a.code): a.title.get("vi") for a in definition.aspects}
    titles |= dict.fromkeys([(level, OVERALL) for level in ("aspect", "element", "item")], OVERALL_TITLE.get("vi"))
    titles |= {("element", e.code): e.title.get("vi") for e in definition.elements}
    return titles | {("item", i.code): i.text.get("vi") for i in definition.items}


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet."""

    code: str
    title: Pair
    #: how a spreadsheet shows it: `text`, `whole`, `index` (one decimal), `signed`, `real`, `p` or `day`
    form: str = "text"
    width: int = 12


@dataclass(frozen=True)
class WorkbookSheet:
    """One table of a workbook; a row has one plain value a column, None where nothing exists."""

    code: str
    title: Pair
    columns: tuple[SheetColumn, ...]
    rows: Iterable[tuple[Any, ...]] = field(repr=False)
    #: columns that stay when one scrolls
    frozen: int = 0
    #: for the sheet of indices: league of each agency in words, in the order of leagues; empty: all are one
    leagues: Mapping[str, str] = field(default_factory=dict)

    def position(self, code: str) -> int:
        """Where a column stands."""
        return next(k for k, column in enumerate(self.columns) if column.code == code)


PLACE = (
    SheetColumn("agency", ("Mã cơ quan", "Agency code"), width=22),
    SheetColumn("agency_name", ("Cơ quan", "Agency"), width=38),
    SheetColumn("service", ("Mã lĩnh vực", "Service code"), width=20),
    SheetColumn("service_name", ("Lĩnh vực", "Service"), width=28),
    SheetColumn("level", ("Cấp", "Level"), width=10),
    SheetColumn("key", ("Mã", "Key"), width=20),
    SheetColumn("label", ("Nội dung", "What"), width=44),
)
COUNTS = (
    SheetColumn("n", ("Số người trả lời", "Respondents"), "whole"),
    SheetColumn("valid", ("Số câu trả lời hợp lệ", "Valid answers"), "whole"),
)
STATUS = (
    SheetColumn("status", ("Mã trạng thái", "Status code"), width=16),
    SheetColumn("status_words", ("Trạng thái", "Status"), width=44),
    SheetColumn("warnings", ("Mã lưu ý", "Warning codes"), width=16),
    SheetColumn("warnings_words", ("Lưu ý", "Warnings"), width=44),
)
FIGURE = (
    SheetColumn("index", ("Chỉ số (%)", "Index (%)"), "index"),
    SheetColumn("lo", ("Cận dưới (%)", "Interval from (%)"), "index"),
    SheetColumn("hi", ("Cận trên (%)", "Interval to (%)"), "index"),
    SheetColumn("se", ("Sai số chuẩn", "Standard error"), "real"),
    SheetColumn("df", ("Bậc tự do", "Degrees of freedom"), "whole"),
    SheetColumn("n_eff", ("Số câu trả lời hiệu dụng", "Effective answers"), "index"),
    SheetColumn("deff", ("Hệ số thiết kế", "Design effect"), "real"),
    SheetColumn("deff_plan", ("Hệ số dùng khi tính cỡ mẫu", "Planner's factor"), "real"),
    SheetColumn("coverage", ("Độ bao phủ (%)", "Coverage (%)"), "index"),
    SheetColumn("population", ("Số giao dịch", "Transactions"), "whole"),
    SheetColumn("interval", ("Phương pháp khoảng tin cậy", "Interval method"), width=14),
    SheetColumn(
        "bound_low", ("Xấu nhất nếu mọi người đều trả lời (%)", "Worst case, had everyone answered (%)"), "index"
    ),
    SheetColumn(
        "bound_high", ("Tốt nhất nếu mọi người đều trả lời (%)", "Best case, had everyone answered (%)"), "index"
    ),
    SheetColumn(
        "holds_down", ("Còn trong khoảng nếu người khác kém tới (điểm)", "Holds if others less by (points)"), "index"
    ),
    SheetColumn(
        "holds_up", ("Còn trong khoảng nếu người khác hơn tới (điểm)", "Holds if others more by (points)"), "index"
    ),
    *(
        SheetColumn(
            f"n_eff_bias{bias}",
            (
                f"Bằng bao nhiêu người chọn ngẫu nhiên nếu lệch {bias} điểm",
                f"People at random, were it {bias} points off",
            ),
            "index",
        )
        for bias in nonresponse.BIASES
    ),
)
ANSWERS = tuple(
    SheetColumn(f"c{k}", (f"{vi} ({k})", f"{en} ({k})"), "whole", 14)
    for k, (vi, en) in enumerate(
        (
            ("Rất không hài lòng", "Very dissatisfied"),
            ("Không hài lòng", "Dissatisfied"),
            ("Bình thường", "Neutral"),
            ("Hài lòng", "Satisfied"),
            ("Rất hài lòng", "Very satisfied"),
        ),
        1,
    )
)
RANKS = (
    *PLACE[:2],
    SheetColumn("league", ("Nhóm cơ quan", "League"), width=26),
    SheetColumn("value", ("Chỉ số (%)", "Index (%)"), "index"),
    SheetColumn("n", ("Số người trả lời", "Respondents"), "whole"),
    SheetColumn("rank", ("Thứ hạng ước lượng", "Estimated rank"), "whole"),
    SheetColumn("low", ("Hạng tốt nhất có thể", "Best rank the data allow"), "whole"),
    SheetColumn("high", ("Hạng thấp nhất có thể", "Worst rank the data allow"), "whole"),
    SheetColumn("own_low", ("Hạng tốt nhất (xét riêng)", "Best rank, by itself"), "whole"),
    SheetColumn("own_high", ("Hạng thấp nhất (xét riêng)", "Worst rank, by itself"), "whole"),
    SheetColumn("group", ("Nhóm không phân biệt được", "Group that cannot be told apart"), width=14),
    *STATUS[:2],
)
RATES = (
    *PLACE[:2],
    SheetColumn("key", ("Mã", "Key"), width=20),
    SheetColumn("rate", ("Tỷ lệ", "Rate"), width=44),
    COUNTS[0],
    SheetColumn("index", ("Tỷ lệ (%)", "Rate (%)"), "index"),
    *FIGURE[1:4],
    *STATUS,
)
CHANGES = (
    *PLACE,
    SheetColumn("before", ("Đợt trước (%)", "Before (%)"), "index"),
    SheetColumn("now", ("Đợt này (%)", "Now (%)"), "index"),
    SheetColumn("diff", ("Thay đổi (điểm %)", "Change (points)"), "signed"),
    SheetColumn("lo", ("Thay đổi, cận dưới", "Change from"), "signed"),
    SheetColumn("hi", ("Thay đổi, cận trên", "Change to"), "signed"),
    SheetColumn("se", ("Sai số chuẩn", "Standard error"), "real"),
    SheetColumn("df", ("Bậc tự do", "Degrees of freedom"), "index"),
    SheetColumn("t", ("Thống kê t", "t statistic"), "real"),
    SheetColumn("p", ("Giá trị p", "p-value"), "p"),
    SheetColumn("verdict", ("Kết luận", "Verdict"), width=14),
    SheetColumn("lo_family", ("Cận dưới cùng kết luận", "Change from, with the verdict"), "signed"),
    SheetColumn("hi_family", ("Cận trên cùng kết luận", "Change to, with the verdict"), "signed"),
    SheetColumn("p_family", ("p của cả nhóm kiểm định", "p within its family"), "p"),
    SheetColumn("tests", ("Số kiểm định trong nhóm", "Tests in the family"), "whole"),
    SheetColumn("family", ("Nhóm kiểm định", "Family of tests"), width=30),
    SheetColumn("p_holm", ("p điều chỉnh Holm", "p adjusted (Holm)"), "p"),
    SheetColumn("p_bh", ("p điều chỉnh Benjamini-Hochberg", "p adjusted (Benjamini-Hochberg)"), "p"),
    *STATUS,
)
HEADLINES: Mapping[str, Pair] = {
    "hardened": ("Chỉ số gia cố", "Hardened"),
    "calibrated": ("Chỉ số cân chỉnh", "Calibrated"),
}
"""What the sheet of a headline that is not the plain index is called."""
FRAMES = (
    *PLACE[:2],
    SheetColumn("frame", ("Mã nguồn phiếu", "Frame code"), width=14),
    SheetColumn("frame_words", ("Ai trả lời", "Who answered"), width=40),
    COUNTS[0],
    *FIGURE[:3],
    SheetColumn("difference", ("Tự trả lời trừ nguồn này (điểm)", "Wall less this frame (points)"), "signed"),
    SheetColumn("difference_lo", ("Chênh lệch, cận dưới", "Difference from"), "signed"),
    SheetColumn("difference_hi", ("Chênh lệch, cận trên", "Difference to"), "signed"),
    SheetColumn("p", ("p điều chỉnh Holm", "p adjusted (Holm)"), "p"),
    SheetColumn("seen_from", ("Thấy được từ (điểm)", "Seen from (points)"), "index"),
)
TARGETS = (
    *PLACE[:2],
    *PLACE[4:],
    SheetColumn("target", ("Chỉ tiêu (%)", "Target (%)"), "index"),
    *FIGURE[:3],
    SheetColumn("n", ("Số người trả lời", "Respondents"), "whole"),
    SheetColumn("verdict", ("Mã kết luận", "Verdict code"), width=16),
    SheetColumn("verdict_words", ("Kết luận", "Verdict"), width=24),
    SheetColumn("more", ("Cần thêm số phiếu", "Further responses that would tell"), "whole"),
)
FACTS = (
    SheetColumn("code", ("Mã", "Code"), width=26),
    SheetColumn("what", ("Mục", "What"), width=52),
    SheetColumn("value", ("Giá trị", "Value"), "real", 22),
    SheetColumn("note", ("Ghi chú", "Note"), width=80),
)


def figure_sheets(content: Content) -> list[WorkbookSheet]:
    """The sheets of figures: Indices, Elements, Items, Distribution, Ranks, Change; Targets where any are set."""
    table = content.table
    level = table["level"]
    figures = (*PLACE, *COUNTS, *FIGURE, *STATUS)
    counted = (*PLACE, *COUNTS, *ANSWERS, *STATUS[:2])
    parts = (
        ("indices", ("Chỉ số", "Indices"), figures, table[level.isin(["overall", "aspect"])]),
        ("elements", ("Yếu tố", "Elements"), figures, table[level == "element"]),
        ("items", ("Câu hỏi", "Items"), figures, table[level == "item"]),
        ("distribution", ("Phân bố", "Distribution"), counted, table),
    )
    leagues = dict(zip(content.ranks["agency"], map(LEAGUES.text, content.ranks["league"]), strict=True))
    sheets = [
        WorkbookSheet(code, title, columns, _rows(content, part, columns, FIGURE_STATUSES), 2, leagues)
        for code, title, columns, part in parts
    ]
    ranks = _rows(content, content.ranks, RANKS, labels.RANK_STATUSES)
    moved = _rows(content, content.changes, CHANGES, labels.CHANGE_STATUSES)
    judged = _rows(content, target_table(content.results, table), TARGETS, FIGURE_STATUSES)
    targets = [WorkbookSheet("targets", ("Chỉ tiêu", "Targets"), TARGETS, judged, frozen=2)] if judged else []
    if content.headline is not None:
        targets.append(_headline_sheet(content, content.headline))
    if content.frames is not None:
        rows = _rows(content, frame_table(content.frames), FRAMES, FIGURE_STATUSES)
        targets.append(WorkbookSheet("frames", ("Ngẫu nhiên và tự trả lời", "Frames"), FRAMES, rows, frozen=2))
    return [
        *sheets,
        WorkbookSheet("ranks", ("Xếp hạng", "Ranks"), RANKS, ranks, frozen=2),
        WorkbookSheet("changes", ("Thay đổi", "Change"), CHANGES, moved, frozen=2),
        WorkbookSheet("rates", ("Tỷ lệ", "Rates"), RATES, _rows(content, content.rates, RATES, FIGURE_STATUSES), 2),
        *targets,
    ]


def _headline_sheet(content: Content, table: pd.DataFrame) -> WorkbookSheet:
    """The headline of the round beside the plain index."""
    code = content.results.rules.headline
    vi, en = HEADLINES[code]
    columns = (
        *PLACE[:2],
        SheetColumn("plain", ("Chỉ số thường (%)", "Plain index (%)"), "index"),
        SheetColumn("index", (f"{vi} (%)", f"{en} index (%)"), "index"),
        *FIGURE[1:3],
    )
    return WorkbookSheet(code, (vi, en), columns, _rows(content, table, columns, FIGURE_STATUSES), frozen=2)


def rate_words(definition: Definition) -> dict[str, str]:
    """The Vietnamese words of each rate by its key: the answer, as the form has it, after its question where needed."""
    return {rate.key: " ".join(filter(None, words_of_rate(definition, rate, "vi"))) for rate in rates_of(definition)}


def _rows(
    content: Content, table: pd.DataFrame, columns: Iterable[SheetColumn], status: Wording
) -> list[tuple[Any, ...]]:
    """The rows of a table with the names and words that go with its codes."""
    by_code: dict[str, Callable[[dict[str, Any]], str]] = {
        "agency_name": lambda row: content.agency_name(row["agency"]),
        "service_name": lambda row: content.service_name(row["service"]),
        "league": lambda row: LEAGUES.text(row["league"]) if row["league"] else "",
        "level": lambda row: labels.LEVELS.text(row["level"]),
        "label": lambda row: content.label(row["level"], row["key"]),
        "frame_words": lambda row: FRAME_WORDS.text(row["frame"]),
        "rate": lambda row: rate_words(content.definition).get(row["key"], row["key"]),
        "verdict_words": lambda row: labels.TARGET_VERDICTS.text(row["verdict"]),
        "status_words": lambda row: labels.phrase(status, row["status"]),
        "warnings_words": lambda row: labels.phrase_list(FIGURE_WARNINGS, row["warnings"]),
    }
    names_of = [str(name) for name in table.columns]
    rows = []
    for values in table.itertuples(index=False, name=None):
        row = dict(zip(names_of, values, strict=True))
        row = {name: plain(value) for name, value in row.items()}
        rows.append(tuple(by_code[c.code](row) if c.code in by_code else row.get(c.code) for c in columns))
    return rows


def column_meanings() -> dict[str, dict[str, str]]:
    """The English meaning of every column of `TABLES`, for the data dictionary."""
    ranks = {column.code: column.title[1] for column in RANKS if column.code not in ("agency_name", "status_words")}
    changes = {column.code: column.title[1] for column in CHANGES if column.code in CHANGE_COLUMNS}
    return {"results": dict((*COLUMNS, *nonresponse.COLUMNS)), "ranks": ranks, "changes": changes}
