"""Metadata sheets: how the round was answered (Quality), how its figures were computed (Method)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scoring import nonresponse
from scoring.table import COLUMNS
from survey import __version__
from survey.files.exports import labels
from survey.files.exports.content import CHANGES, FACTS, FIGURE, PLACE, RANKS, Content, WorkbookSheet
from survey.results.as_csv import plain
from survey.web.messages import bilingual
from survey.web.wording import CHANNELS, EXCLUSIONS, FIGURE_STATUSES, FIGURE_WARNINGS

Row = tuple[Any, ...]


def quality_sheet(content: Content) -> WorkbookSheet:
    """The sheet Quality: what must be known of the responses behind the figures."""
    results = content.results
    whole = content.table[(content.table["agency"] == "") & (content.table["level"] == "overall")]
    whole = whole[whole["service"] == ""]
    rows: list[Row] = [
        ("responses", "Số phiếu được tính", results.responses, "Responses counted"),
        ("transactions", "Số giao dịch đã biết", results.transactions, "Transactions N, as far as they are known"),
        ("response_rate", "Tỷ lệ phản hồi (%)", plain(results.response_rate), "Responses in percent of transactions"),
    ]
    for name, title in (
        ("coverage", ("Độ bao phủ (%)", "Percent of the transactions in strata with responses")),
        ("n_eff", ("Số câu trả lời hiệu dụng", "Effective answers")),
        ("deff", ("Hệ số thiết kế", "Design effect")),
    ):
        rows += [(name, title[0], plain(value), title[1]) for value in whole[name]]
    for code, count in results.channels.items():
        vi, en = CHANNELS.pair(code)
        rows.append((f"channel:{code}", f"Phiếu theo kênh: {vi}", count, f"Responses by channel: {en}"))
    for code, count in results.excluded.items():
        vi, en = EXCLUSIONS.pair(code)
        rows.append((f"excluded:{code}", f"Phiếu không được tính: {vi}", count, f"Not counted: {en}"))
    for status, count in content.table["status"].value_counts().sort_index().items():
        vi, en = labels.phrases(FIGURE_STATUSES, str(status))
        rows.append((f"status:{status}", f"Số dòng số liệu: {vi}", int(count), f"Rows of figures: {en}"))
    return WorkbookSheet("quality", ("Chất lượng", "Quality"), FACTS, rows)


def method_sheet(content: Content, now: datetime) -> WorkbookSheet:
    """The sheet Method: round, questionnaire, rules in force, limits, and what columns mean."""
    round_, rules = content.results.round, content.results.rules
    version = round_.version
    zone = ZoneInfo(round_.zone)
    rows: list[Row] = [
        ("round", "Đợt khảo sát", round_.code, round_.name),
        ("opens_on", "Ngày bắt đầu", round_.opens_on, f"First day, {round_.zone}"),
        ("closes_on", "Ngày kết thúc", round_.last_day, f"Last day, {round_.zone}"),
        ("state", "Trạng thái của đợt", round_.state.value, "draft, open, closed, published"),
        ("questionnaire", "Bộ câu hỏi", f"{content.definition.code} v{version.number}", version.content_hash),
        ("made_at", "Lúc xuất tệp", now.astimezone(zone).replace(tzinfo=None), f"Time of the export, {round_.zone}"),
        ("software", "Phần mềm", f"sipas {__version__}", "Software"),
        ("limited", "Chỉ có một phần các cơ quan", "có" if content.limited else "không", "Agencies are left out"),
    ]
    if content.since is not None:
        comparability = "so sánh được" if content.since.comparable else "bộ câu hỏi hoặc cách tính khác nhau"
        if content.since.new_form:
            comparability = "cùng câu hỏi, phiếu khác (thứ tự, câu hỏi chung đứng đầu): thay đổi có thể do phiếu"
        rows.append(("before", "So với đợt", content.since.before.code, comparability))
    for name, value in rules.to_mapping().items():
        vi, en = labels.RULES.pair(name)
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        rows.append((f"rule:{name}", f"Quy tắc: {vi}", _yes_no(shown), f"Rule: {en}"))
    rows += [(f"limit:{k}", vi, None, en) for k, (vi, en) in enumerate(map(bilingual, labels.LIMITS), 1)]
    titles = {column.code: column.title[0] for column in (*CHANGES, *RANKS, *PLACE, *FIGURE)}
    rows += [
        (f"column:{code}", f"Cột: {titles.get(code, code)}", None, meaning)
        for code, meaning in (*COLUMNS, *nonresponse.COLUMNS)
    ]
    for code in FIGURE_STATUSES:
        vi, en = labels.phrases(FIGURE_STATUSES, code)
        rows.append((f"status:{code}", f"Trạng thái: {vi}", None, en))
    for code in FIGURE_WARNINGS:
        vi, en = labels.phrases(FIGURE_WARNINGS, code)
        rows.append((f"warning:{code}", f"Lưu ý: {vi}", None, en))
    return WorkbookSheet("method", ("Phương pháp", "Method"), FACTS, rows)


def _yes_no(value: Any) -> Any:
    return ("có" if value else "không") if isinstance(value, bool) else value
