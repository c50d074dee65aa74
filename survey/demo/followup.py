"""The demonstration's loop: who signs in, what agencies do about their results, what citizens report."""

from __future__ import annotations

from dataclasses import dataclass

from survey.models import CaseKind, Cause, Role, Theme

PEOPLE = (
    ("quan-tri", "Quản trị viên", Role.ADMIN, ""),
    ("tinh", "Văn phòng UBND tỉnh", Role.MANAGER, "tinh-minh-hoa"),
    ("lanh-dao", "Lãnh đạo sở", Role.MANAGER, "so-noi-vu"),
    ("lanh-dao-phuong", "Lãnh đạo phường", Role.MANAGER, "phuong-hoa-ban"),
    ("can-bo", "Cán bộ một cửa", Role.STAFF, "so-noi-vu"),
)
"""User name, name, role and agency of one person for each; the evaluator is there already."""

DEPARTMENT, OTHER_DEPARTMENT, WARD = "so-noi-vu", "so-tai-chinh", "phuong-hoa-ban"
ASKED = ("so-xay-dung", "so-cong-thuong", "xa-pu-may")
"""Agencies that were asked for a plan and have none."""


@dataclass(frozen=True)
class PlannedAction:
    """An action of the demonstration and what became of it."""

    #: days ago that it was entered, and how many it had
    ago: int
    days: int
    agency: str
    item: str
    cause: Cause
    what: str
    became: str
    place: str = ""


EARLIER = (
    PlannedAction(610, 90, DEPARTMENT, "tthc_niem_yet", Cause.GUIDANCE,
                  "Niêm yết lại thủ tục bằng chữ to, mỗi thủ tục một trang có ví dụ điền mẫu", "accepted"),
    PlannedAction(600, 60, WARD, "tiep_can_ban_ghe", Cause.FACILITIES,
                  "Đặt thêm 30 ghế chờ và 4 bàn viết ở sảnh tiếp nhận", "accepted", "Sảnh tiếp nhận"),
    PlannedAction(605, 80, "so-tu-phap", "cc_huong_dan", Cause.TRAINING,
                  "Phát phiếu hướng dẫn một lần, ghi rõ giấy tờ còn thiếu và ngày hẹn", "accepted"),
    PlannedAction(595, 70, "xa-ban-moi", "cc_thai_do", Cause.ATTITUDE,
                  "Tập huấn giao tiếp cho cán bộ một cửa", "accepted"),
    PlannedAction(590, 75, OTHER_DEPARTMENT, "kq_dung_hen", Cause.PROCEDURE,
                  "Rút bước lấy ý kiến nội bộ từ 5 ngày xuống 2 ngày", "accepted"),
)  # fmt: skip
"""Actions that answered to the oldest round: the round after it tells whether they helped."""

ACTIONS = (
    PlannedAction(100, 30, DEPARTMENT, "tiep_can_ban_ghe", Cause.FACILITIES, "Đặt thêm 20 ghế chờ ở khu tiếp nhận",
                  "overdue", "Quầy 1"),
    PlannedAction(90, 30, DEPARTMENT, "tthc_ho_so", Cause.GUIDANCE, "Viết lại hướng dẫn hồ sơ trên một trang giấy",
                  "extended"),
    PlannedAction(20, 60, DEPARTMENT, "cc_huong_dan", Cause.TRAINING, "Tập huấn tiếp dân cho cán bộ một cửa", "noted"),
    PlannedAction(80, 60, DEPARTMENT, "kq_dung_hen", Cause.SYSTEMS, "Nhắn tin báo khi hồ sơ có kết quả", "done",
                  "Trực tuyến"),
    PlannedAction(80, 50, OTHER_DEPARTMENT, "tthc_niem_yet", Cause.GUIDANCE,
                  "Niêm yết lại thủ tục bằng chữ to, dễ đọc", "accepted", "Quầy 2"),
    PlannedAction(85, 60, "so-y-te", "cc_huong_dan", Cause.TRAINING,
                  "Mỗi quầy có một tờ hướng dẫn; hồ sơ thiếu được ghi phiếu một lần", "accepted"),
    PlannedAction(85, 55, "so-y-te", "tiep_can_ban_ghe", Cause.FACILITIES,
                  "Sắp lại khu chờ, thêm bàn viết và nước uống", "accepted"),
    PlannedAction(75, 45, "xa-nam-xanh", "kq_dung_hen", Cause.WORKLOAD,
                  "Phân công người thay khi cán bộ chuyên môn vắng mặt", "accepted"),
    PlannedAction(70, 65, DEPARTMENT, "pakn_xu_ly", Cause.OVERSIGHT, "Mỗi tuần lãnh đạo xem sổ phản ánh một lần",
                  "returned"),
    PlannedAction(60, 40, OTHER_DEPARTMENT, "tthc_ho_so", Cause.PROCEDURE, "Bỏ bản sao giấy tờ đã có trên hệ thống",
                  "dropped"),
    PlannedAction(5, 25, DEPARTMENT, "cc_thai_do", Cause.WORKLOAD, "Tăng một cán bộ vào sáng thứ Hai", "planned",
                  "Quầy 1"),
    PlannedAction(30, 31, WARD, "pakn_thong_bao", Cause.COORDINATION,
                  "Gọi điện báo kết quả cho người đã góp ý", "planned"),
)  # fmt: skip
"""Actions that answer to the round that ended last, in every state."""

CASES = (
    (1, CaseKind.REPORT, "Quạt ở phòng chờ hỏng, trời nóng người già rất mệt.", None, "new"),
    (3, CaseKind.REPORT, "Cán bộ quầy tiếp nhận vòi vĩnh, bảo phải bồi dưỡng riêng.", None, "priority"),
    (40, CaseKind.REPORT, "Hồ sơ quá hạn hai tuần mà không ai báo.", Theme.TIME, "overdue"),
    (45, CaseKind.REPORT, "Mẫu đơn trên mạng khác mẫu ở quầy.", Theme.PROCEDURE, "helped"),
    (60, CaseKind.REPORT, "Gọi số điện thoại của quầy cả buổi không ai nghe.", Theme.GUIDANCE, "late"),
    (12, CaseKind.SUGGESTION, "Nên có số thứ tự để bà con đỡ phải đứng chờ.", Theme.PLACE, "waiting"),
    (8, CaseKind.REPORT, "Trang nộp hồ sơ đất đai không tải được tệp lên.", Theme.ONLINE, "handed"),
    (55, CaseKind.REPORT, "Phường bảo chờ sở trả lời về chế độ người có công, chờ mãi không thấy.", Theme.TIME,
     "handed_late"),
    (10, CaseKind.REPORT, "Tôi khiếu nại quyết định thu hồi đất của xã.", None, "complaint"),
)  # fmt: skip
"""Days ago, kind, text, theme and what became of it."""
