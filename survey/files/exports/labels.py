"""What files say in words: a file has a language of its own (Vietnamese, English beneath), so that words are data.

Every pair is (Vietnamese, English).
"""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

LEVELS: Mapping[str, Pair] = {
    "overall": ("Chung", "Overall"),
    "aspect": ("Khía cạnh", "Aspect"),
    "element": ("Yếu tố", "Element"),
    "item": ("Câu hỏi", "Item"),
}

PROVINCE: Pair = ("Toàn tỉnh", "The whole province")
ALL_SERVICES: Pair = ("Mọi lĩnh vực", "All services")

STATUS: Mapping[str, Pair] = {
    "ok": ("Có chỉ số và khoảng tin cậy", "Index with its interval"),
    "no_data": ("Chưa có câu trả lời", "No valid answers"),
    "no_df": ("Quá ít người trả lời để tính khoảng tin cậy", "Too few respondents for an interval"),
    "small_n": ("Quá ít người trả lời để khoảng tin cậy có ý nghĩa", "Too few respondents for a useful interval"),
    "wide": ("Khoảng tin cậy quá rộng để dùng được", "The interval is too wide to be of use"),
    "population_below_sample": (
        "Số phiếu nhiều hơn số giao dịch đã báo cáo; cần kiểm tra lại số giao dịch",
        "More responses than reported transactions; check the transactions",
    ),
    "census": ("Mọi người đều được hỏi, không có sai số chọn mẫu", "Everyone was asked: no sampling error"),
    "zero_variance": (
        "Mọi câu trả lời giống nhau; khoảng tin cậy chỉ dựa vào số người trả lời",
        "Every answer is the same; the interval comes from the number of respondents alone",
    ),
    "lonely_psu": (
        "Có lĩnh vực chỉ một người trả lời; khoảng tin cậy được nới rộng",
        "A service has a single respondent; the interval is made wider",
    ),
    "suppressed": ("Ẩn để bảo vệ người trả lời (nhóm quá ít người)", "Hidden to protect the few who answered"),
}
"""Status words of `scoring.table`."""

WARNINGS: Mapping[str, Pair] = {
    "equal_within_agency": (
        "Không rõ số giao dịch của một số lĩnh vực; các phiếu trong cơ quan được tính như nhau",
        "Some services have no known transactions; responses count the same within the agency",
    ),
    "no_population": (
        "Không rõ số giao dịch của cơ quan; không tính vào toàn tỉnh",
        "The agency's transactions are not known; it is not part of the province",
    ),
    "unweighted": ("Không rõ số giao dịch; mọi phiếu được tính như nhau", "No transactions known; unweighted"),
    "population_below_sample": ("Số phiếu nhiều hơn số giao dịch", "More responses than transactions"),
    "lonely_psu": ("Có lĩnh vực chỉ một người trả lời", "A service has a single respondent"),
    "low_coverage": (
        "Lĩnh vực chưa có phiếu chiếm phần lớn số giao dịch",
        "Services without responses hold a large part of the transactions",
    ),
    "renormalised": ("Bỏ yếu tố không có câu trả lời", "An element without answers was left out"),
    "other_questionnaire": (
        "Hai đợt dùng bộ câu hỏi khác nhau; thay đổi có thể do câu hỏi",
        "The questionnaires differ: a change may be one of the questions",
    ),
}
"""Warning words of `scoring.table` and `scoring.compare`."""

RANK_STATUS: Mapping[str, Pair] = {
    "ranked": ("Được xếp hạng", "Ranked"),
    "too_few": ("Không xếp hạng: quá ít người trả lời", "Not ranked: too few respondents"),
    "no_standard_error": ("Không xếp hạng: không tính được sai số", "Not ranked: no standard error"),
}

CHANGE_STATUS: Mapping[str, Pair] = {
    "ok": ("So sánh được", "A difference with its test"),
    "no_data": ("Một đợt không có chỉ số", "One side has no figure"),
    "no_test": ("Không đủ dữ liệu để kiểm định", "A difference without a test"),
    "exact": ("Hai đợt đều hỏi toàn bộ: không có sai số", "Both sides are complete counts"),
    "zero_variance": (
        "Mọi câu trả lời của một đợt giống nhau; sai số được ước lượng cận trên",
        "All answers of one side agree: its error is bounded",
    ),
}

CHANNELS: Mapping[str, Pair] = {
    "qr": ("Mã QR", "QR code"),
    "kiosk": ("Màn hình tại quầy", "Screen at the counter"),
    "receipt": ("Mã trên giấy hẹn", "Code on the receipt"),
    "paper": ("Phiếu giấy", "Paper form"),
    "phone": ("Điện thoại", "Telephone"),
    "interviewer": ("Điều tra viên", "Interviewer"),
    "online": ("Trực tuyến", "Online"),
    "import": ("Nhập từ tệp", "Imported file"),
}

EXCLUSIONS: Mapping[str, Pair] = {
    "honeypot": ("Do chương trình gửi, không phải người", "Sent by a program, not a person"),
    "empty": ("Không trả lời câu nào", "No question was answered"),
    "too_few_answers": ("Trả lời quá ít câu", "Too few questions were answered"),
    "flagged": ("Người đánh giá gác lại", "Set aside by an evaluator"),
}

RULES: Mapping[str, Pair] = {
    "composition": ("Cách gộp câu hỏi thành chỉ số", "How items make an index"),
    "element_weights": ("Trọng số của yếu tố", "Weights of the elements"),
    "aspect_weights": ("Trọng số của khía cạnh", "Weights of the aspects"),
    "renormalise": ("Chia lại trọng số khi thiếu câu trả lời", "Weigh others up when a part has no answers"),
    "statistic": ("Đại lượng báo cáo (top2: tỷ lệ trả lời 4 và 5)", "What is reported (top2: share of 4 and 5)"),
    "rollup": ("Cách gộp các cơ quan thành toàn tỉnh", "How agencies make the province"),
    "agency_weights": ("Trọng số của cơ quan", "Weights of the agencies"),
    "interval": ("Phương pháp khoảng tin cậy", "Method of the intervals"),
    "confidence": ("Độ tin cậy", "Confidence"),
    "fpc": ("Hiệu chỉnh tổng thể hữu hạn", "Finite-population correction"),
    "lonely": ("Tầng chỉ có một người trả lời", "Strata with one respondent"),
    "min_n": ("Số người tối thiểu để hiển thị", "Fewest respondents shown"),
    "min_n_interval": (
        "Số người tối thiểu để có khoảng tin cậy và thứ hạng",
        "Fewest respondents for interval and rank",
    ),
    "max_width": ("Khoảng tin cậy rộng nhất được hiển thị (điểm phần trăm)", "Widest interval shown (points)"),
    "min_answered_share": ("Tỷ lệ câu phải trả lời để phiếu được tính", "Share of items a response must answer"),
    "min_coverage": ("Độ bao phủ tối thiểu không bị cảnh báo", "Coverage below which a figure warns"),
}
"""Scoring rules, see `scoring.scheme.Rules`."""

LIMITS: tuple[Pair, ...] = (
    (
        "Khoảng tin cậy chỉ phản ánh sai số chọn mẫu; không phản ánh sai lệch do người dân tự chọn trả lời.",
        "The interval covers sampling error only, not the bias of people choosing themselves whether to answer.",
    ),
    (
        "Khi khoảng tin cậy chồng lên nhau nhiều, thứ tự giữa các cơ quan không có ý nghĩa; hãy dùng khoảng thứ hạng.",
        "Where intervals overlap widely, the order of agencies means little; use the rank ranges.",
    ),
    (
        "Ô trống là số liệu không có hoặc phải ẩn; cột trạng thái cho biết lý do. Ô trống không phải là số 0.",
        "An empty cell is a figure that does not exist or must be hidden; the status says why. It is never 0.",
    ),
)


def word(known: Mapping[str, Pair], code: str, english: bool = False) -> str:
    """Return the word for a code in one language; the code itself when there is none."""
    return known[code][english] if code in known else code


def words(known: Mapping[str, Pair], codes: str, english: bool = False) -> str:
    """Return the words for codes parted by spaces, parted by semicolons."""
    return "; ".join(word(known, code, english) for code in codes.split())
