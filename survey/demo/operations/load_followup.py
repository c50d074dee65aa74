"""The loop of the demonstration: a person for each role, actions in every state, and reports with their clocks."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.improvement.case_text import case_code
from survey.improvement.operations import judge_action, keep_action, keep_case
from survey.improvement.operations.keep_action import ActionAim, ActionText
from survey.improvement.operations.keep_case import NewCase
from survey.improvement.operations.request_plan import request_plan
from survey.models import Action, Agency, Case, CaseKind, Cause, Role, Round, Theme, User
from survey.structure.queries.rounds import definition_of

PEOPLE = (
    ("quan-tri", "Quản trị viên", Role.ADMIN),
    ("tinh", "Văn phòng UBND tỉnh", Role.MANAGER),
    ("lanh-dao", "Lãnh đạo sở", Role.MANAGER),
    ("can-bo", "Cán bộ một cửa", Role.STAFF),
)
"""User name, name and role of one person for each; the evaluator is there already."""

#: (days ago it was entered, days it had, element, cause, what, where, what became of it)
ACTIONS = (
    (100, 30, "access", Cause.FACILITIES, "Đặt thêm 20 ghế chờ ở khu tiếp nhận", "Quầy 1", "overdue"),
    (90, 30, "procedures", Cause.GUIDANCE, "Viết lại hướng dẫn hồ sơ trên một trang giấy", "", "extended"),
    (20, 60, "officials", Cause.TRAINING, "Tập huấn tiếp dân cho cán bộ một cửa", "", "noted"),
    (80, 60, "results", Cause.SYSTEMS, "Nhắn tin báo khi hồ sơ có kết quả", "Trực tuyến", "done"),
    (80, 50, "access", Cause.GUIDANCE, "Niêm yết lại thủ tục bằng chữ to, dễ đọc", "Quầy 2", "accepted"),
    (70, 65, "feedback", Cause.OVERSIGHT, "Mỗi tuần lãnh đạo xem sổ phản ánh một lần", "", "returned"),
    (60, 40, "procedures", Cause.PROCEDURE, "Bỏ bản sao giấy tờ đã có trên hệ thống", "", "dropped"),
    (5, 25, "officials", Cause.WORKLOAD, "Tăng một cán bộ vào sáng thứ Hai", "Quầy 1", "planned"),
)
#: (days ago, kind, text, theme, what became of it)
CASES = (
    (1, CaseKind.REPORT, "Quạt ở phòng chờ hỏng, trời nóng người già rất mệt.", None, "new"),
    (3, CaseKind.REPORT, "Cán bộ quầy tiếp nhận vòi vĩnh, bảo phải bồi dưỡng riêng.", None, "priority"),
    (40, CaseKind.REPORT, "Hồ sơ quá hạn hai tuần mà không ai báo.", Theme.TIME, "overdue"),
    (45, CaseKind.REPORT, "Mẫu đơn trên mạng khác mẫu ở quầy.", Theme.PROCEDURE, "helped"),
    (60, CaseKind.REPORT, "Gọi số điện thoại của quầy cả buổi không ai nghe.", Theme.GUIDANCE, "late"),
    (12, CaseKind.SUGGESTION, "Nên có số thứ tự để bà con đỡ phải đứng chờ.", Theme.PLACE, "waiting"),
    (8, CaseKind.REPORT, "Trang nộp hồ sơ đất đai không tải được tệp lên.", Theme.ONLINE, "handed"),
    (10, CaseKind.REPORT, "Tôi khiếu nại quyết định thu hồi đất của xã.", None, "complaint"),
)


def load_followup(
    session: orm.Session, round_: Round, agencies: Sequence[Agency], *, password: str, now: datetime, zone: str
) -> tuple[str, ...]:
    """Add people, actions and reports about a round that ended; return user names. `agencies`: the province first."""
    today = now.astimezone(ZoneInfo(zone)).date()
    province, first, second = agencies[:3]
    units = {"quan-tri": None, "tinh": province.id, "lanh-dao": first.id, "can-bo": first.id}
    people = {
        username: create_user(
            session,
            username=username,
            display_name=name,
            password=password,
            role=role,
            agency_id=units[username],
            actor=Actor(now),
        )
        for username, name, role in PEOPLE
    }
    session.flush()
    elements = {element.code for element in definition_of(round_.version).elements}
    for ago, days, element, cause, what, place, became in ACTIONS:
        entered, head = now - timedelta(days=ago), people["lanh-dao"]
        action = keep_action.add_action(
            session,
            round_=round_,
            agency=first if ago % 20 else second,
            aim=ActionAim(element=element if element in elements else None),
            wording=ActionText(
                what=what,
                responsible="Trưởng bộ phận một cửa",
                cause="Qua rà soát tại bộ phận một cửa",
                causes=(cause,),
                place=place,
                unit="Văn phòng",
                co_units="Phòng Tổ chức; Trung tâm Công nghệ thông tin",
            ),
            due_on=today - timedelta(days=ago - days),
            today=today - timedelta(days=ago),
            actor=Actor(entered, head.id),
        )
        _carry_on(session, action, became, head, people["tinh"], now, today)
    request_plan(
        session,
        round_=round_,
        agencies=list(agencies[3:6]),
        due_on=today + timedelta(days=10),
        document="123/UBND-KSTTHC",
        text="Rà soát kết quả, lập kế hoạch cải thiện các điểm yếu.",
        today=today,
        actor=Actor(now, people["tinh"].id),
    )
    for ago, kind, text, theme, became in CASES:
        _case(session, first, second, people, today - timedelta(days=ago), kind, text, theme, became, now)
    return tuple(people)


def _carry_on(
    session: orm.Session, action: Action, became: str, head: User, province: User, now: datetime, today: date
) -> None:
    """Let an action become what it is to show."""
    week = timedelta(days=7)
    by_head, by_province = Actor(now - 2 * week, head.id), Actor(now - week, province.id)
    if became in {"noted", "done", "accepted", "returned"}:
        keep_action.note_progress(session, action, text="Đã họp, phân công và làm được một nửa.", actor=by_head)
    if became == "extended":
        keep_action.extend_action(
            session,
            action,
            due_on=today + 2 * week,
            reason="Chờ sở chuyên ngành góp ý",
            today=today - 2 * week,
            actor=by_head,
        )
    if became in {"done", "accepted", "returned"}:
        keep_action.report_done(session, action, evidence="Biên bản nghiệm thu số 12/BB", actor=by_head)
    if became == "accepted":
        judge_action.accept_action(session, action, remark="", workers=(head.id,), actor=by_province)
    if became == "returned":
        judge_action.return_action(session, action, remark="Chưa thấy sổ của tháng gần nhất", actor=by_province)
    if became == "dropped":
        keep_action.drop_action(session, action, reason="Bộ đã bỏ giấy tờ này trong cả nước", actor=by_head)


def _case(
    session: orm.Session,
    first: Agency,
    second: Agency,
    people: dict[str, User],
    received: date,
    kind: CaseKind,
    text: str,
    theme: Theme | None,
    became: str,
    now: datetime,
) -> None:
    """Take a report in and let it become what it is to show."""
    code = case_code(secrets.token_urlsafe(18), secrets.token_urlsafe(18))
    case = keep_case.receive_case(session, NewCase(code, first.id, text, kind), received_on=received)
    assert case is not None  # noqa: S101 (its code is random)
    if became in {"new", "priority"}:
        return
    head, staff, province = (Actor(now, people[name].id) for name in ("lanh-dao", "can-bo", "tinh"))
    next_day = received + timedelta(days=1)
    new_kind = CaseKind.COMPLAINT if became == "complaint" else kind
    keep_case.class_case(session, case, kind=new_kind, theme=theme, on=next_day, actor=head)
    if became == "complaint":
        return
    if became == "handed":
        keep_case.hand_over(session, case, to=second, reason="Thuộc thẩm quyền của sở quản lý", on=next_day, actor=head)
        return
    keep_case.assign_case(
        session, case, owner="Trưởng bộ phận một cửa", handler=people["can-bo"], on=next_day, actor=head
    )
    if became != "overdue":
        _answer(session, case, became, received, staff, province)


def _answer(session: orm.Session, case: Case, became: str, received: date, staff: Actor, province: Actor) -> None:
    """Answer a report in time or late; leave a reply that waits."""
    on = received + timedelta(days=40 if became == "late" else 4)
    keep_case.write_reply(
        session, case, text="Cảm ơn Ông/Bà. Chúng tôi đã sửa và xin lỗi vì sự bất tiện.", on=on, actor=staff
    )
    if became == "waiting":
        return
    keep_case.approve_reply(session, case, on=on, actor=province)
    keep_case.rate_reply(session, case, helped=became == "helped", why="", on=on)
