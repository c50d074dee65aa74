"""The loop of the demonstration: a person for each role, actions in every state with their effects, and reports."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.demo.followup import (
    ACTIONS,
    ASKED,
    CASES,
    DEPARTMENT,
    EARLIER,
    OTHER_DEPARTMENT,
    PEOPLE,
    WARD,
    PlannedAction,
)
from survey.improvement.case_text import case_code
from survey.improvement.finding_record import Finding
from survey.improvement.operations import judge_action, keep_action, keep_case
from survey.improvement.operations.keep_action import ActionAim, ActionText
from survey.improvement.operations.keep_case import NewCase
from survey.improvement.operations.request_plan import request_plan
from survey.models import Action, Agency, Case, CaseKind, Round, Theme, User
from survey.results.compute import round_results
from survey.results.figures import ALL_SERVICES, Figures
from survey.structure.queries.rounds import definition_of

WEEK = timedelta(days=7)


def load_followup(
    session: orm.Session,
    rounds: Sequence[Round],
    agencies: Sequence[Agency],
    *,
    password: str,
    now: datetime,
    zone: str,
) -> tuple[tuple[str, str], ...]:
    """Add people, actions and reports about rounds that ended, the last one last; return who may sign in.

    `agencies`: the province and the agencies that are judged.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    by_code = {agency.code: agency for agency in agencies}
    people = {
        username: create_user(
            session,
            username=username,
            display_name=name,
            password=password,
            role=role,
            agency_id=by_code[code].id if code else None,
            actor=Actor(now),
        )
        for username, name, role, code in PEOPLE
    }
    session.flush()
    for round_, planned in zip(reversed(rounds), (ACTIONS, EARLIER), strict=False):
        _actions(session, round_, planned, by_code, people, now, today)
    request_plan(
        session,
        round_=rounds[-1],
        agencies=[by_code[code] for code in ASKED if code in by_code],
        due_on=today + timedelta(days=10),
        document="123/UBND-KSTTHC",
        text="Rà soát kết quả, lập kế hoạch cải thiện các điểm yếu.",
        today=today,
        actor=Actor(now, people["tinh"].id),
    )
    for ago, kind, text, theme, became in CASES:
        _case(session, by_code, people, today - timedelta(days=ago), kind, text, theme, became, now)
    return tuple((username, name) for username, name, _, _ in PEOPLE)


def _actions(
    session: orm.Session,
    round_: Round,
    planned: Sequence[PlannedAction],
    by_code: Mapping[str, Agency],
    people: dict[str, User],
    now: datetime,
    today: date,
) -> None:
    """Enter actions with the figures they begin from, and let each become what it is to show."""
    figures = Figures(round_results(session, round_.code).table)
    asked = {item.code for element in definition_of(round_.version).elements for item in element.items}
    for one in planned:
        if one.agency not in by_code or one.item not in asked:
            continue
        shown = figures.find(one.agency, ALL_SERVICES, "item", one.item)
        found = Finding.from_figure(shown) if shown is not None and shown.exists else None
        head = people["lanh-dao-phuong" if one.agency == WARD else "lanh-dao"]
        action = keep_action.add_action(
            session,
            round_=round_,
            agency=by_code[one.agency],
            aim=ActionAim(item=one.item, figures=found.stored() if found else None),
            wording=ActionText(
                what=one.what,
                responsible="Trưởng bộ phận một cửa",
                cause="Qua rà soát tại bộ phận một cửa",
                causes=(one.cause,),
                place=one.place,
                unit="Văn phòng",
                co_units="Phòng Tổ chức; Trung tâm Công nghệ thông tin",
            ),
            due_on=today - timedelta(days=one.ago - one.days),
            today=today - timedelta(days=one.ago),
            actor=Actor(now - timedelta(days=one.ago), head.id),
        )
        _carry_on(session, action, one, head, people["tinh"], now)


def _carry_on(
    session: orm.Session, action: Action, planned: PlannedAction, head: User, province: User, now: datetime
) -> None:
    """Let an action become what it is to show: noted half way, reported shortly before its day, judged a week later."""
    became, entered = planned.became, now - timedelta(days=planned.ago)
    half_way = Actor(entered + timedelta(days=min(planned.ago, planned.days) // 2), head.id)
    reported = Actor(entered + timedelta(days=planned.days - 3), head.id)
    judged = Actor(reported.now + WEEK, province.id)
    if became in {"noted", "done", "accepted", "returned"}:
        keep_action.note_progress(session, action, text="Đã họp, phân công và làm được một nửa.", actor=half_way)
    if became == "extended":
        keep_action.extend_action(
            session,
            action,
            due_on=now.date() + 2 * WEEK,
            reason="Chờ sở chuyên ngành góp ý",
            today=reported.now.date(),
            actor=reported,
        )
    if became in {"done", "accepted", "returned"}:
        keep_action.report_done(session, action, evidence="Biên bản nghiệm thu số 12/BB", actor=reported)
    if became == "accepted":
        judge_action.accept_action(session, action, remark="", workers=(head.id,), actor=judged)
    if became == "returned":
        judge_action.return_action(session, action, remark="Chưa thấy sổ của tháng gần nhất", actor=judged)
    if became == "dropped":
        keep_action.drop_action(session, action, reason="Bộ đã bỏ giấy tờ này trong cả nước", actor=reported)


def _case(
    session: orm.Session,
    by_code: Mapping[str, Agency],
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
    first, second, ward = (by_code[name] for name in (DEPARTMENT, OTHER_DEPARTMENT, WARD))
    to = ward if became == "handed_late" else first
    case = keep_case.receive_case(session, NewCase(code, to.id, text, kind), received_on=received)
    assert case is not None  # noqa: S101 (its code is random)
    if became in {"new", "priority"}:
        return
    head, staff, province = (Actor(now, people[name].id) for name in ("lanh-dao", "can-bo", "tinh"))
    if became == "handed_late":
        head = Actor(now, people["lanh-dao-phuong"].id)
    next_day = received + timedelta(days=1)
    new_kind = CaseKind.COMPLAINT if became == "complaint" else kind
    keep_case.class_case(session, case, kind=new_kind, theme=theme, on=next_day, actor=head)
    if became == "complaint":
        return
    if became == "handed":
        keep_case.hand_over(session, case, to=second, reason="Thuộc thẩm quyền của sở quản lý", on=next_day, actor=head)
        return
    if became == "handed_late":
        next_day += timedelta(days=12)
        keep_case.hand_over(session, case, to=first, reason="Chế độ do sở giải quyết", on=next_day, actor=head)
        head = Actor(now, people["lanh-dao"].id)
    keep_case.assign_case(
        session, case, owner="Trưởng bộ phận một cửa", handler=people["can-bo"], on=next_day, actor=head
    )
    if became != "overdue":
        _answer(session, case, became, received, staff, province)


def _answer(session: orm.Session, case: Case, became: str, received: date, staff: Actor, province: Actor) -> None:
    """Answer a report in time or late; leave a reply that waits."""
    on = received + timedelta(days=40 if became in {"late", "handed_late"} else 4)
    keep_case.write_reply(
        session, case, text="Cảm ơn Ông/Bà. Chúng tôi đã sửa và xin lỗi vì sự bất tiện.", on=on, actor=staff
    )
    if became == "waiting":
        return
    keep_case.approve_reply(session, case, on=on, actor=province)
    keep_case.rate_reply(session, case, helped=became == "helped", why="", on=on)
